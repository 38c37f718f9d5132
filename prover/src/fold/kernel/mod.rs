//! The two inner loops, `Σ_k limbs_k·W_k` and `Σ_j limbs_{i−j}·x_j`, by instruction set.
//!
//! Every product is of two numbers of 32 bits and is added to an i64; callers keep their sums within it. Sixteen rows of a
//! packed matrix stand side by side, so a register holds the same column of neighbouring rows and their sums stay apart by
//! *lane* until a block is done.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use super::limbs::LIMBS;
use crate::cpu::linear::panel;
use crate::cpu::linear::tile::Tile;
use crate::cpu::platform::{Kind, Tier};
use assay_circuits::fold::BLOCK_ROWS;
use assay_model::matrix::{Matrix, TILE_ROWS};

/// Columns that are decoded together: with a block's weights they stay in L1.
const PANEL: usize = 16;
/// Groups of [`TILE_ROWS`] rows in a block.
pub const GROUPS: usize = BLOCK_ROWS / TILE_ROWS;
/// Output coefficients of a convolution that are summed together.
pub const SPAN: usize = 32;

/// For each limb, a number per lane.
pub type Lanes = [[i64; TILE_ROWS]; LIMBS];

/// Decoded columns of a block, `[group][column][lane]`.
type Panel = [[[i32; TILE_ROWS]; PANEL]; GROUPS];

/// What the kernel keeps between blocks.
pub struct Scratch(Box<Panel>);

impl Default for Scratch {
    fn default() -> Self {
        Scratch(Box::new([[[0; TILE_ROWS]; PANEL]; GROUPS]))
    }
}

/// Rows of a matrix and the weight of each.
pub struct Block<'a> {
    /// The matrix.
    pub matrix: &'a Matrix,
    /// First row, a multiple of [`TILE_ROWS`].
    pub first: usize,
    /// Rows, at most 256.
    pub rows: usize,
    /// Limbs of the rows' weights, `[group]`; weights past the last row do not matter.
    pub weights: &'a [Lanes],
    /// Tile height h, a power of two: row i belongs to place i mod h.
    pub tile: usize,
}

/// Adds the weighted rows of each place to `sums`, `[place/16][column][limb][place mod 16]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn add_block(tier: Tier, block: &Block<'_>, scratch: &mut Scratch, sums: &mut [i64]) {
    assert!(block.rows <= BLOCK_ROWS && block.first.is_multiple_of(TILE_ROWS), "rows of a block");
    assert!(block.first + block.rows <= block.matrix.rows, "rows of a matrix");
    assert_eq!(sums.len(), block.tile * block.matrix.cols * LIMBS, "sums of a block");
    match tier.0 {
        Kind::Portable => portable::add_block(block, scratch, sums),
        // SAFETY: a `Tier` of this kind exists only where the processor has the features.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => unsafe { avx2::add_block(block, scratch, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512 => unsafe { avx512::add_block(block, scratch, sums) },
    }
}

/// Sums by place, for as many places as there are lanes.
#[inline(always)]
fn walk(
    block: &Block<'_>,
    scratch: &mut Scratch,
    sums: &mut [i64],
    dot: impl Fn(&Panel, &[Lanes], usize, usize, usize, &mut Lanes),
) {
    match block.tile {
        1 => walk_places::<1>(block, scratch, sums, dot),
        2 => walk_places::<2>(block, scratch, sums, dot),
        4 => walk_places::<4>(block, scratch, sums, dot),
        8 => walk_places::<8>(block, scratch, sums, dot),
        _ => walk_places::<TILE_ROWS>(block, scratch, sums, dot),
    }
}

/// Panel by panel, column by column: `dot(panel, weights, column, first group, step, out)` gives the lanes' sums over every
/// `step`-th group. Inlined, so that each tier compiles it for its registers.
#[inline(always)]
fn walk_places<const PLACES: usize>(
    block: &Block<'_>,
    scratch: &mut Scratch,
    sums: &mut [i64],
    dot: impl Fn(&Panel, &[Lanes], usize, usize, usize, &mut Lanes),
) {
    let groups = block.rows.div_ceil(TILE_ROWS);
    let (weights, cols) = (&block.weights[..groups], block.matrix.cols);
    let periods = block.tile.div_ceil(TILE_ROWS);
    let sums = sums.as_chunks_mut::<PLACES>().0.as_chunks_mut::<LIMBS>().0;
    let mut products: Lanes = [[0; TILE_ROWS]; LIMBS];
    for first in (0..cols).step_by(PANEL) {
        let count = PANEL.min(cols - first);
        for (g, out) in scratch.0.iter_mut().enumerate().take(groups) {
            let tile = Tile::of(block.matrix, block.first / TILE_ROWS + g);
            panel::decode(&tile, first, &mut out[..count]);
            clear_past(block.rows - g * TILE_ROWS, &mut out[..count]);
        }
        for period in 0..periods.min(groups) {
            let sums = &mut sums[period * cols + first..][..count];
            for (column, sums) in sums.iter_mut().enumerate() {
                dot(&scratch.0, weights, column, period, periods, &mut products);
                products.iter().zip(sums).for_each(|(lanes, sums)| add_lanes(lanes, sums));
            }
        }
    }
}

/// Zeroes the lanes past the last row, whatever the matrix holds there.
#[inline(always)]
fn clear_past(rows: usize, columns: &mut [[i32; TILE_ROWS]]) {
    if rows < TILE_ROWS {
        columns.iter_mut().for_each(|lanes| lanes[rows..].fill(0));
    }
}

/// Adds the lanes of each place to its sum.
#[inline(always)]
fn add_lanes<const PLACES: usize>(lanes: &[i64; TILE_ROWS], sums: &mut [i64; PLACES]) {
    for lanes in lanes.as_chunks::<PLACES>().0 {
        sums.iter_mut().zip(lanes).for_each(|(sum, lane)| *sum += lane);
    }
}

/// Adds `Σ_j u_{i−j}·x_j` to `out_i`. `u` has [`SPAN`] zeros on either side, and both factors fit 32 bits.
///
/// # Panics
/// If `out` is shorter than the product in whole spans.
pub fn convolve(tier: Tier, u: &[i64], x: &[i16], out: &mut [i64]) {
    assert!(u.len() == x.len() + 2 * SPAN && out.len() == (2 * x.len()).next_multiple_of(SPAN), "lengths of a product");
    match tier.0 {
        Kind::Portable => portable::convolve(u, x, out),
        // SAFETY: a `Tier` of this kind exists only where the processor has the features.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => unsafe { avx2::convolve(u, x, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512 => unsafe { avx512::convolve(u, x, out) },
    }
}

/// Span by span: `dot(u, x, sums)` adds `Σ_j u_{SPAN+i+n−j}·x_j` over the n of `x` to each `sums_i`, where `u` begins n
/// before.
#[inline(always)]
fn spans(u: &[i64], x: &[i16], out: &mut [i64], dot: impl Fn(&[i64], &[i16], &mut [i64; SPAN])) {
    let d = x.len();
    for (s, out) in out.as_chunks_mut::<SPAN>().0.iter_mut().enumerate() {
        // u_{i−j} is inside for some i of the span where −SPAN < first − j < D.
        let first = s * SPAN;
        let (from, to) = ((first + 1).saturating_sub(d), (first + SPAN).min(d));
        if from < to {
            // j runs from `from`, so u is read from first − j down; its own zeros are SPAN in front.
            let low = SPAN + first + 1 - to;
            dot(&u[low..SPAN + first + SPAN - from], &x[from..to], out);
        }
    }
}
