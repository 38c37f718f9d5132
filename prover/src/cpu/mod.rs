//! The fast CPU executor.
//!
//! Kernels ([`linear`], [`attention`]) come in tiers by instruction set, chosen in one place ([`platform`]). Every tier
//! gives the bits of the scalar reference in `assay-model`; `unsafe` stands in the kernels' instruction-set files only.

pub mod attention;
mod bytes;
pub mod executor;
pub mod linear;
pub mod platform;

pub use executor::Executor;
