//! Pairs of mantissas rotated by the constants of a position, as `model::steps::kv::rotary` does.
//!
//! ```text
//! X0' = (X0·c − X1·s + 2^13) >> 14        X1' = (X0·s + X1·c + 2^13) >> 14
//! ```
//!
//! X' is the one integer with `2^14·X' + rem = sum`, 0 ≤ rem < 2^14. |X| < 2^14, |c|, |s| ≤ 2^15 and |X'| ≤ 2^15 keep both sides
//! below 2^31.
//!
//! **Constants.** A contract knows the rotations of a position by their [`digest`]: Poseidon over the numbers c_0, s_0, c_1, s_1, …,
//! each with 2^15 added, 15 of them to a scalar, the first lowest. Sixteen bits each are what makes the numbers of a scalar
//! the only ones.
//!
//! 16 constraints a constant, 38 a pair, and Poseidon over ⌈hd/15⌉ scalars; all but that in the group Rotation.

use super::poseidon::{self, Use};
use super::{Group, Num, System, power_of_two};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::tables::Rotation;

/// Sixteen-bit numbers of a scalar.
pub const PACKED: usize = 15;
const BITS: usize = 16;
/// Fraction bits of a constant.
const FRACTION: usize = 14;

fn numbers(rotations: &[Rotation]) -> impl Iterator<Item = i16> {
    rotations.iter().flat_map(|r| [r.cos, r.sin])
}

/// Digest of the rotations of a position.
pub fn digest(rotations: &[Rotation]) -> Fr {
    let numbers: Vec<Fr> = numbers(rotations).map(|n| Fr::from(n) + power_of_two(BITS - 1)).collect();
    let scalar = |numbers: &[Fr]| numbers.iter().rev().fold(Fr::ZERO, |sum, n| sum * power_of_two(BITS) + n);
    poseidon::hash(Use::Rotation, &numbers.chunks(PACKED).map(scalar).collect::<Vec<_>>())
}

impl System {
    /// Cosine and sine of every pair, and their digest.
    pub fn rotations(&mut self, rotations: &[Rotation]) -> (Vec<[Num; 2]>, Num) {
        let offset = Num::constant(power_of_two(BITS - 1));
        let numbers: Vec<Num> = numbers(rotations)
            .map(|n| {
                let shifted = Num::constant(Fr::from(n)).plus(&offset).low();
                Num::of_bits(&self.bits(Group::Rotation, shifted, BITS))
            })
            .collect();
        let scalars: Vec<Num> = numbers
            .chunks(PACKED)
            .map(|numbers| Num::sum(numbers.iter().enumerate().map(|(i, n)| (power_of_two(BITS * i), n))))
            .collect();
        let digest = self.poseidon(Use::Rotation, &scalars);
        let (pairs, _) = numbers.as_chunks::<2>();
        (pairs.iter().map(|pair| pair.clone().map(|n| n.minus(&offset))).collect(), digest)
    }

    /// The pair that [`System::rotate`] takes for the rotation of `x`.
    pub fn rotated([x0, x1]: [&Num; 2], [cos, sin]: [&Num; 2]) -> [i128; 2] {
        let [x0, x1, cos, sin] = [x0, x1, cos, sin].map(Num::signed);
        let round = |a: Option<i128>, b: Option<i128>| {
            a.zip(b).and_then(|(a, b)| a.checked_add(b)?.checked_add(1 << (FRACTION - 1))).unwrap_or(0) >> FRACTION
        };
        [
            round(x0.checked_mul(cos), x1.checked_mul(sin).and_then(i128::checked_neg)),
            round(x0.checked_mul(sin), x1.checked_mul(cos)),
        ]
    }

    /// `to`, which are of sixteen bits, is `x` rotated.
    pub fn rotate(&mut self, [x0, x1]: [&Num; 2], [cos, sin]: [&Num; 2], to: [&Num; 2]) {
        let mut product = |a, b| self.product(Group::Rotation, a, b);
        let sums = [product(x0, cos).minus(&product(x1, sin)), product(x0, sin).plus(&product(x1, cos))];
        let half = Num::constant(power_of_two(FRACTION - 1));
        for (sum, to) in sums.into_iter().zip(to) {
            let rem = sum.plus(&half).minus(&to.clone().times(power_of_two(FRACTION)));
            self.decompose(Group::Rotation, &rem, FRACTION);
        }
    }
}
