//! BLAKE3 beside its crate.

use super::*;
use crate::chunks;
use crate::r1cs::blake3::{Digest, Mode, Turn, Value, digest_bits, halves, halves_of, value};
use crate::r1cs::word::Word;
use ark_ff::AdditiveGroup;
use assay_model::domain::Domain;

/// Bytes that no block, chunk or word repeats.
fn bytes(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i % 251) as u8).collect()
}

fn words(system: &mut System, bytes: &[u8]) -> Vec<Num> {
    let word = |w: &[u8]| w.iter().rev().fold(0, |word, b| word << 8 | u32::from(*b));
    bytes.chunks(4).map(|w| system.words([word(w)])[0].clone()).collect()
}

fn out(digest: &Digest) -> Vec<u8> {
    digest.iter().flat_map(|w| (w.num().low() as u32).to_le_bytes()).collect()
}

fn equal(system: &mut System, digest: &Digest, want: &[u8]) {
    for (word, want) in digest.iter().zip(want.as_chunks().0) {
        system.equal(Group::Public, &word.num(), &Num::constant(u32::from_le_bytes(*want).into()));
    }
}

fn known(value: &[u8; 32]) -> Value {
    std::array::from_fn(|i| Num::constant(u32::from_le_bytes(*value.as_chunks::<4>().0[i].as_array().unwrap()).into()))
}

#[test]
fn every_number_of_blocks_and_every_boundary_hashes_as_the_crate_does() {
    let blocks = (1..=16).map(|b| 64 * b);
    // Around words, blocks and chunks, and trees of 2, 3, 5 and 7 chunks.
    let edges = [1, 3, 4, 5, 63, 65, 1023, 1025, 1088, 2048, 2049, 3072, 4097, 7168];
    for n in blocks.chain(edges) {
        let bytes = bytes(n);
        let mut system = System::counting();
        let message = words(&mut system, &bytes);
        assert_eq!(out(&system.hash(&Mode::HASH, &message, n)), ::blake3::hash(&bytes).as_bytes(), "{n} bytes");
        let labelled = system.hash(&Mode::domain(Domain::StepLeaf), &message, n);
        assert_eq!(out(&labelled), Domain::StepLeaf.hash(&bytes), "{n} bytes under a label");
    }
}

#[test]
fn a_digest_is_proved_and_that_of_no_other_message() {
    for n in [0, 1, 65, 1025] {
        let bytes = bytes(n);
        let hashed = |given: Vec<u8>| {
            let want = *::blake3::hash(&bytes).as_bytes();
            satisfied(&[], None, move |system| {
                let message = words(system, &given);
                let digest = system.hash(&Mode::HASH, &message, n);
                equal(system, &digest, &want);
            })
        };
        assert!(hashed(bytes.clone()));
        for at in [0, 64].into_iter().filter(|_| n == 65) {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            assert!(!hashed(other), "byte {at} of {n}");
        }
    }
}

#[test]
fn a_compression_costs_what_the_documentation_says() {
    let cost = |n: usize, mode: Mode, from: usize| {
        let mut system = System::counting();
        let message = words(&mut system, &bytes(n));
        system.chunk(&mode, &message, n, &Word::constant(0), true);
        system.finish().unwrap().total() - from
    };
    // A first block has a constant state; a second block has a state of variables, and constant counter, length and flags.
    let first = cost(64, Mode::HASH, 0);
    let second = cost(128, Mode::HASH, first);
    assert_eq!([first, second, cost(64, Mode::domain(Domain::StepLeaf), 0)], [14_668, 14_800, 14_668]);
}

/// The opening of chunk `index` of `n` bytes, with the chunk's own number as `counter` says.
fn opened(system: &mut System, tensor: &[u8], index: u32, counter: u32, turns: &[bool]) -> Digest {
    let mut node: Digest = {
        let message = words(system, &tensor[chunks::range(tensor.len(), index)]);
        let counter = Word::of_bits(&system.bits(Group::Data, counter.into(), 9));
        system.chunk(&Mode::HASH, &message, chunks::range(tensor.len(), index).len(), &counter, false)
    };
    let siblings = path(tensor, index);
    let turns = turns.iter().zip(siblings).map(|(right, sibling)| Turn {
        right: system.bit(Group::Data, *right),
        sibling: known(&sibling).map(|w| system.witness(Group::Path, w.value())),
    });
    let turns: Vec<_> = turns.collect();
    node = system.climb(&Mode::HASH, node, &turns);
    node
}

