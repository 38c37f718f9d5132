//! What Assay's proofs are made of.
//!
//! - [`tree`]: the one shape of hash tree in the protocol, with openings of any set of leaves;
//! - [`chunks`]: BLAKE3's own tree, so that 1 KiB chunks of a tensor open alone;
//! - [`draws`]: the stream of unbiased draws that a challenge stands for;
//! - [`srs`]: powers of tau over BN254;
//! - [`fold`]: proofs that committed matrices times vectors are what is claimed;
//! - [`transcript`]: the order in which such a proof draws its challenges;
//! - `r1cs`, `settlement` (with the feature `settlement`): circuits that settle a unit on a chain.
//!
//! Everything that meets a stranger's bytes here is total: wrong input gives an error, never a panic.

#![forbid(unsafe_code)]
#![cfg_attr(
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

pub mod chunks;
pub mod draws;
pub mod fold;
#[cfg(feature = "settlement")]
pub mod r1cs;
#[cfg(feature = "settlement")]
pub mod settlement;
pub mod srs;
pub mod transcript;

pub use assay_model::tree;
