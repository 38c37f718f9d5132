//! `assay-verifier audit`: the verdict of a client who has the weights.

use super::progress::Progress;
use super::verdict::{self, Files, Verdict};
use super::{Report, files, manifests};
use crate::audit::{self, Checked, Claim};
use crate::reject::Rejection;
use crate::{Answer, Challenge, Job};
use anyhow::{Context, Result, ensure};
use assay_model::open::open;
use assay_model::wire::FileKind;
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The model's weights, GGUF.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The manifest that the job names, if it is not the weights' own; looked for beside receipt and model if not given.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    files: Files,
    /// Recompute the whole trace.
    #[arg(long, conflicts_with_all = ["challenge", "proof"])]
    full: bool,
    /// The challenge that was sent.
    #[arg(long, value_name = "FILE", requires = "proof")]
    challenge: Option<PathBuf>,
    /// The rig's answer.
    #[arg(long, value_name = "FILE", requires = "challenge")]
    proof: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, or a model that cannot be used.
pub fn run(args: &Args) -> Result<Report> {
    ensure!(args.full || args.challenge.is_some(), "say what to check: --full, or --challenge FILE with --proof FILE");
    let given = args.files.read()?;
    let pair = match (&args.challenge, &args.proof) {
        (Some(c), Some(p)) => Some((files::read(c)?, files::read(p)?)),
        _ => None,
    };
    let started = Instant::now();
    let loaded = open(&args.model).with_context(|| format!("{} cannot be used", args.model.display()))?;
    let pins = args.files.pins();
    let decoded = given.decode();
    let id = match &decoded {
        Ok((_, job, _)) => model_id(args, job, &loaded.manifest)?,
        Err(_) => loaded.manifest.id(),
    };
    let load_seconds = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let result = decoded.and_then(|(receipt, job, output)| {
        let claim = Claim { receipt: &receipt, job: &job, output: &output };
        audit::claim(&claim, &id, &loaded.model.config, &pins)?;
        let (checked, positions) = match &pair {
            None => full(&loaded.model, &claim)?,
            Some((c, p)) => drawn(&loaded.model, &claim, c, p)?,
        };
        Ok(Verdict::of(&receipt, checked, positions))
    });
    let seconds = json!({ "load": load_seconds, "audit": started.elapsed().as_secs_f64() });
    let mode = if args.full { "full" } else { "challenge" };
    Ok(verdict::report(result, &pins, mode, &|_| "recomputed", seconds))
}

/// The id of the model that the weights are, under the name that the job has for it: with or without commitments. Weights
/// that the job does not mean keep their own id, and the claim is rejected for it.
fn model_id(args: &Args, job: &Job, core: &assay_model::manifest::Manifest) -> Result<assay_model::domain::Digest> {
    let near = [args.files.receipt.as_path(), args.model.as_path()];
    match manifests::find(&job.manifest, core, args.manifest.as_deref(), &near) {
        Ok((manifest, _)) => Ok(manifest.id()),
        Err(error) if args.manifest.is_some() => Err(error),
        Err(_) => Ok(core.id()),
    }
}

fn full(model: &assay_model::Model, claim: &Claim<'_>) -> Result<(Checked, usize), Rejection> {
    let positions = claim.job.positions(claim.receipt.token_count);
    let mut progress = Progress::new("recomputing positions", u64::from(positions));
    audit::full(model, claim, &mut |done| progress.at(u64::from(done)))?;
    Ok((Checked::new(), usize::try_from(positions).unwrap_or(usize::MAX)))
}

fn drawn(
    model: &assay_model::Model,
    claim: &Claim<'_>,
    challenge: &[u8],
    proof: &[u8],
) -> Result<(Checked, usize), Rejection> {
    let malformed = |kind| move |e| Rejection::malformed(kind, e);
    let challenge = Challenge::decode(challenge).map_err(malformed(FileKind::Challenge))?;
    let answer = Answer::decode(proof).map_err(malformed(FileKind::Proof))?;
    let checked = audit::challenge(model, claim, &challenge, &answer)?;
    Ok((checked, crate::draw::draw(&challenge, &claim.extent(&model.config)).len()))
}
