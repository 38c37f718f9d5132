//! Whether points that come with a \[τ\]₂, but from no ceremony's file, are its powers in the first group.
//!
//! With ρ drawn from all of them and S = Σ ρ^i P_i over n points: P₀ = G, and
//!
//! ```text
//! e(S − P₀, H) = e(ρ·(S − ρ^{n−1} P_{n−1}), [τ]₂)
//! ```
//!
//! If some P_{i+1} is not τ·P_i, at most n − 1 of the r values of ρ pass.

use super::draw;
use super::points::encode_g2;
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{BigInteger, Field, PrimeField, Zero};
use assay_model::domain::Domain;

/// Whether `powers` are G, τ·G, τ²·G, … for the τ of `tau2`. The points must be on the curve.
pub fn are_successive(powers: &[G1Affine], tau2: &G2Affine) -> bool {
    let (Some(first), Some(last)) = (powers.first(), powers.last()) else { return false };
    let rho = rho(powers, tau2);
    let weights: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |w| Some(*w * rho)).take(powers.len()).collect();
    let total = G1Projective::msm_unchecked(powers, &weights);
    let highest = weights.last().copied().unwrap_or_default();
    let (head, tail) = (total - first, (total - *last * highest) * rho);
    let pairs = [(head, G2Affine::generator()), (-tail, *tau2)];
    let product = Bn254::multi_pairing(pairs.iter().map(|(a, _)| a.into_affine()), pairs.iter().map(|(_, b)| *b));
    *first == G1Affine::generator() && product.is_zero()
}

fn rho(powers: &[G1Affine], tau2: &G2Affine) -> Fr {
    let mut hasher = Domain::SrsPowers.hasher();
    hasher.framed(&encode_g2(tau2));
    for power in powers {
        let [x, y] = [power.x, power.y].map(|c| c.into_bigint().to_bytes_le());
        hasher.framed(&x).framed(&y);
    }
    draw::scalar(&mut hasher.xof())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::srs::development::{power2, powers, tau2};
    use ark_bn254::Fq;

    #[test]
    fn powers_of_one_tau_are_successive() {
        let g1 = powers(9);
        for n in 1..=9 {
            assert!(are_successive(&g1[..n], &tau2()), "{n} powers");
        }
        assert!(!are_successive(&[], &tau2()));
        assert!(!are_successive(&g1, &power2(2)), "of another tau");
    }

    #[test]
    fn a_point_that_is_another_one_is_noticed_wherever_it_stands() {
        let g1 = powers(9);
        for i in 0..9 {
            let mut other = g1.clone();
            other[i] = (g1[i] + g1[3]).into_affine();
            assert!(!are_successive(&other, &tau2()), "power {i}");
            other[i] = G1Affine::identity();
            assert!(!are_successive(&other, &tau2()), "power {i}");
        }
        let mut swapped = g1.clone();
        swapped.swap(2, 5);
        assert!(!are_successive(&swapped, &tau2()));
        // All of them times a constant follow from each other, but do not begin at the generator.
        let scaled: Vec<_> = g1.iter().map(|p| (*p * Fr::from(5)).into_affine()).collect();
        assert!(!are_successive(&scaled, &tau2()));
    }

    /// The generators times these numbers.
    fn points<const N: usize>(numbers: [Fr; N]) -> Vec<G1Affine> {
        numbers.map(|n| (G1Affine::generator() * n).into_affine()).to_vec()
    }

    #[test]
    fn rho_known_before_the_points_lets_errors_cancel() {
        let tau = crate::srs::development::tau();
        let rho = rho(&powers(3), &tau2());
        // ρ·a + ρ²·b = ρ·τ·ρ·a, so powers that are off by a and b satisfy the equation at this ρ.
        let a = Fr::from(7);
        let b = tau * a - a * rho.inverse().unwrap();
        assert!(!are_successive(&points([Fr::ONE, tau + a, tau * tau + b]), &tau2()));
    }

    #[test]
    fn rho_known_before_tau_lets_any_points_be_its_powers() {
        let [x, y] = [11, 12].map(Fr::from);
        let points = points([Fr::ONE, x, y]);
        let rho = rho(&points, &tau2());
        let other = (x + rho * y) / (Fr::ONE + rho * x);
        assert!(!are_successive(&points, &(G2Affine::generator() * other).into_affine()));
    }

    #[test]
    fn rho_depends_on_both_coordinates() {
        let [mut at_x, mut at_y] = [powers(3), powers(3)];
        at_x[1].x += Fq::ONE;
        at_y[1].y += Fq::ONE;
        let [honest, at_x, at_y] = [powers(3), at_x, at_y].map(|points| rho(&points, &tau2()));
        assert!(honest != at_x && honest != at_y);
    }
}
