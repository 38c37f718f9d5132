//! What runs on rigs: the fast executor, the trace recorder, replay and proving.

pub mod backend;
pub mod cpu;
pub mod trace;
