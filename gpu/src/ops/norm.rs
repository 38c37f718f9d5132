//! attn_norm, ffn_norm, final_norm: [`assay_model::steps::norm`], one workgroup a row.

#[cfg(test)]
mod tests;

use assay_model::program::CHUNK;
use assay_model::steps::norm::{self, Header};

use super::Variant;
use super::answers::{Dispatch, Memory, check, pairs, words};
use super::extremes::{self, Random};
use super::prepared::prepared;
use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::shader::Shader;

/// Parameters of a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Words of a row of the arena.
    pub arena_row: u32,
    /// Words of a row of the report.
    pub report_row: u32,
    /// First word of h in a row of the arena.
    pub input: u32,
    /// First word of X in a row of the arena.
    pub output: u32,
    /// First word of the header in a row of the report.
    pub header: u32,
    /// Width d; even.
    pub columns: u32,
    /// First word of γ' among the gains.
    pub gains: u32,
    /// First word of the table E among the gains.
    pub eps: u32,
}

impl Parameters {
    /// As the kernel takes them.
    pub const fn words(&self) -> [u32; 8] {
        let Parameters { arena_row, report_row, input, output, header, columns, gains, eps } = *self;
        [arena_row, report_row, input, output, header, columns, gains, eps]
    }
}

/// What the kernel binds.
#[derive(Clone, Copy, Debug)]
pub struct Buffers<'a> {
    /// Tensors of all rows.
    pub arena: &'a wgpu::Buffer,
    /// Reports of all rows.
    pub report: &'a wgpu::Buffer,
    /// The vectors that the matrix product reads.
    pub x: &'a wgpu::Buffer,
    /// Sums of their blocks.
    pub sums: &'a wgpu::Buffer,
    /// Gains of every norm as [`gain_words`], and the table E as [`eps_words`].
    pub gains: &'a wgpu::Buffer,
}

impl<'a> Buffers<'a> {
    /// In the order of the bindings.
    pub const fn list(&self) -> [&'a wgpu::Buffer; 5] {
        [self.arena, self.report, self.x, self.sums, self.gains]
    }
}

/// Gains as the kernel reads them, two a word.
pub fn gain_words(gamma: &[i16]) -> Vec<u32> {
    pairs(gamma)
}

/// The table E as the kernel reads it, low and high word of each entry.
pub fn eps_words(eps: &[u64]) -> Vec<u32> {
    eps.iter().flat_map(|&e| [e as u32, (e >> 32) as u32]).collect()
}

/// Text of the kernel.
pub fn shader(variant: Variant) -> Shader {
    variant.shader().file(include_str!("../kernels/root.wgsl")).file(include_str!("../kernels/norm.wgsl"))
}

/// The kernel.
///
/// # Errors
/// If the driver refuses it.
pub fn compile(gpu: &Gpu, variant: Variant) -> Result<Kernel, GpuError> {
    compile_text(gpu, shader(variant).text())
}

fn compile_text(gpu: &Gpu, text: &str) -> Result<Kernel, GpuError> {
    Kernel::new(gpu, "norm", text, &[Access::Write, Access::Write, Access::Write, Access::Write, Access::Read])
}

/// Workgroups for `rows` rows.
pub const fn groups(rows: u32) -> [u32; 3] {
    [rows, 1, 1]
}

/// Known answers at rows of `columns` columns, and at every edge of the reciprocal root.
///
/// # Errors
/// [`GpuError::Wrong`] if the card differs, or whatever stops it.
pub fn self_test(gpu: &Gpu, variant: Variant, columns: u32) -> Result<(), GpuError> {
    self_test_with(gpu, variant, shader(variant).text(), columns)
}

/// [`self_test`] of another text of the kernel.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, variant: Variant, text: &str, columns: u32) -> Result<(), GpuError> {
    let kernel = compile_text(gpu, text)?;
    let columns = columns as usize;
    let mut random = Random::new(1);
    // 255·257 = 65535, the tie of u.
    let gamma: Vec<i16> = (0..columns).map(|i| if i % 9 == 4 { 257 } else { random.mantissa() }).collect();
    let mut rows = extremes::rows(columns);
    for a in [255, -255, 510, -510] {
        rows.push((0..columns).map(|i| if i % 9 == 4 { a } else { 0 }).collect());
    }
    let (memories, dispatches) = answers(variant, &rows, &gamma);
    check(gpu, "norm", &kernel, &memories, &dispatches)?;
    let (memories, dispatches) = root_answers(variant);
    check(gpu, "norm of sums at the edges", &kernel, &memories, &dispatches)
}

