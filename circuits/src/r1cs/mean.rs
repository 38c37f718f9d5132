//! Weighted means.
//!
//! `out = sat(floor((o + ⌊P/2⌋)/P))` is shown as `o + ⌊P/2⌋ = Q·P + rem`, 0 ≤ rem ≤ P − 1, Q = out + e with an excess e that
//! is 0, or positive where out = 2^31 − 1, or negative where out = −2^31. P < 2^32; |o| ≤ 2^32·P as every value is below 2^32
//! in magnitude, so |Q| ≤ 2^32 + 1 and |e| < 2^33. Both sides stay below 2^66.

use super::{Group, Num, System};

/// Bits of P.
pub const TOTAL_BITS: usize = 32;
/// Bits of an excess.
const EXCESS_BITS: usize = 33;

impl System {
    /// ⌊P/2⌋ of a P below 2^32.
    pub fn halved(&mut self, total: &Num) -> Num {
        let bits = self.decompose(Group::Remainder, total, TOTAL_BITS);
        Num::of_bits(&bits[1..])
    }

    /// `output`, of 32 bits, is `sat(floor(sum / total))`, total being below 2^32.
    pub fn quotient(&mut self, sum: &Num, total: &Num, output: &Num) {
        let (own, divisor) = (sum.signed(), total.signed());
        let quotient = own.checked_div_euclid(divisor).unwrap_or(0);
        let rem = own.checked_rem_euclid(divisor).unwrap_or(0);
        let rem = Num::of_bits(&self.bits(Group::Remainder, rem.unsigned_abs(), TOTAL_BITS));
        let lacks = total.clone().minus(&Num::one()).minus(&rem);
        self.decompose(Group::Remainder, &lacks, TOTAL_BITS);

        let excess = quotient.wrapping_sub(output.signed());
        let excess = self.excess(excess, EXCESS_BITS, output);
        self.enforce(Group::Rounding, output.clone().plus(&excess), total.clone(), sum.clone().minus(&rem));
    }
}
