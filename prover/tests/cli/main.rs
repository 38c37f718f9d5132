//! The two command lines as a user meets them: exit codes, one-line errors, files.

mod bad_input;
mod proof;
mod story;
mod support;
