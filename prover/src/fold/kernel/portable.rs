//! Plain Rust: loops over sixteen lanes that a compiler can turn into vectors.

use super::{Block, Lanes, SPAN, Scratch, spans, walk};
use crate::fold::limbs::LIMBS;
use assay_model::matrix::TILE_ROWS;

/// See [`super::add_block`].
pub fn add_block(block: &Block<'_>, scratch: &mut Scratch, sums: &mut [i64]) {
    walk(block, scratch, sums, |panel, weights, column, first, step| {
        let mut acc: Lanes = [[0; TILE_ROWS]; LIMBS];
        for (panel, weights) in panel.iter().zip(weights).skip(first).step_by(step) {
            for (acc, limb) in acc.iter_mut().zip(weights) {
                for ((acc, limb), w) in acc.iter_mut().zip(limb).zip(&panel[column]) {
                    *acc += limb * i64::from(*w);
                }
            }
        }
        acc
    });
}

/// See [`super::convolve`].
pub fn convolve(u: &[i64], x: &[i16], out: &mut [i64]) {
    spans(u, x, out, |u, x, sums| {
        for (u, x) in u.windows(SPAN).rev().zip(x) {
            sums.iter_mut().zip(u).for_each(|(sum, u)| *sum += u * i64::from(*x));
        }
    });
}
