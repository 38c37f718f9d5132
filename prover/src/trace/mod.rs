//! From step outputs to digests.

pub mod digest;
