//! Last of a head: its outputs, of a state in which M was attained.
//!
//! `out_i = sat(floor_div(o_i + (P >> 1), P))`. A position that attains M has weight EXP\[0\] = 2^15, so P is not 0.
//!
//! **Fields**, in order: leaf of attention; the job's halves; words of the chunks that hold the outputs of the head; h; digest of
//! the state before it. h selects nothing inside, as in the first of a head.

use super::{State, Variables};
use crate::r1cs::blake3::halves;
use crate::r1cs::{Group, Num, System};
use crate::settlement::kv::{belongs, index, numbers, words};
use crate::settlement::leaf::Committed;
use crate::settlement::span::Span;
use crate::settlement::unit::Circuit;
use crate::settlement::witness::kind_byte;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_model::steps::kv::Block;

/// Number of the circuit in the names of keys.
pub const CIRCUIT: u64 = 8;

/// Outputs of a head with their prover's witness.
#[derive(Clone, Debug)]
pub struct AttentionMix {
    /// Dimensions of the model.
    pub config: Config,
    /// h.
    pub head: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of attention.
    pub attention: Committed,
    /// The state after all positions.
    pub state: State,
    /// Its salt.
    pub salt: Fr,
}

impl AttentionMix {
    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, head: u32) -> AttentionMix {
        let kind = StepKind::Attention;
        let attention = Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) };
        let query = Block { x: vec![0; index(config.head_dim)], shift: 0 };
        let state = State::new(query, 0);
        AttentionMix { config: config.clone(), head, job: [0; 32], attention, state, salt: Fr::ZERO }
    }

    /// Words of its shape: hd, H, then that of the [`Span`].
    pub fn shape_words(config: &Config, head: u32) -> [u64; 7] {
        [config.head_dim.into(), config.heads.into(), Span::of_output(config, head).word(), 0, 0, 0, 0]
    }
}

impl Circuit for AttentionMix {
    fn fits(&self) -> bool {
        let width = index(self.config.head_dim);
        self.head < self.config.heads
            && belongs(&self.attention, &self.config, StepKind::Attention)
            && [self.state.query.x.len(), self.state.mix.len()] == [width; 2]
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let span = Span::of_output(&self.config, self.head);
        let job = system.data(&self.job);
        let head = system.witness(Group::Unit, self.head.into());
        let attention = system.leaf(&job, &self.attention, Some(kind_byte(StepKind::Attention)), &span.chunks);
        let state = Variables::new(system, &self.state);
        let digest = state.digest(system, self.salt);
        system.mix(&state, &numbers(&span, &attention.chunks, 32));

        let mut fields = [&attention.fields[..], &halves(&job)].concat();
        fields.extend(words(&attention));
        fields.extend([head, digest]);
        fields
    }
}

impl System {
    /// `outputs`, of 32 bits, are those of a state in which M was attained.
    pub(in crate::settlement) fn mix(&mut self, state: &Variables, outputs: &[Num]) {
        self.equal(Group::Maximum, &state.attained, &Num::one());
        let half = self.halved(&state.total);
        for (sum, output) in state.mix.iter().zip(outputs) {
            self.quotient(&sum.clone().plus(&half), &state.total, output);
        }
    }
}
