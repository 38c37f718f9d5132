//! BLAKE3: compression, chunks, tree, and openings of a tree.
//!
//! A compression costs 7 rounds of 8 quarter rounds of 2·34 + 2·33 constraints for sums and 4·32 for exclusive ors, and 8·32
//! for the output: 14,928, less what is constant. Message words enter sums only, so they are any [`Num`] that is congruent to
//! a word modulo 2^32: bits of them are made only where the bytes mean something.
//!
//! The tree has the shape of [`crate::tree`]. Of an opening only the length of the path is fixed; the turns are bits.

use super::word::Word;
use super::{Bit, Group, Num, System};
use assay_model::domain::Domain;
use std::array::from_fn;

/// Bytes of a block.
pub const BLOCK: usize = 64;
/// Words of a block.
pub const BLOCK_WORDS: usize = 16;
/// Words of a chunk.
pub const CHUNK_WORDS: usize = 256;

const IV: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const PERMUTATION: [usize; 16] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const ROUNDS: usize = 7;

const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;
const DERIVE_KEY_MATERIAL: u32 = 64;

/// A chaining value or digest.
pub type Digest = [Word; 8];
/// One whose bits nobody asks for.
pub type Value = [Num; 8];

/// A mode of hashing: the key that chunks begin with, and the flag of every compression.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    key: [u32; 8],
    flags: u32,
}

impl Mode {
    /// Plain hashing: tensors.
    pub const HASH: Mode = Mode { key: IV, flags: 0 };

    /// Under a label of the protocol.
    pub fn domain(domain: Domain) -> Mode {
        let key = domain.context_key();
        let (words, _) = key.as_chunks();
        Mode { key: from_fn(|i| u32::from_le_bytes(words[i])), flags: DERIVE_KEY_MATERIAL }
    }

    fn start(&self) -> Digest {
        self.key.map(Word::constant)
    }
}

/// Words of a chaining value or digest.
pub fn value(digest: &Digest) -> Value {
    from_fn(|i| digest[i].num())
}

/// What a compression is about besides its message.
struct Block {
    counter: Word,
    len: u32,
    flags: u32,
}

/// A step from a node to its parent.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Whether the node is its parent's right child.
    pub right: Bit,
    /// The other child.
    pub sibling: Value,
}

impl System {
    /// The first half of a compression's output.
    fn compress(&mut self, start: &Digest, message: &[Num; BLOCK_WORDS], block: &Block) -> Digest {
        let iv = |i: usize| Word::constant(IV[i]);
        let fixed = [Word::constant(0), Word::constant(block.len), Word::constant(block.flags)];
        let [high, len, flags] = fixed;
        let [a, b, c, d, e, f, g, h] = start.clone();
        let mut v = [a, b, c, d, e, f, g, h, iv(0), iv(1), iv(2), iv(3), block.counter.clone(), high, len, flags];
        let mut order: [usize; BLOCK_WORDS] = from_fn(|i| i);
        for _ in 0..ROUNDS {
            for i in 0..4 {
                self.quarter(&mut v, [i, 4 + i, 8 + i, 12 + i], [&message[order[2 * i]], &message[order[2 * i + 1]]]);
            }
            for i in 0..4 {
                let places = [i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4];
                self.quarter(&mut v, places, [&message[order[8 + 2 * i]], &message[order[9 + 2 * i]]]);
            }
            order = from_fn(|i| order[PERMUTATION[i]]);
        }
        from_fn(|i| self.xor(&v[i], &v[i + 8]))
    }

    fn quarter(&mut self, v: &mut [Word; 16], [a, b, c, d]: [usize; 4], [x, y]: [&Num; 2]) {
        for (message, [first, second]) in [(x, [16, 12]), (y, [8, 7])] {
            v[a] = self.sum([&v[a], &v[b]], Some(message));
            v[d] = self.xor(&v[d], &v[a]).rotate_right(first);
            v[c] = self.sum([&v[c], &v[d]], None);
            v[b] = self.xor(&v[b], &v[c]).rotate_right(second);
        }
    }

