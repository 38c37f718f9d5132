//! act: SwiGLU under one block shift, one workgroup a row; exact to 2^77.

#[cfg(test)]
mod tests;

use assay_model::program::padded;
use assay_model::steps::pack::swiglu;
use assay_model::tables::Tables;

use super::Variant;
use super::answers::{Dispatch, Memory, UNTOUCHED, check, words};
use super::extremes::{self, Random};
pub use super::pack::{Parameters, groups};
use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::shader::Shader;

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
    /// The table SIG as [`sigmoid_words`].
    pub sigmoid: &'a wgpu::Buffer,
}

impl<'a> Buffers<'a> {
    /// In the order of the bindings.
    pub const fn list(&self) -> [&'a wgpu::Buffer; 5] {
        [self.arena, self.report, self.x, self.sums, self.sigmoid]
    }
}

/// The table SIG as the kernel reads it, two entries a word.
pub fn sigmoid_words(sigmoid: &[u16]) -> Vec<u32> {
    sigmoid.as_chunks::<2>().0.iter().map(|&[a, b]| u32::from(a) | u32::from(b) << 16).collect()
}

/// Text of the kernel.
pub fn shader(variant: Variant) -> Shader {
    let [wide, act] = [include_str!("../kernels/wide96.wgsl"), include_str!("../kernels/act.wgsl")];
    variant.shader().file(wide).file(act).file(include_str!("../kernels/block.wgsl"))
}

/// The kernel.
///
/// # Errors
/// If the driver refuses it.
pub fn compile(gpu: &Gpu, variant: Variant) -> Result<Kernel, GpuError> {
    compile_text(gpu, shader(variant).text())
}

fn compile_text(gpu: &Gpu, text: &str) -> Result<Kernel, GpuError> {
    Kernel::new(gpu, "act", text, &[Access::Write, Access::Write, Access::Write, Access::Write, Access::Read])
}

/// Known answers at rows of `columns` columns, with the tables of a model.
///
/// # Errors
/// [`GpuError::Wrong`] if the card differs, or whatever stops it.
pub fn self_test(gpu: &Gpu, variant: Variant, tables: &Tables, columns: u32) -> Result<(), GpuError> {
    self_test_with(gpu, variant, shader(variant).text(), tables, columns)
}

/// [`self_test`] of another text of the kernel.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, variant: Variant, text: &str, tables: &Tables, columns: u32) -> Result<(), GpuError> {
    let kernel = compile_text(gpu, text)?;
    let (memories, dispatches) = answers(variant, &gates_and_ups(columns as usize), tables);
    check(gpu, "act", &kernel, &memories, &dispatches)
}

/// Extremes beside extremes, every place of the table, products of every length, and ties.
fn gates_and_ups(columns: usize) -> Vec<[Vec<i32>; 2]> {
    let mut random = Random::new(2);
    let mut rows = Vec::new();
    let gates = extremes::rows(columns);
    for (i, gate) in gates.iter().enumerate() {
        rows.push([gate.clone(), gates[(i + 17) % gates.len()].clone()]);
    }
    for gate in &gates[..14] {
        for up in [i32::MIN, i32::MAX] {
            rows.push([gate.clone(), vec![up; columns]]);
        }
    }
    let steps = 8192_usize.div_ceil(columns) as i32;
    for step in 0..steps {
        // From below the table to above it.
        let gate = |i: usize| (step + steps * i as i32) * 17 - 69_632;
        rows.push([(0..columns).map(gate).collect(), (0..columns).map(|_| random.value(12)).collect()]);
    }
    // Products of every length, so that every shift is met and every bit below it decides once.
    for bits in 0..61 {
        let [gate, up] = [bits.min(30), bits - bits.min(30)];
        let gates: Vec<i32> = (0..columns).map(|_| 1 << gate | random.value(gate).abs()).collect();
        let ups = (0..columns).map(|i| (1 << up) * if i % 2 == 0 { 1 } else { -1 }).collect();
        rows.push([gates, ups]);
    }
    // Gates at the table's end, where SIG = 2^15, and at its middle, where v needs no shift.
    for (gate, up) in
        [(65535, 1), (65535, -1), (65536, 1), (131_071, -1), (131_071, 1), (1 << 30, 1 << 17), (1, 1), (-1, 1), (1, -1)]
    {
        rows.push([gate, up].map(|v| extremes::alone(columns, columns - 1, v)));
    }
    rows
}

/// `rows` of gates and ups at once.
fn answers(variant: Variant, rows: &[[Vec<i32>; 2]], tables: &Tables) -> (Vec<Memory>, Vec<Dispatch>) {
    let mut inputs = Vec::new();
    let mut values = Vec::new();
    for [gate, up] in rows {
        let mut input = words(gate);
        input.resize(padded(gate.len() as u32) as usize, UNTOUCHED);
        input.extend(words(up));
        inputs.push(input);
        values.push(gate.iter().zip(up).map(|(&g, &u)| swiglu(g, u, tables)).collect::<Vec<_>>());
    }
    let (mut memories, dispatches) = super::pack::blocks(variant, &inputs, &values);
    memories.push(Memory::read("the sigmoid table", sigmoid_words(&tables.sigmoid)));
    (memories, dispatches)
}
