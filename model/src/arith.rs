//! The integer primitives of scheme R1.
//!
//! `RSR(x, s)` is a rounding shift right, half up; a negative `s` shifts left. `BFP_b(v)` writes a vector as
//! mantissas of `b` bits and one shared shift. Nothing here is undefined for any input: every narrowing saturates.

/// Bits of a mantissa that enters a linear step or is stored as a value: |X| ≤ 2^15 − 1.
pub const MANTISSA_BITS: u32 = 16;
/// Bits of a query or key mantissa before the rotation, which may grow it by √2.
pub const ROTARY_BITS: u32 = 15;

/// Rounding shift right, `floor((x + 2^(s−1)) / 2^s)`; `s ≤ 0` is an exact shift left.
///
/// `x` must keep 64 bits of headroom when `s` is negative; callers that cannot promise it use [`rsr_i32`].
pub const fn rsr(x: i128, s: i32) -> i128 {
    if s <= 0 { x << -s } else { (x + (1 << (s - 1))) >> s }
}

/// `RSR(x, s)` saturated to `i32`, for every `x` below 2^120 in magnitude and every `s`.
pub const fn rsr_i32(x: i128, s: i32) -> i32 {
    if s <= -32 {
        // Any non-zero x leaves i32 when it is shifted this far.
        return if x > 0 {
            i32::MAX
        } else if x < 0 {
            i32::MIN
        } else {
            0
        };
    }
    if s >= 126 {
        return 0;
    }
    if s < 0 {
        // |x| ≥ 2^32 saturates whatever the shift; below it x·2^31 fits.
        if x > u32::MAX as i128 {
            return i32::MAX;
        }
        if x < -(u32::MAX as i128) {
            return i32::MIN;
        }
    }
    saturate_i32(rsr(x, s))
}

/// The nearest `i32`.
pub const fn saturate_i32(x: i128) -> i32 {
    if x > i32::MAX as i128 {
        i32::MAX
    } else if x < i32::MIN as i128 {
        i32::MIN
    } else {
        x as i32
    }
}

/// Smallest `s ≥ 0` with `RSR(v, s)` in `[−(2^(bits−1)−1), 2^(bits−1)−1]`.
///
/// The shift of a block is the maximum of the shifts of its elements, because a larger shift never leaves the range.
pub const fn min_shift(v: i128, bits: u32) -> u8 {
    let max = (1i128 << (bits - 1)) - 1;
    // Bit length less mantissa bits is right up to the rounding: one less may do for a negative tie, one more may be
    // needed.
    let mut s = (128 - v.unsigned_abs().leading_zeros()).saturating_sub(bits);
    loop {
        let r = rsr(v, s as i32);
        if r <= max && r >= -max {
            return s as u8;
        }
        s += 1;
    }
}

/// Shift of the block `v`: the smallest `s ≥ 0` that brings every element into `bits` bits.
pub fn block_shift(v: impl IntoIterator<Item = i128>, bits: u32) -> u8 {
    v.into_iter().map(|x| min_shift(x, bits)).max().unwrap_or(0)
}

/// `floor(√n)`.
pub const fn isqrt(n: u64) -> u64 {
    n.isqrt()
}

/// `floor(a / b)` for positive `b`; floor, not truncation.
pub const fn floor_div(a: i128, b: i128) -> i128 {
    a.div_euclid(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsr_rounds_half_up_on_both_sides_of_zero() {
        assert_eq!([rsr(5, 1), rsr(-5, 1), rsr(6, 2), rsr(-6, 2)], [3, -2, 2, -1]);
        assert_eq!(rsr(-3, -2), -12);
    }

    #[test]
    fn rsr_i32_saturates_for_every_shift() {
        for s in -200..200 {
            assert_eq!(rsr_i32(0, s), 0, "shift {s}");
            for x in [1i128, 77, 1 << 40, 1 << 100] {
                let exact =
                    if s <= -31 { i32::MAX } else { saturate_i32(if s >= 126 { 0 } else { rsr(x.min(1 << 90), s) }) };
                if x < 1 << 90 {
                    assert_eq!(
                        rsr_i32(x, s),
                        if s <= -31 && x == 1 && s == -30 { 1 << 30 } else { exact },
                        "x {x} shift {s}"
                    );
                }
                assert!(rsr_i32(-x, s) <= 0);
            }
        }
        assert_eq!(rsr_i32(1, -30), 1 << 30);
        assert_eq!(rsr_i32(-1, -31), i32::MIN);
    }

    #[test]
    fn min_shift_is_minimal_and_sufficient() {
        let cases = (0..63).flat_map(|b| [-2, -1, 0, 1, 2].map(|d| (1i128 << b) + d)).flat_map(|v| [v, -v]);
        for v in cases {
            for bits in [15, 16] {
                let (s, max) = (min_shift(v, bits) as i32, (1i128 << (bits - 1)) - 1);
                assert!(rsr(v, s).abs() <= max);
                assert!(s == 0 || rsr(v, s - 1).abs() > max, "v {v} bits {bits} shift {s}");
            }
        }
    }

    #[test]
    fn a_negative_tie_keeps_the_smaller_shift() {
        // RSR(−65535, 1) = −32767 fits sixteen bits although RSR(65535, 1) = 32768 does not.
        assert_eq!((min_shift(-65535, 16), min_shift(65535, 16)), (1, 2));
    }
}
