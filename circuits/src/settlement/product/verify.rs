//! The verifier of one chunk: what a contract computes, point by point.

use super::proof::{Challenges, ProductProof};
use super::rounds::Subject;
use crate::settlement::keys::{Error, INPUTS, VerifyingKey};
use crate::settlement::shape::Shape;
use crate::settlement::statement::{Statement, Unit};
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Field;

/// Powers of tau that a verifier needs for one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Powers {
    /// \[τ\]₂.
    pub tau: G2Affine,
    /// \[τ^D\]₂.
    pub width: G2Affine,
}

/// Whether `proof` proves the chunk of `subject`, whose unit is `unit`. Powers, key and commitment must come from sources that
/// the caller trusts.
///
/// # Errors
/// [`Error::Refused`]; [`Error::Key`] for a key of another number of inputs, [`Error::Shape`] for a subject of another shape.
pub fn verify(
    key: &VerifyingKey,
    powers: &Powers,
    shape: &Shape,
    unit: &Unit,
    subject: &Subject,
    proof: &ProductProof,
) -> Result<(), Error> {
    let challenges = Challenges::draw(subject, proof).ok_or(Error::Refused)?;
    equations(key, powers, shape, unit, subject, proof, &challenges)
}

/// As [`verify`] under challenges that are given, so that a test can show which forgery an earlier one lets through.
pub(super) fn equations(
    key: &VerifyingKey,
    powers: &Powers,
    shape: &Shape,
    unit: &Unit,
    subject: &Subject,
    proof: &ProductProof,
    challenges: &Challenges,
) -> Result<(), Error> {
    let Challenges { rho, gamma, z, nu, beta, e } = *challenges;
    let [u, a, x_value, acc_value, digest] = proof.values;
    let inverse = z.inverse().ok_or(Error::Refused)?;

    // 1. The circuit's public inputs, from fields that are the verifier's own.
    let statement = Statement {
        input_leaf: subject.input_leaf,
        output_leaf: subject.output_leaf,
        residual_leaf: subject.residual_leaf,
        job: subject.job,
        unit: *unit,
        accumulators: subject.accumulators,
        rho,
        inverse_z: inverse,
        x_value,
        acc_value,
    };
    let is_of_shape = unit.field(shape) == subject.unit
        && usize::try_from(subject.width) == Ok(shape.width)
        && statement.is_well_formed(shape);
    if !is_of_shape {
        return Err(Error::Shape);
    }
    if key.gamma_abc_g1.len() != INPUTS.saturating_add(1) {
        return Err(Error::Key);
    }
    let inputs = statement.inputs(shape, digest, beta);

    // 2. What is paired with H: both openings with weights e and e², the fold with e³.
    let (second, third) = (e.square(), e.square() * e);
    let at_inverse = z * (u * x_value - acc_value + gamma * inverse.pow([u64::from(subject.width)]) * u - z * a);
    let left = G1Affine::generator() * -(e * (a + nu * u) + second * at_inverse)
        + proof.product * e
        + proof.degree * second
        + proof.at_z * (e * z)
        + proof.at_inverse * (second * inverse)
        + proof.fold * (e * nu - third)
        + subject.commitment * third
        + proof.quotient * (third * rho);
    let witnesses = proof.at_z * e + proof.at_inverse * second;
    let quotient = proof.quotient * third;
    let sum = key.gamma_abc_g1.iter().zip(std::iter::once(&Fr::ONE).chain(&inputs)).map(|(p, s)| *p * s);

    // 3. One product of seven pairings.
    let g1 = [
        left,
        -witnesses,
        -quotient,
        -proof.circuit.a.into_group(),
        key.alpha_g1.into_group(),
        sum.sum::<G1Projective>(),
        proof.circuit.c.into_group(),
    ];
    let g2 =
        [G2Affine::generator(), powers.tau, powers.width, proof.circuit.b, key.beta_g2, key.gamma_g2, key.delta_g2];
    let holds = Bn254::multi_pairing(G1Projective::normalize_batch(&g1), g2).0 == <Bn254 as Pairing>::TargetField::ONE;
    if holds { Ok(()) } else { Err(Error::Refused) }
}
