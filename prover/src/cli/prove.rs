//! `assay-prover prove`: answers a challenge by computing the drawn positions once more.

use super::{BackendArg, ModelArg};
use crate::commitments::powers::Source;
use crate::session;
use anyhow::{Context, Result, ensure};
use assay_verifier::audit::{self, Claim, Pins};
use assay_verifier::cli::progress::Progress;
use assay_verifier::cli::{Report, files, hex, manifests};
use assay_verifier::{Challenge, Job, Output, Receipt};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    backend: BackendArg,
    /// The receipt; job and output are looked for beside it.
    #[arg(long, value_name = "FILE")]
    receipt: PathBuf,
    /// The challenge.
    #[arg(long, value_name = "FILE")]
    challenge: PathBuf,
    /// The manifest that the job names; looked for beside receipt and model if not given.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The powers of tau that the manifest was made with; looked for beside it if not given.
    #[arg(long, value_name = "FILE")]
    srs: Option<Source>,
    /// Where to write the proof.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn decode<T, E: std::error::Error + Send + Sync + 'static>(
    path: &Path,
    decode: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T> {
    decode(&files::read(path)?).with_context(|| format!("{} cannot be used", path.display()))
}

/// Runs the command.
///
/// # Errors
/// Unusable input, a challenge about another receipt, or a replay that does not give the committed trace.
pub fn run(args: &Args) -> Result<Report> {
    args.backend.check()?;
    let receipt = decode(&args.receipt, Receipt::decode)?;
    let job =
        decode(&args.receipt.with_extension("job"), Job::decode).context("the job is needed beside the receipt")?;
    let output = decode(&args.receipt.with_extension("output"), Output::decode)
        .context("the output is needed beside the receipt")?;
    let challenge = decode(&args.challenge, Challenge::decode)?;
    ensure!(challenge.receipt == receipt.id(), "{} asks about another receipt", args.challenge.display());
    files::can_write(&args.out)?;
    let started = Instant::now();
    let opened = args.model.open()?;
    let claim = Claim { receipt: &receipt, job: &job, output: &output };
    let config = &opened.model.config;
    let near = [args.receipt.as_path(), args.model.model.as_path()];
    let (manifest, path) = manifests::find(&job.manifest, &opened.manifest, args.manifest.as_deref(), &near)?;
    let committed = opened.committed(&manifest, path.as_deref(), args.srs.as_ref(), false)?;
    audit::claim(&claim, &manifest.id(), config, &Pins::default())
        .context("receipt, job, output and model do not belong together")?;
    let load = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let mut compute = opened.backend(&args.backend)?;
    let positions = job.positions(receipt.token_count);
    let mut progress = Progress::new("replaying positions", u64::from(positions));
    let committed = committed.as_ref().map(|c| (c, opened.instruction_set()));
    let (answer, timing) =
        session::prove_surely(compute.supply(), &opened.model, &claim, &challenge, committed, &mut |done, _| {
            progress.at(u64::from(done))
        })
        .context("the challenge was not answered, nothing was written")?;
    drop(progress);
    if let Some((committed, _)) = committed {
        audit::proved(&committed.public, &claim, &challenge, &answer)
            .context("the proof would be rejected: commitments and weights differ, or this machine computes wrongly")?;
    }
    let bytes = answer.encode();
    files::write(&args.out, &bytes)?;
    let seconds = started.elapsed().as_secs_f64();
    let kind =
        if committed.is_some() { "" } else { " (for clients with the weights: the job's manifest has no commitments)" };
    let text = format!("proof{kind} of {} bytes in {seconds:.2} s, written to {}", bytes.len(), args.out.display());
    Ok(Report::done(
        text,
        json!({
            "challenge": hex(&challenge.digest()), "bytes": bytes.len(), "out": args.out,
            "fold_proof": committed.is_some(),
            "seconds": { "load": load, "replay": timing.replay, "prove_without_replay": timing.prove, "prove": seconds },
        }),
    ))
}
