//! Known answers of products: matrices and vectors at the ends of their ranges, under every shift that rounds otherwise,
//! saturates or leaves nothing.

use assay_model::Matrix;
use assay_model::matrix::TILE_ROWS;
use assay_model::program::Part;
use assay_model::steps::linear::{Rounding, accumulate};

use super::matrices::matrix;
use super::{Key, Places, compile, pack};
use crate::card::Gpu;
use crate::error::GpuError;
use crate::ops::answers::{Dispatch, Memory, check, words};
use crate::ops::extremes::{Random, alone};
use crate::ops::prepared::prepared;

/// Known answers of a product of `columns` columns, which are a multiple of 32 if the matrix has multipliers.
///
/// # Errors
/// [`GpuError::Wrong`] if the card differs, or whatever stops it.
pub fn self_test(gpu: &Gpu, key: Key, columns: u32) -> Result<(), GpuError> {
    self_test_with(gpu, key, key.shader().text(), columns)
}

/// [`self_test`] of another text of the kernel.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, key: Key, text: &str, columns: u32) -> Result<(), GpuError> {
    let kernel = compile(gpu, text)?;
    let (memories, dispatches) = answers(gpu, key, columns as usize);
    check(gpu, &format!("the product {key:?} of {columns} columns"), &kernel, &memories, &dispatches)
}

/// Vectors that are multiplied.
pub(super) fn vectors(columns: usize) -> Vec<Vec<i16>> {
    let mut random = Random::new(columns as u64);
    let turns = |a: i16, b: i16| (0..columns).map(|i| if i % 2 == 0 { a } else { b }).collect();
    let one = |at: usize, v: i16| alone(columns, at, v.into()).into_iter().map(|v| v as i16).collect();
    vec![
        vec![32767; columns],
        vec![-32767; columns],
        vec![0; columns],
        turns(32767, -32767),
        // Digits at their ends: low ones of 127 and -128, high ones of 127 and -128.
        turns(32639, -32640),
        turns(-32641, 32640),
        one(0, 1),
        one(columns - 1, -1),
        one(columns / 2, 32767),
        (0..columns).map(|_| random.mantissa()).collect(),
        (0..columns).map(|_| random.value(4) as i16).collect(),
    ]
}

/// What the input of a row says of its scale, and what it adds to the shifts.
struct Scale {
    header: [u32; 2],
    shift: i32,
    r: u32,
}

/// Scales of an input that a norm made: exponents f about every word's end, and beyond.
fn norm_scales() -> Vec<Scale> {
    // The last ones take sums of SUMS to both sides of a half.
    let exponents = [-200, -44, -33, -32, -31, -18, -1, 0, 1, 2, 7, 13, 20, 28, 31, 32, 33, 40, 47, 56, 63, 84, 90, 91];
    let exponents = exponents.into_iter().chain([50, 65]);
    let scale = |(i, f): (usize, i32)| {
        let r = if i < 24 { [1 << 16, 1 << 15, 40_961, 65_535][i % 4] } else { 1 << 16 };
        let s2 = if f < -100 { 250 } else { (i as i32 % 5) * 9 };
        let word = i as u32 | (s2 as u32) << 8 | u32::from((f + s2) as i8 as u8) << 16;
        Scale { header: [word, r], shift: f, r }
    };
    exponents.enumerate().map(scale).collect()
}

/// Scales of an input under one block shift s.
fn block_scales() -> Vec<Scale> {
    let shifts = [0, 1, 2, 3, 9, 14, 24, 31, 32, 33, 34, 41, 48, 52, 57, 62, 63, 64, 65, 66, 70, 96, 97, 98, 140, 255];
    shifts.map(|s| Scale { header: [s, 7], shift: -(s as i32), r: 0 }).into()
}

/// Added to the constants of a part's first rows, where the kernel reads constants: sums as large as any, and such that a
/// bit more or less decides the rounding.
const SUMS: [i64; 7] = [0, 1 << 61, -(1 << 61), -(1 << 33) - 1, -(1 << 48) - 1, i32::MAX as i64, i32::MIN as i64];

