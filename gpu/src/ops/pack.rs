//! attn_pack: the attention output of all heads under one block shift, one workgroup a row.
//!
//! Its kernel is `block.wgsl`, which act shares; what both have in common stands here.

#[cfg(test)]
pub(super) mod tests;

use assay_model::program::CHUNK;
use assay_model::steps::pack::{self, Header};

use super::Variant;
use super::answers::{Dispatch, Memory, check, pairs, words};
use super::extremes;
use super::prepared::prepared;
use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::shader::Shader;

/// Parameters of a dispatch of attn_pack or act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Words of a row of the arena.
    pub arena_row: u32,
    /// Words of a row of the report.
    pub report_row: u32,
    /// First word of the input in a row of the arena: attention, or the gate part of gate_up.
    pub input: u32,
    /// First word of X in a row of the arena.
    pub output: u32,
    /// First word of the header in a row of the report.
    pub header: u32,
    /// Width of X: H·hd or ffn; even.
    pub columns: u32,
}

impl Parameters {
    /// As the kernel takes them.
    pub const fn words(&self) -> [u32; 6] {
        let Parameters { arena_row, report_row, input, output, header, columns } = *self;
        [arena_row, report_row, input, output, header, columns]
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
}

impl<'a> Buffers<'a> {
    /// In the order of the bindings.
    pub const fn list(&self) -> [&'a wgpu::Buffer; 4] {
        [self.arena, self.report, self.x, self.sums]
    }
}

/// Text of the kernel.
pub fn shader(variant: Variant) -> Shader {
    let [pack, block] = [include_str!("../kernels/pack.wgsl"), include_str!("../kernels/block.wgsl")];
    variant.shader().file(pack).file(block)
}

/// The kernel.
///
/// # Errors
/// If the driver refuses it.
pub fn compile(gpu: &Gpu, variant: Variant) -> Result<Kernel, GpuError> {
    compile_text(gpu, shader(variant).text())
}

fn compile_text(gpu: &Gpu, text: &str) -> Result<Kernel, GpuError> {
    Kernel::new(gpu, "attn_pack", text, &[Access::Write; 4])
}

/// Workgroups for `rows` rows.
pub const fn groups(rows: u32) -> [u32; 3] {
    [rows, 1, 1]
}

/// Known answers at rows of `columns` columns.
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
    let (memories, dispatches) = answers(variant, &extremes::rows(columns as usize));
    check(gpu, "attn_pack", &kernel, &memories, &dispatches)
}

fn answers(variant: Variant, rows: &[Vec<i32>]) -> (Vec<Memory>, Vec<Dispatch>) {
    let inputs: Vec<Vec<u32>> = rows.iter().map(|v| words(v)).collect();
    let values: Vec<Vec<i128>> = rows.iter().map(|v| v.iter().map(|&v| v.into()).collect()).collect();
    blocks(variant, &inputs, &values)
}

/// Rows whose input words stand for `values`, with some words between everything.
pub(super) fn blocks(variant: Variant, inputs: &[Vec<u32>], values: &[Vec<i128>]) -> (Vec<Memory>, Vec<Dispatch>) {
    let (columns, width) = (values[0].len(), inputs[0].len());
    let chunks = columns.div_ceil(CHUNK);
    let (arena_row, report_row) = (8 + width + columns / 2, chunks + 4);
    let p = Parameters {
        arena_row: arena_row as u32,
        report_row: report_row as u32,
        input: 3,
        output: (5 + width) as u32,
        header: 2,
        columns: columns as u32,
    };
    let mut arena = Memory::untouched("the arena", inputs.len() * arena_row);
    let mut report = Memory::untouched("the report", inputs.len() * report_row);
    let mut mantissas = Vec::new();
    for (r, (input, v)) in inputs.iter().zip(values).enumerate() {
        let header = Header::new(v.chunks(CHUNK).map(pack::shift).collect());
        let x = pack::mantissas(v, header.shift).expect("the shift is the block's own");
        arena.given(r * arena_row + 3, input);
        arena.expected(r * arena_row + 5 + width, &pairs(&x));
        let header: Vec<u32> = header.encode().into_iter().map(u32::from).collect();
        report.expected(r * report_row + 2, &header);
        mantissas.push(x);
    }
    let [x, sums] = prepared(variant.dot, variant.tokens, columns, &mantissas);
    (vec![arena, report, x, sums], vec![(p.words().to_vec(), groups(inputs.len() as u32))])
}
