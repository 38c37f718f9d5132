//! Graphics cards and the processor give the same receipts and the same answers, also when cards fail.
//!
//! On a machine without a Vulkan adapter these tests print SKIPPED.

mod bench;
mod equality;
mod failure;
mod real;
#[path = "../quality/toys.rs"]
#[allow(dead_code, reason = "of the recipes, these tests need no rotary scaling by name")]
mod toys;
