//! The integer program on graphics cards: the same bits as the scalar reference, the trace hashed on the card.
//!
//! Every kernel is one WGSL file of `kernels/`, written in core WGSL on 32-bit integers. Where a card offers more
//! (64-bit integers, packed dot products, subgroups), the same kernel is composed with other helper files
//! ([`shader`]); all variants are exactly equal, so a card may use whichever is fastest and correct on it.

pub mod adapters;
pub mod cache;
pub mod canary;
pub mod card;
pub mod compress;
pub mod error;
pub mod fleet;
pub mod hash;
pub mod headers;
pub mod kernel;
pub mod layout;
pub mod ops;
pub mod packed;
pub mod pipelines;
pub mod plan;
pub mod rehash;
pub mod remember;
pub mod selftest;
pub mod shader;
pub mod shapes;
pub mod stage;
mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod texts;
pub mod tune;
pub mod variant;

pub use card::Gpu;
pub use error::GpuError;
