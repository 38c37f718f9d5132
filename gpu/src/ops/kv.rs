//! kv: keys and queries blocked and rotated, values blocked; one workgroup a row and head.
//!
//! Keys and values go to the kv tensor and to the cache of their layer, queries to a buffer of their own.
//!
//! | buffer | words |
//! |---|---|
//! | `rows` | of each row: token, position t, first entry of its sequence in the cache, one to spare |
//! | `rotations` | of each row and pair: cos, then sin, as halves |
//! | `cache` | of each entry e = first + t and key/value head: K, then V, hd/2 words each |
//! | `cache_shifts` | of each entry and key/value head: `sk + 2^8·sv` |
//! | `queries` | of each row and head: hd/2 words |
//! | `query_shifts` | of each row and head |

#[cfg(test)]
mod tests;

use assay_model::config::Config;
use assay_model::program::StepKind;
use assay_model::steps::kv::{self, KeyValue};
use assay_model::tables::Rotation;

use super::answers::{Dispatch, Memory, check, pairs, words};
use super::extremes::{self, Random};
use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::shader::Shader;

/// Lanes of a workgroup where nothing else was measured: the pairs of a head of 64.
pub const LANES: u32 = 32;

/// Parameters of a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Words of a row of the arena.
    pub arena_row: u32,
    /// Words of a row of the report.
    pub report_row: u32,
    /// First word of the query part of qkv in a row of the arena.
    pub query: u32,
    /// First word of the key part.
    pub key: u32,
    /// First word of the value part.
    pub value: u32,
    /// First word of the kv tensor in a row of the arena.
    pub output: u32,
    /// First word of the header in a row of the report.
    pub header: u32,
    /// Query heads H.
    pub heads: u32,
    /// Key/value heads Hk.
    pub kv_heads: u32,
    /// Width hd of a head.
    pub head_dim: u32,
}

impl Parameters {
    /// For a model whose qkv tensor begins at word `qkv` of a row, its kv tensor at `output`, and its header at `header`.
    pub fn new(config: &Config, [arena_row, report_row]: [u32; 2], qkv: u32, output: u32, header: u32) -> Parameters {
        let parts = config.parts(StepKind::Qkv);
        let [query, key, value] = [0, 1, 2].map(|i| qkv + parts[i].first);
        let Config { heads, kv_heads, head_dim, .. } = *config;
        Parameters { arena_row, report_row, query, key, value, output, header, heads, kv_heads, head_dim }
    }

    /// As the kernel takes them.
    pub const fn words(&self) -> [u32; 10] {
        let Parameters { arena_row, report_row, query, key, value, output, header, heads, kv_heads, head_dim } = *self;
        [arena_row, report_row, query, key, value, output, header, heads, kv_heads, head_dim / 2]
    }

    /// Workgroups for `rows` rows.
    pub const fn groups(&self, rows: u32) -> [u32; 3] {
        [rows, self.kv_heads + self.heads, 1]
    }
}

/// What the kernel binds.
#[derive(Clone, Copy, Debug)]
pub struct Buffers<'a> {
    /// Tensors of all rows.
    pub arena: &'a wgpu::Buffer,
    /// Reports of all rows.
    pub report: &'a wgpu::Buffer,
    /// Where each row stands.
    pub rows: &'a wgpu::Buffer,
    /// Rotations at each row's position, as [`rotation_words`].
    pub rotations: &'a wgpu::Buffer,
    /// Keys and values of the layer.
    pub cache: &'a wgpu::Buffer,
    /// Their shifts.
    pub cache_shifts: &'a wgpu::Buffer,
    /// Rotated queries.
    pub queries: &'a wgpu::Buffer,
    /// Their shifts.
    pub query_shifts: &'a wgpu::Buffer,
}

impl<'a> Buffers<'a> {
    /// In the order of the bindings.
    pub const fn list(&self) -> [&'a wgpu::Buffer; 8] {
        let Buffers { arena, report, rows, rotations, cache, cache_shifts, queries, query_shifts } = *self;
        [arena, report, rows, rotations, cache, cache_shifts, queries, query_shifts]
    }
}

/// Rotations as the kernel reads them.
pub fn rotation_words(rotations: &[Rotation]) -> Vec<u32> {
    rotations.iter().map(|r| u32::from(r.cos as u16) | u32::from(r.sin as u16) << 16).collect()
}

/// Text of the kernel with `lanes` lanes a head.
pub fn shader(lanes: u32) -> Shader {
    Shader::new().constant("LANES", lanes).common().file(include_str!("../kernels/kv.wgsl"))
}

