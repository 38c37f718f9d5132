//! Powers of tau over BN254: what the fold proof's commitments are made with.
//!
//! - [`points`]: points and scalars as bytes.

pub mod points;
