//! Powers of tau over BN254: what the fold proof's commitments are made with.
//!
//! With generators G of the first group and H of the second and a number τ that nobody may know, a prover holds
//! \[τ^i\]₁ = τ^i·G for every i, a verifier \[τ\]₂ = τ·H and \[τ^D\]₂ for the widths D in use. Whoever knows τ forges every
//! proof; so everything hangs on *which* \[τ\]₂ it is, and clients pin its [`known::id`].
//!
//! - [`points`]: points and scalars as bytes;
//! - [`ptau`]: the file of a ceremony, read and checked;
//! - [`widths`]: what a verifier needs, with a proof that it follows from \[τ\]₂;
//! - [`successive`]: whether points of the first group are powers of the same τ;
//! - [`known`]: ids, and the powers that have a name;
//! - [`development`]: powers with a public τ, for tests and trials.

pub mod development;
mod draw;
pub mod known;
pub mod points;
pub mod ptau;
pub mod successive;
pub mod widths;
