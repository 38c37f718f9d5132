//! `assay-prover perplexity`: how well the exact-integer model predicts a text.

use super::{BackendArg, ModelArg};
use crate::backend::BackendError;
use crate::backend::single::Single;
use crate::backend::supply::surely;
use crate::perplexity::{Score, window};
use anyhow::{Context, Result, ensure};
use assay_verifier::cli::progress::Progress;
use assay_verifier::cli::{Report, files};
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    backend: BackendArg,
    /// Text, UTF-8.
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// Tokens of a window. Windows follow each other; what is left at the end is dropped; the first token of a window is
    /// not predicted.
    #[arg(long, value_name = "N", default_value_t = 512)]
    context: u32,
}

/// Runs the command.
///
/// # Errors
/// Unusable input, a text shorter than one window, or a backend that fails.
pub fn run(args: &Args) -> Result<Report> {
    args.backend.check()?;
    let text = String::from_utf8(files::read(&args.text)?)
        .with_context(|| format!("{} is not UTF-8 text", args.text.display()))?;
    let opened = args.model.open()?;
    let config = &opened.model.config;
    ensure!(
        (2..=config.context).contains(&args.context),
        "--context must be between 2 and the model's context of {}",
        config.context
    );
    let tokens = opened.tokenizer.encode(&text, false)?;
    let windows: Vec<&[u32]> = tokens.chunks_exact(args.context as usize).collect();
    ensure!(
        !windows.is_empty(),
        "{} has {} tokens, fewer than one window of {}: give more text or a smaller --context",
        args.text.display(),
        tokens.len(),
        args.context
    );
    let mut compute = opened.backend(&args.backend)?;
    let started = Instant::now();
    let mut progress = Progress::new("windows", windows.len() as u64);
    let mut score = Score::default();
    for (i, tokens) in windows.iter().enumerate() {
        let one = surely(compute.supply(), |engine| {
            let mut backend = Single::open(&mut *engine, args.context)?;
            let one = window(&mut backend, config, tokens)?;
            drop(backend);
            engine.attest()?;
            Ok::<_, BackendError>(one)
        })
        .context("the text was not read to its end")?;
        score.nll += one.nll;
        score.predictions += one.predictions;
        progress.at(i as u64 + 1);
    }
    drop(progress);
    let seconds = started.elapsed().as_secs_f64();
    let (mean, perplexity) = (score.mean(), score.mean().exp());
    let text = format!(
        "perplexity {perplexity:.4} (mean NLL {mean:.6} over {} predictions in {} windows of {}), {seconds:.1} s",
        score.predictions,
        windows.len(),
        args.context
    );
    Ok(Report::done(
        text,
        json!({
            "nll": mean, "perplexity": perplexity, "predictions": score.predictions, "windows": windows.len(),
            "context": args.context, "tokens": tokens.len(), "seconds": seconds,
        }),
    ))
}
