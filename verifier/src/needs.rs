//! What must be opened to check a set of units: a function of the program alone.
//!
//! | unit | opened besides its own header and chunk |
//! |---|---|
//! | embed chunk c | – |
//! | norm chunk c | residual chunk c |
//! | linear chunk c | the whole input vector; residual chunk c for o and down; of its own chunk, the accumulators |
//! | kv head | its rows of k and v in qkv |
//! | attention head | its rows of q in qkv; its key/value head at every position so far |
//! | attn_pack chunk c | attention chunk c |
//! | act chunk c | chunk c of gate and of up |
//! | header units | – |
//! | sample | greedy: the chunk of logits that holds the token; drawn: all logits |
//!
//! A 1 KiB chunk whose elements are all written by drawn units is *derived*: their checks make its bytes, so only its value
//! in the tensor's tree is opened. Prover and verifier derive the same list, so an answer names nothing: it is the opened bytes in this order.

use crate::draw::Drawn;
use assay_circuits::chunks::{self, CHUNK_BYTES};
use assay_model::config::Config;
use assay_model::program::{CHUNK, Step, StepKind, Unit};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What is opened: position, then step number. A step that stands here opens its header.
pub type Needs = BTreeMap<u32, BTreeMap<u32, Opening>>;

/// 1 KiB chunks of one step that are opened. No chunk is in both sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Chunks that are opened as they are.
    pub chunks: BTreeSet<u32>,
    /// Chunks whose value is opened, because the checks of drawn units make the bytes; of a linear step from accumulators,
    /// which are opened too.
    pub derived: BTreeSet<u32>,
}

impl Opening {
    /// All opened chunks, ascending; the second says whether derived.
    pub fn all(&self) -> impl Iterator<Item = (u32, bool)> {
        self.chunks.union(&self.derived).map(|c| (*c, self.derived.contains(c)))
    }
}

/// What must be opened of the weights by those who check without them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightNeeds {
    /// Rows of the embedding.
    pub tokens: BTreeSet<u32>,
    /// Norms whose gains are read.
    pub norms: BTreeSet<Step>,
}

/// Rows and gains that the checks of the units `drawn` read. `token_in` gives the token of a position.
pub fn weights(config: &Config, drawn: &Drawn, token_in: &dyn Fn(u32) -> u32) -> WeightNeeds {
    let mut needs = WeightNeeds::default();
    for (&t, steps) in drawn {
        for (&index, units) in steps {
            let Some(step) = config.step(index) else { continue };
            let chunks = units.iter().any(|u| matches!(config.unit(step.kind, *u), Some(Unit::Chunk(_))));
            match step.kind {
                StepKind::Embed => {
                    needs.tokens.insert(token_in(t));
                }
                StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm if chunks => {
                    needs.norms.insert(step);
                }
                _ => {}
            }
        }
    }
    needs
}

/// Openings for the units `drawn`. `token_out` gives the token that follows a position; `greedy` is the job's sampling.
pub fn needs(config: &Config, drawn: &Drawn, greedy: bool, token_out: &dyn Fn(u32) -> u32) -> Needs {
    let mut list = List { config, needs: Needs::new() };
    for (&t, steps) in drawn {
        for (&index, units) in steps {
            let Some(step) = config.step(index) else { continue };
            let units: Vec<Unit> = units.iter().filter_map(|u| config.unit(step.kind, *u)).collect();
            for &unit in &units {
                list.unit(t, step, unit);
                if step.kind == StepKind::Sample {
                    list.logits(t, greedy.then(|| token_out(t)));
                }
            }
            list.entry(t, step).derived = derived(config, step.kind, &units);
        }
    }
    for opening in list.needs.values_mut().flat_map(BTreeMap::values_mut) {
        opening.chunks = opening.chunks.difference(&opening.derived).copied().collect();
    }
    list.needs
}

/// Chunks of 1 KiB that `units` of a step write whole. A sample's unit reads what it writes.
fn derived(config: &Config, kind: StepKind, units: &[Unit]) -> BTreeSet<u32> {
    let shape = config.shape(kind);
    let mut written: BTreeMap<u32, usize> = BTreeMap::new();
    if kind == StepKind::Sample {
        return BTreeSet::new();
    }
    for &unit in units {
        let elements = outputs(config, kind, unit);
        let mut at = elements.start.saturating_mul(shape.element.size());
        let end = elements.end.saturating_mul(shape.element.size());
        while at < end {
            let chunk = u32::try_from(at.checked_div(CHUNK_BYTES).unwrap_or(0)).unwrap_or(u32::MAX);
            let until = chunks::range(shape.bytes(), chunk).end.min(end);
            let bytes = written.entry(chunk).or_default();
            *bytes = bytes.saturating_add(until.saturating_sub(at));
            at = until.max(at.saturating_add(1));
        }
    }
    written.retain(|chunk, bytes| *bytes == chunks::range(shape.bytes(), *chunk).len());
    written.into_keys().collect()
}

