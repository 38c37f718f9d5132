//! The order of the chain's transcript, as types: each round takes what the prover sends and gives the next challenge.
//! `contracts/src/libraries/Transcript.sol` is the other side, `tests/vectors/chain/product.json` holds both to the same words.
//!
//! A state is keccak256 over EVM words, of which the first is the keccak256 of the round's label and the second the state before.
//! A challenge is a state modulo r. Of a uniform state each scalar has 5 or 6 of the 2^256, so none is more than 1.14 times as
//! likely as the average.
//!
//! | round | label behind `assay v1 product` | words | draws |
//! |---|---|---|---|
//! | 1 | `rho` | context, C, D, unit, input leaf, output leaf, residual leaf or 0, job, digest of accumulators | ρ |
//! | 2 | `gamma` | C_u, C_A | γ |
//! | 3 | `z` | C_B, C_q | z |
//! | 4 | `values` | u(z), A(z), v_x, v_y, h | ν; β as keccak256(`beta`, state) |
//! | 5 | `e` | W_z, W_{1/z}, Groth16's A, B, C | e |
//!
//! **The order is the security.** Accumulators and leaves stand before ρ: with ρ known, a prover solves for accumulators that
//! satisfy one linear equation. C_A stands before γ, or A pays for a degree. h and all fields stand before β, or a statement has
//! other fields than the contract's. All points stand before e, or one equation compensates another.

use crate::settlement::keys::Proof;
use crate::srs::points::{evm_g1, evm_g2};
use ark_bn254::{Fr, G1Affine};
use ark_ff::PrimeField;
use assay_model::domain::Digest;
use sha3::{Digest as _, Keccak256};

/// An EVM word.
pub type Word = [u8; 32];

/// What a proof is about, as far as it is known before ρ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Binds job, receipt, seed and draw: the contract's own.
    pub context: Digest,
    /// Commitment to the rows of the chunk.
    pub commitment: G1Affine,
    /// Inputs D.
    pub width: u32,
    /// Field of the unit.
    pub unit: Fr,
    /// Leaf of the step that made x.
    pub input_leaf: Digest,
    /// Leaf of the linear step.
    pub output_leaf: Digest,
    /// Leaf of the residual's step.
    pub residual_leaf: Option<Digest>,
    /// Digest of the job.
    pub job: Digest,
    /// Salted digest of the accumulators.
    pub accumulators: Fr,
}

/// Before γ.
pub struct Rows(Digest);
/// Before z.
pub struct Degree(Digest);
/// Before the values.
pub struct Point(Digest);
/// Before the openings and the circuit's proof.
pub struct Values(Digest);

/// Takes the subject; draws ρ.
pub fn rho(subject: &Subject) -> (Fr, Rows) {
    let [x, y] = evm_g1(&subject.commitment);
    let words = [
        subject.context,
        x,
        y,
        scalar_word(&Fr::from(subject.width)),
        scalar_word(&subject.unit),
        subject.input_leaf,
        subject.output_leaf,
        subject.residual_leaf.unwrap_or_default(),
        subject.job,
        scalar_word(&subject.accumulators),
    ];
    let state = hash("assay v1 product rho", &words);
    (challenge(&state), Rows(state))
}

impl Rows {
    /// Takes the commitments to u and A; draws γ.
    pub fn gamma(self, fold: &G1Affine, product: &G1Affine) -> (Fr, Degree) {
        let state = next("assay v1 product gamma", &self.0, &[evm_g1(fold), evm_g1(product)].concat());
        (challenge(&state), Degree(state))
    }
}

impl Degree {
    /// Takes the commitments to B and q; draws z.
    pub fn z(self, degree: &G1Affine, quotient: &G1Affine) -> (Fr, Point) {
        let state = next("assay v1 product z", &self.0, &[evm_g1(degree), evm_g1(quotient)].concat());
        (challenge(&state), Point(state))
    }
}

impl Point {
    /// Takes u(z), A(z), v_x, v_y and the digest of the statement; draws ν and β.
    pub fn values(self, values: &[Fr; 5]) -> (Fr, Fr, Values) {
        let state = next("assay v1 product values", &self.0, &values.map(|v| scalar_word(&v)));
        (challenge(&state), challenge(&next("assay v1 product beta", &state, &[])), Values(state))
    }
}

impl Values {
    /// Takes the witnesses of the openings, and the circuit's proof; draws e.
    pub fn e(self, at_z: &G1Affine, at_inverse: &G1Affine, circuit: &Proof) -> Fr {
        let mut words = [evm_g1(at_z), evm_g1(at_inverse), evm_g1(&circuit.a)].concat();
        words.extend(evm_g2(&circuit.b));
        words.extend(evm_g1(&circuit.c));
        challenge(&next("assay v1 product e", &self.0, &words))
    }
}

/// A scalar as a word.
pub fn scalar_word(scalar: &Fr) -> Word {
    crate::settlement::encoding::encode_scalar(scalar)
}

fn challenge(state: &Digest) -> Fr {
    Fr::from_be_bytes_mod_order(state)
}

fn next(label: &str, state: &Digest, words: &[Word]) -> Digest {
    hash(label, &[&[*state], words].concat())
}

fn hash(label: &str, words: &[Word]) -> Digest {
    let mut hasher = Keccak256::new();
    hasher.update(Keccak256::digest(label.as_bytes()));
    words.iter().for_each(|word| hasher.update(word));
    hasher.finalize().into()
}
