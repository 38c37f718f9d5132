//! The elementwise rounding of linear steps, as `model::steps::linear::Rounding::apply` defines it, saturation included.
//!
//! With s the shift, h the residual (0 where there is none) and R the root of the norm (1 where there is none), an output is
//! `y = sat(Y)`, `Y = h + RSR(acc·R, s)`. Let
//!
//! ```text
//! P = 2^s   N = 1      half = 2^(s−1)      for s > 0
//! P = 1     N = 2^−s   half = 0            for s ≤ 0
//! ```
//!
//! Then Y is the one integer with `(Y − h)·P = acc·R·N + half − rem` and `0 ≤ rem < P`. The *excess* e = Y − y is 0, or
//! positive where y = 2^31 − 1, or negative where y = −2^31.
//!
//! | constraint | per output | group |
//! |---|---|---|
//! | `b·(b − mask_i) = 0` for bit i of rem, mask_i = 1 if i < s else 0 | M | Remainder |
//! | bits of the magnitude \|e\|, and of its side g (1 is up) | B + 1 | Excess |
//! | `(2g − 1)·\|e\| = e`, `\|e\|·(y − (g ? 2^31 − 1 : −2^31)) = 0` | 2 | Saturation |
//! | `acc·(R·N) = scaled`, `(y + e − h)·P = scaled + half − rem` | 2 | Rounding |
//!
//! s is clamped to −L..M, which changes no output: from M on every output is h, and below −L any acc but 0 saturates from every
//! h. All integers stay far below the field's order, so equality modulo r is equality, given that acc is the small integer that
//! the fold proof says it is: acc itself has no range check here (`docs/settlement-circuit.md`).

use super::{Group, Num, System, system::power_of_two};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

/// Shifts that the powers of two are made for; what a header and a manifest can say lies well within.
const SHIFTS: std::ops::RangeInclusive<i32> = -160..=160;

/// How wide the integers of a rounding are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widths {
    /// M: bits of a remainder. acc·R is below 2^(M−1) in magnitude.
    pub remainder: usize,
    /// B: bits of an excess.
    pub excess: usize,
    /// L: least shift, negated.
    pub left: usize,
}

impl Widths {
    /// Bits of R.
    const ROOT: usize = 16;

    /// After a norm: |acc| < 2^bits, R ≤ 2^16, no residual. Any product but 0, times 2^31, is at an end of the range.
    pub const fn scaled(bits: usize) -> Widths {
        Widths { remainder: bits + Self::ROOT + 1, excess: bits + Self::ROOT + 31, left: 31 }
    }

    /// Onto a residual: any acc but 0, times 2^32, leaves the range from either end.
    pub const fn residual(bits: usize) -> Widths {
        Widths { remainder: bits + 1, excess: bits + 32, left: 32 }
    }
}

/// What a shift stands for.
pub struct Shift {
    power: Num,
    negative_power: Num,
    half: Num,
    masks: Vec<Num>,
    widths: Widths,
}

impl Shift {
    /// N, which every accumulator is multiplied by.
    pub const fn negative_power(&self) -> &Num {
        &self.negative_power
    }
}

impl System {
    /// The powers of two of `shift`, an integer within ±160: one bit for each shift that it could be.
    pub fn shift(&mut self, shift: &Num, widths: Widths) -> Shift {
        let value = shift.signed();
        let is = SHIFTS.map(|s| (s, self.bit(Group::Shift, i128::from(s) == value))).collect::<Vec<_>>();
        let weighted = |weight: &dyn Fn(i32) -> Fr| {
            let mut sum = Num::default();
            is.iter()
                .map(|(s, bit)| (weight(*s), *bit))
                .filter(|(w, _)| *w != Fr::ZERO)
                .for_each(|(w, b)| sum.add_bit(w, b));
            sum
        };
        self.equal(Group::Shift, &weighted(&|_| Fr::ONE), &Num::one());
        self.equal(Group::Shift, &weighted(&Fr::from), shift);
        let right = |s: i32| usize::try_from(s).unwrap_or(0).min(widths.remainder);
        let left = |s: i32| usize::try_from(-s).unwrap_or(0).min(widths.left);
        let half = |s: i32| if s > 0 { power_of_two(right(s) - 1) } else { Fr::ZERO };
        let power = self.named(&weighted(&|s| power_of_two(right(s))));
        let negative_power = self.named(&weighted(&|s| power_of_two(left(s))));
        let half = self.named(&weighted(&half));
        let masks = (0..widths.remainder).map(|i| self.named(&weighted(&|s| Fr::from(right(s) > i)))).collect();
        Shift { power, negative_power, half, masks, widths }
    }

    /// A variable that is this sum, where many constraints need it.
    pub(super) fn named(&mut self, sum: &Num) -> Num {
        let name = self.witness(Group::Shift, sum.value());
        self.equal(Group::Shift, &name, sum);
        name
    }

    /// `output` is the rounding of `acc·factor`, added to `residual`; factor is R·N.
    pub fn round(&mut self, shift: &Shift, factor: &Num, acc: &Num, residual: &Num, output: &Num) {
        let (power, half) = (shift.power.signed(), shift.half.signed());
        let scaled = self.product(Group::Rounding, acc, factor);

        let shifted = scaled.signed().wrapping_add(half);
        let quotient = shifted.checked_div_euclid(power).unwrap_or(0);
        let excess = residual.signed().wrapping_add(quotient).wrapping_sub(output.signed());

        let remainder = self.remainder(shifted.checked_rem_euclid(power).unwrap_or(0), &shift.masks);
        let excess = self.excess(excess, shift.widths.excess, output);

        let change = output.clone().plus(&excess).minus(residual);
        let whole = scaled.plus(&shift.half).minus(&remainder);
        self.enforce(Group::Rounding, change, shift.power.clone(), whole);
    }

    /// By how much `output` has saturated: 0, or on the side where it has its end; below 2^bits in magnitude.
    pub(super) fn excess(&mut self, value: i128, bits: usize, output: &Num) -> Num {
        let magnitude = Num::of_bits(&self.bits(Group::Excess, value.unsigned_abs(), bits));
        let up = self.bit(Group::Excess, value >= 0);
        let mut side = Num::one().times(-Fr::ONE);
        side.add_bit(Fr::from(2u8), up);
        let excess = self.product(Group::Saturation, &side, &magnitude);
        let mut from_end = output.clone().plus(&Num::constant(power_of_two(31)));
        from_end.add_bit(Fr::ONE - power_of_two(32), up);
        self.enforce(Group::Saturation, magnitude, from_end, Num::default());
        excess
    }

    /// An integer whose bits are zero where the masks are.
    pub(super) fn remainder(&mut self, value: i128, masks: &[Num]) -> Num {
        let bits = masks.iter().enumerate().map(|(i, mask)| {
            let bit = self.unconstrained_bit(Group::Remainder, value >> i & 1 == 1);
            self.enforce(Group::Remainder, bit.into(), Num::from(bit).minus(mask), Num::default());
            bit
        });
        let bits: Vec<_> = bits.collect();
        Num::of_bits(&bits)
    }
}