/// Elements of the step's tensor that a unit writes.
pub fn outputs(config: &Config, kind: StepKind, unit: Unit) -> Range<usize> {
    let len = config.shape(kind).len;
    let run = |index: u32, size: usize| {
        let first = to_usize(index).saturating_mul(size).min(len);
        first..first.saturating_add(size).min(len)
    };
    match (kind, unit) {
        (_, Unit::Header) => 0..0,
        (_, Unit::Whole) => 0..len,
        (_, Unit::Chunk(c)) => run(c, CHUNK),
        (StepKind::Kv, Unit::Head(g)) => run(g, to_usize(config.head_dim).saturating_mul(2)),
        (_, Unit::Head(h)) => run(h, to_usize(config.head_dim)),
    }
}

/// Rows of head `head` in part `part` of qkv.
pub fn head_rows(config: &Config, part: usize, head: u32) -> Range<usize> {
    let first = config.parts(StepKind::Qkv).get(part).map_or(0, |p| p.first);
    let first = to_usize(first).saturating_add(to_usize(head).saturating_mul(to_usize(config.head_dim)));
    first..first.saturating_add(to_usize(config.head_dim))
}

/// Elements that chunk `c` of act reads: of gate and of up.
pub fn act_inputs(config: &Config, c: u32) -> [Range<usize>; 2] {
    let wanted = outputs(config, StepKind::Act, Unit::Chunk(c));
    let up = config.parts(StepKind::GateUp).get(1).map_or(0, |p| to_usize(p.first));
    [wanted.clone(), wanted.start.saturating_add(up)..wanted.end.saturating_add(up)]
}

/// The step whose tensor a linear step multiplies, or a sample reads.
pub const fn input(step: Step) -> StepKind {
    match step.kind {
        StepKind::Qkv => StepKind::AttnNorm,
        StepKind::O => StepKind::AttnPack,
        StepKind::GateUp => StepKind::FfnNorm,
        StepKind::Down => StepKind::Act,
        StepKind::Sample => StepKind::Head,
        _ => StepKind::FinalNorm,
    }
}

struct List<'c> {
    config: &'c Config,
    needs: Needs,
}

impl List<'_> {
    /// Opens the header of a step and the chunks that hold `elements` of its tensor.
    fn open(&mut self, t: u32, step: Step, elements: Range<usize>) {
        let shape = self.config.shape(step.kind);
        let chunks = &mut self.entry(t, step).chunks;
        let byte = |e: usize| e.saturating_mul(shape.element.size());
        if chunks::count(shape.bytes()) == 1 {
            // BLAKE3 hashes a single chunk as the root: there is nothing smaller to open.
            chunks.insert(0);
        } else if !elements.is_empty() {
            let chunk = |b: usize| u32::try_from(b.checked_div(CHUNK_BYTES).unwrap_or(0)).unwrap_or(u32::MAX);
            chunks.extend(chunk(byte(elements.start))..=chunk(byte(elements.end).saturating_sub(1)));
        }
    }

    fn entry(&mut self, t: u32, step: Step) -> &mut Opening {
        self.needs.entry(t).or_default().entry(self.config.step_index(step)).or_default()
    }

    fn whole(&mut self, t: u32, kind: StepKind, layer: u32) {
        self.open(t, Step { kind, layer }, 0..self.config.shape(kind).len);
    }

    fn logits(&mut self, t: u32, token: Option<u32>) {
        let head = Step { kind: StepKind::Head, layer: 0 };
        match token.map(to_usize) {
            Some(token) => self.open(t, head, token..token.saturating_add(1)),
            None => self.whole(t, StepKind::Head, 0),
        }
    }

    fn unit(&mut self, t: u32, step: Step, unit: Unit) {
        let config = self.config;
        let layer = step.layer;
        let outputs = outputs(config, step.kind, unit);
        self.open(t, step, outputs.clone());
        match (step.kind, unit) {
            (StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm, Unit::Chunk(_)) => {
                self.open(t, config.residual_source(step), outputs);
            }
            (kind, Unit::Chunk(_)) if kind.is_linear() => {
                self.whole(t, input(step), layer);
                if matches!(kind, StepKind::O | StepKind::Down) {
                    self.open(t, config.residual_source(step), outputs);
                }
            }
            (StepKind::Kv, Unit::Head(g)) => {
                for part in [1, 2] {
                    self.open(t, Step { kind: StepKind::Qkv, layer }, head_rows(config, part, g));
                }
            }
            (StepKind::Attention, Unit::Head(h)) => {
                self.open(t, Step { kind: StepKind::Qkv, layer }, head_rows(config, 0, h));
                let kv = self::outputs(config, StepKind::Kv, Unit::Head(config.kv_head_of(h)));
                for past in 0..=t {
                    self.open(past, Step { kind: StepKind::Kv, layer }, kv.clone());
                }
            }
            (StepKind::AttnPack, Unit::Chunk(_)) => {
                self.open(t, Step { kind: StepKind::Attention, layer }, outputs);
            }
            (StepKind::Act, Unit::Chunk(c)) => {
                for elements in act_inputs(config, c) {
                    self.open(t, Step { kind: StepKind::GateUp, layer }, elements);
                }
            }
            _ => {}
        }
    }
}

pub(crate) fn to_usize(v: u32) -> usize {
    usize::try_from(v).unwrap_or(usize::MAX)
}
