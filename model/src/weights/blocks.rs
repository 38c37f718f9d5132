//! The block formats of ggml: codes and exact scales of one block.

use super::float::half24;
use crate::gguf::TensorType;

/// Weights of the longest block.
pub(super) const MAX_BLOCK: usize = 256;

/// Columns that share a multiplier.
pub(super) const fn group_len(kind: TensorType) -> usize {
    if matches!(kind, TensorType::Q6_K) { 16 } else { 32 }
}

/// b: what the file adds to a signed code to store it without sign, where that may become the offset −b·D.
pub(super) const fn bias(kind: TensorType) -> i64 {
    match kind {
        TensorType::Q4_0 => 8,
        TensorType::Q5_0 => 16,
        _ => 0,
    }
}

/// Whether the format has offsets of its own.
pub(super) const fn has_offset(kind: TensorType) -> bool {
    matches!(kind, TensorType::Q4_1 | TensorType::Q5_1 | TensorType::Q4_K | TensorType::Q5_K)
}

/// Codes q of one block, in column order.
#[inline]
pub(super) fn codes(kind: TensorType, block: &[u8], out: &mut [i8; MAX_BLOCK]) {
    match kind {
        TensorType::Q4_0 => nibbles(&block[2..18], out, 8),
        TensorType::Q4_1 => nibbles(&block[4..20], out, 0),
        TensorType::Q5_0 => five_bits(&block[2..6], &block[6..22], out, 16),
        TensorType::Q5_1 => five_bits(&block[4..8], &block[8..24], out, 0),
        TensorType::Q8_0 => out.iter_mut().zip(&block[2..34]).for_each(|(q, &b)| *q = b as i8),
        TensorType::Q4_K => k_nibbles(&block[16..144], out),
        TensorType::Q5_K => {
            k_nibbles(&block[48..176], out);
            for (j, group) in out.chunks_exact_mut(32).enumerate() {
                group.iter_mut().zip(&block[16..48]).for_each(|(q, &h)| *q |= ((h >> j & 1) << 4) as i8);
            }
        }
        TensorType::Q6_K => six_bits(&block[..128], &block[128..192], out),
        TensorType::F32 | TensorType::F16 | TensorType::BF16 => {}
    }
}

/// (D24, M24) of every group of one block; `None` if a scale is not finite.
#[inline]
pub(super) fn scales(kind: TensorType, block: &[u8], out: &mut [(i64, i64); 16]) -> Option<()> {
    let half = |at: usize| half24(u16::from_le_bytes([block[at], block[at + 1]]));
    match kind {
        TensorType::Q4_0 | TensorType::Q5_0 | TensorType::Q8_0 => out[0] = (half(0)?, 0),
        TensorType::Q4_1 | TensorType::Q5_1 => out[0] = (half(0)?, half(2)?),
        TensorType::Q4_K | TensorType::Q5_K => {
            let (d, dmin) = (half(0)?, half(2)?);
            for (j, pair) in out.iter_mut().take(8).enumerate() {
                let (scale, min) = six_bit_pair(&block[4..16], j);
                *pair = (d * i64::from(scale), -dmin * i64::from(min));
            }
        }
        TensorType::Q6_K => {
            let d = half(208)?;
            out.iter_mut().zip(&block[192..208]).for_each(|(pair, &s)| *pair = (d * i64::from(s as i8), 0));
        }
        TensorType::F32 | TensorType::F16 | TensorType::BF16 => {}
    }
    Some(())
}

/// Byte j holds the codes of columns j (low nibble) and j + 16.
#[inline]
fn nibbles(qs: &[u8], out: &mut [i8; MAX_BLOCK], bias: i8) {
    let (low, high) = out[..32].split_at_mut(16);
    for ((l, h), &b) in low.iter_mut().zip(high).zip(qs) {
        *l = (b & 15) as i8 - bias;
        *h = (b >> 4) as i8 - bias;
    }
}

/// As [`nibbles`], with the fifth bit of column j in bit j of `qh`.
#[inline]
fn five_bits(qh: &[u8], qs: &[u8], out: &mut [i8; MAX_BLOCK], bias: i8) {
    nibbles(qs, out, 0);
    for (eight, &bits) in out[..32].chunks_exact_mut(8).zip(qh) {
        for (j, q) in eight.iter_mut().enumerate() {
            *q = (*q | ((bits >> j & 1) << 4) as i8) - bias;
        }
    }
}

/// Per 32 bytes: the low nibbles are one group of 32 columns, the high nibbles the next.
#[inline]
fn k_nibbles(qs: &[u8], out: &mut [i8; MAX_BLOCK]) {
    for (pair, bytes) in out.chunks_exact_mut(64).zip(qs.chunks_exact(32)) {
        let (low, high) = pair.split_at_mut(32);
        for ((l, h), &b) in low.iter_mut().zip(high).zip(bytes) {
            *l = (b & 15) as i8;
            *h = (b >> 4) as i8;
        }
    }
}

/// Per half of 128 columns, four quarters of 32: low nibbles in 64 bytes of `ql`, two high bits in 32 bytes of `qh`.
#[inline]
fn six_bits(ql: &[u8], qh: &[u8], out: &mut [i8; MAX_BLOCK]) {
    for ((half, ql), qh) in out.chunks_exact_mut(128).zip(ql.chunks_exact(64)).zip(qh.chunks_exact(32)) {
        for (n, quarter) in half.chunks_exact_mut(32).enumerate() {
            let (low, shift) = (&ql[n % 2 * 32..][..32], n / 2 * 4);
            for ((q, &l), &h) in quarter.iter_mut().zip(low).zip(qh) {
                *q = ((l >> shift & 15) | (h >> (2 * n) & 3) << 4) as i8 - 32;
            }
        }
    }
}

/// Scale and minimum number `j` of the twelve bytes that hold eight of each in six bits.
#[inline]
fn six_bit_pair(s: &[u8], j: usize) -> (u8, u8) {
    if j < 4 {
        (s[j] & 63, s[j + 4] & 63)
    } else {
        (s[j + 4] & 15 | s[j - 4] >> 6 << 4, s[j + 4] >> 4 | s[j] >> 6 << 4)
    }
}
