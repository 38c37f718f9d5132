//! Model weights as exact integers.
//!
//! **Quantised tensors.** Every block format is `w = q·d + m` with half-precision scales, and a finite half times 2^24
//! is an integer. So each group of columns has exact integers D24 and M24 with `w·2^24 = q·D24 + M24`:
//!
//! | format | q | D24 | M24 | group |
//! |---|---|---|---|---|
//! | Q4_0, Q5_0 | −8..7, −16..15 | d24 | 0 | 32 |
//! | Q8_0 | −128..127 | d24 | 0 | 32 |
//! | Q6_K | −32..31 | d24·sc | 0 | 16 |
//! | Q4_1, Q5_1 | 0..15, 0..31 | d24 | m24 | 32 |
//! | Q4_K, Q5_K | 0..15, 0..31 | d24·sc | −dmin24·min | 32 |
//!
//! The tensor gets one scale exponent k and `W = q·D + M` with `D = RSR(D24, 24−k)`, `M = RSR(M24, 24−k)`; D is 0 in a
//! group whose q are all zero. Q4_0 and Q5_0 may as well be read with unsigned codes `q + b`, b = 8 or 16, and an offset
//! `−b·D`; it is the same W, and the offset has to keep the bound below too. Q4_0 is stored that way, Q5_0 signed.
//!
//! **Float tensors.** `W = floor(w·2^k + ½)`, computed on mantissa and exponent.
//!
//! **k** is the largest k ≤ 24 with every |W|, |D| and |M| of the tensor below the bound B: 2^15 for 16-bit matrices,
//! 2^19 for 20-bit ones (embedding and output). A tensor that needs k < −24 is refused, and so is one with an infinity or
//! a NaN. These rules are frozen: a model's meaning depends on them.

mod blocks;
mod dense;
mod error;
mod float;
mod gains;
pub(crate) mod par;
mod quantised;

#[cfg(test)]
mod tests;

pub use error::WeightError;
pub use gains::gains;

use crate::gguf::TensorType;
use crate::matrix::Matrix;

/// Largest scale exponent of a matrix.
pub const MAX_K: i32 = 24;
/// Smallest scale exponent of a matrix or of gains.
pub const MIN_K: i32 = -24;

/// Bits of a matrix' weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// |W|, |D|, |M| < 2^15.
    Bits16,
    /// |W|, |D|, |M| < 2^19.
    Bits20,
}

impl Width {
    /// Width of a layer's matrix of this type.
    ///
    /// Codes of five bits and more leave a 16-bit weight too few bits for its multiplier: with |q| ≤ 127, D < 2^8, and
    /// rounding it costs up to 0.4 % of a group. Four more bits make that 0.02 %, as with 4-bit codes.
    pub const fn of_layer(kind: TensorType) -> Width {
        use TensorType as T;
        match kind {
            T::Q5_0 | T::Q5_1 | T::Q5_K | T::Q6_K | T::Q8_0 => Width::Bits20,
            _ => Width::Bits16,
        }
    }

    /// The bound B.
    pub const fn bound(self) -> i64 {
        match self {
            Width::Bits16 => 1 << 15,
            Width::Bits20 => 1 << 19,
        }
    }
}

/// A matrix as it stands in a file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Name for errors.
    pub name: &'a str,
    /// Type.
    pub kind: TensorType,
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub cols: usize,
    /// Its bytes, row by row.
    pub bytes: &'a [u8],
}

impl<'a> Source<'a> {
    /// Bytes of one row.
    const fn row_bytes(&self) -> usize {
        self.cols / self.kind.block_len() * self.kind.block_bytes()
    }

    /// Bytes of the rows of tile `tile`, fewer in the last.
    fn tile(&self, tile: usize) -> &'a [u8] {
        let size = self.row_bytes() * crate::matrix::TILE_ROWS;
        let start = (tile * size).min(self.bytes.len());
        &self.bytes[start..(start + size).min(self.bytes.len())]
    }

    fn non_finite(&self, row: usize, col: usize) -> WeightError {
        WeightError::NonFinite { tensor: self.name.to_owned(), row, col }
    }
}

/// Packs a matrix.
pub fn pack(source: &Source<'_>, width: Width) -> Result<Matrix, WeightError> {
    let Source { name, kind, rows, cols, bytes } = *source;
    let blocks = cols.is_multiple_of(kind.block_len());
    let size = if blocks { source.row_bytes().checked_mul(rows) } else { None };
    if rows == 0 || cols == 0 || size != Some(bytes.len()) {
        return Err(WeightError::Size { tensor: name.to_owned(), rows, cols, bytes: bytes.len() });
    }
    if !cols.is_multiple_of(2) {
        return Err(WeightError::OddColumns { tensor: name.to_owned(), cols });
    }
    match kind {
        TensorType::F32 | TensorType::F16 | TensorType::BF16 => dense::pack(source, width),
        _ => quantised::pack(source, width),
    }
}
