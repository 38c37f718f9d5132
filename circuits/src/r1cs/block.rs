//! Vectors under their least common shift, as `model::arith::block_shift` and `rsr` define them.
//!
//! A vector v of integers, |v_i| ≤ 2^W, has mantissas `X_i = RSR(v_i, s)` of b bits, |X_i| ≤ m = 2^(b−1) − 1, under the least s ≥ 0
//! that allows it. With P = 2^s and half = 2^(s−1), or 0 for s = 0, X_i is the one integer with
//!
//! ```text
//! X_i·P = v_i + half − rem_i        0 ≤ rem_i < P
//! ```
//!
//! **Least.** What fits under a shift fits under every larger one. So s is the least if s = 0, or some v_i does not fit under s − 1:
//! with half' = 2^(s−2), or 0 for s = 1,
//!
//! ```text
//! RSR(v, s−1) ≥  2^(b−1)   iff   v ≥ U = 2^(b+s−2) − half'
//! RSR(v, s−1) ≤ −2^(b−1)   iff   v ≤ L = −2^(b+s−2) + 2^(s−1) − half' − 1
//! ```
//!
//! The two are no mirror images of each other (65535 does not fit sixteen bits under 1, −65535 does), so a prover names the
//! element and the side. U = −2^W and L = 2^W for s = 0, which every element is beyond.
//!
//! | constraint | count | group |
//! |---|---|---|
//! | one bit for each shift that could be; P, half and masks from it | 2S + 5 | Shift |
//! | bits of rem, none at or above s | S an element | Remainder |
//! | the equation | 1 an element | Rounding |
//! | one bit for each element, its v, the side, W + 2 bits of the distance | 2 an element, W + 6 | Minimal |
//!
//! S is the largest shift. With |v| ≤ 2^77, |X| ≤ 2^15 and S ≤ 63 no side of an equation reaches 2^80: nothing wraps.

use super::{Bit, Group, Num, System, power_of_two};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use assay_model::arith::{MANTISSA_BITS, min_shift, rsr};

/// One of some small integers, as a bit for each that it could be.
pub struct Choice(Vec<Bit>);

impl Choice {
    /// Its image under `weight`.
    pub fn of(&self, weight: impl Fn(usize) -> Fr) -> Num {
        let mut sum = Num::default();
        for (n, bit) in self.0.iter().enumerate() {
            let weight = weight(n);
            if weight != Fr::ZERO {
                sum.add_bit(weight, *bit);
            }
        }
        sum
    }

    /// 2 to its power.
    pub fn power(&self) -> Num {
        self.of(power_of_two)
    }
}

fn small(n: usize) -> Fr {
    Fr::from(u64::try_from(n).unwrap_or(u64::MAX))
}

/// 2^(n−1), or 0 for n = 0.
fn half(n: usize) -> Fr {
    n.checked_sub(1).map_or(Fr::ZERO, power_of_two)
}

impl System {
    /// `number` as one of 0..=max, which it therefore is.
    pub fn choice(&mut self, group: Group, number: &Num, max: usize) -> Choice {
        let value = number.value();
        let choice = Choice((0..=max).map(|n| self.bit(group, small(n) == value)).collect());
        self.equal(group, &choice.of(|_| Fr::ONE), &Num::one());
        self.equal(group, &choice.of(small), number);
        choice
    }

    /// Variables for mantissas of `bits` bits: none is −2^(bits−1).
    pub fn mantissas(&mut self, values: &[i128], bits: usize) -> Vec<Num> {
        let offset = power_of_two(bits - 1);
        let mantissas = values.iter().map(|x| {
            let shifted = Num::constant(offset).value() + Fr::from(*x);
            let own = self.bits(Group::Mantissa, Num::constant(shifted).low(), bits);
            let x = Num::of_bits(&own).minus(&Num::constant(offset));
            self.differs(&x, -offset);
            x
        });
        mantissas.collect()
    }

    /// A mantissa is another number than `excluded`.
    pub fn differs(&mut self, x: &Num, excluded: Fr) {
        let from = x.clone().minus(&Num::constant(excluded));
        let inverse = self.witness(Group::Mantissa, from.value().inverse().unwrap_or(Fr::ZERO));
        self.enforce(Group::Mantissa, from, inverse, Num::one());
    }

