//! Digests of tensors, computed where the tensors are.
//!
//! Two dispatches write `blake3::hash` of every tensor of every row into the report: one lane hashes one chunk of 1024
//! bytes of any tensor, then the chaining values of each tensor's chunks are merged. `jobs.rs` says who does what.

mod jobs;
mod known;
#[cfg(test)]
mod tests;

pub(crate) use known::cycle;
pub use known::{self_test, self_test_with};

use jobs::GROUP;

use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::layout::{DIGEST, Layout, Place};
use crate::shader::Shader;

/// Rows side by side in one dimension of a dispatch, which has at most 65535 groups.
const ROWS_Y: u32 = 1 << 15;

/// Texts of the two kernels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Chaining values of chunks.
    pub chunks: String,
    /// Digests of tensors of several chunks.
    pub trees: String,
}

impl Sources {
    /// The texts as they are used.
    pub fn new() -> Sources {
        let head = || Shader::new().constant("GROUP", GROUP).constant("ROWS_Y", ROWS_Y);
        let chunks = head().constant("SINGLE", jobs::SINGLE).blake3().file(include_str!("kernels/hash_chunks.wgsl"));
        let trees = head().compression().file(include_str!("kernels/hash_trees.wgsl"));
        Sources { chunks: chunks.text().into(), trees: trees.text().into() }
    }
}

impl Default for Sources {
    fn default() -> Self {
        Sources::new()
    }
}

/// Hashes the tensors of one layout.
#[derive(Debug)]
pub struct Hasher {
    chunks: Kernel,
    trees: Kernel,
    table: jobs::Chunks,
    merges: jobs::Trees,
    /// The tables in the card's memory.
    buffers: [wgpu::Buffer; 2],
    arena_row: u32,
    report_row: u32,
}

/// The buffers of a batch, bound.
#[derive(Debug)]
pub struct Bound {
    chunks: wgpu::BindGroup,
    trees: wgpu::BindGroup,
}

impl Hasher {
    /// For the tensors of `layout`, which was made with a trace.
    ///
    /// # Errors
    /// If the driver refuses a kernel, or a row has more chunks than a dispatch has groups for.
    pub fn new(gpu: &Gpu, layout: &Layout) -> Result<Hasher, GpuError> {
        Hasher::of(gpu, &layout.places, layout.arena_row, layout.report_row, &Sources::new())
    }

    /// For the tensors at `places`, each at a whole block of a row of `arena_row` words, with given texts of the kernels.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of(
        gpu: &Gpu,
        places: &[Place],
        arena_row: u32,
        report_row: u32,
        sources: &Sources,
    ) -> Result<Hasher, GpuError> {
        let (table, merges) = jobs::tables(places);
        let [read, write] = [Access::Read, Access::Write];
        let chunks = Kernel::new(gpu, "hash_chunks", &sources.chunks, &[read, read, write, write])?;
        let trees = Kernel::new(gpu, "hash_trees", &sources.trees, &[read, write, write])?;
        let buffers = [("hash_chunks jobs", &table.jobs), ("hash_trees jobs", &merges.jobs)];
        let buffers = buffers.map(|(label, jobs)| gpu.upload(label, jobs.as_flattened()));
        let hasher = Hasher { chunks, trees, table, merges, buffers, arena_row, report_row };
        if hasher.chunk_groups().max(hasher.tree_groups()) > gpu.limits().max_compute_workgroups_per_dimension {
            let what = format!("hashing {} chunks a position", hasher.table.jobs.len());
            return Err(GpuError::Unsupported { card: gpu.name().into(), what });
        }
        Ok(hasher)
    }

    fn chunk_groups(&self) -> u32 {
        (self.table.jobs.len() as u32).div_ceil(GROUP)
    }

    fn tree_groups(&self) -> u32 {
        self.merges.jobs.len() as u32 / GROUP
    }

    /// Words of scratch that a row takes.
    pub const fn scratch_row(&self) -> u32 {
        self.table.slots * DIGEST
    }

    /// Binds the buffers of a batch: arena, report, and [`scratch_row`](Self::scratch_row) words for each row.
    pub fn bind(&self, gpu: &Gpu, arena: &wgpu::Buffer, report: &wgpu::Buffer, scratch: &wgpu::Buffer) -> Bound {
        let [jobs, merges] = &self.buffers;
        Bound {
            chunks: self.chunks.bind(gpu, &[arena, jobs, scratch, report]),
            trees: self.trees.bind(gpu, &[merges, scratch, report]),
        }
    }

    /// Hashes the first `rows` rows; those from `tail_first` on have final_norm and head.
    pub fn encode(&self, pass: &mut wgpu::ComputePass<'_>, bound: &Bound, rows: u32, tail_first: u32) {
        if rows == 0 {
            return;
        }
        let scratch_row = self.scratch_row() / 4;
        let groups = |x: u32| [x, rows.min(ROWS_Y), rows.div_ceil(ROWS_Y)];
        let (jobs, tail) = (self.table.jobs.len() as u32, self.table.tail);
        let parameters = [rows, tail_first, self.arena_row / 4, scratch_row, self.report_row, jobs, tail];
        // Without a tail anywhere, its groups at the end need not start.
        let some_tail = tail_first < rows;
        let wanted = if some_tail { self.chunk_groups() } else { tail.div_ceil(GROUP) };
        if wanted > 0 {
            self.chunks.dispatch(pass, &bound.chunks, &parameters, groups(wanted));
        }
        let jobs::Trees { large_tail, large, tail, most, .. } = self.merges;
        let parameters = [rows, tail_first, scratch_row, self.report_row, large_tail, large, tail, most];
        let wanted = if some_tail { self.tree_groups() } else { tail };
        if wanted > 0 {
            self.trees.dispatch(pass, &bound.trees, &parameters, groups(wanted));
        }
    }
}
