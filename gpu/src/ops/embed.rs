//! embed: the row of each token, rescaled to the residual stream; one lane a column.
//!
//! How the embedding matrix is packed is not known here: a composed file binds it, from binding 2 on, and reads it by
//! `fn weight(row: u32, column: u32) -> i32`.

#[cfg(test)]
mod tests;

use assay_model::matrix::TILE_ROWS;
use assay_model::steps::embed;

use super::LANES;
use super::answers::{Dispatch, Memory, check, words};
use super::extremes;
use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::ops::linear::matrices::matrix;
use crate::packed::{Bits, Class, Packed, Scaling};
use crate::shader::Shader;

/// Parameters of a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Words of a row of the arena.
    pub arena_row: u32,
    /// First word of h in a row of the arena.
    pub output: u32,
    /// Width d.
    pub columns: u32,
    /// k − F: what the weights are shifted by.
    pub shift: i32,
    /// First token whose row is in the bound weights.
    pub first_token: u32,
    /// How many are.
    pub tokens: u32,
    /// First word of code bits above the fourth, in the weights' second buffer.
    pub high: u32,
    /// Blocks of 32 columns of a row.
    pub blocks: u32,
}

impl Parameters {
    /// As the kernel takes them.
    pub const fn words(&self) -> [u32; 8] {
        let Parameters { arena_row, output, columns, shift, first_token, tokens, high, blocks } = *self;
        [arena_row, output, columns, shift as u32, first_token, tokens, high, blocks]
    }

    /// Workgroups of [`LANES`] lanes for `rows` rows.
    pub const fn groups(&self, rows: u32) -> [u32; 3] {
        [rows, self.columns.div_ceil(LANES), 1]
    }
}

/// What the kernel binds, before the weights.
#[derive(Clone, Copy, Debug)]
pub struct Buffers<'a> {
    /// Tensors of all rows.
    pub arena: &'a wgpu::Buffer,
    /// Where each row stands: token, position, first entry in the cache, one word to spare.
    pub rows: &'a wgpu::Buffer,
}

impl<'a> Buffers<'a> {
    /// In the order of the bindings.
    pub const fn list(&self) -> [&'a wgpu::Buffer; 2] {
        [self.arena, self.rows]
    }
}

/// Text of the kernel that reads its matrix by `weights`.
pub fn shader(weights: &str) -> Shader {
    let kernel = include_str!("../kernels/embed.wgsl");
    Shader::new().constant("LANES", LANES).common().file(kernel).file(weights)
}

/// The file that reads a matrix packed as `class`, from its two buffers.
pub fn packed(class: Class) -> String {
    let file = match class.bits {
        Bits::Four => include_str!("../kernels/codes_4.wgsl"),
        Bits::Five => include_str!("../kernels/codes_5.wgsl"),
        Bits::Six => include_str!("../kernels/codes_6.wgsl"),
        Bits::Eight => include_str!("../kernels/codes_8.wgsl"),
        Bits::Sixteen | Bits::Twenty => "",
    };
    let shader = Shader::new()
        .constant("TILE", TILE_ROWS as u32)
        .constant("SCALES", class.scale_words() as u32)
        .constant("HALVES", (class.scaling == Scaling::Half).into())
        .constant("SIGNED", matches!(class.bits, Bits::Six | Bits::Eight).into())
        .constant("DENSE", class.vectors() as u32)
        .constant("COLUMNS", if class.bits == Bits::Sixteen { 2 } else { 1 })
        .file(include_str!("../kernels/weight_buffers.wgsl"))
        .file(file);
    let of = if class.has_constants() {
        include_str!("../kernels/weight_coded.wgsl")
    } else {
        include_str!("../kernels/weight_plain.wgsl")
    };
    shader.file(of).text().into()
}

/// The kernel that reads its matrix by `weights`, which binds `buffers` more.
///
/// # Errors
/// If the driver refuses it.
pub fn compile(gpu: &Gpu, weights: &str, buffers: usize) -> Result<Kernel, GpuError> {
    compile_text(gpu, shader(weights).text(), buffers)
}

fn compile_text(gpu: &Gpu, text: &str, buffers: usize) -> Result<Kernel, GpuError> {
    let access = [vec![Access::Write, Access::Read], vec![Access::Read; buffers]].concat();
    Kernel::new(gpu, "embed", text, &access)
}

/// Weights as plain words, the row length in word 0, for what does not depend on how they are packed.
const PLAIN: &str = "@group(0) @binding(2) var<storage, read> plain: array<u32>;
fn weight(row: u32, column: u32) -> i32 { return i32(plain[1u + row * plain[0] + column]); }";

