//! Weights `W = q·D + M` of a few columns of a tile, decoded.

use assay_model::matrix::TILE_ROWS;

use super::inputs::word;
use super::portable::factors;
use super::tile::{Tile, TileCodes};

/// Columns `first..first + out.len()` of `tile`, `[column][row]`. `first` and the number of columns are multiples of the
/// columns of one element of the codes. Inlined, so that each tier compiles it for its registers.
#[inline(always)]
pub fn decode(tile: &Tile<'_>, first: usize, out: &mut [[i32; TILE_ROWS]]) {
    match tile.codes {
        TileCodes::U4(words) => {
            let octets = out.as_chunks_mut::<8>().0.iter_mut().zip(&words[first / 8..]);
            for (i, (out, words)) in octets.enumerate() {
                let (d, m) = scales(tile, first + 8 * i);
                for (col, out) in out.iter_mut().enumerate() {
                    let shift = 4 * (col / 2 + 4 * (col % 2));
                    for (r, out) in out.iter_mut().enumerate() {
                        *out = (words[r] >> shift & 15) as i32 * d[r] + m[r];
                    }
                }
            }
        }
        TileCodes::I8(codes) => {
            let pairs = out.as_chunks_mut::<2>().0.iter_mut().zip(&codes[first / 2..]);
            for (i, ([even, odd], codes)) in pairs.enumerate() {
                let (d, m) = scales(tile, first + 2 * i);
                for (r, code) in codes.iter().enumerate() {
                    (even[r], odd[r]) = (i32::from(code[0]) * d[r] + m[r], i32::from(code[1]) * d[r] + m[r]);
                }
            }
        }
        TileCodes::I16(codes) => {
            for ([even, odd], codes) in out.as_chunks_mut::<2>().0.iter_mut().zip(&codes[first / 2..]) {
                for (r, &w) in codes.iter().enumerate() {
                    let both = word(w) as i32;
                    (even[r], odd[r]) = (both << 16 >> 16, both >> 16);
                }
            }
        }
        TileCodes::I32(codes) => out.copy_from_slice(&codes[first..][..out.len()]),
    }
}

/// D and M of column `col`.
#[inline(always)]
fn scales(tile: &Tile<'_>, col: usize) -> ([i32; TILE_ROWS], [i32; TILE_ROWS]) {
    let g = col / tile.group;
    (factors(tile.scale, g, 1), factors(tile.offset, g, 0))
}
