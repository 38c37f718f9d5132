//! Many cards as one executor of many sequences.
//!
//! Cards that together hold the model form a *pipeline*: each has some of the layers, and a row goes from one to the
//! next as its residual stream, a few kilobytes, which the slowest slot carries easily. A card that holds the whole model
//! is a pipeline of its own. Sequences are dealt out among the pipelines and stay where their keys and values are. Within
//! a pipeline the rows of a call are cut into as many batches as it has cards, so that all of them work.

mod divide;
mod output;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use assay_model::Model;
use assay_model::reference::Sampler;

use crate::cache::Entries;
use crate::card::Gpu;
use crate::error::GpuError;
use crate::layout::{Layout, Share};
use crate::plan::Plan;
use crate::stage::{Fetch, Outcome, Room, Row, Stage, Traffic, weight_bytes};
use divide::{Sizes, divide};
pub use output::{Content, PositionOutput, StepResult};
use worker::{Tag, Task, Worker};

/// Most rows of a batch.
const ROWS: u32 = 64;
/// Positions that a fresh cache has room for, and by which it grows.
const ENTRIES: u32 = 256;
/// Most bytes of scratch for the scores of attention.
const SCORES: u64 = 128 << 20;

/// A card that may be used.
pub struct Card {
    /// The card.
    pub gpu: Gpu,
    /// Bytes of its memory that may be used, if that is limited.
    pub limit: Option<u64>,
    /// How it computes.
    pub plan: Plan,
}

/// Positions of one sequence that are to be computed.
pub struct Work<'a> {
    /// The sequence.
    pub sequence: u64,
    /// Tokens at its next positions.
    pub tokens: &'a [u32],
    /// How its sample steps draw.
    pub sampler: &'a Sampler,
    /// Whether every tensor is hashed.
    pub trace: bool,
    /// Whether the bytes of the tensor of a step, by its number, are needed at a position.
    pub wants: &'a dyn Fn(u32, u32) -> bool,
}

/// What became of a [`Work`].
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// One entry a position, if there is a trace or something was wanted.
    pub positions: Vec<PositionOutput>,
    /// The token sampled at the last position, if it has a sample step.
    pub sampled: Option<u32>,
}

#[derive(Debug)]
struct Sequence {
    pipeline: usize,
    entry: u32,
    room: u32,
    position: u32,
}

#[derive(Debug)]
struct Pipeline {
    workers: Vec<Worker>,
    entries: Entries,
    /// Most positions of a sequence that there is room for.
    positions: u32,
}

/// Cards with a model on them.
#[derive(Debug)]
pub struct Fleet {
    model: Arc<Model>,
    pipelines: Vec<Pipeline>,
    sequences: BTreeMap<u64, Sequence>,
    opened: u64,
    traffic: Traffic,
}

/// Rows of a batch on a card: fewer where positions, and so the scratch of attention, are many.
fn rows(model: &Model, share: &Share, binding: u64, positions: u32) -> u32 {
    let c = &model.config;
    let scores = SCORES.min(binding) / (u64::from(c.heads) * u64::from(positions) * 8).max(1);
    let arena = binding / (u64::from(Layout::new(c, share, true).arena_row) * 4).max(1);
    scores.min(arena).clamp(1, ROWS.into()) as u32
}

impl Fleet {
    /// Loads `model` onto as many copies as `cards` can hold, each on as few neighbouring cards as possible.
    ///
    /// # Errors
    /// If the cards together do not hold the model, or one of them fails.
    pub fn load(model: &Arc<Model>, cards: Vec<Card>) -> Result<Fleet, GpuError> {
        let mut rest = cards;
        let mut groups = Vec::new();
        while !rest.is_empty() {
            let free: Vec<u64> = rest.iter().map(|c| c.limit.unwrap_or(u64::MAX)).collect();
            let Some(ranges) = divide(model.config.layers, &sizes(model), &free) else { break };
            let behind = rest.split_off(ranges.len());
            groups.push((std::mem::replace(&mut rest, behind), ranges));
        }
        if groups.is_empty() {
            let whole = Share::whole(&model.config);
            let needed = Stage::bytes(model, &whole, Room { rows: 1, entries: ENTRIES, positions: ENTRIES });
            let free = rest.iter().filter_map(|c| c.limit).sum::<u64>() / 1_000_000;
            let card = rest.iter().map(|c| c.gpu.name().to_owned()).collect::<Vec<_>>().join(" and ");
            return Err(GpuError::Memory { card, what: "the model".into(), needed: needed / 1_000_000 + 1, free });
        }
        for card in &rest {
            tracing::warn!("{}: left idle: the model needs more memory than it has", card.gpu.name());
        }
        Fleet::of(model, groups)
    }

