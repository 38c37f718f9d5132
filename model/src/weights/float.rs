//! Floats taken apart into integers: nothing here computes with a float.

use crate::gguf::TensorType;

/// A half-precision float times 2^24, which is an integer; `None` for infinities and NaN.
#[inline]
pub(super) const fn half24(bits: u16) -> Option<i64> {
    let (exponent, fraction) = ((bits >> 10 & 31) as i64, (bits & 1023) as i64);
    let magnitude = match exponent {
        0 => fraction,
        31 => return None,
        e => (1024 + fraction) << (e - 1),
    };
    Some(if bits >> 15 == 0 { magnitude } else { -magnitude })
}

/// The finite float `mantissa·2^exponent`, |mantissa| < 2^24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Float {
    pub mantissa: i64,
    pub exponent: i32,
}

impl Float {
    /// From the bits of an `f32`; `None` for infinities and NaN.
    #[inline]
    pub const fn from_f32_bits(bits: u32) -> Option<Float> {
        let (biased, fraction) = ((bits >> 23 & 255) as i32, (bits & 0x7f_ffff) as i64);
        let (magnitude, exponent) = match biased {
            0 => (fraction, -149),
            255 => return None,
            e => (fraction | 1 << 23, e - 150),
        };
        Some(Float { mantissa: if bits >> 31 == 0 { magnitude } else { -magnitude }, exponent })
    }

    /// `floor(x·2^k + ½)`. Where the result would be 2^38 or more it is only promised to be at least that large.
    #[inline]
    pub const fn fixed(self, k: i32) -> i64 {
        let s = -(self.exponent + k);
        if s <= 0 {
            let left = if s < -38 { 38 } else { -s };
            self.mantissa << left
        } else {
            // From 26 on the result is 0 whatever the shift.
            let right = if s > 40 { 40 } else { s };
            (self.mantissa + (1 << (right - 1))) >> right
        }
    }
}

/// The bits of element `index` as an `f32`, which holds halves and bfloats exactly.
#[inline]
pub(super) fn f32_bits(kind: TensorType, bytes: &[u8], index: usize) -> u32 {
    match kind {
        TensorType::F32 => {
            let b = &bytes[4 * index..4 * index + 4];
            u32::from_le_bytes([b[0], b[1], b[2], b[3]])
        }
        TensorType::BF16 => u32::from(u16::from_le_bytes([bytes[2 * index], bytes[2 * index + 1]])) << 16,
        _ => widen(u16::from_le_bytes([bytes[2 * index], bytes[2 * index + 1]])),
    }
}

/// A half as an `f32`.
#[inline]
const fn widen(half: u16) -> u32 {
    let (sign, exponent, fraction) = ((half as u32 & 0x8000) << 16, half as u32 >> 10 & 31, half as u32 & 1023);
    sign | match exponent {
        0 if fraction == 0 => 0,
        0 => {
            // A subnormal fraction·2^−24: its leading one becomes the implicit bit.
            let shift = fraction.leading_zeros() - 21;
            (113 - shift) << 23 | (fraction << shift & 1023) << 13
        }
        31 => 255 << 23 | fraction << 13,
        e => (e + 112) << 23 | fraction << 13,
    }
}

/// A key that orders the bits of finite floats by value.
#[inline]
pub(super) const fn order_key(bits: u32) -> i32 {
    let signed = bits as i32;
    signed ^ ((signed >> 31) as u32 >> 1) as i32
}

/// The bits with the key `key`.
#[inline]
pub(super) const fn from_order_key(key: i32) -> u32 {
    (key ^ ((key >> 31) as u32 >> 1) as i32) as u32
}

/// Smallest and largest of `count` floats, or the index of the first that is not finite.
pub(super) fn extremes(kind: TensorType, bytes: &[u8], count: usize) -> Result<(Float, Float), usize> {
    let keys = |i| order_key(f32_bits(kind, bytes, i));
    let (lo, hi) = (0..count).map(keys).fold((i32::MAX, i32::MIN), |(lo, hi), key| (lo.min(key), hi.max(key)));
    // Infinities and NaN order outside all finite floats, so one look at the ends finds out whether there are any.
    match (Float::from_f32_bits(from_order_key(lo)), Float::from_f32_bits(from_order_key(hi))) {
        (Some(lo), Some(hi)) => Ok((lo, hi)),
        _ => Err((0..count).position(|i| Float::from_f32_bits(f32_bits(kind, bytes, i)).is_none()).unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_is_taken_apart_exactly() {
        for bits in 0..=u16::MAX {
            let wide = f32::from_bits(widen(bits));
            match half24(bits) {
                Some(v) => assert_eq!(f64::from(wide) * 2f64.powi(24), v as f64, "{bits:04x}"),
                None => assert!(!wide.is_finite(), "{bits:04x}"),
            }
            assert_eq!(wide.is_sign_negative(), bits >> 15 == 1);
        }
        // Pinned values, independent of `widen`: 1, the largest half, the smallest.
        assert_eq!([half24(0x3c00), half24(0xfbff), half24(1)], [Some(1 << 24), Some(-65504 << 24), Some(1)]);
    }

    #[test]
    fn fixed_point_rounds_half_up_at_every_exponent() {
        let fixed = |x: f32, k| Float::from_f32_bits(x.to_bits()).unwrap().fixed(k);
        assert_eq!([fixed(2.5, 0), fixed(-2.5, 0), fixed(-2.51, 0), fixed(0.75, 2)], [3, -2, -3, 3]);
        assert_eq!([fixed(f32::from_bits(1), 24), fixed(-f32::from_bits(1), 24), fixed(0.0, 24)], [0; 3]);
        assert!(fixed(f32::MAX, 24) >= 1 << 38 && fixed(f32::MIN, -24) <= -(1 << 38));
        for i in -4000..4000 {
            for k in -4..12 {
                let x = i as f32 * 0.37;
                assert_eq!(fixed(x, k), (f64::from(x) * 2f64.powi(k) + 0.5).floor() as i64, "{x} {k}");
            }
        }
    }

    #[test]
    fn extremes_find_the_ends_and_what_is_not_finite() {
        let run = |x: &[f32]| {
            let bytes: Vec<u8> = x.iter().flat_map(|v| v.to_le_bytes()).collect();
            extremes(TensorType::F32, &bytes, x.len())
        };
        let float = |x: f32| Float::from_f32_bits(x.to_bits()).unwrap();
        assert_eq!(run(&[1.0, -3.0, 2.0, -0.0]), Ok((float(-3.0), float(2.0))));
        assert_eq!(run(&[-1.0, -3.0]), Ok((float(-3.0), float(-1.0))));
        for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(run(&[1.0, bad, -2.0]), Err(1));
        }
    }
}