    /// Chaining value of chunk number `index`: 1 to 1,024 bytes, in words, zeros behind the last. Its digest, if it is all
    /// there is.
    pub fn chunk(&mut self, mode: &Mode, words: &[Num], bytes: usize, index: &Word, root: bool) -> Digest {
        let blocks = bytes.div_ceil(BLOCK).max(1);
        let mut state = mode.start();
        for i in 0..blocks {
            let mut flags = mode.flags;
            if i == 0 {
                flags |= CHUNK_START;
            }
            if i + 1 == blocks {
                flags |= CHUNK_END | if root { ROOT } else { 0 };
            }
            let message = from_fn(|j| words.get(BLOCK_WORDS * i + j).cloned().unwrap_or_default());
            let len = u32::try_from((bytes - BLOCK * i).min(BLOCK)).unwrap_or(0);
            state = self.compress(&state, &message, &Block { counter: index.clone(), len, flags });
        }
        state
    }

    /// A parent.
    pub fn parent(&mut self, mode: &Mode, left: &Value, right: &Value, root: bool) -> Digest {
        let message = from_fn(|i| if i < 8 { left[i].clone() } else { right[i - 8].clone() });
        let flags = mode.flags | PARENT | if root { ROOT } else { 0 };
        self.compress(&mode.start(), &message, &Block { counter: Word::constant(0), len: 64, flags })
    }

    /// Digest of a message of `bytes` bytes, in words, zeros behind the last.
    pub fn hash(&mut self, mode: &Mode, words: &[Num], bytes: usize) -> Digest {
        self.subtree(mode, words, bytes, 0, true)
    }

    fn subtree(&mut self, mode: &Mode, words: &[Num], bytes: usize, first: u32, root: bool) -> Digest {
        let chunks = crate::chunks::count(bytes);
        if chunks == 1 {
            return self.chunk(mode, words, bytes, &Word::constant(first), root);
        }
        let split = crate::tree::left_len(chunks);
        let middle = usize::try_from(split).unwrap_or(0) * CHUNK_WORDS;
        let (left, right) = words.split_at(middle.min(words.len()));
        let left = self.subtree(mode, left, 4 * middle, first, false);
        let right = self.subtree(mode, right, bytes - 4 * middle, first + split, false);
        self.parent(mode, &value(&left), &value(&right), root)
    }

    /// Digest of the tree in which a leaf has this value and this path, from the leaf up. There is a path: a leaf that is all
    /// there is has no value but the digest.
    pub fn climb(&mut self, mode: &Mode, leaf: Digest, path: &[Turn]) -> Digest {
        let mut node = leaf;
        for (i, Turn { right, sibling }) in path.iter().enumerate() {
            let own = value(&node);
            let sides: [_; 8] = from_fn(|j| {
                // left = own + right·(sibling − own)
                let difference = sibling[j].clone().minus(&own[j]);
                let left = self.product(Group::Path, &(*right).into(), &difference).plus(&own[j]);
                let other = own[j].clone().plus(&sibling[j]).minus(&left);
                (left, other)
            });
            let [left, right] = [from_fn(|j| sides[j].0.clone()), from_fn(|j| sides[j].1.clone())];
            node = self.parent(mode, &left, &right, i + 1 == path.len());
        }
        node
    }

    /// Variables for words that enter nothing but messages.
    pub fn words<const N: usize>(&mut self, words: [u32; N]) -> [Num; N] {
        words.map(|w| self.witness(Group::Data, w.into()))
    }
}

/// The words of little-endian bits: 32 to a word, zeros behind the last.
pub fn words_of_bits(bits: &[Bit]) -> Vec<Num> {
    bits.chunks(32).map(Num::of_bits).collect()
}

/// The 128-bit integers, big-endian, that the two halves of a digest are: `digest >> 128` and `digest & (2^128 − 1)` of the
/// `uint256` that a contract has.
pub fn halves(bits: &[Bit]) -> [Num; 2] {
    let half = |bits: &[Bit]| {
        let bytes = bits.chunks(8).rev().flatten().copied().collect::<Vec<_>>();
        Num::of_bits(&bytes)
    };
    let (high, low) = bits.split_at(bits.len() / 2);
    [half(high), half(low)]
}

/// All bits of a digest, in the order of its bytes, lowest first.
pub fn digest_bits(digest: &Digest) -> Vec<Bit> {
    digest.iter().flat_map(|w| *w.bits()).collect()
}

/// As [`halves`], of a digest that is known.
pub fn halves_of(digest: &assay_model::domain::Digest) -> [ark_bn254::Fr; 2] {
    let (halves, _) = digest.as_chunks();
    from_fn(|i| u128::from_be_bytes(halves[i]).into())
}
