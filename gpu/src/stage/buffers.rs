//! What a batch works in: buffers for a number of rows, and their bindings, made once.

use assay_model::config::Config;
use assay_model::program::StepKind;

use super::kernels::Kernels;
use super::weights::Weights;
use crate::canary::CANARY;
use crate::card::Gpu;
use crate::error::GpuError;
use crate::hash::{Bound, Hasher};
use crate::layout::{Layout, Share};
use crate::ops::linear::Slab;
use crate::ops::{act, attention, kv, norm, pack};
use crate::packed::BLOCK;
use crate::variant::Tokens;

/// Submissions of one batch whose canaries are read back together.
pub const SLOTS: u32 = 64;

/// Keys and values of one layer.
#[derive(Debug)]
pub struct LayerCache {
    pub data: wgpu::Buffer,
    pub shifts: wgpu::Buffer,
}

/// Bindings of one layer.
#[derive(Debug)]
pub struct LayerBinds {
    pub kv: wgpu::BindGroup,
    pub attention: wgpu::BindGroup,
    qkv: [Vec<wgpu::BindGroup>; 2],
    o: [Vec<wgpu::BindGroup>; 2],
    gate_up: [Vec<wgpu::BindGroup>; 2],
    down: [Vec<wgpu::BindGroup>; 2],
}

impl LayerBinds {
    /// Of the slabs of one linear step.
    pub fn of(&self, kind: StepKind, tokens: Tokens) -> &[wgpu::BindGroup] {
        let both = match kind {
            StepKind::Qkv => &self.qkv,
            StepKind::O => &self.o,
            StepKind::GateUp => &self.gate_up,
            _ => &self.down,
        };
        &both[usize::from(tokens == Tokens::Four)]
    }
}

/// Bindings of the kernels of rows, for one number of positions at once.
#[derive(Debug)]
pub struct RowBinds {
    pub norm: wgpu::BindGroup,
    pub pack: wgpu::BindGroup,
    pub act: wgpu::BindGroup,
    pub head: Vec<wgpu::BindGroup>,
}

/// Buffers and bindings for up to `capacity` rows.
#[derive(Debug)]
pub struct Buffers {
    pub layout: Layout,
    pub arena: wgpu::Buffer,
    pub report: wgpu::Buffer,
    pub rows: wgpu::Buffer,
    pub rotations: wgpu::Buffer,
    pub tails: wgpu::Buffer,
    pub slots: wgpu::Buffer,
    pub layers: Vec<LayerBinds>,
    pub of_rows: [RowBinds; 2],
    pub embed: Vec<wgpu::BindGroup>,
    pub sample: wgpu::BindGroup,
    pub canary: wgpu::BindGroup,
    pub hash: Option<(Hasher, Bound)>,
}

/// Words that the buffers take, by what they depend on.
pub fn words(config: &Config, share: &Share, trace: bool, capacity: u32, positions: u32) -> u64 {
    let layout = Layout::new(config, share, trace);
    let widest = u64::from(widest(config));
    let rows = u64::from(capacity.next_multiple_of(4));
    let each = u64::from(layout.arena_row) + u64::from(layout.report_row) + 2 * u64::from(config.q_dim()) + widest;
    rows * each + u64::from(capacity) * u64::from(config.heads) * u64::from(positions) * 2
}

/// Columns of the widest vector that a product reads, in whole blocks.
fn widest(config: &Config) -> u32 {
    config.dim.max(config.q_dim()).max(config.ffn).next_multiple_of(BLOCK as u32)
}

/// What [`Buffers::new`] puts together.
pub struct Around<'a> {
    pub gpu: &'a Gpu,
    pub config: &'a Config,
    pub weights: &'a Weights,
    pub kernels: &'a Kernels,
    pub cache: &'a [LayerCache],
    /// Most positions of a sequence.
    pub positions: u32,
}

