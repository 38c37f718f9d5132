//! The equations of a fold proof, as one pairing product.

#![allow(clippy::arithmetic_side_effects, reason = "field and group arithmetic is total; integers here saturate")]

use super::rounds::Challenges;
use super::{BLOCK_ROWS, FoldError, Proof, Statement, small};
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, Field};

/// Whether `proof` proves `statement`. `power(e)` is `[τ^e]_2` of the SRS that the statement names, for e = 1 and every
/// width; it must come from a source that the caller trusts, never from whoever made the proof or the manifest.
///
/// # Errors
/// [`FoldError`]; `Equation` if everything is well formed and the claims are not proved.
pub fn verify(
    statement: &Statement<'_>,
    power: &dyn Fn(usize) -> Option<G2Affine>,
    proof: &Proof,
) -> Result<(), FoldError> {
    // 0. Counts and the set of widths come from the statement.
    let widths = statement.widths().len();
    let folds = statement.folds.len();
    if (proof.folds.len(), proof.fold_values.len(), proof.quotients.len()) != (folds, folds, widths) {
        return Err(FoldError::Length { expected: Proof::len(folds, widths), got: proof.encode().len() });
    }

    // 1. The rounds, in their order.
    equations(statement, power, proof, &Challenges::draw(statement, proof)?)
}

/// Whether the equations hold under challenges that are given: apart from where these come from, so that a test can show
/// which forgery an earlier challenge lets through.
pub(super) fn equations(
    statement: &Statement<'_>,
    power: &dyn Fn(usize) -> Option<G2Affine>,
    proof: &Proof,
    challenges: &Challenges,
) -> Result<(), FoldError> {
    let &Challenges { rho, delta, z, nu, e, .. } = challenges;
    // Under ρ = 0 only first rows would count.
    if rho == Fr::ZERO {
        return Err(FoldError::ZeroChallenge);
    }
    let inverse = z.inverse().ok_or(FoldError::ZeroChallenge)?;
    let widths = statement.widths();

    // 2. The Laurent identity at z gives B(1/z). Every accumulator enters here.
    let weights = Weights::new(statement, delta);
    let at_inverse = evaluate(statement, proof, challenges, inverse, &weights);

    // 3. A + ν u_1 + ν² u_2 + … at z, and B at 1/z, as C − [v] + point·W against −τW.
    let mut sum = Sum::default();
    let mut value = proof.product_value;
    sum.add(proof.product, Fr::ONE);
    sum.add(proof.at_z, z);
    sum.add(proof.degree, e);
    sum.add(proof.at_inverse, e * inverse);
    let mut power_of_nu = Fr::ONE;
    let mut fold_weights = Vec::with_capacity(proof.folds.len());
    for v in &proof.fold_values {
        power_of_nu *= nu;
        fold_weights.push(power_of_nu);
        value += power_of_nu * v;
    }
    sum.add(G1Affine::generator(), -(value + e * at_inverse));
    let witnesses = proof.at_z + proof.at_inverse * e;
    let mut pairs = vec![(-witnesses, power(1).ok_or(FoldError::Width(1))?)];

    // 4. Σ Δ (C_F − C_u) = (τ^D − ρ) C_q for each width D, with weights e², e³, ….
    let mut weight = e * e;
    for (&width, quotient) in widths.iter().zip(&proof.quotients) {
        for ((fold, own), total) in statement.folds.iter().zip(&weights.folds).zip(&mut fold_weights) {
            if fold.width == width {
                *total -= weight * own;
                let mut base = weight * own;
                let (row, block_step) = (rho.pow([words(fold.tile)]), rho.pow([words(BLOCK_ROWS)]));
                for block in &fold.blocks {
                    let mut scalar = base;
                    for tile in block.tiles {
                        sum.add(*tile, scalar);
                        scalar *= row;
                    }
                    base *= block_step;
                }
            }
        }
        sum.add(*quotient, weight * rho);
        let of_width = u32::try_from(width).unwrap_or(u32::MAX);
        pairs.push((-(*quotient * weight), power(width).ok_or(FoldError::Width(of_width))?));
        weight *= e;
    }
    for (commitment, scalar) in proof.folds.iter().zip(fold_weights) {
        sum.add(*commitment, scalar);
    }
    pairs.push((sum.total(), G2Affine::generator()));

    // 5. One pairing product.
    let (left, right): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let left = G1Projective::normalize_batch(&left);
    if Bn254::multi_pairing(left, right).0 == <Bn254 as Pairing>::TargetField::ONE {
        Ok(())
    } else {
        Err(FoldError::Equation)
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

/// `B(1/z) = z·(Σ δ^m (u(z)·x_m(1/z) − c_m) + γ Σ Δ z^{−D}·u(z) − z·A(z))`.
fn evaluate(statement: &Statement<'_>, proof: &Proof, k: &Challenges, inverse: Fr, weights: &Weights) -> Fr {
    let longest = |n: &mut dyn Iterator<Item = usize>| n.max().unwrap_or(0);
    let width = longest(&mut statement.folds.iter().map(|f| f.width));
    let rows = longest(&mut statement.folds.iter().map(|f| f.blocks.len())).saturating_mul(BLOCK_ROWS);
    let inverses = small::powers(inverse, width.saturating_add(1));
    let (at_inverse, at_rho) = (small::limbs(&inverses), small::limbs(&small::powers(k.rho, rows)));
    let mut total = -k.z * proof.product_value;
    for (claim, weight) in statement.claims.iter().zip(&weights.claims) {
        let Some((fold, value)) = statement.folds.get(claim.fold).zip(proof.fold_values.get(claim.fold)) else {
            continue;
        };
        let x = small::inner(&at_inverse, claim.x.iter().map(|&v| i64::from(v)));
        let c = small::inner(&at_rho, row_values(fold, &claim.acc));
        total += *weight * (*value * x - c);
    }
    for ((fold, weight), value) in statement.folds.iter().zip(&weights.folds).zip(&proof.fold_values) {
        total += k.gamma * weight * value * inverses.get(fold.width).copied().unwrap_or(Fr::ZERO);
    }
    total * k.z
}

/// Accumulators at their exponents: a block that is not full leaves zeros behind.
fn row_values<'a>(fold: &'a super::Fold<'_>, acc: &'a [i64]) -> impl Iterator<Item = i64> + 'a {
    let mut rest = acc;
    fold.blocks.iter().flat_map(move |block| {
        let (rows, after) = rest.split_at_checked(block.rows).unwrap_or((rest, &[]));
        rest = after;
        rows.iter().copied().chain(std::iter::repeat_n(0, BLOCK_ROWS.saturating_sub(block.rows)))
    })
}

