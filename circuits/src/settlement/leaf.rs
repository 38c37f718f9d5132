//! Leaves of a trace, outside and inside of a circuit.
//!
//! A leaf is a BLAKE3 hash over salt, job, place, shape, header and the digest of its tensor (`docs/protocol.md`, section 2).
//! A circuit that reads chunks of the tensor takes each up its path to the tensor's digest; one that reads only the header
//! takes any digest, since nothing of the tensor is said.
//!
//! **Fields.** A leaf gives a statement three: `leaf >> 128`, `leaf & (2^128 − 1)` of the `uint256`, and its place,
//! `t + 2^32·s + 2^64·kind`. An opened chunk gives one word, `index + 2^16·turns`, bit i of turns set if the i-th node from the
//! chunk up is a right child. The bytes of an opened chunk, and the length of its path, belong to the circuit's shape.

use crate::chunks;
use crate::r1cs::blake3::{Digest as Words, Mode, Turn, digest_bits, halves, halves_of, words_of_bits};
use crate::r1cs::word::Word;
use crate::r1cs::{Bit, Group, Num, System, power_of_two};
use crate::settlement::shape::path;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::domain::{Digest, Domain};
use assay_model::program::Shape as Tensor;

/// Bits of a chunk's number in its word.
const INDEX_BITS: usize = 16;

/// Everything that one leaf commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Salt of the leaf.
    pub salt: Digest,
    /// Position t.
    pub position: u32,
    /// Number of the step s.
    pub step: u32,
    /// Byte of the step's kind.
    pub kind: u8,
    /// Shape of tensor and header.
    pub shape: Tensor,
    /// Bytes of the header.
    pub header: Vec<u8>,
    /// Bytes of the tensor.
    pub tensor: Vec<u8>,
}

impl Committed {
    /// Zeros of this shape: what a key is set up with.
    pub fn zeros(shape: Tensor) -> Committed {
        let (header, tensor) = (vec![0; shape.header], vec![0; shape.bytes()]);
        Committed { salt: [0; 32], position: 0, step: 0, kind: 0, shape, header, tensor }
    }

    /// Whether header and tensor have the lengths of the shape.
    pub fn fits(&self) -> bool {
        self.header.len() == self.shape.header && self.tensor.len() == self.shape.bytes()
    }

    /// The leaf.
    pub fn leaf(&self, job: &Digest) -> Digest {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
        let mut preimage = [&self.salt[..], job].concat();
        preimage.extend([self.position, self.step].iter().flat_map(|n| n.to_le_bytes()));
        preimage.extend([self.kind, u8::try_from(self.shape.element.size()).unwrap_or(0)]);
        preimage.extend(number(self.shape.len));
        preimage.extend(number(self.shape.header));
        preimage.extend(&self.header);
        preimage.extend(blake3::hash(&self.tensor).as_bytes());
        preimage.resize(preimage.len().next_multiple_of(64), 0);
        Domain::StepLeaf.hash(&preimage)
    }

    /// The three fields of the leaf.
    pub fn fields(&self, job: &Digest) -> [Fr; 3] {
        let [high, low] = halves_of(&self.leaf(job));
        let place = u128::from(self.position) | u128::from(self.step) << 32 | u128::from(self.kind) << 64;
        [high, low, Fr::from(place)]
    }

    /// The field of an opened chunk.
    pub fn opening(&self, chunk: u32) -> Fr {
        let turns = path(chunks::count(self.shape.bytes()), chunk);
        let bits = turns.iter().rev().fold(0u64, |bits, right| bits << 1 | u64::from(*right));
        Fr::from(u64::from(chunk) | bits << INDEX_BITS)
    }

    /// Bytes of a chunk.
    fn chunk(&self, chunk: u32) -> &[u8] {
        self.tensor.get(chunks::range(self.shape.bytes(), chunk)).unwrap_or_default()
    }

    /// Siblings of a chunk from it up, each with whether the chunk's side is the right one.
    fn siblings(&self, chunk: u32) -> Vec<(bool, Digest)> {
        let turns = path(chunks::count(self.tensor.len()), chunk);
        // An opening lists siblings on the left from the root down, then those on the right from the chunk up.
        let values = chunks::open(&self.tensor, &[chunk]);
        let (left, right) = values.split_at(turns.iter().filter(|right| **right).count().min(values.len()));
        let (mut left, mut right) = (left.iter().rev(), right.iter());
        let sibling = |turn: bool| if turn { left.next() } else { right.next() }.copied().unwrap_or_default();
        let mut sibling = sibling;
        turns.iter().map(|turn| (*turn, sibling(*turn))).collect()
    }
}

