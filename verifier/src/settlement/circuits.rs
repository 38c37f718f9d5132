//! The circuits of a model: one list, from which keys are set up and records made. [`claim`](super::claim) says which of them
//! shows which unit.
//!
//! | number | circuit | shows |
//! |---|---|---|
//! | 0 | linear | a chunk of qkv, o, gate_up, down, head |
//! | 1, 2 | embed | a chunk of embed, of a token of the prompt or of a generated one |
//! | 3, 4 | norm | header and chunk of attn_norm, ffn_norm, final_norm |
//! | 5 | key/value head | a unit of kv |
//! | 6, 7, 8 | query, block, mix | a unit of attention, in a chain of proofs |
//! | 9, 10 | pack | header of attn_pack and act; chunk of attn_pack |
//! | 11 | act | a chunk of act |
//! | 12 | greedy | sample |
//!
//! A circuit depends on its number and seven words alone ([`Named`]): units for which these are equal share one key.
//! `contracts/` computes the same from the shape of the record; `tests/vectors/chain/units.json` holds both to it.

use super::answer::Part;
use super::claim::{Place, claim};
use super::record::circuit_id;
use assay_circuits::r1cs::{Num, System};
use assay_circuits::settlement::act::{self, ActChunk};
use assay_circuits::settlement::attention::{AttentionBlock, AttentionMix, AttentionQuery, block, mix, query};
use assay_circuits::settlement::embed::{EmbedGenerated, EmbedPrompt};
use assay_circuits::settlement::greedy::GreedySample;
use assay_circuits::settlement::kv::{self, KeyValueHead};
use assay_circuits::settlement::norm::{self, NormChunk, NormHeader};
use assay_circuits::settlement::pack::{self, PackChunk, PackHeader};
use assay_circuits::settlement::{Circuit, Linear, Shape, Witness};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::{LAYER_STEPS, StepKind};
use std::collections::BTreeSet;

/// Number of the circuit of linear chunks.
pub const LINEAR: u64 = 0;

/// What a circuit is the same for: its number and the words of its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// Number.
    pub number: u64,
    /// Words of its shape.
    pub words: [u64; 7],
}

impl Named {
    /// Its name.
    pub fn id(&self) -> Digest {
        circuit_id(self.number, &self.words)
    }
}

/// A circuit of a model, by one of the places that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A chunk of a linear step.
    Linear(Shape),
    /// A chunk of the embedding of a token of the prompt.
    EmbedPrompt(u32),
    /// A chunk of the embedding of a generated token.
    EmbedGenerated(u32),
    /// Header of a norm.
    NormHeader,
    /// A chunk of a norm.
    NormChunk(u32),
    /// A key/value head.
    KeyValueHead(u32),
    /// First of a head.
    AttentionQuery(u32),
    /// Positions that a head reads, by its key/value head.
    AttentionBlock(u32),
    /// Last of a head.
    AttentionMix(u32),
    /// Header of attn_pack or act.
    PackHeader(StepKind),
    /// A chunk of attn_pack.
    PackChunk(u32),
    /// A chunk of act.
    ActChunk(u32),
    /// A greedy sample, by the chunk of logits that holds the token.
    GreedySample(u32),
}

impl Kind {
    /// Number and words.
    pub fn named(&self, config: &Config) -> Named {
        let (number, words) = match *self {
            Kind::Linear(shape) => (LINEAR, linear_words(&shape)),
            Kind::EmbedPrompt(chunk) => (EmbedPrompt::CIRCUIT, EmbedPrompt::shape_words(config, chunk)),
            Kind::EmbedGenerated(chunk) => (EmbedGenerated::CIRCUIT, EmbedGenerated::shape_words(config, chunk)),
            Kind::NormHeader => (norm::header::CIRCUIT, NormHeader::shape_words(config)),
            Kind::NormChunk(chunk) => (norm::chunk::CIRCUIT, NormChunk::shape_words(config, chunk)),
            Kind::KeyValueHead(head) => (kv::CIRCUIT, KeyValueHead::shape_words(config, head)),
            Kind::AttentionQuery(head) => (query::CIRCUIT, AttentionQuery::shape_words(config, head)),
            Kind::AttentionBlock(head) => (block::CIRCUIT, AttentionBlock::shape_words(config, head)),
            Kind::AttentionMix(head) => (mix::CIRCUIT, AttentionMix::shape_words(config, head)),
            Kind::PackHeader(kind) => (pack::header::CIRCUIT, PackHeader::shape_words(config, kind)),
            Kind::PackChunk(chunk) => (pack::chunk::CIRCUIT, PackChunk::shape_words(config, chunk)),
            Kind::ActChunk(chunk) => (act::CIRCUIT, ActChunk::shape_words(config, chunk)),
            Kind::GreedySample(chunk) => (GreedySample::CIRCUIT, GreedySample::shape_words(config, chunk)),
        };
        Named { number, words }
    }

