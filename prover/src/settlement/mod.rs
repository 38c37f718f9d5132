//! What a rig makes for a contract that draws units of its trace.
//!
//! - [`chunks`]: the chunks of a model's record;
//! - [`parameters`]: its digests of what circuits read besides;
//! - [`witness`]: the witness of a drawn chunk, from the position computed anew.

pub mod chunks;
pub mod parameters;
pub mod witness;
