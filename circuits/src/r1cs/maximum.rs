//! The largest of some 32-bit integers, and where it stands first.
//!
//! **First place.** b_i, 0 ≤ i < n, says whether place i is before the place p. With b_{−1} = 1 and b_{n−1} = 0, all of the n
//! differences b_{i−1} − b_i are 0 or 1; they add up to 1, so one of them is 1, at p = Σ b_i. There the value is M, and
//! everywhere `M − v_i − b_i` is no negative number: before p a value is below M, behind it at most M. 35 constraints a value.

use super::{Group, Num, System};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

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

    /// The largest of `values`, all of them integers of 32 bits, of which place `index` is the first that has it.
    pub fn first_maximum(&mut self, values: &[Num], index: &Num) -> Num {
        let place = usize::try_from(index.low()).unwrap_or(usize::MAX);
        let largest = self.witness(Group::Maximum, values.get(place).map_or(Fr::ZERO, Num::value));
        let (mut before, mut sum) = (Num::one(), Num::default());
        for (i, value) in values.iter().enumerate() {
            let last = i + 1 == values.len();
            let next = if last { Num::default() } else { self.witness(Group::Select, Fr::from(i < place)) };
            let is = before.minus(&next);
            self.boolean(Group::Select, &is);
            let lacks = largest.clone().minus(value);
            self.enforce(Group::Maximum, is, lacks.clone(), Num::default());
            self.decompose(Group::Maximum, &lacks.minus(&next), 32);
            sum.add(Fr::ONE, &next);
            before = next;
        }
        self.equal(Group::Select, &sum, index);
        largest
    }
}