/// A multi-scalar multiplication in the making.
#[derive(Default)]
struct Sum {
    points: Vec<G1Affine>,
    scalars: Vec<Fr>,
}

impl Sum {
    fn add(&mut self, point: G1Affine, scalar: Fr) {
        self.points.push(point);
        self.scalars.push(scalar);
    }

    fn total(&self) -> G1Projective {
        G1Projective::msm_unchecked(&self.points, &self.scalars)
    }
}

fn words(v: usize) -> u64 {
    u64::try_from(v).unwrap_or(u64::MAX)
}

/// Bits of the bound on the chance that a prover who asks the hash function `2^queries_bits` times proves a false
/// statement, in the algebraic group and random oracle models: `−log2((R + 2M + 2N + G + 4)·2^queries/|F|)`, R the most
/// rows of a claim with gaps counted, M claims, N the highest power of tau that anyone knows, G distinct widths.
pub fn error_bound(statement: &Statement<'_>, highest_power: u64, queries_bits: u32) -> u32 {
    let rows = statement.folds.iter().map(|f| f.blocks.len().saturating_mul(BLOCK_ROWS)).max().unwrap_or(0);
    let terms = u128::from(words(rows))
        .saturating_add(u128::from(words(statement.claims.len())).saturating_mul(2))
        .saturating_add(u128::from(highest_power).saturating_mul(2))
        .saturating_add(u128::from(words(statement.widths().len())))
        .saturating_add(4);
    // |F| > 2^253.
    253u32.saturating_sub(terms.ilog2().saturating_add(1)).saturating_sub(queries_bits)
}
