//! A key/value head at a position: K and V as kv commits to them, from their rows of qkv.
//!
//! ```text
//! X = RSR(k, sk)    K = X rotated by the position's constants    sk = the block shift of k at 15 bits
//! V = RSR(v, sv)                                                 sv = the block shift of v at 16 bits
//! ```
//!
//! sk and sv are the two header bytes of the head.
//!
//! **Fields**, in order: leaf of kv, leaf of qkv (three each); the job's halves; words of the chunks that hold K and V, of those that
//! hold k, of those that hold v; g; digest of the position's rotations. Kinds are constants; positions and step numbers are in
//! the leaves' places, which a contract computes.

use super::leaf::{Committed, Leaf};
use super::span::Span;
use super::unit::Circuit;
use super::witness::kind_byte;
use crate::r1cs::blake3::halves;
use crate::r1cs::{Group, Num, System, power_of_two};
use ark_bn254::Fr;
use assay_model::arith::{MANTISSA_BITS, ROTARY_BITS};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_model::steps::kv::{MAX_KEY_SHIFT, MAX_VALUE_SHIFT};
use assay_model::tables::Rotation;

/// Number of the circuit in the names of keys.
pub const CIRCUIT: u64 = 5;
/// W of 32-bit integers: none is above 2^31 in magnitude.
pub(super) const INTEGER: usize = 31;

/// A key/value head with its prover's witness.
#[derive(Clone, Debug)]
pub struct KeyValueHead {
    /// Dimensions of the model.
    pub config: Config,
    /// g.
    pub head: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of kv.
    pub kv: Committed,
    /// Leaf of qkv at the same position and layer.
    pub qkv: Committed,
    /// Rotations of the position, one a pair.
    pub rotations: Vec<Rotation>,
}

impl KeyValueHead {
    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, head: u32) -> KeyValueHead {
        let zeros = |kind| Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) };
        let (kv, qkv) = (zeros(StepKind::Kv), zeros(StepKind::Qkv));
        let rotations = vec![Rotation::default(); index(config.head_dim / 2)];
        KeyValueHead { config: config.clone(), head, job: [0; 32], kv, qkv, rotations }
    }

    /// Words of its shape: hd, H, Hk, then those of the three [`Span`]s.
    pub fn shape_words(config: &Config, head: u32) -> [u64; 7] {
        let [own, keys, values] = spans(config, head).map(|span| span.word());
        let [width, heads, own_heads] = [config.head_dim, config.heads, config.kv_heads].map(u64::from);
        [width, heads, own_heads, own, keys, values, 0]
    }
}

/// Where K and V, k, and v stand.
fn spans(config: &Config, head: u32) -> [Span; 3] {
    [Span::of_key_value(config, head), Span::of_rows(config, 1, head), Span::of_rows(config, 2, head)]
}

impl Circuit for KeyValueHead {
    fn fits(&self) -> bool {
        self.head < self.config.kv_heads
            && belongs(&self.kv, &self.config, StepKind::Kv)
            && belongs(&self.qkv, &self.config, StepKind::Qkv)
            && self.rotations.len() == index(self.config.head_dim / 2)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let [own, keys, values] = spans(&self.config, self.head);
        let job = system.data(&self.job);
        let head = system.witness(Group::Unit, self.head.into());
        let kv = system.leaf(&job, &self.kv, Some(kind_byte(StepKind::Kv)), &own.chunks);
        let rows = [&keys.chunks[..], &values.chunks].concat();
        let qkv = system.leaf(&job, &self.qkv, Some(kind_byte(StepKind::Qkv)), &rows);
        let (k, v) = qkv.chunks.split_at(keys.chunks.len());
        let [k, v] = [(keys, k), (values, v)].map(|(span, chunks)| numbers(&span, chunks, 32));
        let own = numbers(&own, &kv.chunks, 16);
        let (key, value) = own.split_at(k.len());
        let (pairs, digest) = system.rotations(&self.rotations);
        let [sk, sv] = shifts(system, &kv, &head);
        system.key(&k, key, &pairs, &sk);
        system.value(&v, value, &sv);

        let mut fields = [&kv.fields[..], &qkv.fields, &halves(&job)].concat();
        fields.extend([&kv, &qkv].into_iter().flat_map(words));
        fields.extend([head, digest]);
        fields
    }
}

impl System {
    /// `rotated` is the rows k under the block shift sk, rotated.
    pub(super) fn key(&mut self, k: &[Num], rotated: &[Num], pairs: &[[Num; 2]], sk: &Num) {
        let bits = bits(ROTARY_BITS);
        let shift = self.choice(Group::Header, sk, MAX_KEY_SHIFT.into());
        let x = self.mantissas(&System::rounded(k, sk), bits);
        self.block(k, &x, &shift, bits, INTEGER);
        let ((x, _), (rotated, _)) = (x.as_chunks::<2>(), rotated.as_chunks::<2>());
        for ((x, constants), to) in x.iter().zip(pairs).zip(rotated) {
            self.rotate(x.each_ref(), constants.each_ref(), to.each_ref());
        }
    }

    /// `mantissas`, of sixteen bits, are the rows v under the block shift sv.
    pub(super) fn value(&mut self, v: &[Num], mantissas: &[Num], sv: &Num) {
        let bits = bits(MANTISSA_BITS);
        let shift = self.choice(Group::Header, sv, MAX_VALUE_SHIFT.into());
        mantissas.iter().for_each(|x| self.differs(x, -power_of_two(bits - 1)));
        self.block(v, mantissas, &shift, bits, INTEGER);
    }
}

/// sk and sv of a key/value head in the header of kv.
pub(super) fn shifts(system: &mut System, kv: &Leaf, head: &Num) -> [Num; 2] {
    let (entries, _) = kv.header.as_chunks::<16>();
    let entries: Vec<[Num; 2]> = entries.iter().map(|e| [Num::of_bits(&e[..8]), Num::of_bits(&e[8..])]).collect();
    system.entry(head, &entries)
}

/// The signed integers of `bits` bits of a span.
pub(super) fn numbers(span: &Span, chunks: &[super::leaf::Chunk], bits: usize) -> Vec<Num> {
    span.bits(chunks).chunks(bits).map(Num::of_signed_bits).collect()
}

/// Words of a leaf's opened chunks.
pub(super) fn words(leaf: &Leaf) -> impl Iterator<Item = Num> {
    leaf.chunks.iter().map(|chunk| chunk.word.clone())
}

/// Whether a leaf is one of this kind of step.
pub(super) fn belongs(leaf: &Committed, config: &Config, kind: StepKind) -> bool {
    leaf.fits() && leaf.shape == config.shape(kind) && leaf.kind == kind_byte(kind)
}

pub(super) fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

pub(super) fn bits(n: u32) -> usize {
    index(n)
}

/// As [`Fr::from`] of an integer that fits 128 bits.
pub(super) fn scalar(n: i128) -> Fr {
    Fr::from(n)
}
