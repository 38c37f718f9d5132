//! `assay-prover manifest`: writes the public description of a model, with commitments to its weights if powers of tau are
//! given.

use super::ModelArg;
use crate::commitments::partial::Partial;
use crate::commitments::powers::{self, EXTENSION, Source};
use crate::commitments::{check, commit, powers_needed, tile_count, widths};
use crate::cpu::platform::Tier;
use anyhow::{Context, Result};
use assay_circuits::srs::{development, known};
use assay_model::domain::Domain;
use assay_verifier::cli::progress::Progress;
use assay_verifier::cli::{Report, files, hex};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    model: ModelArg,
    /// Powers of tau to commit to the weights with, so that clients without weights can check proofs: a ceremony's .ptau
    /// file, or `insecure-development` (anyone can forge proofs made with that).
    #[arg(long, value_name = "FILE")]
    srs: Option<Source>,
    /// Where to write the manifest. With --srs, the powers that its proofs need are written beside it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// A model or powers that cannot be used, or a file that cannot be written.
pub fn run(args: &Args) -> Result<Report> {
    // Before minutes of work: there must be a place for what comes of it.
    files::can_write(&args.out)?;
    let opened = args.model.open()?;
    let Some(source) = &args.srs else {
        let bytes = opened.manifest.encode();
        files::write(&args.out, &bytes)?;
        let id = hex(&opened.manifest.id());
        let text = format!("model {id}\nmanifest of {} bytes written to {}", bytes.len(), args.out.display());
        return Ok(Report::done(text, json!({ "manifest": id, "bytes": bytes.len(), "out": args.out, "srs": null })));
    };
    let started = Instant::now();
    let (model, mut manifest) = (&opened.model, opened.manifest);
    let count = powers_needed(&model.config);
    let powers = source.read(count, &widths(&model.config))?;
    let srs = known::id(&powers.tau2);
    let insecure = powers.tau2 == development::tau2();
    let key = powers::encode(&powers.tau2, &powers.g1[..count]);
    let beside = args.out.with_extension(EXTENSION);
    if !insecure {
        files::write(&beside, &key)?;
    }
    let mut partial = Partial::open(&partial_path(&args.out), &Domain::Partial.hash(&[manifest.id(), srs].concat()));
    let resumed = partial.len();
    let total = tile_count(model);
    let progress = Mutex::new(Progress::new("committing to tiles", total));
    let tell = |done| {
        if let Ok(mut progress) = progress.lock() {
            progress.at(done);
        }
    };
    let commitments = commit(model, &manifest, (&powers.g1, &powers.widths), &mut partial, &tell);
    drop(progress);
    manifest.commitments = Some(commitments);
    // A part that was kept may have been damaged or put there by someone else.
    if let Err(error) = check(Tier::detect(), model, &manifest, &srs, &powers.g1) {
        partial.remove();
        return Err(error).context(
            "the commitments that were kept from an interrupted run are wrong and were removed: run this again",
        );
    }
    let bytes = manifest.encode();
    let written = files::write(&args.out, &bytes);
    partial.remove();
    written?;
    let (id, seconds) = (hex(&manifest.id()), started.elapsed().as_secs_f64());
    let name = known::name(&srs);
    let warning = if insecure { "\nINSECURE powers of tau: anyone can forge proofs for this manifest" } else { "" };
    let text = format!(
        "model {id}\nmanifest of {} bytes with {total} commitments in {seconds:.1} s, written to {}\npowers of tau {} ({}){warning}",
        bytes.len(),
        args.out.display(),
        hex(&srs),
        name.unwrap_or("no known name"),
    );
    Ok(Report::done(
        text,
        json!({
            "manifest": id, "bytes": bytes.len(), "out": args.out, "tiles": total, "resumed_tensors": resumed,
            "srs": { "id": hex(&srs), "name": name, "insecure": insecure },
            "powers": (!insecure).then_some(beside), "seconds": seconds,
        }),
    ))
}

fn partial_path(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    out.with_file_name(name)
}
