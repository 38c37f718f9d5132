//! `assay-verifier check`: the verdict of a client who has the manifest and no weights.

use super::verdict::{self, Files, Verdict};
use super::{Report, files, hex, manifests};
use crate::audit::{self, Claim};
use crate::public::PublicModel;
use crate::reject::Rejection;
use crate::{Answer, Challenge, draw};
use anyhow::{Context, Result, bail};
use assay_circuits::srs::{development, known, ptau};
use assay_model::program::{StepKind, Unit};
use assay_model::wire::FileKind;
use serde_json::{Value, json};
use std::io::BufReader;
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
    /// The powers of tau that you trust: a ceremony's .ptau file, or the 64-digit id of one. Needed where the manifest was
    /// made with powers that have no known name.
    #[arg(long, value_name = "FILE|ID")]
    srs: Option<String>,
}

/// Whose powers of tau a manifest was made with.
struct Srs {
    id: String,
    name: Option<&'static str>,
    insecure: bool,
    pinned: bool,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, or a manifest that cannot be checked with.
pub fn run(args: &Args) -> Result<Report> {
    let given = args.files.read()?;
    let challenge = files::read(&args.challenge)?;
    let proof = files::read(&args.proof)?;
    let started = Instant::now();
    let manifest = manifests::read(&args.manifest)?;
    let public = PublicModel::new(&manifest).with_context(|| format!("{} cannot be used", args.manifest.display()))?;
    let srs = srs(&public, args.srs.as_deref())?;
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
        Ok((units(&public, &drawn), Verdict::of(&receipt, checked, drawn.len()), seconds))
    });
    let seconds = started.elapsed().as_secs_f64();
    let (list, result) = match outcome {
        Ok((list, verdict, check)) => (list, Ok((verdict, check))),
        Err(rejection) => (Value::Null, Err(rejection)),
    };
    let check = result.as_ref().map_or(seconds, |(_, check)| *check);
    let seconds = json!({ "load": load, "check": check });
    let how = |kind: StepKind| if kind.is_linear() { "fold proof" } else { "recomputed" };
    let pinned = pins.pinned() && srs.pinned;
    let mut report = verdict::report(result.map(|(verdict, _)| verdict), pinned, &pins, "proof", &how, seconds);
    if let Value::Object(fields) = &mut report.json {
        fields.insert("units".into(), list);
        fields.insert(
            "srs".into(),
            json!({ "id": srs.id, "name": srs.name, "insecure": srs.insecure, "pinned": srs.pinned }),
        );
        fields.insert("manifest".into(), hex(&public.id).into());
    }
    if srs.insecure {
        report.text.push_str("\nINSECURE powers of tau: anyone can forge such a proof. For development only");
    } else if !srs.pinned {
        report.text.push_str(&format!(
            "\nNOT PINNED: the manifest's powers of tau {} have no known name; name the ones you trust with --srs",
            srs.id
        ));
    }
    Ok(report)
}

fn srs(public: &PublicModel, named: Option<&str>) -> Result<Srs> {
    let id = public.key.id();
    let name = known::name(&id);
    let insecure = public.key.tau2 == development::tau2();
    let trusted = match named {
        None => None,
        Some(text) if text == development::NAME => Some(known::id(&development::tau2())),
        Some(text) => Some(match super::parse_hex::<32>(text) {
            Ok(id) => id,
            Err(_) => {
                let file = std::fs::File::open(text).with_context(|| format!("cannot read {text}"))?;
                let powers = ptau::read(&mut BufReader::new(file), &ptau::Keep::default(), &mut |_, _| {})
                    .with_context(|| format!("{text} cannot be used"))?;
                known::id(&powers.tau2)
            }
        }),
    };
    if trusted.is_some_and(|t| t != id) {
        bail!("the manifest was made with powers of tau {}, not with those that --srs names", hex(&id));
    }
    Ok(Srs { id: hex(&id), name, insecure, pinned: trusted.is_some() || name.is_some() })
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
