//! Checks what a rig claims.
//!
//! A rig answers a [`Job`] with a [`Receipt`]: a signature over the roots of its trace. Afterwards a [`Challenge`] draws
//! positions or units of the trace; the rig's [`Answer`] opens exactly the tensors that these units read and write, and
//! [`audit::challenge`] recomputes them. Every function here that meets a stranger's bytes is total: it gives a value, a
//! [`Rejection`] with a stable code and a place, or a [`WireError`](assay_model::wire::WireError).
//!
//! | module | holds |
//! |---|---|
//! | [`job`], [`receipt`], [`output`], [`challenge`], [`answer`] | the files that travel, and their digests |
//! | [`trace`] | leaves, positions, chain |
//! | [`draw`], [`needs`] | which units a challenge draws, what must be opened to check them |
//! | [`check`] | one function per kind of step |
//! | [`audit`] | the whole verdict, as numbered steps |
//! | [`settlement`] | what a chain checks, hashed as it hashes |
//! | [`soundness`] | the chance that a lie escapes, as code |

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod accumulators;
pub mod answer;
pub mod audit;
#[cfg(feature = "chain")]
pub mod chain;
pub mod challenge;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod disclosure;
pub mod draw;
pub mod job;
pub mod needs;
pub mod output;
pub mod parameters;
pub mod products;
pub mod public;
pub mod receipt;
pub mod reject;
pub mod settlement;
pub mod sign;
pub mod soundness;
pub mod trace;
pub mod weights;

pub use answer::Answer;
pub use challenge::Challenge;
pub use job::Job;
pub use output::Output;
pub use receipt::Receipt;
pub use reject::{Code, Rejection};
