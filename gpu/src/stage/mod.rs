//! One card with its share of the model: computes rows of any sequences, hashes what they commit, reads back little.
//!
//! A *row* is one position of one sequence. All rows of a batch go through a step together; the keys and values of all of
//! them are in the cache before any of them attends, so rows of one sequence may stand in any order.

mod buffers;
mod kernels;
mod readback;
mod steps;
#[cfg(test)]
mod tests;
mod weights;

use std::sync::Arc;
use std::time::Instant;

use assay_model::Model;
use assay_model::sampling::Sampling;
use assay_model::tables::Rotation;

use crate::canary::{CANARY, Nonce};
use crate::card::Gpu;
use crate::error::GpuError;
use crate::layout::{Layout, Place, Share};
use crate::ops::kv::rotation_words;
use crate::ops::sample::Tail;
use crate::plan::Plan;
use buffers::{Around, Buffers, LayerCache, SLOTS};
use kernels::Kernels;
use readback::{Copy, Source};
use weights::Weights;
pub use weights::bytes as weight_bytes;

/// A submission should not keep a card busy for longer: drivers reset cards that seem to hang.
const SUBMISSION_SECONDS: f64 = 0.1;

/// How much a stage is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Rows of a batch.
    pub rows: u32,
    /// Positions of all sequences together.
    pub entries: u32,
    /// Most positions of one sequence.
    pub positions: u32,
}

/// One position of one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Token at the position.
    pub token: u32,
    /// The position.
    pub position: u32,
    /// First entry of its sequence in the cache.
    pub entry: u32,
    /// For a row with final_norm, head and sample: how its token is drawn, and the client's seed.
    pub tail: Option<(Sampling, [u8; 32])>,
}

/// A tensor of a row that is read back whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The row, as the caller counts.
    pub row: usize,
    /// The tensor.
    pub place: Place,
}

/// What a batch gave.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The report's row of each row, as the caller counts.
    pub reports: Vec<Vec<u32>>,
    /// The token of each row that has a tail.
    pub sampled: Vec<Option<u32>>,
    /// The tensors that were asked for, in order.
    pub tensors: Vec<Vec<u32>>,
    /// Residual of each row for the next card, if the share has no tail.
    pub outgoing: Vec<Vec<u32>>,
    /// What was read back.
    pub traffic: Traffic,
}

/// What came over the bus from a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes.
    pub bytes: u64,
    /// Transfers, each of which the host waits for.
    pub transfers: u64,
}

impl std::ops::AddAssign for Traffic {
    fn add_assign(&mut self, other: Traffic) {
        self.bytes += other.bytes;
        self.transfers += other.transfers;
    }
}

/// A card with a share of a model.
#[derive(Debug)]
pub struct Stage {
    gpu: Gpu,
    model: Arc<Model>,
    share: Share,
    weights: Weights,
    kernels: Kernels,
    cache: Vec<LayerCache>,
    room: Room,
    /// Buffers with and without a trace, made on first use.
    buffers: [Option<Buffers>; 2],
    staging: Option<(wgpu::Buffer, u64)>,
    /// Seconds that a row takes in a layer, measured.
    pace: f64,
    submissions: u32,
    /// Read back by the last batch.
    read_back: Traffic,
}

impl Stage {
    /// Loads `share` of `model` onto a card.
    ///
    /// # Errors
    /// If the memory does not suffice, the driver refuses a kernel, or the card does not hold what it was given.
    pub fn load(gpu: Gpu, model: Arc<Model>, share: Share, plan: &Plan, room: Room) -> Result<Stage, GpuError> {
        let weights = Weights::load(&gpu, &model, &share)?;
        let kernels = Kernels::new(&gpu, &model.config, &share, &weights, plan)?;
        let cache = caches(&gpu, &model, &share, room.entries)?;
        Ok(Stage {
            gpu,
            model,
            share,
            weights,
            kernels,
            cache,
            room,
            buffers: [None, None],
            staging: None,
            pace: 0.0,
            submissions: 0,
            read_back: Traffic::default(),
        })
    }

    /// Makes room for more; what is in the cache stays. On an error everything is as it was.
    ///
    /// # Errors
    /// If the memory does not suffice.
    pub fn grow(&mut self, room: Room) -> Result<(), GpuError> {
        if room.entries > self.room.entries {
            let cache = caches(&self.gpu, &self.model, &self.share, room.entries)?;
            let mut encoder = self.gpu.encoder();
            for (old, new) in self.cache.iter().zip(&cache) {
                for (old, new) in [(&old.data, &new.data), (&old.shifts, &new.shifts)] {
                    encoder.copy_buffer_to_buffer(old, 0, new, 0, old.size());
                }
            }
            self.gpu.run(encoder)?;
            self.cache = cache;
        }
        // Made anew on first use, bound to the new cache.
        self.buffers = [None, None];
        self.room = room;
        Ok(())
    }

