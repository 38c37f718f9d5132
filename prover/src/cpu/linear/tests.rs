//! Every tier against row-by-row sums over [`Matrix::weight`].

use assay_model::matrix::{Codes, Matrix, Scales, TILE_ROWS};
use assay_model::steps::linear::{Rounding, accumulator_bound, dot};

use super::*;

/// Reproducible numbers.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// In −bound..=bound, the ends a quarter of the time.
    fn within(&mut self, bound: i64) -> i64 {
        match self.next() % 8 {
            0 => bound,
            1 => -bound,
            _ => (self.next() % (2 * bound as u64 + 1)) as i64 - bound,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Format {
    U4,
    U4NoOffset,
    I8,
    I8Wide,
    I16,
    I32,
}

const FORMATS: [Format; 6] = [Format::U4, Format::U4NoOffset, Format::I8, Format::I8Wide, Format::I16, Format::I32];

fn matrix(format: Format, rows: usize, cols: usize, group: usize, n: &mut Numbers) -> Matrix {
    let tiles = rows.div_ceil(TILE_ROWS) * TILE_ROWS;
    let i16s = |n: &mut Numbers| Scales::I16((0..tiles * cols / group).map(|_| n.within(32767) as i16).collect());
    let i32s =
        |n: &mut Numbers| Scales::I32((0..tiles * cols / group).map(|_| n.within((1 << 19) - 1) as i32).collect());
    let i8s = |n: &mut Numbers| {
        Codes::I8((0..tiles * cols / 2).map(|_| [0; 2].map(|_| n.within(128).min(127) as i8)).collect())
    };
    let (codes, scale, offset) = match format {
        Format::U4 => (Codes::U4((0..tiles * cols / 8).map(|_| n.next() as u32).collect()), i16s(n), i16s(n)),
        Format::U4NoOffset => (Codes::U4((0..tiles * cols / 8).map(|_| u32::MAX).collect()), i16s(n), Scales::None),
        Format::I8 => (i8s(n), i16s(n), i16s(n)),
        Format::I8Wide => (i8s(n), i32s(n), Scales::None),
        Format::I16 => {
            let codes = (0..tiles * cols / 2).map(|_| [0; 2].map(|_| n.within(32767) as i16)).collect();
            (Codes::I16(codes), Scales::None, Scales::None)
        }
        Format::I32 => {
            let codes = (0..tiles * cols).map(|_| n.within((1 << 19) - 1) as i32).collect();
            (Codes::I32(codes), Scales::None, Scales::None)
        }
    };
    Matrix { rows, cols, k: 12, group, codes, scale, offset, max_abs: 1 << 27 }
}

fn check(w: &Matrix, x: &[i16], what: &str) {
    let mut inputs = Inputs::default();
    inputs.set(x, w.cols);
    if !matches!(w.codes, Codes::I16(_) | Codes::I32(_)) {
        inputs.sum_groups(w.group);
    }
    let mut row = vec![0; w.cols];
    let mut expected = vec![Vec::with_capacity(w.rows); inputs.positions()];
    for r in 0..w.rows {
        w.decode_row(r, &mut row);
        for (expected, x) in expected.iter_mut().zip(x.chunks(w.cols)) {
            expected.push(dot(&row, x));
        }
    }
    for tier in Tier::all_for_tests() {
        let mut scratch = Scratch::default();
        for tile in 0..w.tiles() {
            let acc = accumulate(tier, w, tile, &inputs, &mut scratch);
            assert_eq!(acc.len(), inputs.positions());
            for (t, acc) in acc.iter().enumerate() {
                for (i, row) in (tile * TILE_ROWS..w.rows).take(TILE_ROWS).enumerate() {
                    assert_eq!(acc[i], expected[t][row], "{what}, {}: row {row} of position {t}", tier.name());
                }
            }
        }
    }
}

#[test]
fn every_tier_gives_the_exact_sums_of_every_format_shape_and_batch() {
    let mut n = Numbers(1);
    for format in FORMATS {
        // Rows around a tile; columns of one group, of a panel and one group more, and of several panels.
        for (rows, cols, group) in [(1, 32, 32), (16, 64, 16), (17, 672, 32), (33, 96, 32), (5, 1536, 256), (3, 8, 8)] {
            let w = matrix(format, rows, cols, group, &mut n);
            for positions in [1, 2, 3, 4, 5, 9] {
                let x: Vec<i16> = (0..positions * cols).map(|_| n.within(32767) as i16).collect();
                check(&w, &x, &format!("{format:?} {rows} x {cols}, {positions} positions"));
            }
        }
    }
}

#[test]
fn the_largest_codes_and_mantissas_do_not_overflow_a_partial_sum() {
    let (rows, cols, group) = (16, 9216, MAX_GROUP);
    for x in [32767i16, -32767] {
        for q in [-128i8, 127] {
            let scale = Scales::I16(vec![32767; rows * cols / group]);
            let offset = Scales::I16(vec![-32767; rows * cols / group]);
            let codes = Codes::I8(vec![[q; 2]; rows * cols / 2]);
            let w = Matrix { rows, cols, k: 0, group, codes, scale, offset, max_abs: 0 };
            check(&w, &vec![x; cols], "largest 8-bit codes");
            check(&w, &vec![x; 2 * cols], "largest 8-bit codes");
        }
        for q in [-32767i16, 32767] {
            let codes = Codes::I16(vec![[q; 2]; rows * cols / 2]);
            let w =
                Matrix { rows, cols, k: 0, group: cols, codes, scale: Scales::None, offset: Scales::None, max_abs: 0 };
            check(&w, &vec![x; cols], "largest 16-bit weights");
        }
    }
}

#[test]
fn a_rounder_equals_the_rounding_it_stands_for() {
    let mut n = Numbers(7);
    let mut w = matrix(Format::I16, 1, 64, 64, &mut n);
    for max_abs in [1, 32767, (1 << 31) - 1] {
        w.max_abs = max_abs;
        let bound = accumulator_bound(w.cols, w.max_abs);
        let acc: Vec<i64> = (0..64).map(|_| n.within(bound)).chain([0, 1, -1]).collect();
        let h: Vec<i32> = acc.iter().map(|_| n.within(i64::from(i32::MAX)) as i32).collect();
        for shift in -70..=70 {
            let residual = Rounding::Residual { shift };
            let scaled = [1 << 15, 1 << 16].map(|r| Rounding::Scaled { r, shift });
            for rounding in [residual].into_iter().chain(scaled) {
                if matches!(rounding, Rounding::Residual { .. }) && shift < -60 {
                    continue;
                }
                let mut y = h.clone();
                Rounder::new(rounding, &w).apply(&acc, &mut y);
                for ((&y, &acc), &h) in y.iter().zip(&acc).zip(&h) {
                    assert_eq!(y, rounding.apply(acc, h), "{rounding:?} of {acc} and {h}");
                }
            }
        }
    }
}