impl Buffers {
    /// For `capacity` rows of `share`.
    ///
    /// # Errors
    /// If the memory does not suffice, or the driver refuses a kernel.
    pub fn new(a: &Around<'_>, share: &Share, trace: bool, capacity: u32) -> Result<Buffers, GpuError> {
        let Around { gpu, config: c, weights, kernels, cache, positions } = *a;
        let layout = Layout::new(c, share, trace);
        let rows = u64::from(capacity.next_multiple_of(4));
        let make = |what: &str, words: u64| gpu.try_storage(what, words);
        let arena = make("arena", rows * u64::from(layout.arena_row))?;
        let report = make("report", rows * u64::from(layout.report_row))?;
        let x = make("vectors", rows * u64::from(widest(c)) / 2)?;
        let sums = make("sums", rows * u64::from(widest(c)) / BLOCK as u64)?;
        let metadata = make("rows", rows * 4)?;
        let rotations = make("rotations", rows * u64::from(c.head_dim) / 2)?;
        let tails = make("tails", rows * 4)?;
        let queries = make("queries", rows * u64::from(c.q_dim()) / 2)?;
        let query_shifts = make("query shifts", rows * u64::from(c.heads))?;
        let scores = make("scores", u64::from(capacity) * u64::from(c.heads) * u64::from(positions) * 2)?;
        let slots = make("canaries", u64::from(SLOTS * CANARY))?;
        let slab = |slab: &Slab, kind, tokens| {
            let (kernel, _) = kernels.product(slab.class, kind, tokens);
            kernel.bind(gpu, &[&slab.buffers[0], &slab.buffers[1], &x, &sums, &report, &arena])
        };
        let step = |slabs: &[Slab], kind| Tokens::ALL.map(|t| slabs.iter().map(|s| slab(s, kind, t)).collect());
        let layer = |(w, cache): (&super::weights::LayerWeights, &LayerCache)| {
            let b = kv::Buffers {
                arena: &arena,
                report: &report,
                rows: &metadata,
                rotations: &rotations,
                cache: &cache.data,
                cache_shifts: &cache.shifts,
                queries: &queries,
                query_shifts: &query_shifts,
            };
            let a = attention::Buffers {
                rows: &metadata,
                queries: &queries,
                query_shifts: &query_shifts,
                cache: &cache.data,
                cache_shifts: &cache.shifts,
                exp: &weights.exp,
                scores: &scores,
                arena: &arena,
            };
            LayerBinds {
                kv: kernels.kv.bind(gpu, &b.list()),
                attention: kernels.attention.bind(gpu, &a),
                qkv: step(&w.qkv, StepKind::Qkv),
                o: step(&w.o, StepKind::O),
                gate_up: step(&w.gate_up, StepKind::GateUp),
                down: step(&w.down, StepKind::Down),
            }
        };
        let layers = weights.layers.iter().zip(cache).map(layer).collect();
        let of_rows = Tokens::ALL.map(|tokens| {
            let k = kernels.of_rows(tokens);
            let (arena, report, x, sums) = (&arena, &report, &x, &sums);
            let heads = if share.tail { weights.head() } else { &[] };
            RowBinds {
                norm: k.norm.bind(gpu, &norm::Buffers { arena, report, x, sums, gains: &weights.gains }.list()),
                pack: k.pack.bind(gpu, &pack::Buffers { arena, report, x, sums }.list()),
                act: k.act.bind(gpu, &act::Buffers { arena, report, x, sums, sigmoid: &weights.sigmoid }.list()),
                head: heads.iter().map(|s| slab(s, StepKind::Head, tokens)).collect(),
            }
        });
        let embed = kernels.embed.as_ref().map_or_else(Vec::new, |(_, kernel)| {
            let bind = |s: &Slab| kernel.bind(gpu, &[&arena, &metadata, &s.buffers[0], &s.buffers[1]]);
            weights.embedding.iter().map(bind).collect()
        });
        let hash = if trace {
            let hasher = Hasher::new(gpu, &layout)?;
            let scratch = make("hash nodes", rows * u64::from(hasher.scratch_row()))?;
            let bound = hasher.bind(gpu, &arena, &report, &scratch);
            Some((hasher, bound))
        } else {
            None
        };
        Ok(Buffers {
            sample: kernels.sample.bind(gpu, &tails, &weights.sample, &arena, &report),
            canary: kernels.canary.bind(gpu, &report, &slots),
            layout,
            arena,
            report,
            rows: metadata,
            rotations,
            tails,
            slots,
            layers,
            of_rows,
            embed,
            hash,
        })
    }
}
