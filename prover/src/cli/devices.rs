//! `assay-prover devices`: which graphics cards there are, and whether they compute rightly.

use anyhow::Result;
use assay_verifier::cli::Report;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The model whose shapes are tested, GGUF; those of a small model if not given.
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// If this program was built without graphics cards.
#[cfg(not(feature = "gpu"))]
pub fn run(_: &Args) -> Result<Report> {
    Err(super::backend::ChoiceError::NotBuilt.into())
}

/// Runs the command.
///
/// # Errors
/// A model that cannot be used.
#[cfg(feature = "gpu")]
pub fn run(args: &Args) -> Result<Report> {
    use anyhow::Context;
    let model = match &args.model {
        None => crate::gpu::report::small_model(),
        Some(path) => {
            assay_model::open::open(path).with_context(|| format!("{} cannot be used", path.display()))?.model
        }
    };
    Ok(crate::gpu::report::all(&model))
}
