//! The largest of some integers.

use super::{Group, Num, System};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;

impl System {
    /// `largest` is the largest of `values`, none of them 2^bits or more below it: none is above it, and the product of all
    /// distances is zero. The distances of honest ones must fit, and all must be integers far below r.
    pub fn maximum(&mut self, values: &[Num], largest: &Num, bits: usize) {
        let mut product = Num::one();
        for value in values {
            let distance = largest.clone().minus(value);
            let bits = self.decompose(Group::Maximum, &distance, bits);
            product = self.product(Group::Maximum, &product, &Num::of_bits(&bits));
        }
        self.equal(Group::Maximum, &product, &Num::constant(Fr::ZERO));
    }
}
