//! Real numbers as integers: a value x ≥ 0 is held as about `x·2^192`.
//!
//! Errors are counted in *ulps* of 2^−192. Every function states how far its result may lie from the true value, and
//! [`round`] refuses to round a value that lies so close to a tie that the error could matter. What it returns is
//! therefore the correctly rounded true value, whichever order the terms were added in.

use num_bigint::BigUint;

/// Fraction bits.
pub const FRACTION: u32 = 192;
/// [`round`] refuses values within `2^−MARGIN` of a tie; every error here stays below that.
pub const MARGIN: u32 = 64;

/// A positive dyadic rational `mantissa·2^exponent`, as every positive finite `f32` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dyadic {
    /// Not zero.
    pub mantissa: u32,
    /// Any.
    pub exponent: i32,
}

impl Dyadic {
    /// The exact value of `x`, read from its bits; `None` if `x` is zero, negative, infinite or no number.
    pub const fn from_f32(x: f32) -> Option<Dyadic> {
        let bits = x.to_bits();
        let (negative, exponent, fraction) = (bits >> 31 == 1, (bits >> 23 & 0xff) as i32, bits & 0x7f_ffff);
        match (negative, exponent, fraction) {
            (true, _, _) | (_, 0xff, _) | (_, 0, 0) => None,
            (_, 0, _) => Some(Dyadic { mantissa: fraction, exponent: -149 }),
            _ => Some(Dyadic { mantissa: fraction | 1 << 23, exponent: exponent - 150 }),
        }
    }

    /// `floor(log2)`.
    pub const fn log2(self) -> i32 {
        self.mantissa.ilog2() as i32 + self.exponent
    }
}

/// One; exact.
pub fn one() -> BigUint {
    BigUint::from(1u8) << FRACTION
}

/// Product of two numbers; truncation adds less than 1 ulp to what the errors of `a ≤ 1` and `b ≤ 1` add up to.
pub fn mul(a: &BigUint, b: &BigUint) -> BigUint {
    (a * b) >> FRACTION
}

/// π by Machin's formula, `16·atan(1/5) − 4·atan(1/239)`; within 2^13 ulps.
pub fn pi() -> BigUint {
    atan_inverse(5) * 16u8 - atan_inverse(239) * 4u8
}

/// `atan(1/n) = Σ (−1)^k / ((2k+1)·n^(2k+1))`, n ≥ 5; at most 84 terms, each within 2 ulps.
fn atan_inverse(n: u32) -> BigUint {
    let mut power = one() / n;
    let mut sum = power.clone();
    for k in 1u32.. {
        power /= n * n;
        let term = &power / (2 * k + 1);
        if term.bits() == 0 {
            break;
        }
        if k % 2 == 1 {
            sum -= term;
        } else {
            sum += term;
        }
    }
    sum
}

/// `ln(a/b) = 2·atanh((a−b)/(a+b))` for `b ≤ a ≤ 2b`; at most 61 terms, together within 2^9 ulps.
fn ln_ratio(a: u32, b: u32) -> BigUint {
    let mut power = (BigUint::from(a - b) << FRACTION) / (u64::from(a) + u64::from(b));
    let square = mul(&power, &power);
    let mut sum = power.clone();
    for k in 1u32.. {
        power = mul(&power, &square);
        let term = &power / (2 * k + 1);
        if term.bits() == 0 {
            break;
        }
        sum += term;
    }
    sum << 1
}

/// `ln x` for 1 ≤ x < 2^128; within 2^17 ulps.
pub fn ln(x: Dyadic) -> BigUint {
    let top = 1u32 << x.mantissa.ilog2();
    let whole = u32::try_from(x.log2()).expect("x is at least one");
    ln_ratio(2, 1) * whole + ln_ratio(x.mantissa, top)
}

/// `e^(−x)` for 0 ≤ x < 2^7, where x is within `2^17` ulps; the result is within 2^23 ulps.
///
/// x is halved h ≤ 15 times until it is below 2^−8, the series is summed there (within 2^6 ulps), and the result is
/// squared h times, which doubles the error and adds one ulp each time.
pub fn exp_neg(x: &BigUint) -> BigUint {
    let halvings = x.bits().saturating_sub(u64::from(FRACTION) - 8);
    let small = x >> halvings;
    let (mut sum, mut term) = (one(), one());
    for k in 1u32.. {
        term = mul(&term, &small) / k;
        if term.bits() == 0 {
            break;
        }
        if k % 2 == 1 {
            sum -= &term;
        } else {
            sum += &term;
        }
    }
    for _ in 0..halvings {
        sum = mul(&sum, &sum);
    }
    sum
}

