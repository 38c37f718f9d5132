//! A chunk of an embed step: that its values are those of the token's row, as the embedding's tree has them.
//!
//! ```text
//! Poseidon(Row, values of chunk u)    stands at place token·C + u under E
//! ```
//!
//! **The token** is one of the prompt, which a contract knows by [`prompt_token`] only, or the one element of the sample step at
//! the position before. It has 32 bits, u 16, and C is at most 256, so token·C + u is below 2^41 and as an integer the place; places from
//! V·C on are empty, so the token is below V. That u < C is the contract's: it computes the word of the opened chunk.
//!
//! **Fields** of a token of the prompt, in order: leaf of embed (three); the job's halves; word of chunk u; p_t; E. Of a generated
//! one: leaves of embed and sample; the job's halves; word of chunk u, word of the sample's one chunk; E. Kinds are constants;
//! that the sample is that of t − 1, and each leaf that of its step, is in their places, which a contract computes.

use super::embedding::{self, BITS, PACKED};
use super::kv::{belongs, index, words};
use super::leaf::{Chunk, Committed};
use super::span::Span;
use super::unit::Circuit;
use super::witness::kind_byte;
use crate::r1cs::blake3::halves;
use crate::r1cs::octal::{ARITY, DIGIT, Siblings};
use crate::r1cs::poseidon::{self, Use};
use crate::r1cs::{Group, Num, System, power_of_two};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;

/// Bits of a token.
const TOKEN_BITS: usize = 32;

/// p_t: what a contract knows of a token of the prompt.
pub fn prompt_token(salt: Fr, token: u32) -> Fr {
    poseidon::hash(Use::Prompt, &[salt, token.into()])
}

/// A chunk of the embedding of a token of the prompt, with its prover's witness.
#[derive(Clone, Debug)]
pub struct EmbedPrompt {
    /// Dimensions of the model.
    pub config: Config,
    /// u.
    pub chunk: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of embed.
    pub embed: Committed,
    /// Salt of the token.
    pub salt: Fr,
    /// The token.
    pub token: u32,
    /// Siblings of its chunk in the embedding's tree.
    pub path: Vec<Siblings>,
}

impl EmbedPrompt {
    /// Number of the circuit in the names of keys.
    pub const CIRCUIT: u64 = 1;

    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, chunk: u32) -> EmbedPrompt {
        let (embed, path) = (zeros(config, StepKind::Embed), no_path(config));
        EmbedPrompt { config: config.clone(), chunk, job: [0; 32], embed, salt: Fr::ZERO, token: 0, path }
    }

    /// Words of its shape: dim, V, then that of the [`Span`].
    pub fn shape_words(config: &Config, chunk: u32) -> [u64; 7] {
        shape_words(config, chunk)
    }
}

impl Circuit for EmbedPrompt {
    fn fits(&self) -> bool {
        fits(&self.config, self.chunk, &self.embed, &self.path)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let job = system.data(&self.job);
        let embed = system.leaf(&job, &self.embed, Some(kind_byte(StepKind::Embed)), &[self.chunk]);
        let (token, prompt) = system.prompt_token(self.salt, self.token);
        let root = system.embedded(&self.config, &embed.chunks[0], &token, &self.path);

        let mut fields = [&embed.fields[..], &halves(&job)].concat();
        fields.extend(words(&embed));
        fields.extend([prompt, root]);
        fields
    }
}

/// A chunk of the embedding of a generated token, with its prover's witness.
#[derive(Clone, Debug)]
pub struct EmbedGenerated {
    /// Dimensions of the model.
    pub config: Config,
    /// u.
    pub chunk: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of embed.
    pub embed: Committed,
    /// Leaf of sample at the position before.
    pub sample: Committed,
    /// Siblings of the token's chunk in the embedding's tree.
    pub path: Vec<Siblings>,
}

