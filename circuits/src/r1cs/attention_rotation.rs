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
//! [packed](super::parameters).
//!
//! 16 constraints a constant, 38 a pair, and Poseidon over ⌈hd/15⌉ scalars; all but that in the group Rotation.

use super::parameters::packed;
use super::poseidon::{self, Use};
use super::{Group, Num, System, power_of_two};
use ark_bn254::Fr;
use assay_model::tables::Rotation;

/// Fraction bits of a constant.
const FRACTION: usize = 14;

fn numbers(rotations: &[Rotation]) -> Vec<i16> {
    rotations.iter().flat_map(|r| [r.cos, r.sin]).collect()
}

/// Digest of the rotations of a position.
pub fn digest(rotations: &[Rotation]) -> Fr {
    poseidon::hash(Use::Rotation, &packed(&numbers(rotations)))
}

impl System {
    /// Cosine and sine of every pair, and their digest.
    pub fn rotations(&mut self, rotations: &[Rotation]) -> (Vec<[Num; 2]>, Num) {
        let (numbers, scalars) = self.packed(Group::Rotation, &numbers(rotations));
        let digest = self.poseidon(Use::Rotation, &scalars);
        let (pairs, _) = numbers.as_chunks::<2>();
        (pairs.to_vec(), digest)
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
