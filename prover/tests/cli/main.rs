//! The two command lines as a user meets them: exit codes, one-line errors, files.

mod backends;
mod bad_input;
#[cfg(feature = "gpu")]
mod cards;
mod proof;
mod settlement;
mod several;
mod story;
mod support;