/// A leaf inside of a circuit.
pub struct Leaf {
    /// Its fields: halves and place.
    pub fields: [Num; 3],
    /// Bits of t.
    pub position: Vec<Bit>,
    /// Bits of s.
    pub step: Vec<Bit>,
    /// Bits of the kind.
    pub kind: Vec<Bit>,
    /// Bits of the header.
    pub header: Vec<Bit>,
    /// Opened chunks, in the order asked for.
    pub chunks: Vec<Chunk>,
}

/// An opened chunk inside of a circuit.
pub struct Chunk {
    /// Its field.
    pub word: Num,
    /// Bits of its number, lowest first.
    pub index: Vec<Bit>,
    /// Bits of its bytes.
    pub bits: Vec<Bit>,
}

impl Chunk {
    /// Its elements as signed integers of `bits` bits.
    pub fn elements(&self, bits: usize) -> Vec<Num> {
        self.bits.chunks(bits).map(Num::of_signed_bits).collect()
    }
}

impl System {
    /// A leaf of the job with these chunks of its tensor opened.
    ///
    /// With a kind that the circuit fixes, `kind` says it; otherwise the byte is a variable.
    pub fn leaf(&mut self, job: &[Bit], committed: &Committed, kind: Option<u8>, opened: &[u32]) -> Leaf {
        let position = self.bits(Group::Unit, committed.position.into(), 32);
        let step = self.bits(Group::Unit, committed.step.into(), 32);
        let kind = match kind {
            Some(kind) => constant(kind.into(), 8),
            None => self.bits(Group::Unit, committed.kind.into(), 8),
        };
        let mut place = Num::of_bits(&position).plus(&Num::of_bits(&step).times(power_of_two(32)));
        place.add(power_of_two(64), &Num::of_bits(&kind));

        let (mut digest, mut chunks) = (None::<Words>, Vec::new());
        for number in opened {
            let (chunk, own) = self.open(committed, *number);
            chunks.push(chunk);
            match &digest {
                Some(first) => first.iter().zip(&own).for_each(|(a, b)| self.equal(Group::Path, &a.num(), &b.num())),
                None => digest = Some(own),
            }
        }
        let digest = match digest {
            Some(digest) => digest_bits(&digest),
            None => self.data(blake3::hash(&committed.tensor).as_bytes()),
        };

        let header = self.data(&committed.header);
        let mut bits = [job, &position, &step, &kind].concat();
        bits.extend(constant(committed.shape.element.size(), 8));
        bits.extend(constant(committed.shape.len, 32));
        bits.extend(constant(committed.shape.header, 32));
        bits.extend([&header[..], &digest].concat());
        // Salt and bits, up to a whole block.
        let bytes = (32 + bits.len() / 8).next_multiple_of(64);
        let salt = self.words(words(&committed.salt));
        let message = [&salt[..], &words_of_bits(&bits)].concat();
        let leaf = self.hash(&Mode::domain(Domain::StepLeaf), &message, bytes);
        let [high, low] = halves(&digest_bits(&leaf));
        Leaf { fields: [high, low, place.compact()], position, step, kind, header, chunks }
    }

    /// A chunk of a tensor, and the digest that it gives by its path.
    fn open(&mut self, committed: &Committed, number: u32) -> (Chunk, Words) {
        let bytes = committed.chunk(number);
        let bits = self.data(bytes);
        let index = self.bits(Group::Unit, number.into(), INDEX_BITS);
        let mut word = Num::of_bits(&index);
        let mut turns = Vec::new();
        let mut weight = power_of_two(INDEX_BITS);
        for (right, sibling) in committed.siblings(number) {
            let right = self.bit(Group::Unit, right);
            word.add_bit(weight, right);
            weight.double_in_place();
            turns.push(Turn { right, sibling: self.words(words(&sibling)) });
        }
        let chunk =
            self.chunk(&Mode::HASH, &words_of_bits(&bits), bytes.len(), &Word::of_bits(&index), turns.is_empty());
        let digest = self.climb(&Mode::HASH, chunk, &turns);
        (Chunk { word, index, bits }, digest)
    }

    /// Bits of bytes that mean something.
    pub fn data(&mut self, bytes: &[u8]) -> Vec<Bit> {
        bytes.iter().flat_map(|byte| self.bits(Group::Data, (*byte).into(), 8)).collect()
    }
}

/// The bits of a constant, lowest first.
pub fn constant(value: usize, n: usize) -> Vec<Bit> {
    (0..n).map(|i| Bit::constant(value >> i & 1 == 1)).collect()
}

pub(super) fn words(digest: &Digest) -> [u32; 8] {
    let (words, _) = digest.as_chunks();
    std::array::from_fn(|i| u32::from_le_bytes(words[i]))
}
