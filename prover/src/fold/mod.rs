//! Fold proofs as rigs make them: the prover of `assay_circuits::fold::naive`, byte for byte, in integer arithmetic where
//! the definition has field arithmetic.
//!
//! A fold multiplies each row by a field element and adds up. Weights are small integers, so the field element is cut into
//! limbs, each limb's sums are kept in 64-bit integers ([`kernel`]), and the field enters once per column ([`sums`]). The
//! Laurent product is made in the same way ([`product`]). What remains are multi-scalar multiplications ([`buckets`]).
//!
//! [`mod@prove`] is the prover, [`tiles`] commits to weights, [`check`] compares such commitments with weights.

pub mod buckets;
pub mod check;
pub mod kernel;
pub mod limbs;
mod polynomial;
pub mod product;
pub mod prove;
pub mod sums;
#[cfg(test)]
mod tests;
pub mod tiles;
mod workers;

pub use prove::{ProveError, Rows, prove};
