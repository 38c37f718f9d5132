//! Polynomials by their coefficients.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;

/// `p += weight·other`.
pub fn add_scaled(p: &mut Vec<Fr>, weight: Fr, other: &[Fr]) {
    p.resize(p.len().max(other.len()), Fr::ZERO);
    p.iter_mut().zip(other).for_each(|(p, v)| *p += weight * v);
}

/// p(x).
pub fn evaluate(p: &[Fr], x: Fr) -> Fr {
    p.iter().rev().fold(Fr::ZERO, |sum, c| sum * x + c)
}

/// Quotient of `p(X) − p(x)` by `X − x`.
pub fn witness(p: &[Fr], x: Fr) -> Vec<Fr> {
    quotient(p, 1, x)
}

/// Quotient of p by `X^D − ρ`: Horner's rule in ρ, D coefficients at a time.
pub fn quotient(p: &[Fr], d: usize, rho: Fr) -> Vec<Fr> {
    let mut q = vec![Fr::ZERO; p.len().saturating_sub(d)];
    for i in (0..q.len()).rev() {
        let above = q.get(i + d).copied().unwrap_or(Fr::ZERO);
        q[i] = above * rho + p[i + d];
    }
    q
}
