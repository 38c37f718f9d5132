//! Gadgets: the relations of a settlement circuit as rank-1 constraints over the scalars of BN254.
//!
//! - [`System`]: where constraints go, each in its [`Group`]; [`Num`] and [`Bit`], the values that they are about;
//! - [`word`]: 32-bit words, their sums and exclusive ors;
//! - [`blake3`]: the compression of BLAKE3, its chunks, its tree, and openings of it;
//! - [`rounding`]: the elementwise rounding of linear steps;
//! - [`block`]: vectors under their least common shift, and under a given one;
//! - [`lookup`]: entries of tables and of headers;
//! - [`attention_rotation`]: pairs rotated; [`mean`]: weighted means;
//! - [`parameters`]: what a contract knows of a model by digests;
//! - [`root`]: the reciprocal root of a norm;
//! - [`maximum`]: the largest of some integers, and where it stands first; [`octal`]: a place in a tree of eight children a node;
//! - [`evaluate`]: vectors as polynomials at a point;
//! - [`poseidon`]: the hash inside of circuits, also as a plain function.
//!
//! **A gadget computes and constrains at once.** Its values come from the same code whether a proof is made or a key is set
//! up; for a set-up they are those of an arbitrary witness, since constraints never depend on values. `tests` has, for every
//! group, an assignment that only this group refuses.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]

pub mod attention_rotation;
pub mod blake3;
pub mod block;
pub mod evaluate;
pub mod lookup;
pub mod maximum;
pub mod mean;
pub mod octal;
pub mod parameters;
pub mod poseidon;
pub mod root;
pub mod rounding;
mod system;
#[cfg(test)]
pub(crate) mod tests;
pub mod word;

pub use system::{Bit, Counts, Group, Num, System, power_of_two};
