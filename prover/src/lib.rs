//! What runs on rigs: the fast executor, the trace recorder, replay and the command line.

pub mod backend;
pub mod cli;
pub mod commitments;
pub mod cpu;
pub mod disclose;
pub mod fold;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod meter;
pub mod perplexity;
pub mod session;
pub mod settlement;
pub mod trace;
