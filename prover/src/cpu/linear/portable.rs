//! Accumulators in plain Rust: loops over sixteen rows that a compiler can turn into vectors.

use assay_model::matrix::TILE_ROWS;

use super::inputs::unword;
use super::tile::{Factors, Tile, TileCodes};
use super::{Inputs, PairOfColumns, Rows};

/// Adds the tile's products to `acc`, `[lane]`.
pub fn accumulate(tile: &Tile<'_>, x: &Inputs, panel: &mut Vec<PairOfColumns>, acc: &mut [Rows]) {
    match tile.codes {
        TileCodes::I16(codes) => plain(codes, x, acc),
        TileCodes::I32(codes) => wide(codes, x, acc),
        _ => scaled(tile, x, panel, acc),
    }
}

/// Codes of columns `first..first + count` as 16-bit pairs. Inlined, so that each tier compiles it for its registers.
#[inline(always)]
pub fn unpack(codes: TileCodes<'_>, first: usize, count: usize, panel: &mut Vec<PairOfColumns>) {
    panel.resize(count / 2, [[0; 2]; TILE_ROWS]);
    match codes {
        TileCodes::U4(words) => {
            let words = &words[first / 8..][..count / 8];
            for (words, pairs) in words.iter().zip(panel.as_chunks_mut::<4>().0) {
                for (i, pairs) in pairs.iter_mut().enumerate() {
                    for (pair, w) in pairs.iter_mut().zip(words) {
                        *pair = unword((w >> (4 * i)) & 0x000f_000f);
                    }
                }
            }
        }
        TileCodes::I8(codes) => {
            for (pairs, codes) in panel.iter_mut().zip(&codes[first / 2..]) {
                *pairs = codes.map(|code| code.map(i16::from));
            }
        }
        TileCodes::I16(pairs) => panel.copy_from_slice(&pairs[first / 2..][..count / 2]),
        TileCodes::I32(_) => {}
    }
}

fn scaled(tile: &Tile<'_>, x: &Inputs, panel: &mut Vec<PairOfColumns>, acc: &mut [Rows]) {
    let lanes = x.lanes();
    for g in 0..tile.cols / tile.group {
        unpack(tile.codes, g * tile.group, tile.group, panel);
        let (d, m) = (factors(tile.scale, g, 1), factors(tile.offset, g, 0));
        for (block, acc) in acc.chunks_exact_mut(lanes).enumerate() {
            let pairs = x.pairs(block, g * tile.group, tile.group);
            let sums = x.sums(block, g, 1);
            for (lane, (acc, &sum)) in acc.iter_mut().zip(sums).enumerate() {
                let mut p = [0i32; TILE_ROWS];
                for (w, &pair) in panel.iter().zip(pairs[lane..].iter().step_by(lanes)) {
                    let [x0, x1] = unword(pair).map(i32::from);
                    for (p, w) in p.iter_mut().zip(w) {
                        *p += i32::from(w[0]) * x0 + i32::from(w[1]) * x1;
                    }
                }
                for (((acc, p), d), m) in acc.iter_mut().zip(p).zip(d).zip(m) {
                    *acc += i64::from(p) * i64::from(d) + i64::from(m) * i64::from(sum);
                }
            }
        }
    }
}

/// Entries of group `g`, or `default` where there are none.
#[inline(always)]
pub fn factors(f: Factors<'_>, g: usize, default: i32) -> [i32; TILE_ROWS] {
    match f {
        Factors::None => [default; TILE_ROWS],
        Factors::I16(v) => v[g].map(i32::from),
        Factors::I32(v) => v[g],
    }
}

fn plain(codes: &[PairOfColumns], x: &Inputs, acc: &mut [Rows]) {
    let lanes = x.lanes();
    for (block, acc) in acc.chunks_exact_mut(lanes).enumerate() {
        for (w, pairs) in codes.iter().zip(x.pairs(block, 0, x.cols()).chunks_exact(lanes)) {
            for (acc, &pair) in acc.iter_mut().zip(pairs) {
                let [x0, x1] = unword(pair).map(i32::from);
                for (acc, w) in acc.iter_mut().zip(w) {
                    // Two products of 15 bits each fit an i32.
                    *acc += i64::from(i32::from(w[0]) * x0 + i32::from(w[1]) * x1);
                }
            }
        }
    }
}

fn wide(codes: &[[i32; TILE_ROWS]], x: &Inputs, acc: &mut [Rows]) {
    let lanes = x.lanes();
    for (block, acc) in acc.chunks_exact_mut(lanes).enumerate() {
        for (w, pairs) in codes.as_chunks::<2>().0.iter().zip(x.pairs(block, 0, x.cols()).chunks_exact(lanes)) {
            for (acc, &pair) in acc.iter_mut().zip(pairs) {
                let [x0, x1] = unword(pair).map(i64::from);
                for ((acc, &w0), &w1) in acc.iter_mut().zip(&w[0]).zip(&w[1]) {
                    *acc += i64::from(w0) * x0 + i64::from(w1) * x1;
                }
            }
        }
    }
}
