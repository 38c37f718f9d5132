//! The prover of one chunk: field arithmetic as it is defined. The multi-scalar multiplications and the circuit's proof take
//! nearly all of the time.

use super::proof::ProductProof;
use super::rounds::{Subject, rho};
use crate::settlement::circuit::Linear;
use crate::settlement::keys::{Error, ProvingKey, prove as prove_circuit};
use crate::settlement::shape::Shape;
use crate::settlement::witness::Witness;
use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, Field};
use assay_model::domain::Digest;

/// What a prover has besides the witness.
#[derive(Clone, Copy)]
pub struct Holdings<'a> {
    /// Powers of tau: 256·D of them, or as many as the chunk has rows times D.
    pub powers: &'a [G1Affine],
    /// Key of the shape.
    pub key: &'a ProvingKey,
    /// Rows of W that the chunk holds, D integers each; rows that pad a part are left out.
    pub rows: &'a [Vec<i32>],
}

/// Commitment to rows: Σ_i τ^{iD} Σ_j W_ij τ^j. `None` if there are not enough powers.
pub fn commit_rows(powers: &[G1Affine], rows: &[Vec<i32>]) -> Option<G1Affine> {
    commit(powers, &rows.iter().flatten().map(|w| Fr::from(*w)).collect::<Vec<_>>())
}

/// Proves the chunk of `witness`, whose ρ and 1/z are set here; `fresh` blinds, and is used once.
///
/// # Errors
/// [`Error::Shape`] for rows or powers of another number than the shape's, and those of the circuit's prover.
pub fn prove(
    holdings: &Holdings<'_>,
    context: &Digest,
    shape: &Shape,
    witness: &mut Witness,
    fresh: &[u8; 32],
) -> Result<(Subject, ProductProof), Error> {
    let Holdings { powers, key, rows } = *holdings;
    let fits =
        witness.fits(shape) && (1..=shape.rows).contains(&rows.len()) && rows.iter().all(|r| r.len() == shape.width);
    if !fits {
        return Err(Error::Shape);
    }
    let commitment = |polynomial: &[Fr]| commit(powers, polynomial).ok_or(Error::Shape);

    // ρ, u and q.
    let subject = subject(context, shape, witness, commit_rows(powers, rows).ok_or(Error::Shape)?);
    let (rho, rounds) = rho(&subject);
    let (u, q) = fold(rows, shape.width, rho);
    let (fold, quotient) = (commitment(&u)?, commitment(&q)?);

    // A and B of u(X)·x(1/X).
    let x: Vec<Fr> = witness.input.elements.iter().map(|v| Fr::from(*v)).collect();
    let (a, mut b) = laurent(&u, &x);
    let product = commitment(&a)?;
    let (gamma, rounds) = rounds.gamma(&fold, &product);
    b.iter_mut().rev().zip(&u).for_each(|(b, u)| *b += gamma * u);
    let degree = commitment(&b)?;

    // Values at z, from the polynomials and from the circuit.
    let (z, rounds) = rounds.z(&degree, &quotient);
    let inverse = z.inverse().ok_or(Error::System)?;
    (witness.rho, witness.inverse_z) = (rho, inverse);
    let statement = witness.statement(shape);
    let values = [evaluate(&u, z), evaluate(&a, z), statement.x_value, statement.acc_value, statement.digest(shape)];
    let (nu, beta, _) = rounds.values(&values);

    let opened: Vec<Fr> = u.iter().enumerate().map(|(i, u)| a.get(i).copied().unwrap_or(Fr::ZERO) + nu * u).collect();
    let at_z = commitment(&divide(&opened, z))?;
    let at_inverse = commitment(&divide(&b, inverse))?;
    let circuit = prove_circuit(key, &Linear { shape, witness }, beta, fresh)?;
    Ok((subject, ProductProof { fold, product, degree, quotient, values, at_z, at_inverse, circuit }))
}

/// What is absorbed before ρ.
pub fn subject(context: &Digest, shape: &Shape, witness: &Witness, commitment: G1Affine) -> Subject {
    let statement = witness.statement(shape);
    Subject {
        context: *context,
        commitment,
        width: u32::try_from(shape.width).unwrap_or(u32::MAX),
        unit: statement.unit.field(shape),
        input_leaf: statement.input_leaf,
        output_leaf: statement.output_leaf,
        residual_leaf: statement.residual_leaf,
        job: statement.job,
        accumulators: statement.accumulators,
    }
}

fn commit(powers: &[G1Affine], polynomial: &[Fr]) -> Option<G1Affine> {
    let powers = powers.get(..polynomial.len())?;
    Some(G1Projective::msm(powers, polynomial).ok()?.into_affine())
}

/// u = Σ_i ρ^i W_i, and q of f − u = (X^D − ρ)·q: Horner's rule in ρ, the carry before each row being q's next D coefficients.
fn fold(rows: &[Vec<i32>], width: usize, rho: Fr) -> (Vec<Fr>, Vec<Fr>) {
    let mut u = vec![Fr::ZERO; width];
    let mut q = Vec::with_capacity(rows.len() * width);
    for row in rows.iter().rev() {
        q.push(u.clone());
        u.iter_mut().zip(row).for_each(|(u, w)| *u = *u * rho + Fr::from(*w));
    }
    // The first carry is 0: q has one row less than f.
    (u, q.into_iter().skip(1).rev().flatten().collect())
}

/// A and B₀ of u(X)·x(1/X) = c + X·A(X) + X^{−1}·B₀(1/X), D coefficients each.
fn laurent(u: &[Fr], x: &[Fr]) -> (Vec<Fr>, Vec<Fr>) {
    // Σ_i u_{i+k} x_i for k > 0, and the other way round.
    let above = |u: &[Fr], x: &[Fr]| -> Vec<Fr> {
        let shifted = (1..=u.len()).map(|k| u.iter().skip(k).zip(x).map(|(u, x)| *u * x).sum());
        shifted.collect()
    };
    (above(u, x), above(x, u))
}

/// Σ_i c_i x^i.
fn evaluate(polynomial: &[Fr], x: Fr) -> Fr {
    polynomial.iter().rev().fold(Fr::ZERO, |sum, c| sum * x + c)
}

/// (p(X) − p(x))/(X − x).
fn divide(polynomial: &[Fr], x: Fr) -> Vec<Fr> {
    let mut carry = Fr::ZERO;
    let mut quotient: Vec<Fr> = polynomial
        .iter()
        .skip(1)
        .rev()
        .map(|c| {
            carry = carry * x + c;
            carry
        })
        .collect();
    quotient.reverse();
    quotient
}
