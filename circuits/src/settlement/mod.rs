//! Settlement circuits: one drawn unit, shown to a contract that sees no activation. Here that of a chunk of a linear step; those of
//! all other units are in the modules below.
//!
//! **What it shows.** There are a tensor x under the committed input leaf, a chunk y of the tensor under the committed output
//! leaf, for o and down a chunk h of the tensor under the committed residual leaf, and accumulators acc under the salted
//! digest, such that y is the rounding of acc (and h) with the scalars of the input's header, and
//!
//! ```text
//! Σ_j x_j z^{−j} = v_x        Σ_i ρ^i acc_i = v_y
//! ```
//!
//! That acc = W·x is no part of it: [`fold`](crate::fold) proves it outside, from v_x and v_y. Nothing about weights is inside.
//!
//! **Public inputs.** A [`Statement`] has 12 or 14 fields, and a contract pays about 7,000 gas for each public input. So there
//! are three: the digest of the fields, a challenge β that the contract draws after it, and `Σ_i β^i·field_i`, which the contract
//! computes from the fields that it knows. `docs/settlement-circuit.md` has the argument, the fields and the counts.
//!
//! - [`shape`]: what a circuit depends on; each shape has keys of its own;
//! - [`statement`]: the fields, and the public inputs they give;
//! - [`witness`]: what a prover has;
//! - `circuit`: the constraints;
//! - [`leaf`]: leaves and opened chunks, as every other circuit reads them;
//! - [`mod@unit`]: what all circuits have in common;
//! - [`kv`], [`attention`]: key/value heads, and attention heads by a chain of circuits;
//! - [`norm`]: headers and chunks of norms; [`pack`]: headers of attn_pack and act, chunks of attn_pack; [`act`]: chunks of act;
//! - [`embed`], [`embedding`]: rows of the embedding, and the tree that they stand in; [`greedy`]: the token that follows;
//! - [`span`]: where the elements stand that they are about; `scalars`: headers;
//! - [`keys`]: set-up, proving, verifying;
//! - [`product`]: a linear chunk as a contract decides it, the circuit's proof and the fold proof's equation together;
//! - [`encoding`]: keys and proofs as a contract reads them.

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
pub mod act;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
pub mod attention;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
mod circuit;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
pub mod embed;
#[allow(clippy::arithmetic_side_effects, reason = "dimensions of a model are far below any bound")]
pub mod embedding;
pub mod encoding;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
pub mod greedy;
pub mod keys;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
pub mod kv;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
pub mod leaf;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
pub mod norm;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
pub mod pack;
pub mod product;
#[cfg(any(test, feature = "testing"))]
#[allow(clippy::arithmetic_side_effects, reason = "its numbers are its own")]
pub mod sample;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "values are the prover's own, and lengths follow from the shape of a circuit"
)]
mod scalars;
#[allow(clippy::arithmetic_side_effects, reason = "dimensions of a model are far below any bound")]
pub mod shape;
#[allow(clippy::arithmetic_side_effects, reason = "dimensions of a model are far below any bound")]
pub mod span;
pub mod statement;
#[cfg(test)]
mod tests;
pub mod unit;
pub mod witness;

pub use circuit::{Linear, count};
pub use keys::{Error, check, insecure_setup, prove, verify};
pub use leaf::Committed;
pub use shape::Shape;
pub use statement::{Statement, Unit};
pub use unit::Circuit;
pub use witness::{Opening, Vector, Witness};
