//! What a rig makes for a contract that draws units of its trace.
//!
//! - [`answerer`]: what answers draws, as the command that settles a job sees it;
//! - [`chunks`]: the chunks of a model's record;
//! - [`witness`]: the witness of a drawn chunk, from the position computed anew.

pub mod answerer;
pub mod chunks;
pub mod witness;