impl EmbedGenerated {
    /// Number of the circuit in the names of keys.
    pub const CIRCUIT: u64 = 2;

    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, chunk: u32) -> EmbedGenerated {
        let [embed, sample] = [StepKind::Embed, StepKind::Sample].map(|kind| zeros(config, kind));
        EmbedGenerated { config: config.clone(), chunk, job: [0; 32], embed, sample, path: no_path(config) }
    }

    /// Words of its shape: dim, V, then that of the [`Span`].
    pub fn shape_words(config: &Config, chunk: u32) -> [u64; 7] {
        shape_words(config, chunk)
    }
}

impl Circuit for EmbedGenerated {
    fn fits(&self) -> bool {
        fits(&self.config, self.chunk, &self.embed, &self.path) && belongs(&self.sample, &self.config, StepKind::Sample)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let job = system.data(&self.job);
        let embed = system.leaf(&job, &self.embed, Some(kind_byte(StepKind::Embed)), &[self.chunk]);
        let sample = system.leaf(&job, &self.sample, Some(kind_byte(StepKind::Sample)), &[0]);
        let token = Num::of_bits(&sample.chunks[0].bits);
        let root = system.embedded(&self.config, &embed.chunks[0], &token, &self.path);

        let mut fields = [&embed.fields[..], &sample.fields, &halves(&job)].concat();
        fields.extend([&embed, &sample].into_iter().flat_map(words));
        fields.push(root);
        fields
    }
}

impl System {
    /// A token of the prompt, and what a contract knows of it.
    pub(super) fn prompt_token(&mut self, salt: Fr, token: u32) -> (Num, Num) {
        let token = Num::of_bits(&self.bits(Group::Unit, token.into(), TOKEN_BITS));
        let salt = self.witness(Group::Data, salt);
        let prompt = self.poseidon(Use::Prompt, &[salt, token.clone()]);
        (token, prompt)
    }

    /// E of the tree in which the values of an opened chunk are those of this token's row.
    fn embedded(&mut self, config: &Config, chunk: &Chunk, token: &Num, path: &[Siblings]) -> Num {
        self.row(config, &chunk.elements(BITS), &Num::of_bits(&chunk.index), token, path)
    }

    /// E of the tree in which `values` are chunk `chunk` of this token's row.
    pub(super) fn row(&mut self, config: &Config, values: &[Num], chunk: &Num, token: &Num, path: &[Siblings]) -> Num {
        let leaf = self.poseidon(Use::Row, &packed(values));
        let chunks = Fr::from(u64::try_from(embedding::chunks(config)).unwrap_or(0));
        let place = token.clone().times(chunks).plus(chunk);
        let place = self.decompose(Group::Path, &place, DIGIT * path.len());
        self.climb_octal(leaf, &place, path)
    }
}

/// Values of 32 bits in the scalars that a leaf of the embedding is the hash of.
fn packed(values: &[Num]) -> Vec<Num> {
    let offset = Num::constant(power_of_two(BITS - 1));
    let scalar = |values: &[Num]| {
        let mut sum = Num::default();
        for (i, value) in values.iter().enumerate() {
            sum.add(power_of_two(BITS * i), &value.clone().plus(&offset));
        }
        sum.compact()
    };
    values.chunks(PACKED).map(scalar).collect()
}

fn fits(config: &Config, chunk: u32, embed: &Committed, path: &[Siblings]) -> bool {
    index(chunk) < embedding::chunks(config)
        && belongs(embed, config, StepKind::Embed)
        && path.len() == embedding::depth(config)
}

fn shape_words(config: &Config, chunk: u32) -> [u64; 7] {
    let [dim, vocab] = [config.dim, config.vocab].map(u64::from);
    [dim, vocab, span(config, StepKind::Embed, chunk).word(), 0, 0, 0, 0]
}

/// Where chunk `chunk` of 256 elements stands, which there is.
pub(super) fn span(config: &Config, kind: StepKind, chunk: u32) -> Span {
    Span::of_chunk(&config.shape(kind), chunk)
}

pub(super) fn zeros(config: &Config, kind: StepKind) -> Committed {
    Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) }
}

fn no_path(config: &Config) -> Vec<Siblings> {
    vec![[Fr::ZERO; ARITY - 1]; embedding::depth(config)]
}
