//! Plain Rust: loops over sixteen lanes that a compiler can turn into vectors.

use super::{Block, SPAN, Scratch, spans, walk};
use crate::fold::limbs::LIMBS;
use assay_model::matrix::TILE_ROWS;

/// See [`super::add_block`].
pub fn add_block(block: &Block<'_>, scratch: &mut Scratch, sums: &mut [i64]) {
    walk(block, scratch, sums, |panel, weights, column, first, step, products| {
        *products = [[0; TILE_ROWS]; LIMBS];
        let mut g = first;
        while let (Some(panel), Some(weights)) = (panel.get(g), weights.get(g)) {
            for (acc, limb) in products.iter_mut().zip(weights) {
                for ((acc, limb), w) in acc.iter_mut().zip(limb).zip(&panel[column]) {
                    *acc += limb * i64::from(*w);
                }
            }
            g += step;
        }
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
