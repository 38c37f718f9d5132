//! The fold prover as it is defined, one field multiplication at a time: what fast provers are compared with, and what
//! attacks are built from.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the prover of the tests, on its own data"
)]

use super::small::powers;
use super::{BLOCK_ROWS, Fold, Proof, Statement, Weights, rounds};
use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, Field};

/// Commitment to a polynomial, by powers of tau.
pub fn commit(powers: &[G1Affine], polynomial: &[Fr]) -> G1Affine {
    G1Projective::msm(&powers[..polynomial.len()], polynomial).unwrap().into_affine()
}

/// Commitments to the tiles of a matrix given by its rows.
pub fn tiles(powers: &[G1Affine], rows: &[Vec<i32>], tile: usize) -> Vec<G1Affine> {
    rows.chunks(tile)
        .map(|rows| commit(powers, &rows.iter().flatten().map(|&w| Fr::from(w)).collect::<Vec<_>>()))
        .collect()
}

/// Coefficients of `u` (D of them) and of `q`, for the rows of a fold in order.
pub fn fold(fold: &Fold<'_>, rows: &[Vec<i32>], rho: Fr) -> (Vec<Fr>, Vec<Fr>) {
    let (d, h) = (fold.width, fold.tile);
    // S_i: the rows at place i of their tiles, each times ρ to its tile's first row.
    let mut s = vec![vec![Fr::ZERO; d]; h];
    let mut rest = rows.iter();
    for (b, block) in fold.blocks.iter().enumerate() {
        for (i, row) in rest.by_ref().take(block.rows).enumerate() {
            let weight = rho.pow([(b * BLOCK_ROWS + i / h * h) as u64]);
            s[i % h].iter_mut().zip(row).for_each(|(s, &w)| *s += weight * Fr::from(w));
        }
    }
    // Division of Σ X^{iD} S_i by X^D − ρ is Horner's rule in ρ.
    let mut u = s[h - 1].clone();
    let mut q = vec![Fr::ZERO; (h - 1) * d];
    for i in (0..h - 1).rev() {
        q[i * d..][..d].copy_from_slice(&u);
        u.iter_mut().zip(&s[i]).for_each(|(u, s)| *u = *u * rho + s);
    }
    (u, q)
}

/// A and B₀ of `Σ_m δ^m u(X) x_m(1/X)`, then B under γ.
pub fn laurent(statement: &Statement<'_>, us: &[Vec<Fr>], weights: &Weights) -> (Vec<Fr>, Vec<Fr>) {
    let width = statement.folds.iter().map(|f| f.width).max().unwrap();
    let (mut a, mut b) = (vec![Fr::ZERO; width], vec![Fr::ZERO; width]);
    for (claim, weight) in statement.claims.iter().zip(&weights.claims) {
        for (i, u) in us[claim.fold].iter().enumerate() {
            for (j, &x) in claim.x.iter().enumerate() {
                let term = *weight * u * Fr::from(x);
                match i.cmp(&j) {
                    std::cmp::Ordering::Greater => a[i - j - 1] += term,
                    std::cmp::Ordering::Less => b[j - i - 1] += term,
                    std::cmp::Ordering::Equal => {}
                }
            }
        }
    }
    (a, b)
}

/// Adds `γ Σ Δ Y^{D−1} u(1/Y)` to B₀.
pub fn bound_degree(statement: &Statement<'_>, us: &[Vec<Fr>], weights: &Weights, gamma: Fr, b: &mut [Fr]) {
    for ((fold, u), weight) in statement.folds.iter().zip(us).zip(&weights.folds) {
        for (j, v) in u.iter().enumerate().take(fold.width) {
            b[fold.width - 1 - j] += gamma * weight * v;
        }
    }
}

/// `q_D = Σ Δ q` of each width, ascending.
pub fn quotients(statement: &Statement<'_>, qs: &[Vec<Fr>], weights: &Weights) -> Vec<Vec<Fr>> {
    let combine = |width| {
        let mut sum = Vec::new();
        for ((fold, q), weight) in statement.folds.iter().zip(qs).zip(&weights.folds) {
            if fold.width == width {
                sum.resize(sum.len().max(q.len()), Fr::ZERO);
                sum.iter_mut().zip(q).for_each(|(s, v)| *s += *weight * v);
            }
        }
        sum
    };
    statement.widths().into_iter().map(combine).collect()
}

/// `Σ_i c_i x^i`.
pub fn evaluate(polynomial: &[Fr], x: Fr) -> Fr {
    polynomial.iter().rev().fold(Fr::ZERO, |sum, c| sum * x + c)
}

/// Quotient of `p(X) − p(x)` by `X − x`.
pub fn witness(polynomial: &[Fr], x: Fr) -> Vec<Fr> {
    let mut quotient = vec![Fr::ZERO; polynomial.len().saturating_sub(1)];
    let mut carry = Fr::ZERO;
    for (i, c) in polynomial.iter().enumerate().skip(1).rev() {
        carry = carry * x + c;
        quotient[i - 1] = carry;
    }
    quotient
}

/// `A + ν u_1 + ν² u_2 + …`.
pub fn combine(a: &[Fr], us: &[Vec<Fr>], nu: Fr) -> Vec<Fr> {
    let mut sum = a.to_vec();
    for (u, weight) in us.iter().zip(powers(nu, us.len() + 1).into_iter().skip(1)) {
        sum.resize(sum.len().max(u.len()), Fr::ZERO);
        sum.iter_mut().zip(u).for_each(|(s, v)| *s += weight * v);
    }
    sum
}

/// Proves `statement`; `rows` are those of each fold, in order.
pub fn prove(srs: &[G1Affine], statement: &Statement<'_>, rows: &[Vec<Vec<i32>>]) -> Proof {
    let (rho, rounds) = rounds::begin(statement).unwrap().rho();
    let (us, qs): (Vec<_>, Vec<_>) = statement.folds.iter().zip(rows).map(|(f, rows)| fold(f, rows, rho)).unzip();
    let folds: Vec<_> = us.iter().map(|u| commit(srs, u)).collect();
    let (delta, rounds) = rounds.delta(&folds);
    let weights = Weights::new(statement, delta);
    let (a, mut b) = laurent(statement, &us, &weights);
    let product = commit(srs, &a);
    let (gamma, rounds) = rounds.gamma(&product);
    bound_degree(statement, &us, &weights, gamma, &mut b);
    let degree = commit(srs, &b);
    let quotients: Vec<_> = quotients(statement, &qs, &weights).iter().map(|q| commit(srs, q)).collect();
    let (z, rounds) = rounds.z(&degree, &quotients);
    let fold_values: Vec<_> = us.iter().map(|u| evaluate(u, z)).collect();
    let product_value = evaluate(&a, z);
    let (nu, _rounds) = rounds.nu(&fold_values, &product_value);
    let at_z = commit(srs, &witness(&combine(&a, &us, nu), z));
    let at_inverse = commit(srs, &witness(&b, z.inverse().unwrap()));
    Proof { folds, product, degree, quotients, fold_values, product_value, at_z, at_inverse }
}
