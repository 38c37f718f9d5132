//! Every scalar of a fold proof's equation: all that a verifier computes before it touches a curve.

#![allow(clippy::arithmetic_side_effects, reason = "field arithmetic is total; integers here saturate")]

use super::rounds::Challenges;
use super::{BLOCK_ROWS, Claim, Fold, FoldError, Proof, Statement, small};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

/// What each point of the pairing equation is multiplied by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalars {
    /// `c_m = Σ_i ρ^i acc_{m,i}` of each claim.
    pub sums: Vec<Fr>,
    /// B(1/z).
    pub degree_value: Fr,
    /// Of the generator.
    pub generator: Fr,
    /// Of the witness of the opening at z.
    pub at_z: Fr,
    /// Of the commitment to B.
    pub degree: Fr,
    /// Of the witness of the opening at 1/z.
    pub at_inverse: Fr,
    /// Of the commitments to u.
    pub folds: Vec<Fr>,
    /// Of the tiles, in the statement's order.
    pub tiles: Vec<Fr>,
    /// Of the quotients, by ascending width.
    pub quotients: Vec<Fr>,
    /// Weight of the fold equation of each width: what its quotient has against `[τ^D]_2`, negated.
    pub widths: Vec<Fr>,
}

impl Scalars {
    /// Of `proof`, whose lists have the lengths of `statement`, under `challenges`.
    ///
    /// # Errors
    /// [`FoldError::ZeroChallenge`].
    pub fn new(statement: &Statement<'_>, proof: &Proof, challenges: &Challenges) -> Result<Scalars, FoldError> {
        let &Challenges { rho, delta, z, nu, e, .. } = challenges;
        // Under ρ = 0 only first rows would count.
        if rho == Fr::ZERO {
            return Err(FoldError::ZeroChallenge);
        }
        let inverse = z.inverse().ok_or(FoldError::ZeroChallenge)?;

        // The Laurent identity at z gives B(1/z). Every accumulator enters here.
        let weights = Weights::new(statement, delta);
        let sums = sums(statement, rho);
        let degree_value = evaluate(statement, proof, challenges, inverse, &weights, &sums);

        // A + ν u_1 + ν² u_2 + … at z, and B at 1/z, as C − [v] + point·W against −τW.
        let powers_of_nu = small::powers(nu, proof.folds.len().saturating_add(1));
        let mut folds: Vec<Fr> = powers_of_nu.into_iter().skip(1).collect();
        let value =
            proof.fold_values.iter().zip(&folds).fold(proof.product_value, |sum, (v, weight)| sum + *weight * v);

        // Σ Δ (C_F − C_u) = (τ^D − ρ) C_q for each width D, with weights e², e³, ….
        let widths: Vec<(usize, Fr)> =
            statement.widths().into_iter().zip(std::iter::successors(Some(e * e), |w| Some(*w * e))).collect();
        let of_width = |width| widths.iter().find(|(w, _)| *w == width).map_or(Fr::ZERO, |(_, weight)| *weight);
        let block_step = rho.pow([words(BLOCK_ROWS)]);
        let mut tiles = Vec::new();
        for ((fold, own), total) in statement.folds.iter().zip(&weights.folds).zip(&mut folds) {
            let mut base = of_width(fold.width) * own;
            *total -= base;
            let row = rho.pow([words(fold.tile)]);
            for block in &fold.blocks {
                tiles.extend(std::iter::successors(Some(base), |s| Some(*s * row)).take(block.tiles.len()));
                base *= block_step;
            }
        }
        let widths: Vec<Fr> = widths.into_iter().map(|(_, weight)| weight).collect();
        Ok(Scalars {
            sums,
            degree_value,
            generator: -(value + e * degree_value),
            at_z: z,
            degree: e,
            at_inverse: e * inverse,
            folds,
            tiles,
            quotients: widths.iter().map(|weight| *weight * rho).collect(),
            widths,
        })
    }
}

/// The δ-weights of a statement.
#[derive(Clone, Debug)]
pub struct Weights {
    /// `δ^m` of claim m.
    pub claims: Vec<Fr>,
    /// Δ of each fold: the sum of its claims' weights.
    pub folds: Vec<Fr>,
}

impl Weights {
    /// Weights under δ.
    pub fn new(statement: &Statement<'_>, delta: Fr) -> Self {
        let claims = small::powers(delta, statement.claims.len());
        let mut folds = vec![Fr::ZERO; statement.folds.len()];
        for (claim, weight) in statement.claims.iter().zip(&claims) {
            if let Some(total) = folds.get_mut(claim.fold) {
                *total += weight;
            }
        }
        Weights { claims, folds }
    }
}

/// c_m of each claim.
fn sums(statement: &Statement<'_>, rho: Fr) -> Vec<Fr> {
    let rows = longest(statement.folds.iter().map(|f| f.blocks.len())).saturating_mul(BLOCK_ROWS);
    let at_rho = small::limbs(&small::powers(rho, rows));
    let fold = |claim: &Claim| statement.folds.get(claim.fold);
    let sum = |claim| fold(claim).map_or(Fr::ZERO, |f| small::inner(&at_rho, row_values(f, &claim.acc)));
    statement.claims.iter().map(sum).collect()
}

fn longest(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.max().unwrap_or(0)
}

/// `B(1/z) = z·(Σ δ^m (u(z)·x_m(1/z) − c_m) + γ Σ Δ z^{−D}·u(z) − z·A(z))`.
fn evaluate(
    statement: &Statement<'_>,
    proof: &Proof,
    k: &Challenges,
    inverse: Fr,
    weights: &Weights,
    sums: &[Fr],
) -> Fr {
    let width = longest(statement.folds.iter().map(|f| f.width));
    let inverses = small::powers(inverse, width.saturating_add(1));
    let at_inverse = small::limbs(&inverses);
    let mut total = -k.z * proof.product_value;
    for ((claim, c), weight) in statement.claims.iter().zip(sums).zip(&weights.claims) {
        let Some(value) = proof.fold_values.get(claim.fold) else { continue };
        let x = small::inner(&at_inverse, claim.x.iter().map(|&v| i64::from(v)));
        total += *weight * (*value * x - c);
    }
    for ((fold, weight), value) in statement.folds.iter().zip(&weights.folds).zip(&proof.fold_values) {
        total += k.gamma * weight * value * inverses.get(fold.width).copied().unwrap_or(Fr::ZERO);
    }
    total * k.z
}

/// Accumulators at their exponents: a block that is not full leaves zeros behind.
fn row_values<'a>(fold: &'a Fold<'_>, acc: &'a [i64]) -> impl Iterator<Item = i64> + 'a {
    let mut rest = acc;
    fold.blocks.iter().flat_map(move |block| {
        let (rows, after) = rest.split_at_checked(block.rows).unwrap_or((rest, &[]));
        rest = after;
        rows.iter().copied().chain(std::iter::repeat_n(0, BLOCK_ROWS.saturating_sub(block.rows)))
    })
}

pub(super) fn words(v: usize) -> u64 {
    u64::try_from(v).unwrap_or(u64::MAX)
}
