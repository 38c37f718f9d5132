//! `assay-verifier job`: writes the terms of a job for a rig.

use super::options::JobOptions;
use super::srs::Srs;
use super::{Report, files, hex};
use anyhow::{Context, Result};
use assay_circuits::srs::widths::Widths;
use assay_model::manifest::Manifest;
use assay_model::text::{Tokenizer, codec};
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The model's manifest, from a source that you trust.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    #[command(flatten)]
    job: JobOptions,
    /// Where to write the job.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Unusable input, or a file that cannot be read or written.
pub fn run(args: &Args) -> Result<Report> {
    let manifest = Manifest::decode(&files::read(&args.manifest)?)
        .with_context(|| format!("{} cannot be used", args.manifest.display()))?;
    let vocabulary = codec::decode(&manifest.vocabulary).context("the manifest's tokenizer cannot be used")?;
    let tokenizer = Tokenizer::new(vocabulary).context("the manifest's tokenizer cannot be used")?;
    let srs = srs(&manifest).with_context(|| format!("{} cannot be used", args.manifest.display()))?;
    let job = args.job.job(manifest.id(), &manifest.config, &tokenizer)?;
    files::write(&args.out, &job.encode())?;
    let digest = hex(&job.digest());
    let warning = srs.as_ref().map_or_else(String::new, |srs| format!("\n{srs}"));
    let text = format!(
        "job {digest}\nprompt of {} tokens, at most {} to generate, expires at {}\nwritten to {}; keep it: it holds the secret \
         that the rig's receipt is checked with{warning}",
        job.prompt.len(),
        job.max_tokens,
        job.expires,
        args.out.display()
    );
    Ok(Report::done(
        text,
        json!({
            "job": digest,
            "manifest": hex(&job.manifest),
            "prompt_tokens": job.prompt.len(),
            "max_tokens": job.max_tokens,
            "expires": job.expires,
            "out": args.out,
            "srs": srs.map(|srs| srs.json(false)),
        }),
    ))
}

/// A job is for one manifest, and that was made with certain powers: here the client decides whom it trusts.
fn srs(manifest: &Manifest) -> Result<Option<Srs>> {
    let Some(commitments) = &manifest.commitments else { return Ok(None) };
    Ok(Some(Srs::of(&Widths::decode(&commitments.powers)?.verify()?)))
}
