//! The Laurent product `Σ_m δ^m u_m(X)·x_m(1/X)` over the claims m on folds of one width.
//!
//! The weight is multiplied into u, so that all claims share their integer sums and the field enters once, at the end.
//! Per claim that is 9·D² integer products: less than two number-theoretic transforms until D is several thousand.

use super::kernel::{SPAN, convolve};
use super::limbs::{LIMBS, join, split};
use crate::cpu::platform::Tier;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;

/// Products that a sum holds: 2^29·2^15·2^18 is half of what an i64 does.
const LIMIT: usize = 1 << 18;
/// Widest input.
pub const MAX_WIDTH: usize = LIMIT;

/// A product in the making.
pub struct Product {
    tier: Tier,
    width: usize,
    /// Coefficients of `X^{D−1} Σ …`, `[limb][exponent]`.
    limbs: [Vec<i64>; LIMBS],
    /// Products in the fullest coefficient.
    used: usize,
    total: Vec<Fr>,
    /// Limbs of δ^m·u_m between zeros, and x_m backwards.
    u: [Vec<i64>; LIMBS],
    x: Vec<i16>,
}

impl Product {
    /// No claims yet.
    pub fn new(tier: Tier, width: usize) -> Product {
        Product {
            tier,
            width,
            limbs: std::array::from_fn(|_| vec![0; (2 * width).next_multiple_of(SPAN)]),
            used: 0,
            total: vec![Fr::ZERO; 2 * width],
            u: std::array::from_fn(|_| vec![0; width + 2 * SPAN]),
            x: Vec::new(),
        }
    }

    /// Adds `weight·u(X)·x(1/X)`.
    ///
    /// # Panics
    /// If `u` or `x` does not have D coefficients, or D is above [`MAX_WIDTH`].
    pub fn add(&mut self, weight: Fr, u: &[Fr], x: &[i16]) {
        assert!(u.len() == self.width && x.len() == self.width && self.width <= MAX_WIDTH, "lengths of a claim");
        if self.used + self.width > LIMIT {
            self.carry();
        }
        self.used += self.width;
        for (i, u) in u.iter().enumerate() {
            for (out, limb) in self.u.iter_mut().zip(split(&(weight * u))) {
                out[SPAN + i] = limb;
            }
        }
        self.x.clear();
        self.x.extend(x.iter().rev());
        for (u, out) in self.u.iter().zip(&mut self.limbs) {
            convolve(self.tier, u, &self.x, out);
        }
    }

    /// A and B₀: the coefficients of X, X², … and those of 1/X, 1/X², …; D each.
    pub fn total(mut self) -> (Vec<Fr>, Vec<Fr>) {
        self.carry();
        let positive = self.total[self.width..].to_vec();
        let mut negative: Vec<_> = self.total[..self.width - 1].iter().rev().copied().collect();
        negative.push(Fr::ZERO);
        (positive, negative)
    }

    fn carry(&mut self) {
        for (i, total) in self.total.iter_mut().enumerate() {
            *total += join(std::array::from_fn(|l| std::mem::take(&mut self.limbs[l][i])));
        }
        self.used = 0;
    }
}
