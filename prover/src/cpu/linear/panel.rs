//! Weights `W = q·D + M` of a few columns of a tile, decoded.

use assay_model::matrix::TILE_ROWS;

use super::inputs::word;
use super::portable::factors;
use super::tile::{Tile, TileCodes};

/// Columns `first..first + out.len()` of `tile`, `[column][row]`. `first` and the number of columns are multiples of the
/// columns of one element of the codes. Inlined, so that each tier compiles it for its registers; whole columns at a time,
/// so that it compiles to vectors.
#[inline(always)]
pub fn decode(tile: &Tile<'_>, first: usize, out: &mut [[i32; TILE_ROWS]]) {
    match tile.codes {
        TileCodes::U4(words) => {
            let octets = out.as_chunks_mut::<8>().0.iter_mut().zip(&words[first / 8..]);
            for (i, (out, words)) in octets.enumerate() {
                let scales = scales(tile, first + 8 * i);
                for (col, out) in out.iter_mut().enumerate() {
                    let shift = 4 * (col / 2 + 4 * (col % 2));
                    *out = weights(words.map(|word| (word >> shift & 15) as i32), &scales);
                }
            }
        }
        TileCodes::I8(codes) => {
            let pairs = out.as_chunks_mut::<2>().0.iter_mut().zip(&codes[first / 2..]);
            for (i, ([even, odd], codes)) in pairs.enumerate() {
                let scales = scales(tile, first + 2 * i);
                let both = codes.map(|[even, odd]| i16::from_le_bytes([even as u8, odd as u8]));
                *even = weights(both.map(|v| i32::from(v << 8 >> 8)), &scales);
                *odd = weights(both.map(|v| i32::from(v >> 8)), &scales);
            }
        }
        TileCodes::I16(codes) => {
            for ([even, odd], codes) in out.as_chunks_mut::<2>().0.iter_mut().zip(&codes[first / 2..]) {
                let both = codes.map(|pair| word(pair) as i32);
                *even = both.map(|v| v << 16 >> 16);
                *odd = both.map(|v| v >> 16);
            }
        }
        TileCodes::I32(codes) => out.copy_from_slice(&codes[first..][..out.len()]),
    }
}

/// D and M of sixteen rows.
type RowScales = ([i32; TILE_ROWS], [i32; TILE_ROWS]);

/// `q·D + M`.
#[inline(always)]
fn weights(q: [i32; TILE_ROWS], (d, m): &RowScales) -> [i32; TILE_ROWS] {
    std::array::from_fn(|r| q[r] * d[r] + m[r])
}

/// D and M of column `col`.
#[inline(always)]
fn scales(tile: &Tile<'_>, col: usize) -> RowScales {
    let g = col / tile.group;
    (factors(tile.scale, g, 1), factors(tile.offset, g, 0))
}
