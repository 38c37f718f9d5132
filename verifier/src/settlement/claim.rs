//! What a proof about a unit must be about, as far as shape, place and the number of prompt tokens say it: which circuit, which
//! leaves with which chunks opened, which parameter of the model. A contract computes the same: `contracts/src/libraries/Units.sol`.

use super::answer::Part;
use super::circuits::Kind;
use super::record::Parameter;
use ark_bn254::Fr;
use assay_circuits::chunks;
use assay_circuits::r1cs::blake3::halves_of;
use assay_circuits::settlement::Shape;
use assay_circuits::settlement::attention::block::PLACES;
use assay_circuits::settlement::shape::path;
use assay_circuits::settlement::span::Span;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::{Step, StepKind, Unit};

/// Outputs of one chunk.
const CHUNK_OUTPUTS: u32 = 256;

/// A unit of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Position.
    pub t: u32,
    /// Number of the step.
    pub step: u32,
    /// Number of the unit.
    pub unit: u32,
}

/// A leaf that a circuit reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Position.
    pub t: u32,
    /// Number of the step.
    pub step: u32,
    /// What the step does.
    pub kind: StepKind,
    /// Chunks of its tensor that are opened, in their order.
    pub opened: Vec<u32>,
}

/// What a proof of a unit, or of a part of it, must be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The circuit.
    pub circuit: Kind,
    /// Leaves, in the order of the fields.
    pub leaves: Vec<Leaf>,
    /// What it reads of the model besides.
    pub parameter: Option<Parameter>,
    /// Numbers of the unit among the fields: its chunk or head, and before the head how many positions a block reads.
    pub numbers: Vec<u32>,
}

/// The claim about the unit at `place` of a job with so many tokens of prompt; `None` if there is no such unit or part.
pub fn claim(config: &Config, prompt_tokens: u32, place: &Place, part: Part) -> Option<Claim> {
    let Place { t, step: number, unit } = *place;
    let step = config.step(number)?;
    let leaf = |kind, opened: &[u32]| {
        let step = config.step_index(Step { kind, ..step });
        Leaf { t, step, kind, opened: opened.to_vec() }
    };
    let residual = |chunk: u32| {
        let source = config.residual_source(step);
        Leaf { t, step: config.step_index(source), kind: source.kind, opened: vec![chunk] }
    };
    // 512 mantissas are a chunk of bytes, and 256 of them a unit.
    let mantissas = |chunk: u32| chunk / 2;
    let of = |circuit, leaves, parameter, numbers: &[u32]| {
        Some(Claim { circuit, leaves, parameter, numbers: numbers.to_vec() })
    };
    match (step.kind, config.unit(step.kind, unit)?, part) {
        (kind, Unit::Chunk(chunk), Part::Whole) if kind.is_linear() => {
            let before = number.checked_sub(1)?;
            let input = Leaf { t, step: before, kind: config.step(before)?.kind, opened: Vec::new() };
            let shape = Shape::new(config, kind, chunk)?;
            let mut leaves = vec![input, leaf(kind, &[chunk])];
            leaves.extend(shape.has_residual().then(|| residual(chunk)));
            of(Kind::Linear(shape), leaves, None, &[])
        }
        (StepKind::Embed, Unit::Chunk(chunk), Part::Whole) => {
            let mut leaves = vec![leaf(StepKind::Embed, &[chunk])];
            if t < prompt_tokens {
                return of(Kind::EmbedPrompt(chunk), leaves, Some(Parameter::Embedding), &[]);
            }
            leaves.push(Leaf { t: t.checked_sub(1)?, ..leaf(StepKind::Sample, &[0]) });
            of(Kind::EmbedGenerated(chunk), leaves, Some(Parameter::Embedding), &[])
        }
        (StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm, Unit::Header, Part::Whole) => {
            of(Kind::NormHeader, vec![leaf(step.kind, &[])], Some(Parameter::Eps), &[])
        }
        (StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm, Unit::Chunk(chunk), Part::Whole) => {
            let leaves = vec![leaf(step.kind, &[mantissas(chunk)]), residual(chunk)];
            of(Kind::NormChunk(chunk), leaves, Some(Parameter::Gains { step: number, chunk }), &[chunk])
        }
        (StepKind::Kv, Unit::Head(head), Part::Whole) => {
            let rows = [rows(config, 1, head), rows(config, 2, head)].concat();
            let leaves = vec![leaf(StepKind::Kv, &key_value(config, head)), leaf(StepKind::Qkv, &rows)];
            of(Kind::KeyValueHead(head), leaves, Some(Parameter::Rotation { position: t }), &[head])
        }
        (StepKind::Attention, Unit::Head(head), Part::Query) => {
            let leaves = vec![leaf(StepKind::Qkv, &rows(config, 0, head))];
            of(Kind::AttentionQuery(head), leaves, Some(Parameter::Rotation { position: t }), &[head])
        }
        (StepKind::Attention, Unit::Head(head), Part::Block(first)) => {
            let head = config.kv_head_of(head);
            let read = leaf(StepKind::Kv, &key_value(config, head));
            let leaves: Vec<_> = (first..=t).take(PLACES).map(|t| Leaf { t, ..read.clone() }).collect();
            let count = u32::try_from(leaves.len()).ok().filter(|count| *count > 0)?;
            of(Kind::AttentionBlock(head), leaves, None, &[count, head])
        }
        (StepKind::Attention, Unit::Head(head), Part::Mix) => {
            let leaves = vec![leaf(StepKind::Attention, &outputs(config, head))];
            of(Kind::AttentionMix(head), leaves, None, &[head])
        }
        (StepKind::AttnPack | StepKind::Act, Unit::Header, Part::Whole) => {
            of(Kind::PackHeader(step.kind), vec![leaf(step.kind, &[])], None, &[])
        }
        (StepKind::AttnPack, Unit::Chunk(chunk), Part::Whole) => {
            let leaves = vec![leaf(StepKind::AttnPack, &[mantissas(chunk)]), leaf(StepKind::Attention, &[chunk])];
            of(Kind::PackChunk(chunk), leaves, None, &[chunk])
        }
        (StepKind::Act, Unit::Chunk(chunk), Part::Whole) => {
            // Gate and up are padded to whole chunks, so up begins behind all chunks of gate.
            let up = config.parts(StepKind::GateUp).get(1)?.first / CHUNK_OUTPUTS;
            let rows = [chunk, chunk.checked_add(up)?];
            let leaves = vec![leaf(StepKind::Act, &[mantissas(chunk)]), leaf(StepKind::GateUp, &rows)];
            of(Kind::ActChunk(chunk), leaves, None, &[chunk])
        }
        (StepKind::Sample, Unit::Whole, Part::Token(chunk)) if chunk < config.unit_count(StepKind::Head) => {
            let leaves = vec![leaf(StepKind::Sample, &[0]), leaf(StepKind::Head, &[chunk])];
            of(Kind::GreedySample(chunk), leaves, None, &[])
        }
        _ => None,
    }
}

