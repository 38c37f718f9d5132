//! The two command lines as a user meets them: exit codes, one-line errors, files.

mod bad_input;
mod story;
mod support;
