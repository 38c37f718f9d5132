//! A zoo of cheating rigs.
//!
//! Each file is one rig: a small program that leaves out work, commits to its lie consistently, signs, and answers every
//! challenge from what it committed. [`run`](stage::Stage::run) measures how often it escapes and compares that with the
//! bound that `assay_verifier::soundness` states. `cargo test -p assay-tests --test zoo -- --nocapture` prints the table
//! of `docs/attacks.md`.

mod coarse_shift;
mod draft;
mod early_stop;
mod flipped_logit;
mod foreign_keys;
mod garbage;
mod no_attention;
mod one_hot;
mod quantised;
mod relabelled;
mod skipped_layer;
mod stage;
mod zero_embeddings;
