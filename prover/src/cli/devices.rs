//! `assay-prover devices`: which graphics cards there are, and whether they compute rightly.

use super::backend::ChoiceError;
use anyhow::Result;
use assay_verifier::cli::Report;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// If this program was built without graphics cards.
pub fn run(_: &Args) -> Result<Report> {
    Err(ChoiceError::NotBuilt.into())
}