    /// The circuit with a witness of zeros: what its key is set up with.
    pub fn zeros(&self, config: &Config) -> Box<dyn Circuit> {
        match *self {
            Kind::Linear(shape) => Box::new(LinearZeros { shape, witness: Witness::zeros(&shape) }),
            Kind::EmbedPrompt(chunk) => Box::new(EmbedPrompt::zeros(config, chunk)),
            Kind::EmbedGenerated(chunk) => Box::new(EmbedGenerated::zeros(config, chunk)),
            Kind::NormHeader => Box::new(NormHeader::zeros(config)),
            Kind::NormChunk(chunk) => Box::new(NormChunk::zeros(config, chunk)),
            Kind::KeyValueHead(head) => Box::new(KeyValueHead::zeros(config, head)),
            Kind::AttentionQuery(head) => Box::new(AttentionQuery::zeros(config, head)),
            Kind::AttentionBlock(head) => Box::new(AttentionBlock::zeros(config, head)),
            Kind::AttentionMix(head) => Box::new(AttentionMix::zeros(config, head)),
            Kind::PackHeader(kind) => Box::new(PackHeader::zeros(config, kind)),
            Kind::PackChunk(chunk) => Box::new(PackChunk::zeros(config, chunk)),
            Kind::ActChunk(chunk) => Box::new(ActChunk::zeros(config, chunk)),
            Kind::GreedySample(chunk) => Box::new(GreedySample::zeros(config, chunk)),
        }
    }
}

/// Kind of the step, D, elements of the output, rows and depth of the chunk.
fn linear_words(shape: &Shape) -> [u64; 7] {
    #[allow(clippy::as_conversions, reason = "the number is the discriminant")]
    let kind = u64::from(shape.kind as u8);
    let [width, len, rows, depth] =
        [shape.width, shape.len, shape.rows, shape.depth].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
    [kind, width, len, rows, depth, 0, 0]
}

/// A linear circuit that owns what it is made from.
struct LinearZeros {
    shape: Shape,
    witness: Witness,
}

impl Circuit for LinearZeros {
    fn fits(&self) -> bool {
        Linear { shape: &self.shape, witness: &self.witness }.fits()
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        Linear { shape: &self.shape, witness: &self.witness }.synthesize(system)
    }
}

/// Every circuit of a model once, ascending by number, then by first use over steps and units: the order of a record's keys.
pub fn all(config: &Config) -> Vec<(Named, Kind)> {
    let mut seen = BTreeSet::new();
    let mut all: Vec<(Named, Kind)> = uses(config).map(|kind| (kind.named(config), kind)).collect();
    all.retain(|(named, _)| seen.insert(*named));
    all.sort_by_key(|(named, _)| named.number);
    all
}

/// Place of a circuit's key in a record.
pub fn index(config: &Config, named: &Named) -> Option<u32> {
    u32::try_from(all(config).iter().position(|(other, _)| other == named)?).ok()
}

/// The circuits of all units and parts of one position. Layers are alike, so the first stands for all.
fn uses(config: &Config) -> impl Iterator<Item = Kind> + '_ {
    let tail = config.step_count(false)..config.step_count(true);
    let steps = (0..=LAYER_STEPS).chain(tail);
    let units = steps.filter_map(|step| Some((step, config.step(step)?.kind)));
    units.flat_map(move |(step, kind)| {
        let parts = parts(config, kind);
        let of = move |unit| {
            // Every embed is tried as one of a prompt and as one behind a prompt of one token.
            let places = [0, 1].map(|t| Place { t, step, unit });
            let claims = parts.iter().flat_map(|part| places.map(|place| claim(config, 1, &place, *part)));
            claims.flatten().map(|claim| claim.circuit).collect::<Vec<_>>()
        };
        (0..config.unit_count(kind)).flat_map(of)
    })
}

/// Parts that a unit of this kind is shown in, one of each circuit.
fn parts(config: &Config, kind: StepKind) -> Vec<Part> {
    match kind {
        StepKind::Attention => vec![Part::Query, Part::Block(0), Part::Mix],
        StepKind::Sample => (0..config.unit_count(StepKind::Head)).map(Part::Token).collect(),
        _ => vec![Part::Whole],
    }
}
