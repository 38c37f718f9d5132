//! A fold proof and its bytes.
//!
//! ```text
//! C_u of each fold ‖ C_A ‖ C_B ‖ C_q of each width, ascending ‖ u(z) of each fold ‖ A(z) ‖ W_z ‖ W_1/z
//! ```
//!
//! 32 bytes each, so `64·folds + 32·widths + 160`; the statement gives both counts.

use super::{FoldError, Statement};
use crate::srs::points::{PointError, decode_fr, decode_g1, encode_fr, encode_g1};
use ark_bn254::{Fr, G1Affine};

/// What the prover sends, in the order of the rounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Commitment to u of each fold.
    pub folds: Vec<G1Affine>,
    /// Commitment to A.
    pub product: G1Affine,
    /// Commitment to B.
    pub degree: G1Affine,
    /// Commitment to q of each width, ascending.
    pub quotients: Vec<G1Affine>,
    /// u(z) of each fold.
    pub fold_values: Vec<Fr>,
    /// A(z).
    pub product_value: Fr,
    /// Witness of the opening at z.
    pub at_z: G1Affine,
    /// Witness of the opening at 1/z.
    pub at_inverse: G1Affine,
}

impl Proof {
    /// Bytes of a proof of `folds` folds over `widths` distinct widths.
    pub const fn len(folds: usize, widths: usize) -> usize {
        folds.saturating_mul(2).saturating_add(widths).saturating_add(5).saturating_mul(32)
    }

    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Proof::len(self.folds.len(), self.quotients.len()));
        self.folds.iter().for_each(|c| out.extend(encode_g1(c)));
        out.extend(encode_g1(&self.product));
        out.extend(encode_g1(&self.degree));
        self.quotients.iter().for_each(|c| out.extend(encode_g1(c)));
        self.fold_values.iter().for_each(|v| out.extend(encode_fr(v)));
        out.extend(encode_fr(&self.product_value));
        out.extend(encode_g1(&self.at_z));
        out.extend(encode_g1(&self.at_inverse));
        out
    }

    /// From wire bytes, with the counts of `statement`.
    ///
    /// # Errors
    /// [`FoldError::Length`], or [`FoldError::Element`] for the first element that is not canonical.
    pub fn decode(bytes: &[u8], statement: &Statement<'_>) -> Result<Proof, FoldError> {
        let (folds, widths) = (statement.folds.len(), statement.widths().len());
        let expected = Proof::len(folds, widths);
        if bytes.len() != expected {
            return Err(FoldError::Length { expected, got: bytes.len() });
        }
        let mut r = Elements { rest: bytes.as_chunks::<32>().0.iter().enumerate(), expected, got: bytes.len() };
        Ok(Proof {
            folds: r.list(folds, decode_g1)?,
            product: r.next(decode_g1)?,
            degree: r.next(decode_g1)?,
            quotients: r.list(widths, decode_g1)?,
            fold_values: r.list(folds, decode_fr)?,
            product_value: r.next(decode_fr)?,
            at_z: r.next(decode_g1)?,
            at_inverse: r.next(decode_g1)?,
        })
    }
}

struct Elements<'a> {
    rest: std::iter::Enumerate<std::slice::Iter<'a, [u8; 32]>>,
    expected: usize,
    got: usize,
}

impl Elements<'_> {
    fn next<T>(&mut self, decode: fn(&[u8; 32]) -> Result<T, PointError>) -> Result<T, FoldError> {
        let (index, bytes) = self.rest.next().ok_or(FoldError::Length { expected: self.expected, got: self.got })?;
        decode(bytes).map_err(|error| FoldError::Element { index, error })
    }

    fn list<T>(&mut self, n: usize, decode: fn(&[u8; 32]) -> Result<T, PointError>) -> Result<Vec<T>, FoldError> {
        (0..n).map(|_| self.next(decode)).collect()
    }
}