/// The kernel with `lanes` lanes a head.
///
/// # Errors
/// If the driver refuses it.
pub fn compile(gpu: &Gpu, lanes: u32) -> Result<Kernel, GpuError> {
    compile_text(gpu, shader(lanes).text())
}

fn compile_text(gpu: &Gpu, text: &str) -> Result<Kernel, GpuError> {
    use Access::{Read, Write};
    Kernel::new(gpu, "kv", text, &[Write, Write, Read, Read, Write, Write, Write, Write])
}

/// Known answers for heads as in `config`.
///
/// # Errors
/// [`GpuError::Wrong`] if the card differs, or whatever stops it.
pub fn self_test(gpu: &Gpu, config: &Config) -> Result<(), GpuError> {
    self_test_with(gpu, shader(LANES).text(), config)
}

/// [`self_test`] of another text of the kernel.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, text: &str, config: &Config) -> Result<(), GpuError> {
    let kernel = compile_text(gpu, text)?;
    let (memories, dispatches) = answers(config);
    check(gpu, "kv", &kernel, &memories, &dispatches)
}

/// Rows whose heads are the extreme rows of one head's width, in turn.
fn answers(config: &Config) -> (Vec<Memory>, Vec<Dispatch>) {
    let (hd, heads, kv_heads) = (config.head_dim as usize, config.heads as usize, config.kv_heads as usize);
    let extremes = extremes::rows(hd);
    let mut random = Random::new(3);
    // As many as there are extremes, so that every head meets every one.
    let rows = extremes.len();
    let (qkv_words, kv_words) = (config.shape(StepKind::Qkv).len, config.shape(StepKind::Kv).len / 2);
    let (arena_row, report_row) = (qkv_words + kv_words + 9, kv_heads + 3);
    let p = Parameters::new(config, [arena_row as u32, report_row as u32], 3, (qkv_words + 6) as u32, 2);
    let places: Vec<[usize; 2]> = (0..rows).map(|r| [r * 5 % 7, 11 * r]).collect();
    let entries = 11 * rows + 7;

    let mut arena = Memory::untouched("the arena", rows * arena_row);
    let mut report = Memory::untouched("the report", rows * report_row);
    let mut cache = Memory::untouched("the cache", entries * kv_heads * hd);
    let mut cache_shifts = Memory::untouched("the cache's shifts", entries * kv_heads);
    let mut queries = Memory::untouched("the queries", rows * heads * hd / 2);
    let mut query_shifts = Memory::untouched("the queries' shifts", rows * heads);
    let (mut table, mut metadata) = (Vec::new(), Vec::new());
    for (r, &[position, first]) in places.iter().enumerate() {
        let rotations = rotations(hd / 2, r, &mut random);
        table.extend(rotation_words(&rotations));
        metadata.extend([77, position as u32, first as u32, 99]);
        let head = |i: usize| &extremes[(r + 5 * i) % extremes.len()];
        let place = |first: u32, head: usize| r * arena_row + first as usize + head * hd;
        for h in 0..heads {
            let query = kv::rotary(head(h), &rotations);
            arena.given(place(p.query, h), &words(head(h)));
            queries.expected((r * heads + h) * hd / 2, &pairs(&query.x));
            query_shifts.expected(r * heads + h, &[query.shift.into()]);
        }
        for g in 0..kv_heads {
            let (k, v) = (head(g + 1), head(2 * g + 3));
            let kv = KeyValue::new(k, v, &rotations);
            let packed = pairs(&[kv.key.x, kv.value.x].concat());
            let shifts = u32::from(kv.key.shift) | u32::from(kv.value.shift) << 8;
            let slot = (position + first) * kv_heads + g;
            arena.given(place(p.key, g), &words(k));
            arena.given(place(p.value, g), &words(v));
            arena.expected(place(p.output, g), &packed);
            report.expected(r * report_row + 2 + g, &[shifts]);
            cache.expected(slot * hd, &packed);
            cache_shifts.expected(slot, &[shifts]);
        }
    }
    let [metadata, table] = [Memory::read("the rows", metadata), Memory::read("the rotations", table)];
    let memories = vec![arena, report, metadata, table, cache, cache_shifts, queries, query_shifts];
    (memories, vec![(p.words().to_vec(), p.groups(rows as u32))])
}

/// Rotations of a row: right angles, half of them, or anything.
fn rotations(pairs: usize, row: usize, random: &mut Random) -> Vec<Rotation> {
    let mut of = |pair: usize| {
        let eighth = ((pair + row) as u64 % 8) << 61;
        let other = u64::from(random.word()) << 32 | u64::from(random.word());
        Rotation::of_phase(if row.is_multiple_of(3) { eighth } else { other })
    };
    (0..pairs).map(&mut of).collect()
}
