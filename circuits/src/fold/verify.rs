//! The equations of a fold proof, as one pairing product.

#![allow(clippy::arithmetic_side_effects, reason = "field and group arithmetic is total; integers here saturate")]

use super::rounds::Challenges;
use super::scalars::{Scalars, words};
use super::{BLOCK_ROWS, FoldError, Proof, Statement};
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::Field;

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
    let scalars = Scalars::new(statement, proof, challenges)?;

    // 2. What is paired with the generator.
    let tiles = statement.folds.iter().flat_map(|f| &f.blocks).flat_map(|b| b.tiles);
    let mut terms = vec![
        (G1Affine::generator(), scalars.generator),
        (proof.product, Fr::ONE),
        (proof.degree, scalars.degree),
        (proof.at_z, scalars.at_z),
        (proof.at_inverse, scalars.at_inverse),
    ];
    terms.extend(proof.folds.iter().copied().zip(scalars.folds));
    terms.extend(tiles.copied().zip(scalars.tiles));
    terms.extend(proof.quotients.iter().copied().zip(scalars.quotients));
    let (points, factors): (Vec<_>, Vec<_>) = terms.into_iter().unzip();
    let mut pairs = vec![(G1Projective::msm_unchecked(&points, &factors), G2Affine::generator())];

    // 3. With [τ]_2 the witnesses, with each [τ^D]_2 the quotient of width D.
    let witnesses = proof.at_z + proof.at_inverse * challenges.e;
    pairs.push((-witnesses, power(1).ok_or(FoldError::Width(1))?));
    for ((width, quotient), weight) in statement.widths().into_iter().zip(&proof.quotients).zip(scalars.widths) {
        let missing = FoldError::Width(u32::try_from(width).unwrap_or(u32::MAX));
        pairs.push((-(*quotient * weight), power(width).ok_or(missing)?));
    }

    // 4. One pairing product.
    let (left, right): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let left = G1Projective::normalize_batch(&left);
    if Bn254::multi_pairing(left, right).0 == <Bn254 as Pairing>::TargetField::ONE {
        Ok(())
    } else {
        Err(FoldError::Equation)
    }
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