    /// Loads `model` once onto all of `cards`, whose layers are given.
    ///
    /// # Errors
    /// If one of them fails.
    pub fn divided(model: &Arc<Model>, cards: Vec<Card>, layers: Vec<Range<u32>>) -> Result<Fleet, GpuError> {
        Fleet::of(model, vec![(cards, layers)])
    }

    fn of(model: &Arc<Model>, groups: Vec<(Vec<Card>, Vec<Range<u32>>)>) -> Result<Fleet, GpuError> {
        let mut pipelines = Vec::new();
        for (cards, ranges) in groups {
            let last = ranges.len() - 1;
            let start = |(i, (card, layers)): (usize, (Card, Range<u32>))| {
                let share = Share { embed: i == 0, layers, tail: i == last };
                let binding = card.gpu.limits().max_storage_buffer_binding_size;
                let room = Room {
                    rows: fitting_rows(model, &share, binding, card.limit, ENTRIES, ENTRIES).unwrap_or(1),
                    entries: ENTRIES,
                    positions: ENTRIES,
                };
                let stage = Stage::load(card.gpu, Arc::clone(model), share, &card.plan, room)?;
                Ok(Worker::start(stage, card.limit))
            };
            let workers = cards.into_iter().zip(ranges).enumerate().map(start).collect::<Result<_, GpuError>>()?;
            pipelines.push(Pipeline { workers, entries: Entries::new(ENTRIES), positions: ENTRIES });
        }
        let (sequences, traffic) = (BTreeMap::new(), Traffic::default());
        Ok(Fleet { model: Arc::clone(model), pipelines, sequences, opened: 0, traffic })
    }

    /// Names of the cards at work, and the layers of each.
    pub fn cards(&self) -> impl Iterator<Item = (&str, &Share)> {
        self.pipelines.iter().flat_map(|p| &p.workers).map(|w| (w.name.as_str(), &w.share))
    }

    /// Bytes of the cards' memory in use, as they are counted before they are asked for.
    pub fn memory(&self) -> u64 {
        let workers = self.pipelines.iter().flat_map(|p| &p.workers);
        workers.map(|w| Stage::bytes(&self.model, &w.share, w.room)).sum()
    }

    /// What the last call read back from all cards.
    pub const fn read_back(&self) -> Traffic {
        self.traffic
    }

