//! What client and rig say to an EVM chain: the escrow's calls, and nothing that a check depends on.
//!
//! | module | holds |
//! |---|---|
//! | [`abi`] | the escrow's interface |
//! | [`amount`] | amounts of its asset |
//! | [`terms`] | the file of terms that client and rig exchange |
//! | [`agreement`] | that terms are about a job, and why not |
//! | [`contest`] | where a job of the contested lane stands |
//! | [`client`] | a node and an escrow at it: reading, and sending one call |
//! | [`journal`] | the transaction that was signed last, so that a command that was stopped goes on |
//! | [`error`] | what goes wrong, and what to do about it |
//!
//! **A command may be stopped at any moment and run again.** It reads the job's state and does what is missing. A signed
//! transaction is written down before it is sent; a command that finds one sends the same bytes again, which a chain takes
//! once, and signs another only when it is mined or can never be.

pub mod abi;
pub mod agreement;
pub mod amount;
pub mod client;
pub mod contest;
pub mod error;
#[allow(clippy::indexing_slicing, reason = "reading a name of a JSON value gives null where there is none")]
pub mod journal;
pub mod terms;

pub use alloy::sol_types::SolCall;
pub use client::{Chain, Sent};
pub use error::ChainError;
