//! The rotation of a pair by a phase: cosine and sine in Q14 from a 64-bit fraction of a turn.
//!
//! Consensus code: the result is defined by these steps, all on integers.
//!
//! 1. `octant = phase >> 61`, `r = phase mod 2^61`; in odd octants `r ← 2^61 − r`. So 0 ≤ r ≤ 2^61, an eighth of a turn.
//! 2. `x = (r·HALF_PI) >> 62` is the angle in Q62, at most π/4, and `z = (x·x) >> 62` its square.
//! 3. Horner with the Taylor coefficients: `c ← COS[k] − ((c·z) >> 62)` for k = 8 … 0 from `c = COS[9]`, and in the
//!    same way s from `SIN`; then `s ← (s·x) >> 62`.
//! 4. Both are rounded to Q14, half up, then swapped and negated by the octant.
//!
//! Truncation and the omitted terms (x^20/20!, x^21/21!) move c and s by less than 2^−58, so a result differs from the
//! correctly rounded cosine or sine of the phase only if that lies within 2^−44 units of a tie. It never lies on one:
//! the cosine of a rational part of a turn is irrational or one of 0, ±½, ±1.

/// One entry of the rotation: cosine and sine in Q14.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// `round(2^14 cos)`.
    pub cos: i16,
    /// `round(2^14 sin)`.
    pub sin: i16,
}

/// Fraction bits of the polynomials.
const Q: u32 = 62;
/// Fraction bits of a [`Rotation`].
const OUT: u32 = 14;
/// `round(2^62·π/2)`.
const HALF_PI: u64 = 0x6487_ed51_10b4_611a;
/// `round(2^62/(2k)!)`.
const COS: [u64; 10] = inverse_factorials(0);
/// `round(2^62/(2k+1)!)`.
const SIN: [u64; 10] = inverse_factorials(1);

const fn inverse_factorials(odd: u64) -> [u64; 10] {
    let mut out = [0; 10];
    let (mut k, mut factorial) = (0, 1u64);
    while k < 10 {
        out[k] = ((1 << Q) + factorial / 2) / factorial;
        let n = 2 * k as u64 + odd;
        // The factorial after the last coefficient, 21!, would not fit.
        if k < 9 {
            factorial *= (n + 1) * (n + 2);
        }
        k += 1;
    }
    out
}

const fn mul(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) >> Q) as u64
}

/// `coefficients[0] − z·(coefficients[1] − z·(…))`; no step is negative, because z < 1 and coefficients shrink faster.
const fn horner(coefficients: &[u64; 10], z: u64) -> u64 {
    let mut sum = coefficients[9];
    let mut k = 9;
    while k > 0 {
        k -= 1;
        sum = coefficients[k] - mul(sum, z);
    }
    sum
}

const fn to_q14(v: u64) -> i16 {
    ((v + (1 << (Q - OUT - 1))) >> (Q - OUT)) as i16
}

impl Rotation {
    /// The rotation by `phase/2^64` of a turn.
    pub const fn of_phase(phase: u64) -> Rotation {
        const EIGHTH: u64 = 1 << 61;
        let octant = phase >> 61;
        let low = phase % EIGHTH;
        let r = if octant % 2 == 1 { EIGHTH - low } else { low };
        let x = mul(r, HALF_PI);
        let z = mul(x, x);
        let (c, s) = (to_q14(horner(&COS, z)), to_q14(mul(horner(&SIN, z), x)));
        let (cos, sin) = match octant {
            0 => (c, s),
            1 => (s, c),
            2 => (-s, c),
            3 => (-c, s),
            4 => (-c, -s),
            5 => (-s, -c),
            6 => (s, -c),
            _ => (c, -s),
        };
        Rotation { cos, sin }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixed;
    use super::*;
    use proptest::prelude::*;

    /// Where f64 is sure of the rounding, exactly its value; elsewhere within one unit.
    fn assert_near(got: i16, exact: f64, what: &str) {
        let tie = (exact.abs().fract() - 0.5).abs() < 1e-6;
        let distance = (f64::from(got) - exact).abs();
        assert!(distance < if tie { 1.0 } else { 0.5 }, "{what}: {got} against {exact}");
    }

    fn check(phase: u64) {
        // From the nearest quarter turn on: f64 cannot hold a 64-bit phase, but a small angle precisely enough.
        let quarter = ((phase >> 61) + 1) >> 1;
        let angle = (phase.wrapping_sub((quarter % 4) << 62) as i64) as f64 / 2f64.powi(64) * std::f64::consts::TAU;
        let (s, c) = angle.sin_cos();
        let (cos, sin) = [(c, s), (-s, c), (-c, -s), (s, -c)][quarter as usize % 4];
        let got = Rotation::of_phase(phase);
        assert_near(got.cos, cos * 16384.0, &format!("cos at {phase:#x}"));
        assert_near(got.sin, sin * 16384.0, &format!("sin at {phase:#x}"));
    }

    #[test]
    fn half_pi_is_rounded_from_the_series() {
        let exact = fixed::round(&fixed::pi(), fixed::FRACTION - Q + 1).expect("not near a tie");
        assert_eq!(fixed::low_u64(&exact), HALF_PI);
    }

    #[test]
    fn octant_boundaries_are_exact_and_continuous() {
        let at = |eighths: u64| Rotation::of_phase(eighths << 61);
        let rotation = |cos, sin| Rotation { cos, sin };
        assert_eq!([at(0), at(1)], [rotation(16384, 0), rotation(11585, 11585)]);
        assert_eq!([at(2), at(3)], [rotation(0, 16384), rotation(-11585, 11585)]);
        assert_eq!([at(4), at(5)], [rotation(-16384, 0), rotation(-11585, -11585)]);
        assert_eq!([at(6), at(7)], [rotation(0, -16384), rotation(11585, -11585)]);
        for eighths in 0..8u64 {
            for d in [-(1i64 << 40), -2, -1, 0, 1, 2, 1 << 40] {
                check((eighths << 61).wrapping_add_signed(d));
            }
        }
    }

    #[test]
    fn a_third_of_a_turn_has_cosine_minus_a_half() {
        assert_eq!(Rotation::of_phase(u64::MAX / 3).cos, -8192);
        assert_eq!(Rotation::of_phase(u64::MAX / 6).cos, 8192);
    }

    #[test]
    fn every_2_to_the_48th_phase_agrees_with_libm() {
        (0..1u64 << 16).for_each(|i| check(i << 48));
    }

    proptest! {
        #[test]
        fn any_phase_agrees_with_libm(phase: u64) {
            check(phase);
        }

        #[test]
        fn opposite_phases_mirror(phase: u64) {
            let (a, b) = (Rotation::of_phase(phase), Rotation::of_phase(phase.wrapping_neg()));
            prop_assert_eq!((a.cos, a.sin), (b.cos, -b.sin));
            let c = Rotation::of_phase(phase.wrapping_add(1 << 63));
            prop_assert_eq!((a.cos, a.sin), (-c.cos, -c.sin));
        }
    }
}
