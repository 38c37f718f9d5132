//! Powers with a public τ: **anyone can forge any proof over them.**
//!
//! τ follows from a text that stands here, so every test and trial has the same powers without a download. A proof over
//! them shows nothing about who made it.

use super::draw;
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::scalar_mul::BatchMulPreprocessing;
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::Field;
use assay_model::domain::Domain;

/// Name of these powers; it is meant to be noticed.
pub const NAME: &str = "insecure-development";

const TEXT: &[u8] =
    b"INSECURE: this tau is public, anyone can forge every proof made with it, never release money on it";

/// The public τ.
pub fn tau() -> Fr {
    draw::scalar(&mut Domain::InsecureTau.hasher().framed(TEXT).xof())
}

/// \[1\]₁, \[τ\]₁, … \[τ^(n−1)\]₁.
pub fn powers(n: usize) -> Vec<G1Affine> {
    batch(G1Projective::generator(), &geometric(Fr::ONE, tau(), n))
}

/// \[τ\]₂.
pub fn tau2() -> G2Affine {
    power2(1)
}

/// \[τ^exponent\]₂.
pub fn power2(exponent: u64) -> G2Affine {
    (G2Projective::generator() * tau().pow([exponent])).into_affine()
}

/// first, first·ratio, … , n of them.
pub(super) fn geometric(first: Fr, ratio: Fr, n: usize) -> Vec<Fr> {
    std::iter::successors(Some(first), |last| Some(*last * ratio)).take(n).collect()
}

/// Each scalar times `base`.
pub(super) fn batch<G: ark_ec::scalar_mul::ScalarMul>(base: G, scalars: &[G::ScalarField]) -> Vec<G::MulBase> {
    BatchMulPreprocessing::new(base, scalars.len()).batch_mul(scalars)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::srs::points::encode_g2;
    use ark_bn254::Bn254;
    use ark_ec::AffineRepr;
    use ark_ec::pairing::Pairing;

    #[test]
    fn each_power_is_tau_times_the_one_before() {
        let powers = powers(9);
        assert_eq!(powers[0], G1Affine::generator());
        for pair in powers.windows(2) {
            assert_eq!((pair[0] * tau()).into_affine(), pair[1]);
        }
        assert_eq!(Bn254::pairing(powers[8], G2Affine::generator()), Bn254::pairing(powers[3], power2(5)));
        assert!(super::powers(0).is_empty());
        assert_eq!(super::powers(1), vec![G1Affine::generator()]);
    }

    #[test]
    fn tau_is_frozen() {
        let digest = blake3::hash(&encode_g2(&tau2())).to_hex();
        assert_eq!(digest.as_str(), "74239bf32917dcfcb3d2c0e082a2f3f4f25117a52537aaf5ddc03d79a50ac22d");
    }
}