/// Every vector under every scale is a position; three parts with shifts of their own, and rows that fill no tile.
pub(super) fn answers(gpu: &Gpu, key: Key, columns: usize) -> (Vec<Memory>, Vec<Dispatch>) {
    let rows = [16 * key.variant.tiles as usize + 5, 7, 33];
    let matrices: Vec<Matrix> = (0..).zip(rows).map(|(seed, rows)| matrix(key.class, rows, columns, seed)).collect();
    let (scales, shifts) = if key.residual { (block_scales(), [64, 77, 110]) } else { (norm_scales(), [0, 13, -20]) };
    let mut outputs = 0;
    let place = |w: &Matrix| {
        let part = Part { first: outputs, rows: w.rows as u32 };
        outputs += part.rows + 3;
        part
    };
    let parts: Vec<Part> = matrices.iter().map(place).collect();
    let described: Vec<(&Matrix, Part, i32)> =
        matrices.iter().zip(&parts).zip(shifts).map(|((w, &part), shift)| (w, part, shift)).collect();

    let vectors = vectors(columns);
    let slices: Vec<&[i16]> = vectors.iter().map(Vec::as_slice).collect();
    let mut sums: Vec<Vec<Vec<i64>>> = matrices.iter().map(|w| accumulate(w, 0, w.rows, &slices)).collect();

    let packed = pack(&described, gpu.limits().max_storage_buffer_binding_size);
    let [slab] = packed.as_slice() else { unreachable!("three small parts of one class are one slab") };
    let [codes, mut side] = slab.words();
    let slab = slab.slab([gpu.storage("codes", 4), gpu.storage("side", 4)]);
    if key.has_constants() {
        for (sums, piece) in sums.iter_mut().zip(&slab.pieces) {
            for (row, more) in SUMS.into_iter().enumerate() {
                sums.iter_mut().for_each(|of_vector| of_vector[row] += more);
                let at = slab.constants as usize + 2 * (piece.first_tile as usize * TILE_ROWS + row);
                let constant = more.wrapping_add_unsigned(u64::from(side[at]) | u64::from(side[at + 1]) << 32);
                side[at..at + 2].copy_from_slice(&[constant as u32, (constant >> 32) as u32]);
            }
        }
    }
    side.resize(side.len().max(4), 0);

    // Position 0 belongs to another dispatch.
    let positions = vectors.len() * scales.len();
    let out = 2 + outputs as usize;
    let (arena_row, report_row) = (out + outputs as usize, 5);
    // The last group may be short of positions, whose places show writes that should not be.
    let places = 1 + positions.next_multiple_of(4);
    let mut arena = Memory::untouched("the arena", places * arena_row);
    let mut report = Memory::untouched("the report", places * report_row);
    let mut random = Random::new(5);
    let residual: Vec<i32> =
        (0..outputs as usize).map(|i| [i32::MAX, i32::MIN, 0, -1, random.value(31), random.value(12)][i % 6]).collect();
    let mut xs = Vec::new();
    for position in 0..positions {
        // As many vectors and scales as have no common divisor: every one meets every other.
        let (v, scale) = (position % vectors.len(), &scales[position % scales.len()]);
        let row = (1 + position) * arena_row;
        arena.given(row + 2, &words(&residual));
        report.given((1 + position) * report_row + 2, &scale.header);
        for ((sums, part), shift) in sums.iter().zip(&parts).zip(shifts) {
            let shift = shift + scale.shift;
            let rounding =
                if key.residual { Rounding::Residual { shift } } else { Rounding::Scaled { r: scale.r, shift } };
            let y: Vec<i32> = sums[v].iter().zip(&residual).map(|(&acc, &h)| rounding.apply(acc, h)).collect();
            arena.expected(row + out + part.first as usize, &words(&y));
        }
        xs.push(vectors[v].clone());
    }
    let [x, block_sums] = prepared(key.variant.dot, key.tokens, columns, &xs);
    let places =
        Places { arena_row: arena_row as u32, report_row: report_row as u32, header: 2, residual: 2, out: out as u32 };
    let read = |memory: Memory| Memory::read("the vectors", memory.after);
    let positions = positions as u32;
    let dispatch = (slab.parameters(&places, 1, positions), slab.groups(key.variant, key.tokens, positions));
    let memories = vec![
        Memory::read("the codes", codes),
        Memory::read("the multipliers", side),
        read(x),
        read(block_sums),
        report,
        arena,
    ];
    (memories, vec![dispatch])
}
