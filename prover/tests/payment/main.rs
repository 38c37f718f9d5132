//! Real inference jobs on a small model, from the order to the payment, with the two programs and a local chain.

#[allow(dead_code, reason = "shared with the tests of the command lines")]
#[path = "../cli/support.rs"]
mod support;

mod contested;
mod endings;
mod interrupted;
mod node;
mod refusals;
mod rig;
mod stopped;
mod story;
mod told;
