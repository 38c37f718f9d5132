//! Graphics cards as an executor: which of them are used, and what happens when one fails.

pub mod cards;
pub mod choice;
pub mod engine;
pub mod report;
pub mod rig;
