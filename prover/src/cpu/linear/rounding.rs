//! A linear step: accumulators, rounded as they come.

use std::ops::Range;

use assay_model::arith::saturate_i32;
use assay_model::matrix::{Matrix, TILE_ROWS};
use assay_model::steps::linear::{Rounding, accumulator_bound};

use super::{Inputs, Scratch, accumulate};
use crate::cpu::platform::Tier;

/// A [`Rounding`], in 64 bits wherever the weights' bound proves that they suffice.
#[derive(Clone, Copy)]
pub enum Rounder {
    /// `RSR(acc·r, s)`, saturated to 32 bits, 1 ≤ s ≤ 62.
    Scaled {
        /// Multiplier.
        r: i64,
        /// Half a unit: 2^(s − 1).
        half: i64,
        /// s.
        shift: u32,
    },
    /// `h + RSR(acc, s)`, saturated to 32 bits, 1 ≤ s ≤ 62.
    Residual {
        /// Half a unit: 2^(s − 1).
        half: i64,
        /// s.
        shift: u32,
    },
    /// Anything else.
    Exact(Rounding),
}

impl Rounder {
    /// `rounding` for accumulators of `w`.
    pub fn new(rounding: Rounding, w: &Matrix) -> Rounder {
        let bound = i128::from(accumulator_bound(w.cols, w.max_abs));
        let fits = |r: u32, shift: i32| {
            (1..=62).contains(&shift) && bound * i128::from(r) + (1 << (shift - 1)) <= i128::from(i64::MAX)
        };
        match rounding {
            Rounding::Scaled { r, shift } if fits(r, shift) => {
                Rounder::Scaled { r: i64::from(r), half: 1 << (shift - 1), shift: shift as u32 }
            }
            Rounding::Residual { shift } if fits(1, shift) => {
                Rounder::Residual { half: 1 << (shift - 1), shift: shift as u32 }
            }
            _ => Rounder::Exact(rounding),
        }
    }

    /// Rounds `acc` into `y`, which holds the residual where there is one.
    pub fn apply(&self, acc: &[i64], y: &mut [i32]) {
        let narrow = |v: i64| v.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        match *self {
            Rounder::Scaled { r, half, shift } => {
                for (y, &acc) in y.iter_mut().zip(acc) {
                    *y = narrow((acc * r + half) >> shift);
                }
            }
            Rounder::Residual { half, shift } => {
                for (y, &acc) in y.iter_mut().zip(acc) {
                    // |RSR(acc, s)| ≤ 2^62, so that adding an i32 stays inside 64 bits.
                    *y = narrow(i64::from(*y) + ((acc + half) >> shift));
                }
            }
            Rounder::Exact(rounding) => {
                for (y, &acc) in y.iter_mut().zip(acc) {
                    *y = saturate_i32(i128::from(rounding.apply(acc, *y)));
                }
            }
        }
    }
}

/// Rows of tiles `tiles` of one matrix for all positions of `x`: rounds into `out`, `[position]` at `stride`, each
/// position's run beginning with the first row of the first tile.
///
/// # Panics
/// If `x`, `rounders` (one a position) or `out` does not fit.
pub fn linear(
    tier: Tier,
    w: &Matrix,
    tiles: Range<usize>,
    x: &Inputs,
    rounders: &[Rounder],
    (out, stride): (&mut [i32], usize),
    scratch: &mut Scratch,
) {
    assert_eq!(x.positions(), rounders.len(), "one rounding a position");
    let base = tiles.start * TILE_ROWS;
    for tile in tiles {
        let first = tile * TILE_ROWS;
        let rows = TILE_ROWS.min(w.rows - first);
        let acc = accumulate(tier, w, tile, x, scratch);
        for ((acc, rounder), out) in acc.iter().zip(rounders).zip(out.chunks_mut(stride)) {
            rounder.apply(&acc[..rows], &mut out[first - base..][..rows]);
        }
    }
}
