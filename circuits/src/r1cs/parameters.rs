//! Parameters of a model that a contract knows by digests alone.
//!
//! **Packed.** 16-bit numbers, each with 2^15 added, stand 15 to a scalar, the first lowest. Sixteen bits each are what makes the
//! numbers of a scalar the only ones.
//!
//! - eps: Poseidon (use 6) over E\[0\], …, E\[17\] of `docs/arithmetic.md`, one a scalar;
//! - gains of a chunk of a norm: Poseidon (use 7) over its γ', packed;
//! - rotations of a position: [`attention_rotation`](super::attention_rotation).

use super::poseidon::{self, Use};
use super::{Group, Num, System, power_of_two};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;

/// Numbers of a scalar.
pub const PACKED: usize = 15;
/// Entries of E: one for each shift s1.
pub const EPS: usize = 18;
/// Bits of a number.
const BITS: usize = 16;

/// Digest of E.
pub fn eps_digest(eps: &[u64]) -> Fr {
    poseidon::hash(Use::Eps, &eps.iter().map(|e| Fr::from(*e)).collect::<Vec<_>>())
}

/// Digest of the gains of a chunk.
pub fn gains_digest(gains: &[i16]) -> Fr {
    poseidon::hash(Use::Gains, &packed(gains))
}

/// Numbers as scalars.
pub fn packed(numbers: &[i16]) -> Vec<Fr> {
    let shifted = |n: &i16| Fr::from(*n) + power_of_two(BITS - 1);
    let scalar = |numbers: &[i16]| numbers.iter().rev().fold(Fr::ZERO, |sum, n| sum * power_of_two(BITS) + shifted(n));
    numbers.chunks(PACKED).map(scalar).collect()
}

impl System {
    /// E, and its digest.
    pub fn eps(&mut self, eps: &[u64]) -> (Vec<Num>, Num) {
        let eps: Vec<Num> = eps.iter().map(|e| self.witness(Group::Data, Fr::from(*e))).collect();
        let digest = self.poseidon(Use::Eps, &eps);
        (eps, digest)
    }

    /// Gains of a chunk, and their digest.
    pub fn gains(&mut self, gains: &[i16]) -> (Vec<Num>, Num) {
        let (gains, scalars) = self.packed(Group::Gain, gains);
        let digest = self.poseidon(Use::Gains, &scalars);
        (gains, digest)
    }

    /// Variables for numbers of 16 bits, and the scalars that they are packed into.
    pub fn packed(&mut self, group: Group, numbers: &[i16]) -> (Vec<Num>, Vec<Num>) {
        let offset = Num::constant(power_of_two(BITS - 1));
        let shifted = numbers.iter().map(|n| {
            let shifted = Num::constant(Fr::from(*n)).plus(&offset).low();
            Num::of_bits(&self.bits(group, shifted, BITS))
        });
        let shifted: Vec<Num> = shifted.collect();
        let scalar = |numbers: &[Num]| Num::sum(numbers.iter().enumerate().map(|(i, n)| (power_of_two(BITS * i), n)));
        let scalars = shifted.chunks(PACKED).map(scalar).collect();
        (shifted.into_iter().map(|n| n.minus(&offset)).collect(), scalars)
    }
}
