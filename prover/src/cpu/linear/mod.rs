//! Exact accumulators `acc = W·X` in i64, one tile of sixteen rows at a time.
//!
//! Codes keep their packed form. For the positions t and the groups g of a row with `W = q·D + M`,
//!
//! ```text
//! acc_t = Σ_g ( D_g·p_g + M_g·Σ_{j in g} X_tj )      p_g = Σ_{j in g} q_j·X_tj
//! ```
//!
//! where p_g is exact in i32: |q·X| ≤ 2^7·(2^15 − 1) and a group has at most [`MAX_GROUP`] columns. That leaves one
//! 16-bit multiply-add for two weights and a few wide operations a group. For one position the codes are unpacked in
//! registers; for more, a panel of columns is unpacked once into L1 and used for four positions at a time.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod inputs;
pub(crate) mod panel;
mod portable;
mod rounding;
pub(crate) mod tile;

#[cfg(test)]
mod tests;

use crate::cpu::platform::{Kind, Tier};
use assay_model::matrix::{Matrix, TILE_ROWS};
use tile::Tile;

pub use inputs::{Inputs, unword, word};
pub use rounding::{Rounder, linear};

/// Largest group of columns under one multiplier: keeps p_g in i32.
pub const MAX_GROUP: usize = 256;
/// Columns that are unpacked together for several positions: sixteen rows of them take 20 KiB.
const PANEL: usize = 640;

/// Accumulators of one tile's rows for one position.
pub type Rows = [i64; TILE_ROWS];

/// Two weights of neighbouring columns, for all rows of a tile.
type PairOfColumns = [[i16; 2]; TILE_ROWS];

/// What a kernel keeps between tiles.
#[derive(Default)]
pub struct Scratch {
    panel: Vec<PairOfColumns>,
    acc: Vec<Rows>,
}

/// Accumulators of tile number `index` for all positions of `x`.
///
/// # Panics
/// If `x` does not have the columns of `w`, or `index` is not a tile of `w`.
pub fn accumulate<'s>(tier: Tier, w: &Matrix, index: usize, x: &Inputs, scratch: &'s mut Scratch) -> &'s [Rows] {
    assert_eq!(x.cols(), w.cols, "inputs of a matrix product");
    let tile = Tile::of(w, index);
    let Scratch { panel, acc } = scratch;
    acc.clear();
    acc.resize(x.lanes_total(), [0; TILE_ROWS]);
    match tier.0 {
        Kind::Portable => portable::accumulate(&tile, x, panel, acc),
        // SAFETY: a `Tier` of this kind exists only where the processor has the features.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => unsafe { avx2::accumulate(&tile, x, panel, acc) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512 => unsafe { avx512::accumulate(&tile, x, panel, acc) },
    }
    &acc[..x.positions()]
}
