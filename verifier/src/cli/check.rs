//! `assay-verifier check`: the verdict of a client who has the manifest and no weights.

use super::srs::Srs;
use super::verdict::{self, Files, Verdict};
use super::{Report, files, hex, manifests};
use crate::audit::{self, Claim};
use crate::public::PublicModel;
use crate::reject::Rejection;
use crate::{Answer, Challenge, draw};
use anyhow::{Result, anyhow};
use assay_model::program::{StepKind, Unit};
use assay_model::wire::FileKind;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The model's manifest, with commitments. You trust it: compare its id with one that several parties have published.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    #[command(flatten)]
    files: Files,
    /// The challenge that was sent.
    #[arg(long, value_name = "FILE")]
    challenge: PathBuf,
    /// The rig's answer.
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// The powers of tau that you trust: a ceremony's .ptau file, the 64-digit id of one, or `insecure-development`. A
    /// manifest made with others is refused.
    #[arg(long, value_name = "FILE|ID")]
    srs: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, or a manifest that cannot be checked with.
pub fn run(args: &Args, json: bool) -> Result<Report> {
    let given = args.files.read()?;
    let challenge = files::read(&args.challenge)?;
    let proof = files::read(&args.proof)?;
    let started = Instant::now();
    let manifest = manifests::read(&args.manifest)?;
    let shown = args.manifest.display();
    let public = PublicModel::new(&manifest).map_err(|e| anyhow!("{shown} cannot be used ({}): {e}", e.code()))?;
    let srs = Srs::of(&public.key);
    if let Some(named) = &args.srs {
        srs.require(named)?;
    }
    let load = started.elapsed().as_secs_f64();
    let pins = args.files.pins();
    let started = Instant::now();
    let outcome = given.decode().and_then(|(receipt, job, output)| {
        let claim = Claim { receipt: &receipt, job: &job, output: &output };
        audit::claim(&claim, &public.id, &public.config, &pins)?;
        let malformed = |kind| move |e| Rejection::malformed(kind, e);
        let challenge = Challenge::decode(&challenge).map_err(malformed(FileKind::Challenge))?;
        let answer = Answer::decode(&proof).map_err(malformed(FileKind::Proof))?;
        let checked = audit::proved(&public, &claim, &challenge, &answer)?;
        let seconds = started.elapsed().as_secs_f64();
        let drawn = draw::draw(&challenge, &claim.extent(&public.config));
        let list = if json { units(&public, &drawn) } else { Value::Null };
        Ok((list, Verdict::of(&receipt, checked, drawn.len()), seconds))
    });
    let seconds = started.elapsed().as_secs_f64();
    let (list, result) = match outcome {
        Ok((list, verdict, check)) => (list, Ok((verdict, check))),
        Err(rejection) => (Value::Null, Err(rejection)),
    };
    let check = result.as_ref().map_or(seconds, |(_, check)| *check);
    let seconds = json!({ "load": load, "check": check });
    let how = |kind: StepKind| if kind.is_linear() { "fold proof" } else { "recomputed" };
    let mut report = verdict::report(result.map(|(verdict, _)| verdict), &pins, "proof", &how, seconds);
    if let Value::Object(fields) = &mut report.json {
        fields.insert("units".into(), list);
        fields.insert("srs".into(), srs.json(args.srs.is_some()));
        fields.insert("manifest".into(), hex(&public.id).into());
    }
    report.text.extend(srs.said(args.srs.is_some()));
    Ok(report)
}

/// Every drawn unit, and how it was checked.
fn units(public: &PublicModel, drawn: &draw::Drawn) -> Value {
    let config = &public.config;
    let mut list = Vec::new();
    for (&t, steps) in drawn {
        for (&index, units) in steps {
            let Some(step) = config.step(index) else { continue };
            for unit in units.iter().filter_map(|u| config.unit(step.kind, *u)) {
                let how = match (step.kind, unit) {
                    (StepKind::Embed, _) => "row opened from the manifest, recomputed",
                    (kind, _) if kind.is_linear() => "accumulators by fold proof, rounding recomputed",
                    (StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm, Unit::Chunk(_)) => {
                        "gains opened from the manifest, recomputed"
                    }
                    _ => "recomputed",
                };
                let layer = StepKind::LAYER.contains(&step.kind).then_some(step.layer);
                list.push(json!({
                    "position": t, "layer": layer, "step": step.kind.name(), "unit": unit.to_string(), "how": how,
                }));
            }
        }
    }
    Value::Array(list)
}
