//! `assay-verifier audit`: the verdict of a client who has the weights.

use super::progress::Progress;
use super::{Ending, Report, files, hex, parse_hex, rejection_json};
use crate::audit::{self, Checked, Claim, Pins};
use crate::receipt::Address;
use crate::reject::Rejection;
use crate::{Answer, Challenge, Job, Output, Receipt};
use anyhow::{Context, Result, ensure};
use assay_model::open::open;
use assay_model::wire::{FileKind, WireError};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The model's weights, GGUF.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The receipt; job and output are looked for beside it.
    #[arg(long, value_name = "FILE")]
    receipt: PathBuf,
    /// Your own copy of the job.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    /// Address of the rig that was to do it.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_hex::<20>)]
    rig: Option<Address>,
    /// Unix second at which the receipt came; the job must not have expired by then.
    #[arg(long, value_name = "T")]
    now: Option<u64>,
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

/// What was looked at, for the report.
struct Outcome {
    checked: Checked,
    positions: u32,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, or a model that cannot be used.
pub fn run(args: &Args) -> Result<Report> {
    ensure!(args.full || args.challenge.is_some(), "say what to check: --full, or --challenge FILE with --proof FILE");
    let receipt = files::read(&args.receipt)?;
    let job = files::read(args.job.as_deref().unwrap_or(&args.receipt.with_extension("job")))
        .context("the job is needed: name it with --job, or keep it beside the receipt")?;
    let output = files::read(&args.receipt.with_extension("output"))
        .context("the output is needed beside the receipt, under the same name")?;
    let pair = match (&args.challenge, &args.proof) {
        (Some(c), Some(p)) => Some((files::read(c)?, files::read(p)?)),
        _ => None,
    };
    let started = Instant::now();
    let loaded = open(&args.model).with_context(|| format!("{} cannot be used", args.model.display()))?;
    let load_seconds = started.elapsed().as_secs_f64();
    let pins = Pins { job: args.job.is_some(), rig: args.rig, now: args.now };
    let started = Instant::now();
    let decoded = decode(&receipt, &job, &output);
    let verdict = decoded.and_then(|(receipt, job, output)| {
        let claim = Claim { receipt: &receipt, job: &job, output: &output };
        audit::claim(&claim, &loaded.manifest.id(), &loaded.model.config, &pins)?;
        let outcome = match &pair {
            None => full(&loaded.model, &claim)?,
            Some((c, p)) => drawn(&loaded.model, &claim, c, p)?,
        };
        Ok((receipt, outcome))
    });
    let seconds = json!({ "load": load_seconds, "audit": started.elapsed().as_secs_f64() });
    Ok(report(verdict, &pins, args.full, seconds))
}

fn malformed<T>(kind: FileKind, decoded: Result<T, WireError>) -> Result<T, Rejection> {
    decoded.map_err(|e| Rejection::malformed(kind, e))
}

fn decode(receipt: &[u8], job: &[u8], output: &[u8]) -> Result<(Receipt, Job, Output), Rejection> {
    Ok((
        malformed(FileKind::Receipt, Receipt::decode(receipt))?,
        malformed(FileKind::Job, Job::decode(job))?,
        malformed(FileKind::Output, Output::decode(output))?,
    ))
}

fn full(model: &assay_model::Model, claim: &Claim<'_>) -> Result<Outcome, Rejection> {
    let positions = claim.job.positions(claim.receipt.token_count);
    let mut progress = Progress::new("recomputing positions", u64::from(positions));
    audit::full(model, claim, &mut |done| progress.at(u64::from(done)))?;
    Ok(Outcome { checked: Checked::new(), positions })
}

fn drawn(model: &assay_model::Model, claim: &Claim<'_>, challenge: &[u8], proof: &[u8]) -> Result<Outcome, Rejection> {
    let challenge = malformed(FileKind::Challenge, Challenge::decode(challenge))?;
    let answer = malformed(FileKind::Proof, Answer::decode(proof))?;
    let checked = audit::challenge(model, claim, &challenge, &answer)?;
    let drawn = crate::draw::draw(&challenge, &claim.extent(&model.config));
    Ok(Outcome { checked, positions: u32::try_from(drawn.len()).unwrap_or(u32::MAX) })
}

fn report(verdict: Result<(Receipt, Outcome), Rejection>, pins: &Pins, full: bool, seconds: Value) -> Report {
    let mode = if full { "full" } else { "challenge" };
    let (receipt, outcome) = match verdict {
        Ok(ok) => ok,
        Err(rejection) => {
            return Report {
                ending: Ending::Rejected,
                text: format!("REJECTED {}: {rejection}", rejection.code.name()),
                json: json!({ "verdict": "rejected", "mode": mode, "rejection": rejection_json(&rejection), "seconds": seconds }),
            };
        }
    };
    let rig = format!("0x{}", hex(&receipt.rig));
    let units: u64 = outcome.checked.values().sum();
    let what = if full {
        format!("all {} positions were recomputed from the weights", outcome.positions)
    } else {
        let kinds = outcome.checked.iter().map(|(k, n)| format!("{} {n}", k.name())).collect::<Vec<_>>().join(", ");
        format!("{units} units in {} position(s) were recomputed: {kinds}", outcome.positions)
    };
    let (ending, word) = if pins.pinned() {
        (Ending::Done, "VERIFIED")
    } else {
        (
            Ending::NotPinned,
            "CONSISTENT, NOT PINNED: name your own job and the rig (--job, --rig) to know what was verified",
        )
    };
    let text = format!("{word}\n{} tokens by rig {rig}\n{what}", receipt.token_count);
    let checked: serde_json::Map<String, Value> = outcome
        .checked
        .iter()
        .map(|(k, n)| (k.name().to_owned(), json!({ "units": n, "how": "recomputed" })))
        .collect();
    Report {
        ending,
        text,
        json: json!({
            "verdict": if pins.pinned() { "verified" } else { "consistent" },
            "pinned": pins.pinned(),
            "expiry_checked": pins.now.is_some(),
            "mode": mode,
            "receipt": hex(&receipt.id()),
            "rig": rig,
            "tokens": receipt.token_count,
            "positions_checked": outcome.positions,
            "units_checked": units,
            "checked": checked,
            "seconds": seconds,
        }),
    }
}
