//! Vectors under one block shift: attn_pack, and SwiGLU before it (act).
//!
//! ```text
//! attn_pack: v_i = attention output (Q16)
//! act:       v_i = g_i·u_i·SIG[clamp(g_i >> 5, −2^11, 2^11 − 1) + 2^11]
//! X_i = RSR(v_i, s)          s = block shift of v to 16 bits
//! ```
//!
//! The header holds each chunk's minimal shift, then s, their maximum.

use super::{OutOfRange, mantissa};
use crate::arith::{MANTISSA_BITS, block_shift};
use crate::config::GATE_BITS;
use crate::tables::{TABLE_BITS, Tables};

/// Largest shift of attn_pack: an i32 needs at most 17 bits less.
pub const MAX_ATTN_SHIFT: u8 = 17;
/// Largest shift of act: |g·u·SIG| ≤ 2^77.
pub const MAX_ACT_SHIFT: u8 = 63;

/// Header of an attn_pack or act leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Minimal shift of each chunk.
    pub chunks: Vec<u8>,
    /// Their maximum.
    pub shift: u8,
}

impl Header {
    /// Header of these chunk shifts.
    pub fn new(chunks: Vec<u8>) -> Header {
        let shift = chunks.iter().copied().max().unwrap_or(0);
        Header { chunks, shift }
    }

    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.chunks.iter().copied().chain([self.shift]).collect()
    }

    /// From wire bytes; `max` is the step's largest shift.
    ///
    /// # Errors
    /// [`OutOfRange`] if a shift is outside its range or there is none.
    pub fn decode(bytes: &[u8], max: u8) -> Result<Header, OutOfRange> {
        let (&shift, chunks) = bytes.split_last().ok_or(OutOfRange)?;
        if bytes.iter().any(|&s| s > max) {
            return Err(OutOfRange);
        }
        Ok(Header { chunks: chunks.to_vec(), shift })
    }
}

/// SwiGLU of one pair, exact.
pub fn swiglu(gate: i32, up: i32, tables: &Tables) -> i128 {
    let half = 1 << (TABLE_BITS - 1);
    // The table has 2^7 entries a unit; gate has 12 fraction bits.
    let i = (gate >> (GATE_BITS - 7)).clamp(-half, half - 1) + half;
    let sig = usize::try_from(i).ok().and_then(|i| tables.sigmoid.get(i)).copied().unwrap_or(0);
    i128::from(gate) * i128::from(up) * i128::from(sig)
}

/// Minimal shift of a chunk.
pub fn shift(v: &[i128]) -> u8 {
    block_shift(v.iter().copied(), MANTISSA_BITS)
}

/// Mantissas of a chunk under the common shift `s`.
///
/// # Errors
/// [`OutOfRange`] if `s` is too small for the chunk.
pub fn mantissas(v: &[i128], s: u8) -> Result<Vec<i16>, OutOfRange> {
    v.iter().map(|&v| mantissa(v, s).ok_or(OutOfRange)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_vectors_fit_the_largest_shifts() {
        assert!(shift(&[i128::from(i32::MIN), i128::from(i32::MAX)]) <= MAX_ATTN_SHIFT);
        let v = i128::from(i32::MIN) * i128::from(i32::MIN) * 32768;
        assert!(shift(&[v, -v]) <= MAX_ACT_SHIFT);
    }

    #[test]
    fn headers_round_trip_and_refuse_what_is_out_of_range() {
        let h = Header::new(vec![3, 63, 0]);
        assert_eq!(h.shift, 63);
        assert_eq!(Header::decode(&h.encode(), MAX_ACT_SHIFT), Ok(h));
        assert_eq!(Header::decode(&[1, 64, 1], MAX_ACT_SHIFT), Err(OutOfRange));
        assert_eq!(Header::decode(&[17, 18, 17], MAX_ATTN_SHIFT), Err(OutOfRange));
        assert_eq!(Header::decode(&[], MAX_ACT_SHIFT), Err(OutOfRange));
    }
}