/// `1, r, r², …`: the n-th power of an `r ≤ 1` within ε ulps is within `n·(ε + 1)` ulps.
pub fn powers(r: BigUint) -> impl Iterator<Item = BigUint> {
    std::iter::successors(Some(one()), move |p| Some(mul(p, &r)))
}

/// The integer nearest to `x/2^bits`; `None` if x is within `2^−MARGIN` of a tie.
pub fn round(x: &BigUint, bits: u32) -> Option<BigUint> {
    let (half, margin) = (BigUint::from(1u8) << (bits - 1), BigUint::from(1u8) << (bits - MARGIN));
    let low: BigUint = (x + &half - &margin) >> bits;
    let high: BigUint = (x + &half + &margin) >> bits;
    (low == high).then_some(low)
}

/// The low 64 bits.
pub fn low_u64(x: &BigUint) -> u64 {
    x.iter_u64_digits().next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first 57 decimals, for comparison with published digits.
    fn decimals(x: &BigUint) -> String {
        ((x * BigUint::from(10u8).pow(57)) >> FRACTION).to_string()
    }

    fn dyadic(x: f32) -> Dyadic {
        Dyadic::from_f32(x).expect("positive and finite")
    }

    #[test]
    fn pi_e_and_logarithms_have_the_published_digits() {
        // The last digits of the 192-bit values are lost to the stated errors, hence 50 of 57.
        let same = |x: &BigUint, digits: &str| assert_eq!(decimals(x)[..digits.len()], *digits);
        same(&pi(), "3141592653589793238462643383279502884197169399375105");
        same(&exp_neg(&one()), "367879441171442321595523770161460867445811131031767");
        same(&ln(dyadic(2.0)), "693147180559945309417232121458176568075500134360255");
        same(&ln(dyadic(1e5)), "11512925464970228420089957273421821038005507443143");
    }

    #[test]
    fn exp_and_ln_are_inverse_within_the_stated_error() {
        for x in [1.0f32, 1.5, 2.0, 10.0, 1e4, 1e5, 5e5, f32::MAX] {
            let product = exp_neg(&ln(dyadic(x))) * dyadic(x).mantissa;
            let unit = one() >> dyadic(x).exponent.max(0);
            let unit = unit << (-dyadic(x).exponent).max(0);
            let error = if product > unit { &product - &unit } else { &unit - &product };
            assert!(error <= BigUint::from(dyadic(x).mantissa) << 23, "x = {x}");
        }
    }

    #[test]
    fn a_float_is_taken_apart_exactly() {
        assert_eq!(dyadic(1.0), Dyadic { mantissa: 1 << 23, exponent: -23 });
        assert_eq!(dyadic(f32::from_bits(1)), Dyadic { mantissa: 1, exponent: -149 });
        assert_eq!((dyadic(1.99).log2(), dyadic(2.0).log2(), dyadic(0.49).log2()), (0, 1, -2));
        for x in [0.0, -0.0, -1.0, f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(Dyadic::from_f32(x), None, "{x}");
        }
    }

    #[test]
    fn rounding_refuses_what_the_error_could_turn() {
        let at = |numerator: u8| BigUint::from(numerator) << (FRACTION - 2);
        assert_eq!(round(&at(5), FRACTION), Some(BigUint::from(1u8)));
        assert_eq!(round(&at(7), FRACTION), Some(BigUint::from(2u8)));
        assert_eq!(round(&at(6), FRACTION), None);
        let step = BigUint::from(1u8) << (FRACTION - MARGIN);
        assert_eq!(round(&(at(6) - &step), FRACTION), None);
        assert_eq!(round(&(at(6) + &step + &step), FRACTION), Some(BigUint::from(2u8)));
        assert_eq!(round(&(at(6) - &step - &step), FRACTION), Some(BigUint::from(1u8)));
    }
}
