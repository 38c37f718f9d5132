//! Float matrices: `W = floor(w·2^k + ½)`, stored as they are.

use super::float::{Float, extremes, f32_bits};
use super::{MAX_K, MIN_K, Source, WeightError, Width, par};
use crate::gguf::TensorType;
use crate::matrix::{Codes, Matrix, Scales, TILE_ROWS};

/// Packs an F32, F16 or BF16 matrix.
pub(super) fn pack(source: &Source<'_>, width: Width) -> Result<Matrix, WeightError> {
    let Source { rows, cols, .. } = *source;
    let (k, max_abs) = exponent(source, width)?;
    let tiles = rows.div_ceil(TILE_ROWS);
    let codes = match width {
        Width::Bits16 => {
            let mut out = vec![[0i16; 2]; tiles * TILE_ROWS * (cols / 2)];
            par::for_chunks(&mut out, TILE_ROWS * (cols / 2), |tile, out| {
                each(source, tile, k, |row, col, w| out[col / 2 * TILE_ROWS + row][col % 2] = w as i16);
            });
            Codes::I16(out)
        }
        Width::Bits20 => {
            let mut out = vec![0i32; tiles * TILE_ROWS * cols];
            par::for_chunks(&mut out, TILE_ROWS * cols, |tile, out| {
                each(source, tile, k, |row, col, w| out[col * TILE_ROWS + row] = w as i32);
            });
            Codes::I32(out)
        }
    };
    // One group a row: there are no scales to share.
    Ok(Matrix { rows, cols, k, group: cols, codes, scale: Scales::None, offset: Scales::None, max_abs })
}

/// Scale exponent and largest |W|. W grows with w, so the smallest and the largest weight decide.
fn exponent(source: &Source<'_>, width: Width) -> Result<(i32, u32), WeightError> {
    let Source { rows, cols, kind, .. } = *source;
    let ends = par::map_range(rows.div_ceil(TILE_ROWS), |tile| {
        let bytes = source.tile(tile);
        extremes(kind, bytes, bytes.len() / kind.block_bytes())
            .map_err(|i| source.non_finite(tile * TILE_ROWS + i / cols, i % cols))
    });
    let mut floats = Vec::with_capacity(2 * ends.len());
    for end in ends {
        let (lo, hi) = end?;
        floats.extend([lo, hi]);
    }
    let largest = |k| floats.iter().map(|w: &Float| w.fixed(k).abs()).max().unwrap_or(0);
    (MIN_K..=MAX_K)
        .rev()
        .map(|k| (k, largest(k)))
        .find(|&(_, max)| max < width.bound())
        .map(|(k, max)| (k, max as u32))
        .ok_or_else(|| WeightError::TooLarge { tensor: source.name.to_owned() })
}

/// Calls `put` with row in the tile, column and W of every weight of a tile.
#[inline]
fn each(source: &Source<'_>, tile: usize, k: i32, mut put: impl FnMut(usize, usize, i64)) {
    let kind: TensorType = source.kind;
    for (row, bytes) in source.tile(tile).chunks_exact(source.row_bytes()).enumerate() {
        for col in 0..source.cols {
            // `exponent` has seen that every weight is finite.
            let w = Float::from_f32_bits(f32_bits(kind, bytes, col)).map_or(0, |w| w.fixed(k));
            put(row, col, w);
        }
    }
}
