//! Operations: for each its kernel, what it binds, and the known answers that every card must give.

pub mod attention;
pub mod sample;
