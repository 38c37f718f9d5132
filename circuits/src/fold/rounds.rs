//! The order of the transcript, as types: each round absorbs what the prover sends and draws the next challenge. Prover and
//! verifier both go through here, so there is no second place that could differ.
//!
//! The order is the security. Drawn any earlier, ρ lets a prover solve for accumulators that satisfy one linear equation,
//! γ lets A pay for a degree, and e lets one opening compensate the other (`tests/order.rs` has each as a forgery).

use super::{FoldError, Proof, Statement};
use crate::srs::points::{encode_fr, encode_g1};
use crate::transcript::{Item, Transcript};
use ark_bn254::{Fr, G1Affine};

/// The challenges that a statement and a proof give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenges {
    /// Combines the rows of a fold.
    pub rho: Fr,
    /// Combines the claims.
    pub delta: Fr,
    /// Weight of the degree bound.
    pub gamma: Fr,
    /// The point of evaluation.
    pub z: Fr,
    /// Combines the polynomials opened at z.
    pub nu: Fr,
    /// Combines the two openings and the fold equations.
    pub e: Fr,
}

impl Challenges {
    /// All rounds, in their order.
    ///
    /// # Errors
    /// [`FoldError::Statement`].
    pub fn draw(statement: &Statement<'_>, proof: &Proof) -> Result<Challenges, FoldError> {
        let (rho, rounds) = begin(statement)?.rho();
        let (delta, rounds) = rounds.delta(&proof.folds);
        let (gamma, rounds) = rounds.gamma(&proof.product);
        let (z, rounds) = rounds.z(&proof.degree, &proof.quotients);
        let (nu, rounds) = rounds.nu(&proof.fold_values, &proof.product_value);
        let e = rounds.e(&proof.at_z, &proof.at_inverse);
        Ok(Challenges { rho, delta, gamma, z, nu, e })
    }
}

/// Before ρ: the statement.
pub struct Stated(Transcript);
/// After ρ, before the folds are committed.
pub struct Rows(Transcript);
/// After δ, before A.
pub struct Claims(Transcript);
/// After γ, before B and the quotients.
pub struct Degree(Transcript);
/// After z, before the values.
pub struct Point(Transcript);
/// After ν, before the opening witnesses.
pub struct Values(Transcript);

/// Absorbs the statement.
///
/// # Errors
/// [`FoldError::Statement`].
pub fn begin(statement: &Statement<'_>) -> Result<Stated, FoldError> {
    statement.check()?;
    let mut t = Transcript::default();
    let c = &statement.context;
    t.absorb(Item::Srs, &c.srs);
    t.absorb(Item::Manifest, &c.manifest);
    t.absorb(Item::Receipt, &c.receipt);
    t.absorb(Item::Challenge, &c.challenge);
    t.absorb(Item::Counts, &words(&[statement.folds.len(), statement.claims.len()]));
    for fold in &statement.folds {
        let matrix = usize::try_from(fold.matrix).unwrap_or(usize::MAX);
        t.absorb(Item::Matrix, &words(&[matrix, fold.width, fold.tile]));
        let blocks: Vec<usize> =
            fold.blocks.iter().flat_map(|b| [usize::try_from(b.chunk).unwrap_or(usize::MAX), b.rows]).collect();
        t.absorb(Item::Blocks, &words(&blocks));
    }
    for claim in &statement.claims {
        t.absorb(Item::Claim, &words(&[claim.fold]));
        t.absorb(Item::Input, &claim.x.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>());
        t.absorb(Item::Accumulators, &claim.acc.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>());
    }
    Ok(Stated(t))
}

impl Stated {
    /// Draws ρ.
    pub fn rho(mut self) -> (Fr, Rows) {
        (self.0.draw(Item::Rho), Rows(self.0))
    }
}

impl Rows {
    /// Absorbs the commitments to every u; draws δ.
    pub fn delta(mut self, folds: &[G1Affine]) -> (Fr, Claims) {
        folds.iter().for_each(|c| self.0.absorb(Item::Fold, &encode_g1(c)));
        (self.0.draw(Item::Delta), Claims(self.0))
    }
}

impl Claims {
    /// Absorbs the commitment to A; draws γ.
    pub fn gamma(mut self, product: &G1Affine) -> (Fr, Degree) {
        self.0.absorb(Item::Product, &encode_g1(product));
        (self.0.draw(Item::Gamma), Degree(self.0))
    }
}

impl Degree {
    /// Absorbs the commitments to B and to the quotients by ascending width; draws z.
    pub fn z(mut self, degree: &G1Affine, quotients: &[G1Affine]) -> (Fr, Point) {
        self.0.absorb(Item::Degree, &encode_g1(degree));
        quotients.iter().for_each(|c| self.0.absorb(Item::Quotient, &encode_g1(c)));
        (self.0.draw(Item::Z), Point(self.0))
    }
}

impl Point {
    /// Absorbs every u(z), and A(z); draws ν.
    pub fn nu(mut self, folds: &[Fr], product: &Fr) -> (Fr, Values) {
        folds.iter().for_each(|v| self.0.absorb(Item::FoldValue, &encode_fr(v)));
        self.0.absorb(Item::ProductValue, &encode_fr(product));
        (self.0.draw(Item::Nu), Values(self.0))
    }
}

impl Values {
    /// Absorbs the witnesses of the openings at z and at 1/z; draws e.
    pub fn e(mut self, at_z: &G1Affine, at_inverse: &G1Affine) -> Fr {
        self.0.absorb(Item::OpeningZ, &encode_g1(at_z));
        self.0.absorb(Item::OpeningInverse, &encode_g1(at_inverse));
        self.0.draw(Item::E)
    }
}

/// 64-bit little-endian words.
fn words(values: &[usize]) -> Vec<u8> {
    values.iter().flat_map(|v| u64::try_from(*v).unwrap_or(u64::MAX).to_le_bytes()).collect()
}
