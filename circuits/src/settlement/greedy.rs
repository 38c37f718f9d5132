//! A greedy sample: that the token is the lowest index of the largest logit.
//!
//! ```text
//! m_k      entry k of head's header: the largest logit of chunk k
//! l_i      logits of chunk c = token div 256
//! c        the first place where m has its largest value
//! token mod 256    the first place where l has its largest value, which is m_c
//! ```
//!
//! That m_k is the largest logit of chunk k is what head's own units show; here it is shown of chunk c only.
//!
//! **Fields**, in order: leaf of sample, leaf of head (three each); the job's halves; word of the sample's one chunk, word of chunk
//! c. Kinds are constants; positions and step numbers are in the leaves' places, which a contract computes. The token is no
//! field: c is, by its word.

use super::embed::{span, zeros};
use super::kv::{belongs, words};
use super::leaf::Committed;
use super::unit::Circuit;
use super::witness::kind_byte;
use crate::r1cs::blake3::halves;
use crate::r1cs::{Group, Num, System};
use ark_bn254::Fr;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::{CHUNK, StepKind};

/// Bits of a logit.
const BITS: usize = 32;

/// A greedy sample with its prover's witness.
#[derive(Clone, Debug)]
pub struct GreedySample {
    /// Dimensions of the model.
    pub config: Config,
    /// c: the chunk of logits that holds the token.
    pub chunk: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of sample.
    pub sample: Committed,
    /// Leaf of head at the same position.
    pub head: Committed,
}

impl GreedySample {
    /// Number of the circuit in the names of keys.
    pub const CIRCUIT: u64 = 12;

    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, chunk: u32) -> GreedySample {
        let [sample, head] = [StepKind::Sample, StepKind::Head].map(|kind| zeros(config, kind));
        GreedySample { config: config.clone(), chunk, job: [0; 32], sample, head }
    }

    /// Words of its shape: V, then that of the span of chunk c.
    pub fn shape_words(config: &Config, chunk: u32) -> [u64; 7] {
        [config.vocab.into(), span(config, StepKind::Head, chunk).word(), 0, 0, 0, 0, 0]
    }
}

impl Circuit for GreedySample {
    fn fits(&self) -> bool {
        self.chunk < self.config.unit_count(StepKind::Head)
            && belongs(&self.sample, &self.config, StepKind::Sample)
            && belongs(&self.head, &self.config, StepKind::Head)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let job = system.data(&self.job);
        let sample = system.leaf(&job, &self.sample, Some(kind_byte(StepKind::Sample)), &[0]);
        let head = system.leaf(&job, &self.head, Some(kind_byte(StepKind::Head)), &[self.chunk]);
        let maxima: Vec<Num> = head.header.chunks(BITS).map(Num::of_signed_bits).collect();
        let token = Num::of_bits(&sample.chunks[0].bits);
        let chunk = &head.chunks[0];
        system.greedy(&maxima, &chunk.elements(BITS), &Num::of_bits(&chunk.index), &token);

        let mut fields = [&sample.fields[..], &head.fields, &halves(&job)].concat();
        fields.extend([&sample, &head].into_iter().flat_map(words));
        fields
    }
}

impl System {
    /// `token` is the first place of the largest logit: of the chunks' `maxima`, and of the `logits` of chunk `chunk`.
    pub(super) fn greedy(&mut self, maxima: &[Num], logits: &[Num], chunk: &Num, token: &Num) {
        let first = chunk.clone().times(Fr::from(u64::try_from(CHUNK).unwrap_or(0)));
        let of_chunks = self.first_maximum(maxima, chunk);
        let of_logits = self.first_maximum(logits, &token.clone().minus(&first));
        self.equal(Group::Maximum, &of_chunks, &of_logits);
    }
}
