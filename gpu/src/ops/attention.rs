//! Softmax attention of every query head of every row, over the positions of the row's sequence up to its own.
//!
//! The maths and its bounds are in `attention.wgsl`. One workgroup computes a few query heads that share a key/value
//! head, because they read the same cache.
//!
//! | buffer | words |
//! |---|---|
//! | rows | per row: token, position, first entry of the sequence in the cache, unused |
//! | queries | `[row][head][hd/2]`, two rotated mantissas each, the first low |
//! | query_shifts | `[row][head]` sq |
//! | cache | `[entry][key/value head]`: K (hd/2), then V (hd/2) |
//! | cache_shifts | `[entry][key/value head]` `sk + 2^8·sv` |
//! | exp | [`exp_words`] |
//! | scores | scratch, [`Plan::score_words`] |
//! | arena | out: row r, head q, i32 in Q16 at `r·arena_row + offset + q·hd` |

mod known;
#[cfg(test)]
mod tests;

use assay_model::config::Config;
use assay_model::tables::Tables;

use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::shader::Shader;
use crate::variant::{Reduce, Wide};

pub use known::{self_test, self_test_with};

/// Most query heads of one workgroup; more would leave too few registers for the sums of each.
const MAX_QUERIES: u32 = 4;

/// Shapes and variant that a kernel is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// H.
    pub heads: u32,
    /// Hk, divides H.
    pub kv_heads: u32,
    /// hd, even, 2..=512.
    pub head_dim: u32,
    /// Lanes of a workgroup: a power of two up to 256.
    pub lanes: u32,
    /// How 64-bit numbers are kept.
    pub wide: Wide,
    /// How lanes add up.
    pub reduce: Reduce,
}

impl Plan {
    /// For a model, in a variant that every card has.
    pub const fn new(config: &Config) -> Plan {
        Plan {
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            lanes: 64,
            wide: Wide::Pair,
            reduce: Reduce::Memory,
        }
    }

    /// Query heads of one workgroup.
    pub fn queries(&self) -> u32 {
        let sharing = self.heads / self.kv_heads;
        (1..=MAX_QUERIES).rev().find(|q| sharing.is_multiple_of(*q)).unwrap_or(1)
    }

    /// Words of values that a lane takes at once, and lanes that share a position.
    fn tile(&self) -> (u32, u32) {
        let words = self.head_dim / 2;
        // A step's sums of all lanes stand in half of the least workgroup memory there is, 16 KiB.
        let fits = |s: &u32| words.is_multiple_of(*s) && s * self.lanes <= 512;
        let step = [4, 2].into_iter().find(fits).unwrap_or(1);
        // Without a remainder: the most lanes that the words of a position are a multiple of.
        let columns = (1..=self.lanes.min(words / step)).rev().find(|c| (words / step).is_multiple_of(*c));
        (step, columns.unwrap_or(1))
    }

    /// Words of scratch that `rows` rows of at most `positions` positions take.
    pub const fn score_words(&self, rows: u32, positions: u32) -> u64 {
        rows as u64 * self.heads as u64 * positions as u64 * 2
    }

    /// Text of the kernel.
    pub fn text(&self) -> String {
        let words = self.head_dim / 2;
        let (step, columns) = self.tile();
        let wide = match self.wide {
            Wide::Pair => include_str!("../kernels/attention_pair.wgsl"),
            Wide::I64 => include_str!("../kernels/attention_i64.wgsl"),
        };
        let reduce = match self.reduce {
            Reduce::Memory => include_str!("../kernels/attention_memory.wgsl"),
            Reduce::Subgroup => include_str!("../kernels/attention_subgroup.wgsl"),
        };
        let shader = Shader::new()
            .constant("HEADS", self.heads)
            .constant("KV_HEADS", self.kv_heads)
            .constant("WORDS", words)
            .constant("LANES", self.lanes)
            .constant("QUERIES", self.queries())
            .constant("STEP", step)
            .constant("COLUMNS", columns)
            .constant("GROUPS", self.lanes / columns);
        let shader = shader.common().file(wide).file(reduce).file(include_str!("../kernels/attention.wgsl"));
        shader.text().to_owned()
    }
}

/// What a dispatch is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Words of a row of the arena.
    pub arena_row: u32,
    /// First word of the attention tensor in a row of the arena.
    pub offset: u32,
    /// Positions that the scratch holds of each head; rows at later positions read no further.
    pub capacity: u32,
    /// c.
    pub scale: u32,
}

impl Parameters {
    /// As the kernel reads them.
    pub const fn words(&self) -> [u32; 4] {
        [self.arena_row, self.offset, self.capacity, self.scale]
    }
}

/// What a dispatch reads and writes; see the module documentation.
#[derive(Clone, Copy, Debug)]
pub struct Buffers<'a> {
    /// Metadata of rows.
    pub rows: &'a wgpu::Buffer,
    /// Rotated queries.
    pub queries: &'a wgpu::Buffer,
    /// Their shifts.
    pub query_shifts: &'a wgpu::Buffer,
    /// The layer's keys and values.
    pub cache: &'a wgpu::Buffer,
    /// Their shifts.
    pub cache_shifts: &'a wgpu::Buffer,
    /// The exponential.
    pub exp: &'a wgpu::Buffer,
    /// Scratch.
    pub scores: &'a wgpu::Buffer,
    /// Out.
    pub arena: &'a wgpu::Buffer,
}

/// The kernel.
#[derive(Debug)]
pub struct Attention {
    kernel: Kernel,
    plan: Plan,
}

impl Attention {
    /// Compiles `plan`.
    ///
    /// # Errors
    /// If the driver refuses it.
    pub fn new(gpu: &Gpu, plan: Plan) -> Result<Attention, GpuError> {
        Attention::from_text(gpu, plan, &plan.text())
    }

    /// Compiles a given text of `plan`; for planted errors.
    ///
    /// # Errors
    /// If the driver refuses it.
    pub fn from_text(gpu: &Gpu, plan: Plan, text: &str) -> Result<Attention, GpuError> {
        let mut access = [Access::Read; 8];
        access[6..].fill(Access::Write);
        Ok(Attention { kernel: Kernel::new(gpu, "attention", text, &access)?, plan })
    }

    /// Binds buffers.
    pub fn bind(&self, gpu: &Gpu, b: &Buffers<'_>) -> wgpu::BindGroup {
        let all = [b.rows, b.queries, b.query_shifts, b.cache, b.cache_shifts, b.exp, b.scores, b.arena];
        self.kernel.bind(gpu, &all)
    }

    /// Adds the attention of `rows` rows to `pass`.
    pub fn dispatch(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, p: &Parameters, rows: u32) {
        self.kernel.dispatch(pass, bound, &p.words(), [self.plan.heads / self.plan.queries(), rows, 1]);
    }
}

/// The table of the exponential, an entry a word.
pub fn exp_words(tables: &Tables) -> Vec<u32> {
    tables.exp.iter().map(|&e| u32::from(e)).collect()
}
