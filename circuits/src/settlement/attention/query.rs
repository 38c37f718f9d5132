//! First of a head: its query, rotated as a key is, and the state before any position.
//!
//! **Fields**, in order: leaf of qkv; the job's halves; words of the chunks that hold the head's rows of q; h; digest of the
//! position's rotations; digest of the state. h selects nothing inside: the words of the chunks, and where in them rows
//! begin, follow from it.

use super::{State, Variables};
use crate::r1cs::blake3::halves;
use crate::r1cs::{Group, Num, System, power_of_two};
use crate::settlement::kv::{belongs, index, numbers, scalar, words};
use crate::settlement::leaf::Committed;
use crate::settlement::span::Span;
use crate::settlement::unit::Circuit;
use crate::settlement::witness::kind_byte;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::arith::{ROTARY_BITS, block_shift};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_model::steps::i32_values;
use assay_model::steps::kv::rotary;
use assay_model::tables::Rotation;

/// Number of the circuit in the names of keys.
pub const CIRCUIT: u64 = 6;
/// Bits of a rotated mantissa.
const ROTATED_BITS: usize = 16;

/// A query with its prover's witness.
#[derive(Clone, Debug)]
pub struct AttentionQuery {
    /// Dimensions of the model.
    pub config: Config,
    /// h.
    pub head: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of qkv.
    pub qkv: Committed,
    /// Rotations of the position, one a pair.
    pub rotations: Vec<Rotation>,
    /// M: the largest score of the head ([`largest`](super::largest)).
    pub maximum: i128,
    /// Salt of the state: a random scalar.
    pub salt: Fr,
}

impl AttentionQuery {
    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, head: u32) -> AttentionQuery {
        let kind = StepKind::Qkv;
        let qkv = Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) };
        let rotations = vec![Rotation::default(); index(config.head_dim / 2)];
        AttentionQuery { config: config.clone(), head, job: [0; 32], qkv, rotations, maximum: 0, salt: Fr::ZERO }
    }

    /// Words of its shape: hd, H, Hk, then that of the [`Span`].
    pub fn shape_words(config: &Config, head: u32) -> [u64; 7] {
        let [width, heads, kv_heads] = [config.head_dim, config.heads, config.kv_heads].map(u64::from);
        [width, heads, kv_heads, Span::of_rows(config, 0, head).word(), 0, 0, 0]
    }
}

impl Circuit for AttentionQuery {
    fn fits(&self) -> bool {
        self.head < self.config.heads
            && belongs(&self.qkv, &self.config, StepKind::Qkv)
            && self.rotations.len() == index(self.config.head_dim / 2)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let span = Span::of_rows(&self.config, 0, self.head);
        let job = system.data(&self.job);
        let head = system.witness(Group::Unit, self.head.into());
        let qkv = system.leaf(&job, &self.qkv, Some(kind_byte(StepKind::Qkv)), &span.chunks);
        let (pairs, rotation) = system.rotations(&self.rotations);
        let (query, shift) = system.query(&numbers(&span, &qkv.chunks, 32), &pairs);
        let state = Variables {
            mix: vec![Num::default(); query.len()],
            query,
            shift,
            maximum: system.witness(Group::Mix, scalar(self.maximum)),
            attained: Num::default(),
            total: Num::default(),
        };
        let digest = state.digest(system, self.salt);

        let mut fields = [&qkv.fields[..], &halves(&job)].concat();
        fields.extend(words(&qkv));
        fields.extend([head, rotation, digest]);
        fields
    }
}

impl System {
    /// Rows of a query under their block shift, rotated, and the shift.
    pub(in crate::settlement) fn query(&mut self, rows: &[Num], pairs: &[[Num; 2]]) -> (Vec<Num>, Num) {
        let shift = block_shift(rows.iter().map(Num::signed), ROTARY_BITS);
        let shift = self.witness(Group::Minimal, shift.into());
        let x = System::rounded(rows, &shift);
        let shown: Vec<Num> = x.iter().map(|x| Num::constant(scalar(*x))).collect();
        let (shown, _) = shown.as_chunks::<2>();
        let rotated = shown.iter().zip(pairs).flat_map(|(x, c)| System::rotated(x.each_ref(), c.each_ref()));
        let offset = Num::constant(power_of_two(ROTATED_BITS - 1));
        let rotated: Vec<Num> = rotated
            .map(|q| {
                let shifted = offset.clone().plus(&Num::constant(scalar(q))).low();
                Num::of_bits(&self.bits(Group::Rotation, shifted, ROTATED_BITS)).minus(&offset)
            })
            .collect();
        self.key(rows, &rotated, pairs, &shift);
        (rotated, shift)
    }
}

impl AttentionQuery {
    /// The state that it gives.
    pub fn state(&self) -> State {
        let span = Span::of_rows(&self.config, 0, self.head);
        let bytes = span.bytes(&self.qkv.tensor);
        State::new(rotary(&i32_values(bytes), &self.rotations), self.maximum)
    }
}
