//! The reciprocal root of a norm's sum, as `model::steps::norm::reciprocal_root` defines it.
//!
//! ```text
//! S = max(sum, 1)        sig = S >> 2j, or S << −2j for j < 0, in [2^30, 2^32)        R = isqrt(⌊2^62/sig⌋)
//! ```
//!
//! With P = 4^j, N = 1, or P = 1, N = 4^−j for j < 0, sig is the one integer with `sig·P = S·N − rem`, 0 ≤ rem < P. That it is in
//! [2^30, 2^32) leaves one j: the intervals that different j bring S from do not meet. And R is the one integer with
//!
//! ```text
//! R²·sig ≤ 2^62 < (R + 1)²·sig
//! ```
//!
//! since `R² ≤ ⌊2^62/sig⌋` iff `R²·sig ≤ 2^62`. Both distances are below `(2R + 1)·sig`, which is below 2^49, as R ≤ 2^16 and
//! R·√sig ≤ 2^31. S < 2^64, N ≤ 2^30, R < 2^32 keep every side below 2^100. R in [2^15, 2^16] and j in −15..16 follow.
//!
//! | constraint | count | group |
//! |---|---|---|
//! | whether sum is 0 | 2 | Root |
//! | one bit for each j that could be; P, N, masks | 34, 18 | Shift |
//! | bits of rem | 32 | Remainder |
//! | S·N, sig·P | 2 | Rounding |
//! | bits of sig, its range; R², R²·sig, (2R + 1)·sig, bits of the distances | 33, 105 | Root |

use super::{Group, Num, System, power_of_two};
use ark_bn254::Fr;

/// Largest −j.
const DOWN: usize = 15;
/// Largest j.
const UP: usize = 16;
/// Bits of sig.
const SIG_BITS: usize = 32;
/// Bits of what R²·sig and (R + 1)²·sig are from 2^62.
const DISTANCE_BITS: usize = 50;

impl System {
    /// `root` and `exponent` are R and j of `sum`, an integer of 64 bits; root has 32 bits.
    pub fn reciprocal_root(&mut self, sum: &Num, root: &Num, exponent: &Num) {
        let sum = sum.clone().plus(&self.is_zero(Group::Root, sum));
        let offset = Num::constant(Fr::from(u64::try_from(DOWN).unwrap_or(0)));
        let choice = self.choice(Group::Shift, &exponent.clone().plus(&offset), DOWN + UP);
        let up = |j: usize| j.saturating_sub(DOWN);
        let power = self.named(&choice.of(|j| power_of_two(2 * up(j))));
        let negative_power = self.named(&choice.of(|j| power_of_two(2 * DOWN.saturating_sub(j))));
        let masks = (0..UP).flat_map(|i| {
            let mask = self.named(&choice.of(|j| Fr::from(up(j) > i)));
            [mask.clone(), mask]
        });
        let masks: Vec<Num> = masks.collect();

        let scaled = self.product(Group::Rounding, &sum, &negative_power);
        let (dividend, divisor) = (scaled.signed(), power.signed());
        let rem = self.remainder(dividend.checked_rem_euclid(divisor).unwrap_or(0), &masks);
        let quotient = dividend.checked_div_euclid(divisor).unwrap_or(0).unsigned_abs();
        let bits = self.bits(Group::Root, quotient, SIG_BITS);
        let significand = Num::of_bits(&bits);
        self.enforce(Group::Rounding, significand.clone(), power, scaled.minus(&rem));
        // One of the two highest bits is set.
        let [.., second, first] = &bits[..] else { return };
        let [second, first] = [second, first].map(|bit| bit.complement().into());
        self.enforce(Group::Root, first, second, Num::default());

        let square = self.product(Group::Root, root, root);
        let below = self.product(Group::Root, &square, &significand);
        let step = root.clone().plus(root).plus(&Num::one());
        let above = self.product(Group::Root, &step, &significand).plus(&below);
        let end = Num::constant(power_of_two(62));
        self.decompose(Group::Root, &end.clone().minus(&below), DISTANCE_BITS);
        self.decompose(Group::Root, &above.minus(&end).minus(&Num::one()), DISTANCE_BITS);
    }
}
