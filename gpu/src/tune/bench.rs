//! How long kernels take at a model's shapes, on memory that says nothing: no kernel's time depends on what it reads.

use std::time::Instant;

use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::Kernel;
use crate::ops::attention::{self, Attention};
use crate::ops::linear::{self, Key, Places, Slab};
use crate::ops::{self, kv, norm};
use crate::selftest::attention_plan;
use crate::shapes::Shapes;
use crate::variant::{Reduce, Tokens, Wide};

/// Dispatches of one measured submission.
const TIMES: u32 = 4;
/// Measured submissions, of which the fastest counts.
const ROUNDS: usize = 3;
/// Positions that attention is timed over.
const POSITIONS: u32 = 512;

/// Times kernels.
pub struct Bench<'a> {
    gpu: &'a Gpu,
    shapes: &'a Shapes<'a>,
    /// Slab of each product, cut to a size that takes milliseconds.
    slabs: Vec<(Slab, bool)>,
    zeros: wgpu::Buffer,
}

impl<'a> Bench<'a> {
    pub fn new(gpu: &'a Gpu, shapes: &'a Shapes<'a>) -> Bench<'a> {
        let most: u64 = if gpu.info().device_type == wgpu::DeviceType::Cpu { 1 << 20 } else { 64 << 20 };
        let slab = |p: &crate::shapes::Product| {
            let row = p.class.row_bytes(p.columns.div_ceil(32) as usize) as u64;
            let rows = u64::from(p.rows).min((most / row).max(16));
            (Slab::blank(gpu, p.class, rows as u32, p.columns), p.residual)
        };
        let slabs: Vec<_> = shapes.products.iter().map(slab).collect();
        let c = shapes.config;
        // Room for four positions of anything.
        let widest = (c.q_dim() + 2 * c.kv_dim()).max(2 * c.ffn).max(c.dim).max(1 << 16) + c.vocab;
        Bench { gpu, shapes, slabs, zeros: gpu.storage("bench", 8 * u64::from(widest)) }
    }

    /// Seconds of all products of `tokens` positions.
    pub fn products(&self, tokens: Tokens, variant: linear::Variant) -> Result<f64, GpuError> {
        let [x, sums, report] = ["x", "sums", "report"].map(|what| self.gpu.storage(what, 1 << 19));
        let mut seconds = 0.0;
        for (slab, residual) in &self.slabs {
            let kernel = Key { class: slab.class, tokens, residual: *residual, variant }.compile(self.gpu)?;
            let bound = kernel.bind(self.gpu, &[&slab.buffers[0], &slab.buffers[1], &x, &sums, &report, &self.zeros]);
            let places = Places { arena_row: 0, report_row: 0, header: 0, residual: 0, out: 0 };
            let parameters = slab.parameters(&places, 0, tokens.count());
            seconds += self.dispatched(&kernel, &bound, &parameters, slab.groups(variant, tokens, tokens.count()))?;
        }
        Ok(seconds)
    }

    /// Seconds of a norm.
    pub fn rows(&self, variant: ops::Variant) -> Result<f64, GpuError> {
        let kernel = norm::compile(self.gpu, variant)?;
        let columns = self.shapes.config.dim;
        // Not zero: the root of a sum of nothing is none.
        let words = vec![1; 4 * (columns as usize + 256)];
        let buffers: [wgpu::Buffer; 5] = std::array::from_fn(|_| self.gpu.upload("bench", &words));
        let bound = kernel.bind(self.gpu, &buffers.each_ref());
        let p = norm::Parameters {
            arena_row: 0,
            report_row: 0,
            input: 0,
            output: columns,
            header: 0,
            columns,
            gains: 0,
            eps: columns / 2,
        };
        self.dispatched(&kernel, &bound, &p.words(), norm::groups(1))
    }

    /// Seconds of kv.
    pub fn kv(&self, lanes: u32) -> Result<f64, GpuError> {
        let kernel = kv::compile(self.gpu, lanes)?;
        let c = self.shapes.config;
        let words = 4 * u64::from(c.q_dim() + 2 * c.kv_dim() + 4096);
        let buffers: [wgpu::Buffer; 8] = std::array::from_fn(|_| self.gpu.storage("bench", words));
        let bound = kernel.bind(self.gpu, &buffers.each_ref());
        let p = kv::Parameters::new(c, [0, 0], 0, c.q_dim() + 2 * c.kv_dim() + 1024, 0);
        self.dispatched(&kernel, &bound, &p.words(), p.groups(1))
    }

    /// Seconds of attention.
    pub fn attention(&self, variant: (u32, Wide, Reduce)) -> Result<f64, GpuError> {
        let plan = attention_plan(self.shapes, variant);
        let attention = Attention::new(self.gpu, plan)?;
        let c = self.shapes.config;
        let room = |words: u64| self.gpu.storage("bench", words);
        let b = attention::Buffers {
            rows: &self.gpu.upload("bench", &[0, POSITIONS - 1, 0, 0]),
            queries: &room(c.q_dim().into()),
            query_shifts: &room(c.heads.into()),
            cache: &room(u64::from(POSITIONS) * u64::from(c.kv_dim())),
            cache_shifts: &room(u64::from(POSITIONS) * u64::from(c.kv_heads)),
            exp: &self.gpu.upload("bench", &attention::exp_words(self.shapes.tables)),
            scores: &room(plan.score_words(1, POSITIONS)),
            arena: &room(c.q_dim().into()),
        };
        let bound = attention.bind(self.gpu, &b);
        let scale = self.shapes.tables.score_scale as u32;
        let p = attention::Parameters { arena_row: 0, offset: 0, capacity: POSITIONS, scale };
        self.timed(|pass| attention.dispatch(pass, &bound, &p, 1))
    }

    fn dispatched(
        &self,
        kernel: &Kernel,
        bound: &wgpu::BindGroup,
        parameters: &[u32],
        groups: [u32; 3],
    ) -> Result<f64, GpuError> {
        self.timed(|pass| kernel.dispatch(pass, bound, parameters, groups))
    }

    /// Seconds of the fastest of a few submissions, after one that does not count.
    fn timed(&self, dispatch: impl Fn(&mut wgpu::ComputePass<'_>)) -> Result<f64, GpuError> {
        let mut least = f64::INFINITY;
        for round in 0..=ROUNDS {
            let mut encoder = self.gpu.encoder();
            {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                (0..TIMES).for_each(|_| dispatch(&mut pass));
            }
            let started = Instant::now();
            self.gpu.run(encoder)?;
            if round > 0 {
                least = least.min(started.elapsed().as_secs_f64());
            }
        }
        Ok(least / f64::from(TIMES))
    }
}
