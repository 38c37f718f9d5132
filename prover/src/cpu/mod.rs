//! The fast CPU executor.
//!
//! Kernels ([`linear`], [`attention`]) come in tiers by instruction set, chosen in one place ([`platform`]). Every tier
//! gives the bits of the scalar reference in `assay-model`. All `unsafe` of the crate is in this folder and in
//! `fold/kernel`: the instruction-set files, the dispatch to them, and the view of numbers as bytes.

pub mod attention;
mod bytes;
pub mod executor;
pub mod linear;
pub mod platform;

pub use executor::Executor;
