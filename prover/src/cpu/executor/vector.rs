//! Block shifts and roundings of whole vectors, in the width that the values need.
//!
//! `min_shift` grows with |v| on either side of zero, so the shift of a block is the larger one of its minimum's and its
//! maximum's.

use assay_model::arith::min_shift;

/// Shift of the block `v` to `bits` bits.
pub fn block_shift_i32(v: &[i32], bits: u32) -> u8 {
    let (min, max) = v.iter().fold((0, 0), |(lo, hi): (i32, i32), &x| (lo.min(x), hi.max(x)));
    min_shift(i128::from(min), bits).max(min_shift(i128::from(max), bits))
}

/// Shift of the block `v` to `bits` bits.
pub fn block_shift_i64(v: &[i64], bits: u32) -> u8 {
    let (min, max) = v.iter().fold((0, 0), |(lo, hi): (i64, i64), &x| (lo.min(x), hi.max(x)));
    min_shift(i128::from(min), bits).max(min_shift(i128::from(max), bits))
}

/// `RSR(x, s)` for 0 ≤ s < 32: the floor, plus the highest bit cut off. Unlike `x + half`, it cannot overflow.
pub fn rsr_i32(x: i32, s: u8) -> i32 {
    if s == 0 { x } else { (x >> s) + ((x >> (s - 1)) & 1) }
}

/// `RSR(x, s)` for 0 ≤ s < 64.
pub fn rsr_i64(x: i64, s: u8) -> i64 {
    if s == 0 { x } else { (x >> s) + ((x >> (s - 1)) & 1) }
}

/// Mantissas of the block `v` under a shift that suffices for it.
pub fn mantissas_i32(v: &[i32], s: u8, out: &mut [i16]) {
    debug_assert_eq!(v.len(), out.len());
    for (out, &v) in out.iter_mut().zip(v) {
        *out = rsr_i32(v, s) as i16;
    }
}

/// Mantissas of the block `v` under a shift that suffices for it.
pub fn mantissas_i64(v: &[i64], s: u8, out: &mut [i16]) {
    debug_assert_eq!(v.len(), out.len());
    for (out, &v) in out.iter_mut().zip(v) {
        *out = rsr_i64(v, s) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::arith::{block_shift, rsr};

    #[test]
    fn shifts_and_roundings_equal_the_reference_around_every_power_of_two() {
        for b in 0..63 {
            for d in -2..=2i64 {
                for v in [(1i64 << b) + d, -((1i64 << b) + d)] {
                    for bits in [15, 16] {
                        let expected = block_shift([i128::from(v), 0], bits);
                        assert_eq!(block_shift_i64(&[v, 0], bits), expected);
                        if let Ok(v) = i32::try_from(v) {
                            assert_eq!(block_shift_i32(&[0, v], bits), expected);
                        }
                    }
                    for s in 0..63 {
                        assert_eq!(i128::from(rsr_i64(v, s)), rsr(i128::from(v), i32::from(s)));
                    }
                }
            }
        }
        for v in [i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX] {
            for s in 0..32 {
                assert_eq!(i128::from(rsr_i32(v, s)), rsr(i128::from(v), i32::from(s)));
            }
            assert_eq!(block_shift_i32(&[v], 16), block_shift([i128::from(v)], 16));
        }
    }
}