/// The header as words of the report.
fn header_words(header: &Header) -> Vec<u32> {
    let shifts = |s1: u8, s2: u8| u32::from(s1) | u32::from(s2) << 8;
    let partials = header.partials.iter().flat_map(|p| [shifts(p.s1, p.s2), p.sum as u32, (p.sum >> 32) as u32]);
    let scale = header.scale;
    let last = [shifts(scale.s1, scale.s2) | u32::from(scale.j as u8) << 16, scale.r];
    partials.chain(last).collect()
}

/// What the reference makes of `h`.
fn reference(h: &[i32], gamma: &[i16], eps: &[u64]) -> (Header, Vec<i16>) {
    let s1 = norm::residual_shift(h);
    let products = |(h, g): (&[i32], &[i16])| norm::products(h, g, s1).expect("s1 is the block's own shift").1;
    let chunks = || h.chunks(CHUNK).zip(gamma.chunks(CHUNK));
    let s2 = chunks().map(|c| norm::product_shift(&products(c))).max().unwrap_or(0);
    let (partials, x): (Vec<_>, Vec<_>) =
        chunks().map(|(h, g)| norm::chunk(h, g, s1, s2).expect("the shifts are the block's own")).unzip();
    let scale = Header::derive(&partials, eps);
    (Header { partials, scale }, x.concat())
}

/// `rows` at once, with some words between everything.
fn answers(variant: Variant, rows: &[Vec<i32>], gamma: &[i16]) -> (Vec<Memory>, Vec<Dispatch>) {
    let columns = gamma.len();
    let eps: Vec<u64> = (0..18).map(|s| 0x1_89ab_cdef_0123u64 >> (2 * s)).collect();
    let [mut gains, eps_table] = [gain_words(gamma), eps_words(&eps)];
    gains.insert(0, 7);
    gains.extend(&eps_table);
    let chunks = columns.div_ceil(CHUNK);
    let (arena_row, report_row) = (8 + columns * 3 / 2, 3 * chunks + 5);
    let p = Parameters {
        arena_row: arena_row as u32,
        report_row: report_row as u32,
        input: 3,
        output: (5 + columns) as u32,
        header: 2,
        columns: columns as u32,
        gains: 1,
        eps: 1 + columns as u32 / 2,
    };
    let mut arena = Memory::untouched("the arena", rows.len() * arena_row);
    let mut report = Memory::untouched("the report", rows.len() * report_row);
    let mut mantissas = Vec::new();
    for (r, h) in rows.iter().enumerate() {
        let (header, x) = reference(h, gamma, &eps);
        arena.given(r * arena_row + 3, &words(h));
        arena.expected(r * arena_row + 5 + columns, &pairs(&x));
        report.expected(r * report_row + 2, &header_words(&header));
        mantissas.push(x);
    }
    let [x, sums] = prepared(variant.dot, variant.tokens, columns, &mantissas);
    let memories = vec![arena, report, x, sums, Memory::read("the gains", gains)];
    (memories, vec![(p.words().to_vec(), groups(rows.len() as u32))])
}

/// A row of zeros, whose sum is E[0], once for each sum about a power of two or a step of the root.
fn root_answers(variant: Variant) -> (Vec<Memory>, Vec<Dispatch>) {
    let edges = (0..64).flat_map(|b| [0u64, 1, 2].map(|d| (1u64 << b).wrapping_sub(1).wrapping_add(d)));
    // Sums with other bits than the first and the last set.
    let others = (0..64).map(|b| 0xb504_f333_f9de_6484u64 >> b);
    // Both sides of where the root steps from r - 1 to r.
    let steps = (32_769..65_536u64).step_by(1021).flat_map(|r| [0, 1].map(|d| (1 << 62) / (r * r) + d));
    let eps: Vec<u64> = edges.chain(others).chain(steps).chain([u64::MAX]).collect();
    let mut gains = vec![0; 1];
    gains.extend(eps_words(&eps));
    let mut report = Memory::untouched("the report", 5 * eps.len());
    let mut dispatches = Vec::new();
    for (i, &e) in eps.iter().enumerate() {
        let header = 5 * i as u32;
        let (gains, eps) = (0, 1 + 2 * i as u32);
        let p = Parameters { arena_row: 4, report_row: 5, input: 0, output: 2, header, columns: 2, gains, eps };
        dispatches.push((p.words().to_vec(), groups(1)));
        report.expected(5 * i, &header_words(&reference(&[0, 0], &[0, 0], &[e]).0));
    }
    let mut arena = Memory::untouched("the arena", 4);
    arena.given(0, &[0, 0]);
    arena.expected(2, &[0]);
    let [x, sums] = prepared(variant.dot, variant.tokens, 2, &[vec![0, 0]]);
    (vec![arena, report, x, sums, Memory::read("the gains", gains)], dispatches)
}