/// Chunks that hold the rows of a head in part `part` of qkv.
fn rows(config: &Config, part: usize, head: u32) -> Vec<u32> {
    Span::of_rows(config, part, head).chunks
}

/// Chunks that hold a key/value head.
fn key_value(config: &Config, head: u32) -> Vec<u32> {
    Span::of_key_value(config, head).chunks
}

/// Chunks that hold the outputs of a query head.
fn outputs(config: &Config, head: u32) -> Vec<u32> {
    Span::of_output(config, head).chunks
}

impl Leaf {
    /// `t + 2^32·s + 2^64·kind`: its place, as a field.
    pub fn place(&self) -> Fr {
        #[allow(clippy::as_conversions, reason = "the number is the discriminant")]
        let kind = u128::from(self.kind as u8);
        Fr::from(u128::from(self.t) | u128::from(self.step) << 32 | kind << 64)
    }

    /// Words of its opened chunks: number, and turns on the way up, the lowest first.
    pub fn words(&self, config: &Config) -> impl Iterator<Item = Fr> + '_ {
        let count = chunks::count(config.shape(self.kind).bytes());
        self.opened.iter().map(move |chunk| {
            let turns = path(count, *chunk).iter().rev().fold(0u64, |bits, right| bits << 1 | u64::from(*right));
            Fr::from(u64::from(*chunk) | turns << 16)
        })
    }
}

/// What an answer brings to a claim.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    /// leaf(t, s) of each of the claim's leaves.
    pub leaves: &'a [Digest],
    /// p_t.
    pub prompt_token: Fr,
    /// Value of the parameter.
    pub parameter: Fr,
    /// Digests of an attention head's state before and after.
    pub states: [Fr; 2],
}

impl Claim {
    /// The fields of the statement. Not for a linear chunk, whose statement is another.
    pub fn fields(&self, config: &Config, job: &Digest, told: &Told<'_>) -> Vec<Fr> {
        let reads = matches!(self.circuit, Kind::AttentionBlock(_) | Kind::AttentionMix(_));
        let writes = matches!(self.circuit, Kind::AttentionQuery(_) | Kind::AttentionBlock(_));
        // A block has all of its places taken: the last leaf stands for those that are missing.
        let places = if matches!(self.circuit, Kind::AttentionBlock(_)) { PLACES } else { self.leaves.len() };
        let leaves = || {
            let last = self.leaves.iter().zip(told.leaves).next_back().into_iter().cycle();
            self.leaves.iter().zip(told.leaves).chain(last).take(places)
        };
        let mut fields: Vec<Fr> = leaves()
            .flat_map(|(leaf, digest)| {
                let [high, low] = halves_of(digest);
                [high, low, leaf.place()]
            })
            .collect();
        fields.extend(halves_of(job));
        fields.extend(leaves().flat_map(|(leaf, _)| leaf.words(config)));
        fields.extend(matches!(self.circuit, Kind::EmbedPrompt(_)).then_some(told.prompt_token));
        fields.extend(self.numbers.iter().map(|n| Fr::from(*n)));
        fields.extend(self.parameter.map(|_| told.parameter));
        let [before, after] = told.states;
        fields.extend(reads.then_some(before));
        fields.extend(writes.then_some(after));
        fields
    }
}
