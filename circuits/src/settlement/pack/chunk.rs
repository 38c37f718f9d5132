//! A chunk of attn_pack: its own shift and its mantissas, from the outputs of attention.
//!
//! `X_i = RSR(out_i, s)`; the chunk's own shift is the least of its part of out, s that of the header, which its own circuit shows
//! to be the largest of all chunks'. |out| ≤ 2^31.
//!
//! | constraint | count | group |
//! |---|---|---|
//! | scalars in range, shifts as choices | 7 a scalar, 40 | Header |
//! | entry c of the header | 2 a chunk of the step, 2 | Select |
//! | bits of the mantissas under the own shift, none −2^15; X is none | 18 an element | Mantissa |
//! | remainders, equations | 34, 2 an element | Remainder, Rounding |
//! | powers and masks of shifts | 38 | Shift |
//! | least shift | 2 an element, 37 | Minimal |
//!
//! **Fields**, in order: leaf of attn_pack, leaf of attention (three each); the job's halves; word of the chunk that holds the
//! mantissas, of that which holds out; c.

use crate::r1cs::blake3::halves;
use crate::r1cs::{Group, Num, System};
use crate::settlement::kv::{INTEGER, belongs, numbers, words};
use crate::settlement::leaf::Committed;
use crate::settlement::span::Span;
use crate::settlement::unit::Circuit;
use crate::settlement::witness::kind_byte;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;

/// Number of the circuit in the names of keys.
pub const CIRCUIT: u64 = 10;

/// A chunk of attn_pack with its prover's witness.
#[derive(Clone, Debug)]
pub struct PackChunk {
    /// Dimensions of the model.
    pub config: Config,
    /// c.
    pub chunk: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of attn_pack.
    pub pack: Committed,
    /// Leaf of attention at the same position and layer.
    pub attention: Committed,
}

impl PackChunk {
    /// Of these leaves.
    pub const fn new(config: Config, chunk: u32, job: Digest, pack: Committed, attention: Committed) -> PackChunk {
        PackChunk { config, chunk, job, pack, attention }
    }

    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, chunk: u32) -> PackChunk {
        let zeros = |kind| Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) };
        PackChunk::new(config.clone(), chunk, [0; 32], zeros(StepKind::AttnPack), zeros(StepKind::Attention))
    }

    /// Words of its shape: H·hd, those of the [`Span`]s of mantissas and of outputs, and rows.
    pub fn shape_words(config: &Config, chunk: u32) -> [u64; 7] {
        let [own, outputs] = spans(config, chunk);
        [config.q_dim().into(), own.word(), outputs.word(), own.rows(), 0, 0, 0]
    }
}

/// Where mantissas and outputs of a chunk stand.
fn spans(config: &Config, chunk: u32) -> [Span; 2] {
    [StepKind::AttnPack, StepKind::Attention].map(|kind| Span::of_chunk(&config.shape(kind), chunk))
}

impl Circuit for PackChunk {
    fn fits(&self) -> bool {
        spans(&self.config, self.chunk)[0].elements > 0
            && belongs(&self.pack, &self.config, StepKind::AttnPack)
            && belongs(&self.attention, &self.config, StepKind::Attention)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let kind = StepKind::AttnPack;
        let [own, outputs] = spans(&self.config, self.chunk);
        let job = system.data(&self.job);
        let chunk = system.witness(Group::Unit, self.chunk.into());
        let pack = system.leaf(&job, &self.pack, Some(kind_byte(kind)), &own.chunks);
        let attention = system.leaf(&job, &self.attention, Some(kind_byte(StepKind::Attention)), &outputs.chunks);
        let scalars = system.pack_scalars(&pack.header, kind);
        let (outputs, x) = (numbers(&outputs, &attention.chunks, 32), numbers(&own, &pack.chunks, 16));
        system.packed_chunk(kind, &scalars, &chunk, &outputs, &x, INTEGER);

        let mut fields = [&pack.fields[..], &attention.fields, &halves(&job)].concat();
        fields.extend([&pack, &attention].into_iter().flat_map(words));
        fields.push(chunk);
        fields
    }
}
