//! One chunk of a linear step, decided as a contract decides it: acc = W·x by the fold proof's equation, everything else by
//! the circuit, in one pairing product.
//!
//! It is the fold proof of [`crate::fold`] for one claim about one block of one tile of 256 rows, under a transcript that a
//! contract can afford: keccak256 over EVM words. What the fold proof reads of x and acc, the circuit gives as
//!
//! ```text
//! v_x = Σ_j x_j z^{−j}        v_y = Σ_i ρ^i acc_i
//! ```
//!
//! With C = Com(f), f = Σ_i X^{iD} W_i(X) the *chunk's commitment*, u = Σ_i ρ^i W_i and q = (f − u)/(X^D − ρ), the equations are
//!
//! ```text
//! A at z, u at z            (C_A − A(z)) + ν(C_u − u(z)) = (τ − z)·W_z
//! B at 1/z                  C_B − B(1/z) = (τ − 1/z)·W_{1/z},   B(1/z) = z·(u(z)·v_x − v_y + γ z^{−D} u(z) − z·A(z))
//! fold                      C − C_u = (τ^D − ρ)·C_q
//! circuit                   Groth16 of the statement's three inputs
//! ```
//!
//! They are merged with weights e, e², e³ and 1, so that the four pairs of Groth16 need no multiplication: seven pairs.
//!
//! - [`rounds`]: the order of the transcript, as types;
//! - [`proof`]: what a prover sends;
//! - [`mod@prove`], [`mod@verify`].

pub mod proof;
#[allow(clippy::arithmetic_side_effects, reason = "field and group arithmetic is total; indices are below 256·D")]
pub mod prove;
pub mod rounds;
#[cfg(test)]
mod tests;
#[allow(clippy::arithmetic_side_effects, reason = "field and group arithmetic is total")]
pub mod verify;

pub use proof::ProductProof;
pub use prove::prove;
pub use rounds::Subject;
pub use verify::{Powers, verify};
