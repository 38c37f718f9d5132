//! What a rig makes for a contract that draws units of its trace.
//!
//! | module | holds |
//! |---|---|
//! | [`answerer`] | what answers draws, as the command that settles a job sees it |
//! | [`shop`], [`answers`] | what does: a model with its record and keys; the answers for one job |
//! | [`drawn`] | what a contract draws, and what must be computed anew for it |
//! | [`committed`] | leaves of the trace, from positions computed anew |
//! | [`witness`] | the witness of a chunk of a linear step |
//! | [`mod@unit`], [`head`] | the circuit of any other unit with its witness; attention heads, part by part |
//! | [`blinds`] | what hides all of it |
//! | [`setup`] | makes a record: [`chunks`] and [`parameters`] from weights, [`keys`] from circuits |
//! | [`record`] | a record with everything that its roots are over |
//! | [`tree`] | a tree that many leaves are opened of |

pub mod answerer;
pub mod answers;
pub mod blinds;
pub mod chunks;
pub mod committed;
pub mod drawn;
pub mod head;
pub mod keys;
pub mod parameters;
pub mod record;
pub mod setup;
pub mod shop;
pub mod tree;
pub mod unit;
pub mod witness;
