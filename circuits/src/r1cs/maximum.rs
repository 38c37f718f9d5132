//! The largest of some 32-bit integers.

use super::{Group, Num, System};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;

impl System {
    /// `largest` is the largest of `values`, all of them integers of 32 bits: none is above it, and the product of all
    /// distances is zero.
    pub fn maximum(&mut self, values: &[Num], largest: &Num) {
        let mut product = Num::one();
        for value in values {
            let distance = largest.clone().minus(value);
            let bits = self.decompose(Group::Maximum, &distance, 32);
            product = self.product(Group::Maximum, &product, &Num::of_bits(&bits));
        }
        self.equal(Group::Maximum, &product, &Num::constant(Fr::ZERO));
    }
}
