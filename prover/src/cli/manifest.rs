//! `assay-prover manifest`: writes the public description of a model.

use super::ModelArg;
use anyhow::Result;
use assay_verifier::cli::{Report, files, hex};
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    model: ModelArg,
    /// Where to write the manifest.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// A model that cannot be used, or a file that cannot be written.
pub fn run(args: &Args) -> Result<Report> {
    let opened = args.model.open()?;
    let bytes = opened.manifest.encode();
    files::write(&args.out, &bytes)?;
    let id = hex(&opened.manifest.id());
    let text = format!("model {id}\nmanifest of {} bytes written to {}", bytes.len(), args.out.display());
    Ok(Report::done(text, json!({ "manifest": id, "bytes": bytes.len(), "out": args.out })))
}