    /// A mantissa of 16 bits is at most `max` in magnitude.
    pub fn within(&mut self, x: &Num, max: u16) {
        let max = Num::constant(max.into());
        self.decompose(Group::Mantissa, &max.clone().minus(x), 16);
        self.decompose(Group::Mantissa, &max.plus(x), 16);
    }

    /// What [`System::block`] takes for the mantissas of `values`.
    pub fn rounded(values: &[Num], shift: &Num) -> Vec<i128> {
        let shift = i32::try_from(shift.signed()).unwrap_or(0).clamp(0, 64);
        values.iter().map(|v| rsr(v.signed(), shift)).collect()
    }

    /// `mantissas`, which are of 16 bits and no −2^15, are `values` under the shift `shift`, of 0..=max.
    pub fn under(&mut self, values: &[Num], mantissas: &[Num], shift: &Num, max: u8) {
        let shift = self.choice(Group::Header, shift, max.into());
        self.shifted(values, mantissas, &shift);
    }

    /// `shift`, of 0..=max, is the least that gives `values`, at most 2^`magnitude` in magnitude, mantissas of 16 bits.
    pub fn least(&mut self, values: &[Num], shift: &Num, max: u8, magnitude: usize) {
        let bits = usize::try_from(MANTISSA_BITS).unwrap_or(0);
        let mantissas = self.mantissas(&System::rounded(values, shift), bits);
        let shift = self.choice(Group::Header, shift, max.into());
        self.block(values, &mantissas, &shift, bits, magnitude);
    }

    /// `mantissas`, which are of `bits` bits, are `values` under `shift`, and that is the least shift.
    ///
    /// No value is above 2^`magnitude` in magnitude.
    pub fn block(&mut self, values: &[Num], mantissas: &[Num], shift: &Choice, bits: usize, magnitude: usize) {
        self.shifted(values, mantissas, shift);
        self.minimal(values, shift, bits, magnitude);
    }

    /// `mantissas` are `values` under `shift`.
    fn shifted(&mut self, values: &[Num], mantissas: &[Num], shift: &Choice) {
        let max = shift.0.len() - 1;
        let power = self.named(&shift.power());
        let half = self.named(&shift.of(half));
        let masks: Vec<Num> = (0..max).map(|i| self.named(&shift.of(|s| Fr::from(s > i)))).collect();
        for (v, x) in values.iter().zip(mantissas) {
            let sum = v.clone().plus(&half);
            let rem = sum.signed().checked_rem_euclid(power.signed()).unwrap_or(0);
            let rem = self.remainder(rem, &masks);
            self.enforce(Group::Rounding, x.clone(), power.clone(), sum.minus(&rem));
        }
    }

    /// Some value does not fit `bits` bits under one less than `shift`, unless that is 0.
    fn minimal(&mut self, values: &[Num], shift: &Choice, bits: usize, magnitude: usize) {
        let own = shift.of(small).low();
        let wide = u32::try_from(bits).unwrap_or(0);
        let need = |v: &Num| u128::from(min_shift(v.signed().clamp(-(1 << 100), 1 << 100), wide));
        let chosen = values.iter().position(|v| need(v) >= own).unwrap_or(0);
        let (mut ones, mut value) = (Num::default(), Num::default());
        for (i, v) in values.iter().enumerate() {
            let is = self.bit(Group::Minimal, i == chosen);
            ones.add_bit(Fr::ONE, is);
            value.add(Fr::ONE, &self.product(Group::Minimal, &is.into(), v));
        }
        self.equal(Group::Minimal, &ones, &Num::one());
        let value = value.compact();

        // half' of a shift s ≥ 1.
        let under = |s: usize| half(s - 1);
        let end = |s: usize| power_of_two(bits + s - 2);
        let upper = shift.of(|s| if s == 0 { -power_of_two(magnitude) } else { end(s) - under(s) });
        let lower = shift.of(|s| if s == 0 { power_of_two(magnitude) } else { half(s) - end(s) - under(s) - Fr::ONE });
        let up = self.bit(Group::Minimal, value.signed() >= 0);
        let (above, below) = (value.clone().minus(&upper), lower.minus(&value));
        let change = above.minus(&below);
        let distance = self.product(Group::Minimal, &up.into(), &change).plus(&below);
        self.decompose(Group::Minimal, &distance.compact(), magnitude + 2);
    }
}
