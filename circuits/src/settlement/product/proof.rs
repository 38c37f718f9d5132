//! What a prover sends for one chunk.

use super::rounds::{Subject, Word, rho, scalar_word};
use crate::settlement::keys::Proof;
use crate::srs::points::{evm_g1, evm_g2};
use ark_bn254::{Fr, G1Affine};
use ark_ff::AdditiveGroup;

/// A proof of one chunk, in the order in which it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductProof {
    /// C_u.
    pub fold: G1Affine,
    /// C_A.
    pub product: G1Affine,
    /// C_B.
    pub degree: G1Affine,
    /// C_q.
    pub quotient: G1Affine,
    /// u(z), A(z), v_x, v_y, and h: the digest of the statement.
    pub values: [Fr; 5],
    /// W_z.
    pub at_z: G1Affine,
    /// W_{1/z}.
    pub at_inverse: G1Affine,
    /// The circuit's.
    pub circuit: Proof,
}

/// Words of a proof.
pub const WORDS: usize = 25;

/// All challenges of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenges {
    /// Combines rows.
    pub rho: Fr,
    /// Weight of the degree bound.
    pub gamma: Fr,
    /// Point of evaluation.
    pub z: Fr,
    /// Combines the polynomials opened at z.
    pub nu: Fr,
    /// Combines the statement's fields.
    pub beta: Fr,
    /// Combines the equations.
    pub e: Fr,
}

impl Challenges {
    /// All rounds, in their order. `None` if ρ or z is 0.
    pub fn draw(subject: &Subject, proof: &ProductProof) -> Option<Challenges> {
        let (rho, rounds) = rho(subject);
        let (gamma, rounds) = rounds.gamma(&proof.fold, &proof.product);
        let (z, rounds) = rounds.z(&proof.degree, &proof.quotient);
        let (nu, beta, rounds) = rounds.values(&proof.values);
        let e = rounds.e(&proof.at_z, &proof.at_inverse, &proof.circuit);
        let drawn = Challenges { rho, gamma, z, nu, beta, e };
        [rho, z].iter().all(|c| *c != Fr::ZERO).then_some(drawn)
    }
}

impl ProductProof {
    /// As a contract reads it.
    pub fn words(&self) -> Vec<Word> {
        let mut words = [self.fold, self.product, self.degree, self.quotient].map(|p| evm_g1(&p)).concat();
        words.extend(self.values.map(|v| scalar_word(&v)));
        words.extend([self.at_z, self.at_inverse, self.circuit.a].map(|p| evm_g1(&p)).concat());
        words.extend(evm_g2(&self.circuit.b));
        words.extend(evm_g1(&self.circuit.c));
        words
    }
}
