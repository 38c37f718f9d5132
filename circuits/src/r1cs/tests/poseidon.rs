//! Poseidon beside arkworks.

use super::*;
use crate::r1cs::poseidon::{RATE, Use, config, hash};
use ark_crypto_primitives::sponge::poseidon::PoseidonSponge;
use ark_crypto_primitives::sponge::{CryptographicSponge, FieldBasedCryptographicSponge};
use ark_ff::AdditiveGroup;

fn elements(n: usize) -> Vec<Fr> {
    (0..n).map(|i| Fr::from((i as u64).wrapping_mul(0x1234_5678_9abc_def1))).collect()
}

fn hashed(system: &mut System, elements: &[Fr]) -> Num {
    let nums: Vec<_> = elements.iter().map(|e| system.witness(Group::Data, *e)).collect();
    system.poseidon(Use::Statement, &nums)
}

#[test]
fn a_circuit_hashes_as_the_function_does() {
    for n in [0, 1, 7, 8, 9, 25] {
        let elements = elements(n);
        assert_eq!(hashed(&mut System::counting(), &elements).value(), hash(Use::Statement, &elements));
    }
    let cost = |n| {
        let mut system = System::counting();
        hashed(&mut system, &elements(n));
        system.finish().unwrap().of(Group::Poseidon)
    };
    assert_eq!([cost(1), cost(8), cost(9), cost(257)], [405, 405, 810, 33 * 405]);
}

#[test]
fn the_permutation_is_arkworks() {
    let elements = elements(RATE);
    let mut sponge = PoseidonSponge::new(&config());
    sponge.state[0] = Fr::from((2u128 << 64) + RATE as u128);
    elements.iter().for_each(|e| sponge.absorb(e));
    assert_eq!(sponge.squeeze_native_field_elements(1), [hash(Use::Statement, &elements)]);
}

#[test]
fn uses_and_lengths_have_digests_of_their_own() {
    let zeros = [Fr::ZERO; 9];
    let digests: Vec<Fr> =
        (0..=9).map(|n| hash(Use::Statement, &zeros[..n])).chain([hash(Use::Accumulators, &zeros)]).collect();
    for (i, a) in digests.iter().enumerate() {
        assert!(!digests[..i].contains(a), "digest {i}");
    }
}

#[test]
fn every_box_is_constrained() {
    // The first, one in the partial rounds, and the last.
    for n in [0, 3 * 40, 404] {
        only(Group::Poseidon, &[(Group::Poseidon, n, 1)], |s| drop(hashed(s, &elements(3))));
    }
}

#[test]
fn digests_are_frozen() {
    let digests = [hash(Use::Statement, &elements(7)), hash(Use::Accumulators, &elements(9))].map(|d| d.to_string());
    let want = [
        "18463433610026064611160342594525257665735354523437213743544110253787736133231",
        "21831575556570885557121837098507195940114989100311078067275168160076683991318",
    ];
    assert_eq!(digests, want);
}
