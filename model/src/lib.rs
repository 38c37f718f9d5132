//! What Assay computes.
//!
//! A GGUF file is loaded into an exact integer program ([`Model`]): from then on no float is used, every result is a
//! defined integer, and one wrong bit is an error rather than noise. The program is a list of *steps* per position
//! ([`program`]); each step reads committed tensors and writes one committed tensor. [`steps`] defines every step by
//! one readable scalar function per unit; [`mod@reference`] runs them in order. Every faster executor answers to it.
//!
//! The arithmetic (scheme R1) is written down in `docs/arithmetic.md`; the symbols there are the names here.

pub mod arith;
pub mod config;
pub mod domain;
pub mod gguf;
pub mod load;
pub mod manifest;
pub mod matrix;
pub mod model;
pub mod names;
#[cfg(feature = "files")]
pub mod open;
pub mod program;
pub mod reference;
pub mod rows;
pub mod sampling;
mod shown;
pub mod steps;
pub mod tables;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
#[cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]
pub mod tree;
pub mod weights;
pub mod wire;

pub use config::Config;
pub use matrix::Matrix;
pub use model::Model;