/// Known answers at rows of `columns` columns, of the rescaling at every shift.
///
/// # Errors
/// [`GpuError::Wrong`] if the card differs, or whatever stops it.
pub fn self_test(gpu: &Gpu, columns: u32) -> Result<(), GpuError> {
    self_test_with(gpu, shader(PLAIN).text(), columns)
}

/// [`self_test`] of another text of the kernel, which reads plain weights.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, text: &str, columns: u32) -> Result<(), GpuError> {
    let kernel = compile_text(gpu, text, 1)?;
    let (memories, dispatches) = answers(columns as usize);
    check(gpu, "embed", &kernel, &memories, &dispatches)
}

/// Known answers at rows of `columns` columns of matrices packed as `class`: every weight of some tokens.
///
/// # Errors
/// [`GpuError::Wrong`] if the card differs, or whatever stops it.
pub fn self_test_packed(gpu: &Gpu, class: Class, columns: u32) -> Result<(), GpuError> {
    self_test_packed_with(gpu, class, shader(&packed(class)).text(), columns)
}

/// [`self_test_packed`] of another text of the kernel.
///
/// # Errors
/// As [`self_test_packed`].
pub fn self_test_packed_with(gpu: &Gpu, class: Class, text: &str, columns: u32) -> Result<(), GpuError> {
    let kernel = compile_text(gpu, text, 2)?;
    for seed in 0..2 {
        let (memories, dispatches) = packed_answers(class, columns as usize, seed);
        check(gpu, &format!("embed of {class:?}"), &kernel, &memories, &dispatches)?;
    }
    Ok(())
}

/// Rows of a matrix of three tiles, the last one short, of which some are asked for that it does not hold.
fn packed_answers(class: Class, columns: usize, seed: u64) -> (Vec<Memory>, Vec<Dispatch>) {
    const FIRST: usize = 5;
    let w = matrix(class, 2 * TILE_ROWS + 9, columns, seed);
    let packed = Packed::new(&w, class, 0..w.tiles());
    let (mut side, high, _) = packed.side();
    side.resize(side.len().max(4), 0);
    let tokens: Vec<usize> = (0..FIRST + w.rows + 3).rev().collect();
    let arena_row = columns + 3;
    let mut arena = Memory::untouched("the arena", tokens.len() * arena_row);
    for (r, token) in tokens.iter().enumerate() {
        if let Some(row) = token.checked_sub(FIRST).filter(|&row| row < w.rows) {
            let weights: Vec<i32> = (0..columns).map(|column| w.weight(row, column)).collect();
            arena.expected(r * arena_row + 1, &words(&embed::chunk(&weights, 3 + assay_model::config::RESIDUAL_BITS)));
        }
    }
    let p = Parameters {
        arena_row: arena_row as u32,
        output: 1,
        columns: columns as u32,
        shift: 3,
        first_token: FIRST as u32,
        tokens: w.rows as u32,
        high,
        blocks: packed.blocks as u32,
    };
    let rows = tokens.iter().flat_map(|&t| [t as u32, 9, 9, 9]).collect();
    let memories = vec![
        arena,
        Memory::read("the rows", rows),
        Memory::read("the codes", packed.codes),
        Memory::read("the multipliers", side),
    ];
    (memories, vec![(p.words().to_vec(), p.groups(tokens.len() as u32))])
}

/// Every extreme row is a token. Each shift writes to a place of its own, all in one submission.
fn answers(columns: usize) -> (Vec<Memory>, Vec<Dispatch>) {
    let matrix = extremes::rows(columns);
    let shifts = [-1000, -64, -36, -33, -32, -31, -30, -20, -12, -1, 0, 1, 2, 12, 18, 30, 31, 32, 33, 64, 1000];
    let tokens: Vec<usize> = (0..matrix.len()).rev().collect();
    let place = columns + 3;
    let arena_row = shifts.len() * place;
    let mut arena = Memory::untouched("the arena", tokens.len() * arena_row);
    let mut dispatches = Vec::new();
    for (s, &shift) in shifts.iter().enumerate() {
        let output = 2 + s * place;
        for (r, &token) in tokens.iter().enumerate() {
            let h = embed::chunk(&matrix[token], shift + assay_model::config::RESIDUAL_BITS);
            arena.expected(r * arena_row + output, &words(&h));
        }
        let p = Parameters {
            arena_row: arena_row as u32,
            output: output as u32,
            columns: columns as u32,
            shift,
            first_token: 0,
            tokens: u32::MAX,
            high: 0,
            blocks: 0,
        };
        dispatches.push((p.words().to_vec(), p.groups(tokens.len() as u32)));
    }
    let rows = tokens.iter().flat_map(|&t| [t as u32, 9, 9, 9]).collect();
    let plain = [vec![columns as u32], words(&matrix.concat())].concat();
    (vec![arena, Memory::read("the rows", rows), Memory::read("the weights", plain)], dispatches)
}