/// Siblings from the leaf up: the chaining values that open one chunk stand left to right.
fn path(tensor: &[u8], index: u32) -> Vec<[u8; 32]> {
    let values = chunks::open(tensor, &[index]);
    let turns = turns(chunks::count(tensor.len()), index);
    let lefts = turns.iter().filter(|right| **right).count();
    let (left, right) = values.split_at(lefts);
    // Left siblings are met from the last to the first, right ones from the first on.
    let (mut left, mut right) = (left.iter().rev(), right.iter());
    turns.iter().map(|r| *if *r { left.next() } else { right.next() }.unwrap()).collect()
}

/// Turns from the leaf up.
fn turns(chunks: u32, index: u32) -> Vec<bool> {
    if chunks == 1 {
        return Vec::new();
    }
    let split = crate::tree::left_len(chunks);
    let right = index >= split;
    let mut below = if right { turns(chunks - split, index - split) } else { turns(split, index) };
    below.push(right);
    below
}

#[test]
fn a_chunk_opens_at_its_own_place_in_the_tree_and_no_other() {
    let opens = |tensor: &[u8], index, counter, turns: &[bool]| {
        let digest = opened(&mut System::counting(), tensor, index, counter, turns);
        out(&digest) == ::blake3::hash(tensor).as_bytes()
    };
    for (n, index) in [(2048, 0), (5 * 1024, 2), (5 * 1024, 4), (11 * 1024 + 4, 9), (11 * 1024 + 4, 11)] {
        let tensor = bytes(n);
        assert!(opens(&tensor, index, index, &turns(chunks::count(n), index)), "chunk {index} of {n} bytes");
    }
    let tensor = bytes(5 * 1024);
    let turns = turns(5, 2);
    assert!(!opens(&tensor, 2, 3, &turns));
    for level in 0..turns.len() {
        let mut other = turns.clone();
        other[level] = !other[level];
        assert!(!opens(&tensor, 2, 2, &other));
    }
    let tensor = bytes(1028);
    let want = *::blake3::hash(&tensor).as_bytes();
    assert!(satisfied(&[], None, |s| {
        let digest = opened(s, &tensor, 1, 1, &[true]);
        equal(s, &digest, &want);
    }));
}

#[test]
fn the_halves_of_a_digest_are_those_of_a_contracts_word() {
    let digest = *::blake3::hash(b"a contract").as_bytes();
    let mut system = System::counting();
    let hashed = {
        let message = words(&mut system, b"a contract");
        system.hash(&Mode::HASH, &message, 10)
    };
    let [high, low] = halves(&digest_bits(&hashed));
    assert_eq!([high.value(), low.value()], halves_of(&digest));
    let word: Vec<String> = digest.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(u128::from_str_radix(&word[..16].concat(), 16).unwrap(), high.low());
    assert_eq!(u128::from_str_radix(&word[16..].concat(), 16).unwrap(), low.low());
}

/// One compression whose output is whatever it comes to.
fn one_block(system: &mut System) {
    let message = words(system, &bytes(64));
    system.hash(&Mode::HASH, &message, 64);
}

#[test]
fn exclusive_ors_are_constrained() {
    only(Group::Xor, &[(Group::Xor, 77, 1)], one_block);
}

/// 4 + 9 = 13.
fn small_sum(system: &mut System) {
    let [a, b] = [4, 9].map(|word| Word::of_bits(&system.bits(Group::Data, word, 32)));
    system.sum([&a, &b], None);
}

#[test]
fn a_sum_leaves_out_multiples_of_2_to_the_32_only() {
    only(Group::Carry, &[(Group::Sum, 5, 1)], small_sum);
}

#[test]
fn bits_of_a_sum_are_bits() {
    // 2 in one place less 1 in the next is the same word, but no bits.
    only(Group::Sum, &[(Group::Sum, 3, 2), (Group::Sum, 4, -1)], small_sum);
}

#[test]
fn the_carry_of_three_words_has_two_bits() {
    let sum = |system: &mut System| {
        let [a, b] = [0; 2].map(|_| Word::of_bits(&system.bits(Group::Data, u32::MAX.into(), 32)));
        let m = system.words([7]);
        system.sum([&a, &b], Some(&m[0]));
    };
    // 2 is no carry of one bit, whatever the other says.
    only(Group::Carry, &[(Group::Carry, 0, -1)], sum);
}

#[test]
fn a_turn_puts_each_child_on_one_side() {
    let climb = |system: &mut System| {
        let leaf = std::array::from_fn(|i| Word::constant(i as u32));
        let sibling = std::array::from_fn(|i| Num::constant((1000 + i as u64).into()));
        let turn = Turn { right: system.bit(Group::Data, true), sibling };
        let own = value(&leaf);
        assert_ne!(own[3].value(), Fr::ZERO);
        system.climb(&Mode::HASH, leaf, &[turn]);
    };
    only(Group::Path, &[(Group::Path, 3, 1)], climb);
}
