//! A matrix product for a run of positions, on one thread or several.
//!
//! The result does not depend on the split: every accumulator is an exact sum of one row.

use assay_model::matrix::{Codes, Matrix, TILE_ROWS};
use rayon::prelude::*;

use crate::cpu::linear::{Inputs, Rounder, Scratch, linear};
use crate::cpu::platform::Tier;

/// Multiply-accumulates below which a product stays on one thread: waking another costs some ten microseconds.
const SPLIT_WORK: usize = 1 << 19;

/// Multiplies inputs by matrices.
pub struct Multiplier {
    tier: Tier,
    threads: usize,
    inputs: Inputs,
    scratch: Scratch,
}

impl Multiplier {
    /// For at most `threads` threads of the current pool.
    pub fn new(tier: Tier, threads: usize) -> Multiplier {
        Multiplier { tier, threads, inputs: Inputs::default(), scratch: Scratch::default() }
    }

    /// Takes over the inputs of the products that follow, `[position][column]`.
    pub fn set(&mut self, x: &[i16], cols: usize) {
        self.inputs.set(x, cols);
    }

    /// Rounded products with `w`: position t writes `w.rows` elements from `out[t·stride]` on.
    pub fn multiply(&mut self, w: &Matrix, rounders: &[Rounder], out: &mut [i32], stride: usize) {
        let Multiplier { tier, threads, inputs, scratch } = self;
        if !matches!(w.codes, Codes::I16(_) | Codes::I32(_)) {
            inputs.sum_groups(w.group);
        }
        if *threads < 2 || w.rows * w.cols * inputs.positions() < SPLIT_WORK {
            linear(*tier, w, 0..w.tiles(), inputs, rounders, (out, stride), scratch);
        } else if inputs.positions() == 1 {
            split_rows(*tier, w, inputs, rounders, &mut out[..w.rows], *threads);
        } else {
            split_copies(*tier, w, inputs, rounders, (out, stride), *threads);
        }
    }
}

/// One position: each thread writes its rows in place.
fn split_rows(tier: Tier, w: &Matrix, x: &Inputs, rounders: &[Rounder], out: &mut [i32], threads: usize) {
    let tiles = w.tiles().div_ceil(threads);
    out.par_chunks_mut(tiles * TILE_ROWS).enumerate().for_each(|(i, out)| {
        let range = i * tiles..((i + 1) * tiles).min(w.tiles());
        linear(tier, w, range, x, rounders, (out, w.rows), &mut Scratch::default());
    });
}

/// Several positions: rows of one thread lie apart, so it works on a copy.
fn split_copies(
    tier: Tier,
    w: &Matrix,
    x: &Inputs,
    rounders: &[Rounder],
    (out, stride): (&mut [i32], usize),
    threads: usize,
) {
    let tiles = w.tiles().div_ceil(threads);
    let rows_of = |i: usize| i * tiles * TILE_ROWS..((i + 1) * tiles * TILE_ROWS).min(w.rows);
    let parts = w.tiles().div_ceil(tiles);
    let copies: Vec<Vec<i32>> = (0..parts)
        .into_par_iter()
        .map(|i| {
            let mut copy: Vec<i32> = out.chunks(stride).flat_map(|y| &y[rows_of(i)]).copied().collect();
            let range = i * tiles..((i + 1) * tiles).min(w.tiles());
            linear(tier, w, range, x, rounders, (&mut copy, rows_of(i).len()), &mut Scratch::default());
            copy
        })
        .collect();
    for (i, copy) in copies.iter().enumerate() {
        for (y, copy) in out.chunks_mut(stride).zip(copy.chunks(rows_of(i).len())) {
            y[rows_of(i)].copy_from_slice(copy);
        }
    }
}
