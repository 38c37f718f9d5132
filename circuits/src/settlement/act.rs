//! A chunk of act: its own shift and its mantissas, from the same rows of gate and of up, as `model::steps::pack` has them.
//!
//! ```text
//! w_i = g_i·u_i·SIG[i(g_i)]        i(g) = clamp(g >> 5, −2^11, 2^11 − 1) + 2^11        X_i = RSR(w_i, s)
//! ```
//!
//! **Index.** g >> 5 are the bits of g from the fifth on, in two's complement. It is within the clamp iff bits 16 to 30 are all
//! like the sign: n, the number of them that differ, is 0. Then i has bits 5 to 15 of g, and above them the sign's complement; else
//! eleven times the sign's complement, and above them the same.
//!
//! **Bounds.** |g|, |u| ≤ 2^31 and SIG ≤ 2^15, so |g·SIG| ≤ 2^46 and |w| ≤ 2^77: w is the product over the integers.
//!
//! | constraint | count | group |
//! |---|---|---|
//! | scalars in range, shifts as choices | 8 a scalar, 132 | Header |
//! | entry c of the header | 2 a chunk of the step, 2 | Select |
//! | n, whether it is 0, bits of i, SIG\[i\] | 1, 2, 11, 188 an element | Lookup |
//! | g·SIG, w | 2 an element | Product |
//! | bits of the mantissas under the own shift, none −2^15; X is none | 18 an element | Mantissa |
//! | remainders, equations | 126, 2 an element | Remainder, Rounding |
//! | powers and masks of shifts | 130 | Shift |
//! | least shift | 2 an element, 83 | Minimal |
//!
//! **Fields**, in order: leaf of act, leaf of gate_up (three each); the job's halves; word of the chunk that holds the mantissas,
//! of those of gate and of up; c.

use super::kv::{belongs, numbers, words};
use super::leaf::Committed;
use super::span::Span;
use super::unit::Circuit;
use super::witness::kind_byte;
use crate::r1cs::blake3::halves;
use crate::r1cs::lookup::Table;
use crate::r1cs::{Bit, Group, Num, System};
use ark_bn254::Fr;
use ark_ff::Field;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;

/// Number of the circuit in the names of keys.
pub const CIRCUIT: u64 = 11;
/// Outputs of a chunk.
const OUTPUTS: u32 = 256;
/// W of w.
const PRODUCT: usize = 77;
/// Bits of g that are bits of i within the clamp.
const INDEX: std::ops::Range<usize> = 5..16;
/// The sign of g.
const SIGN: usize = 31;

/// A chunk of act with its prover's witness.
#[derive(Clone, Debug)]
pub struct ActChunk {
    /// Dimensions of the model.
    pub config: Config,
    /// c.
    pub chunk: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of act.
    pub act: Committed,
    /// Leaf of gate_up at the same position and layer.
    pub gate_up: Committed,
}

impl ActChunk {
    /// Of these leaves.
    pub const fn new(config: Config, chunk: u32, job: Digest, act: Committed, gate_up: Committed) -> ActChunk {
        ActChunk { config, chunk, job, act, gate_up }
    }

    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, chunk: u32) -> ActChunk {
        let zeros = |kind| Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) };
        ActChunk::new(config.clone(), chunk, [0; 32], zeros(StepKind::Act), zeros(StepKind::GateUp))
    }

    /// Words of its shape: ffn, those of the [`Span`]s of mantissas, of gate and of up, and rows.
    pub fn shape_words(config: &Config, chunk: u32) -> [u64; 7] {
        let [own, gate, up] = spans(config, chunk);
        [config.ffn.into(), own.word(), gate.word(), up.word(), own.rows(), 0, 0]
    }
}

/// Where mantissas, gate and up of a chunk stand.
fn spans(config: &Config, chunk: u32) -> [Span; 3] {
    let (own, rows) = (Span::of_chunk(&config.shape(StepKind::Act), chunk), config.shape(StepKind::GateUp));
    let count = u32::try_from(own.elements).unwrap_or(0);
    let part = |part: usize| {
        let first = config.parts(StepKind::GateUp).get(part).map_or(0, |p| p.first);
        Span::new(&rows, chunk.saturating_mul(OUTPUTS).saturating_add(first), count)
    };
    [own, part(0), part(1)]
}

impl Circuit for ActChunk {
    fn fits(&self) -> bool {
        spans(&self.config, self.chunk)[0].elements > 0
            && belongs(&self.act, &self.config, StepKind::Act)
            && belongs(&self.gate_up, &self.config, StepKind::GateUp)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let kind = StepKind::Act;
        let [own, gate, up] = spans(&self.config, self.chunk);
        let job = system.data(&self.job);
        let chunk = system.witness(Group::Unit, self.chunk.into());
        let act = system.leaf(&job, &self.act, Some(kind_byte(kind)), &own.chunks);
        let rows = [&gate.chunks[..], &up.chunks].concat();
        let gate_up = system.leaf(&job, &self.gate_up, Some(kind_byte(StepKind::GateUp)), &rows);
        let scalars = system.pack_scalars(&act.header, kind);
        let (gates, ups) = gate_up.chunks.split_at(gate.chunks.len());
        let (gates, ups) = (gate.bits(gates), numbers(&up, ups, 32));
        let values: Vec<Num> = gates.chunks(32).zip(&ups).map(|(gate, up)| system.swiglu(gate, up)).collect();
        system.packed_chunk(kind, &scalars, &chunk, &values, &numbers(&own, &act.chunks, 16), PRODUCT);

        let mut fields = [&act.fields[..], &gate_up.fields, &halves(&job)].concat();
        fields.extend([&act, &gate_up].into_iter().flat_map(words));
        fields.push(chunk);
        fields
    }
}

impl System {
    /// w of a gate, by its 32 bits, and an up.
    pub(super) fn swiglu(&mut self, gate: &[Bit], up: &Num) -> Num {
        let index = self.sigmoid_index(gate);
        let sigmoid = self.lookup(Table::Sigmoid, &index);
        let scaled = self.product(Group::Product, &Num::of_signed_bits(gate), &sigmoid);
        self.product(Group::Product, &scaled, up)
    }

    /// Bits of i.
    fn sigmoid_index(&mut self, gate: &[Bit]) -> Vec<Num> {
        let sign = Num::from(gate[SIGN]);
        let above = &gate[INDEX.end..SIGN];
        let (mut set, mut all) = (Num::default(), Num::default());
        above.iter().for_each(|bit| {
            set.add_bit(Fr::ONE, *bit);
            all.add(Fr::ONE, &Num::one());
        });
        // n is how many are set, or of a negative g how many are not.
        let change = all.minus(&set).minus(&set);
        let unlike = set.plus(&self.product(Group::Lookup, &sign, &change));
        let within = self.is_zero(Group::Lookup, &unlike);
        let end = Num::from(gate[SIGN].complement());
        let low = gate[INDEX].iter().map(|bit| {
            let change = Num::from(*bit).minus(&end);
            self.product(Group::Lookup, &within, &change).plus(&end)
        });
        let mut index: Vec<Num> = low.collect();
        index.push(end.clone());
        index
    }
}