    /// An empty sequence with room for `positions` positions, on the pipeline with the fewest.
    ///
    /// # Errors
    /// [`GpuError::Memory`] if no pipeline has room for it.
    pub fn open(&mut self, positions: u32) -> Result<u64, GpuError> {
        let mut load = vec![0u64; self.pipelines.len()];
        self.sequences.values().for_each(|s| load[s.pipeline] += u64::from(s.room));
        let mut order: Vec<usize> = (0..load.len()).collect();
        order.sort_by_key(|&i| load[i]);
        let mut failed = None;
        for pipeline in order {
            match self.pipelines[pipeline].take(&self.model, positions) {
                Ok(entry) => {
                    let id = self.opened;
                    self.opened += 1;
                    self.sequences.insert(id, Sequence { pipeline, entry, room: positions, position: 0 });
                    return Ok(id);
                }
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or_else(|| GpuError::NoAdapter("there is no card".into())))
    }

    /// Ends a sequence; one that is not open is ignored.
    pub fn close(&mut self, sequence: u64) {
        if let Some(s) = self.sequences.remove(&sequence) {
            self.pipelines[s.pipeline].entries.free(s.entry);
        }
    }

    /// Next position of a sequence and the number of positions that it has room for.
    pub fn position(&self, sequence: u64) -> Option<(u32, u32)> {
        self.sequences.get(&sequence).map(|s| (s.position, s.room))
    }

    /// Hashes all weights again where they are.
    ///
    /// # Errors
    /// If some have changed, or a card is gone.
    pub fn check_weights(&self) -> Result<(), GpuError> {
        self.pipelines.iter().flat_map(|p| &p.workers).try_for_each(Worker::check_weights)
    }

    /// Computes one position for each token of each work.
    ///
    /// # Errors
    /// If a card fails; the sequences of these works are of no further use then.
    ///
    /// # Panics
    /// If a sequence is not open, is named twice or has no room: callers check that.
    pub fn forward(&mut self, works: &[Work<'_>]) -> Result<Vec<Done>, GpuError> {
        let (reply, replies) = channel();
        let mut done: Vec<Done> = works.iter().map(|_| Done::default()).collect();
        let mut flights: Vec<Flight> = Vec::new();
        for (index, pipeline) in self.pipelines.iter().enumerate() {
            let here: Vec<usize> =
                (0..works.len()).filter(|&w| self.sequences[&works[w].sequence].pipeline == index).collect();
            flights.push(Flight::new(&self.model, pipeline, &self.sequences, works, &here));
        }
        let outcome = fly(&self.model, &self.pipelines, &mut flights, &reply, &replies, works, &mut done);
        for work in works {
            if let Some(s) = self.sequences.get_mut(&work.sequence) {
                s.position += work.tokens.len() as u32;
            }
        }
        self.traffic = outcome?;
        Ok(done)
    }

    /// The workers of all pipelines, for tests that harm one.
    #[cfg(any(test, feature = "testing"))]
    pub fn harm(&self, card: usize, how: fn(&Stage)) {
        self.pipelines.iter().flat_map(|p| &p.workers).nth(card).expect("so many cards").harm(how);
    }
}

impl Pipeline {
    /// Entries for a sequence; makes room for them if there is memory.
    fn take(&mut self, model: &Model, positions: u32) -> Result<u32, GpuError> {
        let longest = self.positions.max(positions.next_multiple_of(ENTRIES));
        if let Some(entry) = self.entries.take(positions) {
            if longest > self.positions {
                self.grow(model, self.entries.total(), longest).inspect_err(|_| self.entries.free(entry))?;
            }
            return Ok(entry);
        }
        let entries = self.entries.needed(positions).next_multiple_of(ENTRIES);
        self.grow(model, entries, longest)?;
        self.entries.grow(entries);
        let room = || GpuError::Memory {
            card: self.workers[0].name.clone(),
            what: format!("a sequence of {positions} positions"),
            needed: 0,
            free: 0,
        };
        self.entries.take(positions).ok_or_else(room)
    }

    fn grow(&mut self, model: &Model, entries: u32, positions: u32) -> Result<(), GpuError> {
        for w in &mut self.workers {
            let binding = u64::from(u32::MAX);
            let found = fitting_rows(model, &w.share, binding, w.limit, entries, positions);
            let rows = found.ok_or_else(|| {
                let least = Room { rows: 1, entries, positions };
                GpuError::Memory {
                    card: w.name.clone(),
                    what: format!("room for {entries} positions"),
                    needed: Stage::bytes(model, &w.share, least) / 1_000_000 + 1,
                    free: w.limit.unwrap_or(0) / 1_000_000,
                }
            })?;
            w.grow(Room { rows: rows.min(w.room.rows), entries, positions })?;
        }
        self.positions = positions;
        Ok(())
    }

    /// Rows of a batch that every card takes.
    fn rows(&self) -> u32 {
        self.workers.iter().map(|w| w.room.rows).min().unwrap_or(1)
    }
}

/// Most rows of a batch with which a share stays within `limit`.
fn fitting_rows(
    model: &Model,
    share: &Share,
    binding: u64,
    limit: Option<u64>,
    entries: u32,
    positions: u32,
) -> Option<u32> {
    let most = rows(model, share, binding, positions);
    let fits = |rows: &u32| {
        limit.is_none_or(|limit| Stage::bytes(model, share, Room { rows: *rows, entries, positions }) <= limit)
    };
    std::iter::successors(Some(most), |r| (*r > 1).then_some(r / 2)).find(fits)
}

fn sizes(model: &Model) -> Sizes {
    let c = &model.config;
    let share = |embed, layers, tail| Share { embed, layers, tail };
    let embed = weight_bytes(model, &share(true, 0..0, false));
    let room = Room { rows: 1, entries: ENTRIES, positions: ENTRIES };
    let largest = (0..c.layers).map(|l| Stage::bytes(model, &share(false, l..l + 1, false), room)).max().unwrap_or(0);
    let fixed = Stage::bytes(model, &share(false, 0..0, false), room);
    Sizes {
        layer: largest.saturating_sub(fixed),
        embed,
        tail: weight_bytes(model, &share(false, 0..0, true)),
        tail_beside_embed: weight_bytes(model, &share(true, 0..0, true)) - embed,
        // What the tail and the embedding need besides their weights.
        fixed: fixed + 4 * u64::from(Layout::new(c, &Share::whole(c), true).arena_row),
    }
}

/// A row and the work and place in it that it belongs to.
#[derive(Clone, Copy)]
struct Seat {
    work: usize,
    row: Row,
}

/// Rows on their way through a pipeline.
struct Flight {
    batches: Vec<Vec<Seat>>,
    trace: bool,
    layouts: Vec<Layout>,
    fetches: Vec<Vec<Vec<Fetch>>>,
}

impl Flight {
    fn new(
        model: &Model,
        pipeline: &Pipeline,
        sequences: &BTreeMap<u64, Sequence>,
        works: &[Work<'_>],
        here: &[usize],
    ) -> Flight {
        let mut seats = Vec::new();
        for &work in here {
            let w = &works[work];
            let s = &sequences[&w.sequence];
            for (position, &token) in (s.position..).zip(w.tokens) {
                let tail = (position >= w.sampler.tail_from).then_some((w.sampler.sampling, w.sampler.seed));
                seats.push(Seat { work, row: Row { token, position, entry: s.entry, tail } });
            }
        }
        let trace = here.iter().any(|&w| works[w].trace);
        let each = seats.len().div_ceil(pipeline.workers.len()).clamp(1, pipeline.rows() as usize);
        let batches: Vec<Vec<Seat>> = seats.chunks(each).map(<[Seat]>::to_vec).collect();
        let layouts: Vec<Layout> =
            pipeline.workers.iter().map(|w| Layout::new(&model.config, &w.share, trace)).collect();
        let fetches = batches
            .iter()
            .map(|seats| layouts.iter().map(|l| output::fetches(model, l, seats, works)).collect())
            .collect();
        Flight { batches, trace, layouts, fetches }
    }

    fn task(&self, tag: Tag, incoming: Vec<Vec<u32>>, reply: &Sender<(Tag, Result<Outcome, GpuError>)>) -> Task {
        Task {
            tag,
            rows: self.batches[tag.batch].iter().map(|s| s.row).collect(),
            incoming,
            trace: self.trace,
            fetch: self.fetches[tag.batch][tag.stage].clone(),
            reply: reply.clone(),
        }
    }
}

type Reply = (Tag, Result<Outcome, GpuError>);

/// Sends all batches through their pipelines; returns what was read back.
fn fly(
    model: &Model,
    pipelines: &[Pipeline],
    flights: &mut [Flight],
    reply: &Sender<Reply>,
    replies: &Receiver<Reply>,
    works: &[Work<'_>],
    done: &mut [Done],
) -> Result<Traffic, GpuError> {
    let mut waiting = 0;
    let mut failed = None;
    for (pipeline, flight) in flights.iter().enumerate() {
        for batch in 0..flight.batches.len() {
            let tag = Tag { pipeline, stage: 0, batch };
            match pipelines[pipeline].workers[0].run(flight.task(tag, Vec::new(), reply)) {
                Ok(()) => waiting += 1,
                Err(error) => failed = Some(error),
            }
        }
    }
    // Answers of one stage come in the order of its tasks, so batches stay in order on every card.
    let mut found: BTreeMap<(usize, usize), Vec<Outcome>> = BTreeMap::new();
    while waiting > 0 {
        let Ok((tag, outcome)) = replies.recv_timeout(std::time::Duration::from_secs(300)) else {
            let card = pipelines[0].workers[0].name.clone();
            return Err(failed.unwrap_or(GpuError::Timeout { card, seconds: 300 }));
        };
        waiting -= 1;
        let mut outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        let (flight, workers) = (&flights[tag.pipeline], &pipelines[tag.pipeline].workers);
        if let (Some(next), None) = (workers.get(tag.stage + 1), &failed) {
            let task = flight.task(Tag { stage: tag.stage + 1, ..tag }, std::mem::take(&mut outcome.outgoing), reply);
            match next.run(task) {
                Ok(()) => waiting += 1,
                Err(error) => failed = Some(error),
            }
        }
        found.entry((tag.pipeline, tag.batch)).or_default().push(outcome);
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let mut traffic = Traffic::default();
    for ((pipeline, batch), outcomes) in found {
        outcomes.iter().for_each(|o| traffic += o.traffic);
        let flight = &flights[pipeline];
        output::collect(model, flight, batch, &outcomes, works, done);
    }
    Ok(traffic)
}
