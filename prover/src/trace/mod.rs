//! From step outputs to digests.

pub mod digest;
pub mod recorder;