    /// Bytes of a card's memory that `share` takes with `room`, traced.
    pub fn bytes(model: &Model, share: &Share, room: Room) -> u64 {
        let c = &model.config;
        let layers = u64::from(share.layers.end - share.layers.start);
        let cache = layers * u64::from(room.entries) * u64::from(c.kv_dim() + c.kv_heads) * 4;
        let work = [true, false].map(|trace| 4 * buffers::words(c, share, trace, room.rows, room.positions));
        weight_bytes(model, share) + cache + work.iter().sum::<u64>()
    }

    /// The card.
    pub const fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Its share.
    pub const fn share(&self) -> &Share {
        &self.share
    }

    /// What it was made for.
    pub const fn room(&self) -> Room {
        self.room
    }

    /// What the last batch read back.
    pub const fn read_back(&self) -> Traffic {
        self.read_back
    }

    /// Where the steps of a row write.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn layout(&mut self, trace: bool) -> Result<&Layout, GpuError> {
        Ok(&self.buffers(trace)?.layout)
    }

    /// Hashes the weights again in the card's memory.
    ///
    /// # Errors
    /// If they have changed there.
    pub fn check_weights(&self) -> Result<(), GpuError> {
        self.weights.check(&self.gpu)
    }

    fn buffers(&mut self, trace: bool) -> Result<&Buffers, GpuError> {
        let slot = usize::from(trace);
        if self.buffers[slot].is_none() {
            let around = Around {
                gpu: &self.gpu,
                config: &self.model.config,
                weights: &self.weights,
                kernels: &self.kernels,
                cache: &self.cache,
                positions: self.room.positions,
            };
            self.buffers[slot] = Some(Buffers::new(&around, &self.share, trace, self.room.rows)?);
        }
        Ok(self.buffers[slot].as_ref().expect("made above"))
    }

    /// Computes `rows`; `incoming` is the residual of each from the card before, if the share does not embed.
    ///
    /// With `trace`, every tensor is hashed on the card and the digests are in the reports.
    ///
    /// # Errors
    /// If the card is lost, does not finish, or its canaries are not those of the report.
    ///
    /// # Panics
    /// If there are more rows than the stage was made for.
    pub fn run(
        &mut self,
        rows: &[Row],
        incoming: &[Vec<u32>],
        trace: bool,
        fetch: &[Fetch],
    ) -> Result<Outcome, GpuError> {
        match self.attempt(rows, incoming, trace, fetch) {
            // A driver that dropped work may do it right the next time: every write of a batch is done anew.
            Err(GpuError::Wrong { card, what }) => {
                tracing::warn!(card, what, "the batch is computed once more");
                self.attempt(rows, incoming, trace, fetch)
            }
            done => done,
        }
    }

    fn attempt(
        &mut self,
        rows: &[Row],
        incoming: &[Vec<u32>],
        trace: bool,
        fetch: &[Fetch],
    ) -> Result<Outcome, GpuError> {
        assert!(!rows.is_empty() && rows.len() as u32 <= self.room.rows, "{} rows", rows.len());
        // Rows with a tail stand last.
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&i| rows[i].tail.is_some());
        let mut place_of = vec![0; rows.len()];
        order.iter().enumerate().for_each(|(at, &i)| place_of[i] = at as u32);
        let ordered: Vec<Row> = order.iter().map(|&i| rows[i]).collect();
        self.buffers(trace)?;
        let buffers = self.buffers[usize::from(trace)].take().expect("made above");
        let done = self.compute(&buffers, &ordered, &order, incoming, fetch, &place_of);
        self.buffers[usize::from(trace)] = Some(buffers);
        done
    }

    fn compute(
        &mut self,
        b: &Buffers,
        rows: &[Row],
        order: &[usize],
        incoming: &[Vec<u32>],
        fetch: &[Fetch],
        place_of: &[u32],
    ) -> Result<Outcome, GpuError> {
        let started = Instant::now();
        self.write_rows(b, rows);
        for (at, &i) in order.iter().enumerate() {
            if let Some(h) = incoming.get(i) {
                let word = at as u64 * u64::from(b.layout.arena_row) + u64::from(b.layout.incoming);
                self.gpu.queue().write_buffer(&b.arena, word * 4, bytemuck::cast_slice(h));
            }
        }
        let count = rows.len() as u32;
        let tail_first = if self.share.tail {
            rows.iter().position(|r| r.tail.is_some()).map_or(count, |i| i as u32)
        } else {
            count
        };
        let (report, mut copies) = self.copies(b, count, fetch, place_of);
        let nonces = self.submit(b, count, tail_first, &mut copies)?;
        let words = copies.last().map_or(0, |c| c.to + c.words);
        let (staging, _) = self.staging.as_ref().expect("made for the copies");
        let read = self.gpu.mapped(staging, words)?;
        self.read_back = Traffic { bytes: 4 * words, transfers: 1 };
        let (report, rest) = read.split_at(report as usize);
        let (slots, rest) = rest.split_at((SLOTS * CANARY) as usize);
        self.check_canaries(report, slots, &nonces)?;
        let layers = f64::from((self.share.layers.end - self.share.layers.start).max(1));
        self.pace = started.elapsed().as_secs_f64() / (layers * f64::from(count));
        let mut out = self.outcome(b, report, rest, fetch, place_of, &copies);
        out.sampled = vec![None; rows.len()];
        if self.share.tail {
            for (row, &i) in rows.iter().zip(order) {
                out.sampled[i] = self.sampled(b, row, place_of[i], &out.reports[i])?;
            }
        }
        out.traffic = self.read_back;
        Ok(out)
    }

    /// What each row is, for the kernels.
    fn write_rows(&self, b: &Buffers, rows: &[Row]) {
        let queue = self.gpu.queue();
        let metadata: Vec<[u32; 4]> = rows.iter().map(|r| [r.token, r.position, r.entry, 0]).collect();
        queue.write_buffer(&b.rows, 0, bytemuck::cast_slice(&metadata));
        let mut rotations = vec![Rotation { cos: 0, sin: 0 }; self.model.config.head_dim as usize / 2];
        let mut words = Vec::with_capacity(rows.len() * rotations.len());
        for row in rows {
            self.model.tables.rotation(row.position, &mut rotations);
            words.extend(rotation_words(&rotations));
        }
        queue.write_buffer(&b.rotations, 0, bytemuck::cast_slice(&words));
        let tails = (0..).zip(rows).filter_map(|(row, r)| Some(Tail::new(row, &r.tail?.0).words()));
        let tails: Vec<[u32; 4]> = tails.collect();
        if !tails.is_empty() {
            queue.write_buffer(&b.tails, 0, bytemuck::cast_slice(&tails));
        }
    }

    /// Encodes and submits everything; returns the nonce of each submission.
    fn submit(
        &mut self,
        b: &Buffers,
        count: u32,
        tail_first: u32,
        copies: &mut [Copy],
    ) -> Result<Vec<Nonce>, GpuError> {
        let each = (SUBMISSION_SECONDS / (self.pace * f64::from(count)).max(1e-9)) as u32;
        let layers = self.share.layers.clone();
        // Every submission but the last has a slot of its own.
        let each = each.max((layers.end - layers.start).div_ceil(SLOTS - 1)).max(1);
        let mut nonces = Vec::new();
        let mut encoder = self.gpu.encoder();
        encoder.clear_buffer(&b.report, 0, Some(u64::from(count) * u64::from(b.layout.report_row) * 4));
        encoder.clear_buffer(&b.slots, 0, None);
        let mut first = layers.start;
        loop {
            let until = layers.end.min(first.saturating_add(each));
            let last = until == layers.end;
            {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                let mut steps = self.steps(b, &mut pass, count);
                if first == layers.start {
                    steps.embed();
                }
                (first..until).for_each(|l| steps.layer(l));
                if last {
                    steps.tail(tail_first);
                    steps.hash(tail_first);
                }
                drop(pass);
            }
            let words = if last { count * b.layout.report_row } else { 0 };
            let nonce = self.nonce();
            {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                self.kernels.canary.encode(&mut pass, &b.canary, words, nonce, nonces.len() as u32);
            }
            nonces.push(nonce);
            if last {
                let (staging, _) = self.staging.as_ref().expect("made for the copies");
                for c in copies.iter() {
                    let source = match c.source {
                        Source::Report => &b.report,
                        Source::Slots => &b.slots,
                        Source::Arena => &b.arena,
                    };
                    encoder.copy_buffer_to_buffer(source, c.from * 4, staging, c.to * 4, c.words * 4);
                }
                self.gpu.run(encoder)?;
                return Ok(nonces);
            }
            self.gpu.submit(encoder)?;
            encoder = self.gpu.encoder();
            first = until;
        }
    }

    /// Used once.
    fn nonce(&mut self) -> Nonce {
        self.submissions = self.submissions.wrapping_add(1);
        [self.submissions, !self.submissions, 0x6173_7361, self.submissions.rotate_left(16)]
    }

    /// Takes the card away, as a reset or a loose riser does, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn lose(&self) {
        self.gpu.device().destroy();
    }

    /// Damages one bit of a weight buffer, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn damage_weights(&self) {
        let (_, buffer) = self.weights.buffers().next().expect("a share has weights");
        let word = self.gpu.read(buffer, 0, 1).expect("the card answers")[0];
        self.gpu.queue().write_buffer(buffer, 0, &(word ^ 1).to_le_bytes());
    }
}

/// Keys and values of every layer of a share.
fn caches(gpu: &Gpu, model: &Model, share: &Share, entries: u32) -> Result<Vec<LayerCache>, GpuError> {
    let words = |each: u32| u64::from(entries) * u64::from(each);
    // A larger buffer exists but cannot be bound, and the driver would only say so later.
    let (needed, largest) = (4 * words(model.config.kv_dim()), gpu.limits().max_storage_buffer_binding_size);
    if needed > largest {
        let what = "keys and values of a layer".into();
        let (needed, free) = (needed / 1_000_000, largest / 1_000_000);
        return Err(GpuError::Memory { card: gpu.name().into(), what, needed, free });
    }
    let layer = |_| {
        let data = gpu.try_storage("keys and values", words(model.config.kv_dim()))?;
        Ok(LayerCache { data, shifts: gpu.try_storage("their shifts", words(model.config.kv_heads))? })
    };
    share.layers.clone().map(layer).collect()
}
