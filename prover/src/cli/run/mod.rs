//! `assay-prover run`: does jobs and signs what was done.

mod screen;
mod several;

use super::{BackendArg, ModelArg, Ready};
use crate::backend::BackendError;
use crate::commitments::powers::{self, Source};
use crate::meter::Meter;
use crate::session::{Events, Settled, generate_all, seal_measured};
use crate::trace::recorder::TraceRecorder;
use anyhow::{Context, Result, ensure};
use assay_model::domain::Digest;
use assay_model::manifest::Manifest;
use assay_verifier::cli::options::{JobOptions, unix_now};
use assay_verifier::cli::{Report, files, hex, key, manifests};
use assay_verifier::sign::RigKey;
use assay_verifier::{Job, Receipt};
use screen::Screen;
use serde_json::{Value, json};
use several::Several;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    backend: BackendArg,
    /// The manifest that the model must have; looked for beside job and model if the job names another than the weights'.
    /// Its commitments are checked against the weights.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The powers of tau that the manifest was made with; looked for beside it if not given.
    #[arg(long, value_name = "FILE")]
    srs: Option<Source>,
    /// The job to do; without it, a job issued to oneself from the prompt options. May be given several times.
    #[arg(long, value_name = "FILE", conflicts_with = "prompt_source")]
    job: Vec<PathBuf>,
    /// Jobs to have in the making at most, if there are several.
    #[arg(long, value_name = "N", default_value = "16")]
    batch: NonZeroUsize,
    #[command(flatten)]
    options: JobOptions,
    /// The rig's key; made if it is not there.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Generate text only: no trace, no receipt.
    #[arg(long)]
    no_trace: bool,
    /// Folder for job.job, job.receipt and job.output; of several jobs, for a folder of each, named as its file.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// A job, the file of its manifest if that is not made from the weights, and where its results go.
struct Task {
    job: Job,
    manifest: Option<PathBuf>,
    out: PathBuf,
}

/// What all jobs of a command share.
struct Desk<'a> {
    opened: &'a Ready,
    key: &'a RigKey,
    started: Instant,
    meter: Meter,
}

/// Runs the command. With `json`, nothing but the report goes to standard output.
///
/// # Errors
/// Unusable input, a backend that fails, or a file that cannot be read or written.
pub fn run(args: &Args, json: bool) -> Result<Report> {
    let started = Instant::now();
    args.backend.check()?;
    let opened = args.model.open()?;
    let tasks = tasks(args, &opened)?;
    for task in &tasks {
        prepare(&task.out)?;
    }
    let key = key::load_or_create(&args.key.clone().map_or_else(key::default_path, Ok)?)?;
    let desk = Desk { opened: &opened, key: &key, started, meter: Meter::start() };
    match tasks.as_slice() {
        [task] => one(args, &desk, task, json),
        tasks => several(args, &desk, tasks, json),
    }
}

fn one(args: &Args, desk: &Desk<'_>, task: &Task, json: bool) -> Result<Report> {
    let mut screen = Screen::new(&desk.opened.tokenizer, json, desk.started, task.job.prompt.len());
    let done = compute(args, desk, std::slice::from_ref(task), &mut screen)?;
    let (text, first_token) = screen.finish();
    let (mut tokens, recorders) = done.context("the job was not finished, nothing was written")?;
    let recorder = recorders.first().and_then(Option::as_ref);
    let (words, value) = report(desk, task, text, first_token, tokens.swap_remove(0), recorder)?;
    Ok(Report::done(words, value))
}

fn several(args: &Args, desk: &Desk<'_>, tasks: &[Task], json: bool) -> Result<Report> {
    let mut several = Several::new(desk, tasks, json);
    let done = compute(args, desk, tasks, &mut several)?;
    let written = several.done();
    let (tokens, _) =
        done.with_context(|| format!("only {written} of {} jobs were finished, do the others again", tasks.len()))?;
    let reports = several.finish()?;
    let seconds = desk.started.elapsed().as_secs_f64();
    let count: usize = tokens.iter().map(Vec::len).sum();
    let words = format!("{} jobs, {count} tokens in {seconds:.2} s", reports.len());
    Ok(Report::done(words, json!({ "jobs": reports, "seconds": seconds })))
}

type Computed<'a> = (Vec<Vec<u32>>, Vec<Option<TraceRecorder<'a>>>);

/// Does the work; the inner result is that of the engine.
fn compute<'a>(
    args: &Args,
    desk: &Desk<'a>,
    tasks: &[Task],
    events: &mut dyn Events,
) -> Result<Result<Computed<'a>, BackendError>> {
    let config = &desk.opened.model.config;
    let recorder = |task: &Task| (!args.no_trace).then(|| TraceRecorder::new(config, &task.job, None));
    let mut recorders: Vec<_> = tasks.iter().map(recorder).collect();
    let mut compute = desk.opened.backend(&args.backend)?;
    let jobs: Vec<&Job> = tasks.iter().map(|t| &t.job).collect();
    let tokens = generate_all(compute.supply(), args.batch, &jobs, &mut recorders, events);
    Ok(tokens.map(|tokens| (tokens, recorders)))
}

/// What there is to say of a finished job. If it was traced, its files are written first.
fn report(
    desk: &Desk<'_>,
    task: &Task,
    text: String,
    first_token: f64,
    tokens: Vec<u32>,
    recorder: Option<&TraceRecorder<'_>>,
) -> Result<(String, Value)> {
    let Task { job, manifest, out } = task;
    let seconds = desk.started.elapsed().as_secs_f64();
    let mut words = format!("{} tokens in {seconds:.2} s, the first after {first_token:.2} s", tokens.len());
    let mut report = json!({
        "text": text,
        "tokens": tokens,
        "prompt_tokens": job.prompt.len(),
        "seconds": seconds,
        "cpu_seconds": desk.meter.stop().cpu,
        "seconds_to_first_token": first_token,
        "job": hex(&job.digest()),
    });
    if let Some(recorder) = recorder {
        let (output, receipt, settled) = seal_measured(job, tokens, recorder, desk.key);
        let files = [("job.job", job.encode()), ("job.output", output.encode()), ("job.receipt", receipt.encode())]
            .map(|(name, bytes)| (out.join(name), bytes));
        files::write_all(&files.each_ref().map(|(path, bytes)| (path.as_path(), bytes.as_slice())))?;
        if let Some(path) = manifest {
            keep_beside(path, out);
        }
        describe(&receipt, out, &mut report, &mut words);
        if let Some(Settled { leaves, spent }) = settled {
            words.push_str(&format!("\nsettlement root over {leaves} leaves in {:.3} s", spent.wall));
            report["settlement"] = json!({
                "root": hex(&receipt.settlement_root), "leaves": leaves, "seconds": spent.wall, "cpu_seconds": spent.cpu,
            });
        }
    }
    Ok((words, report))
}

fn describe(receipt: &Receipt, out: &Path, report: &mut Value, words: &mut String) {
    let (id, rig) = (hex(&receipt.id()), format!("0x{}", hex(&receipt.rig)));
    words.push_str(&format!(
        "\nreceipt {id}\nsigned by rig {rig}\njob, output and receipt written to {}",
        out.display()
    ));
    report["receipt"] = id.into();
    report["rig"] = rig.into();
    report["out"] = json!(out);
}

/// The jobs to do, each checked.
fn tasks(args: &Args, opened: &Ready) -> Result<Vec<Task>> {
    if args.job.is_empty() {
        let (manifest, path) = own_manifest(args, opened)?;
        opened.committed(&manifest, path.as_deref(), args.srs.as_ref(), true)?;
        let job = args.options.job(manifest.id(), &opened.model.config, &opened.tokenizer)?;
        return Ok(vec![Task { job, manifest: path, out: args.out.clone() }]);
    }
    let folders = match args.job.len() {
        1 => vec![args.out.clone()],
        _ => several::folders(&args.job, &args.out)?,
    };
    let mut checked = BTreeSet::new();
    args.job.iter().zip(folders).map(|(path, out)| task(args, opened, path, out, &mut checked)).collect()
}

/// The job at `path`. Commitments are compared with the weights once for each manifest.
fn task(args: &Args, opened: &Ready, path: &Path, out: PathBuf, checked: &mut BTreeSet<Digest>) -> Result<Task> {
    let job = read_job(path, opened)?;
    let near = [path, &args.model.model];
    let (manifest, found) = manifests::find(&job.manifest, &opened.manifest, args.manifest.as_deref(), &near)?;
    if checked.insert(job.manifest) {
        opened.committed(&manifest, found.as_deref(), args.srs.as_ref(), true)?;
    }
    Ok(Task { job, manifest: found, out })
}

/// The manifest of a job issued to oneself, and where it stands: the one named, or the weights' own.
fn own_manifest(args: &Args, opened: &Ready) -> Result<(Manifest, Option<PathBuf>)> {
    let Some(path) = &args.manifest else { return Ok((opened.manifest.clone(), None)) };
    let manifest = manifests::read(path)?;
    manifests::same_weights(&manifest, &opened.manifest, path)?;
    Ok((manifest, Some(path.clone())))
}

/// Puts manifest and powers beside the receipt, where `prove` and clients look for them; as links where that is possible.
/// They can be named by hand, so a failure is none.
fn keep_beside(manifest: &Path, out: &Path) {
    for extension in [manifests::EXTENSION, powers::EXTENSION] {
        let (from, to) = (manifest.with_extension(extension), out.join("job").with_extension(extension));
        let from = if extension == manifests::EXTENSION { manifest } else { &from };
        if from.exists() && std::fs::canonicalize(from).ok() != std::fs::canonicalize(&to).ok() {
            let _ = std::fs::remove_file(&to);
            if std::fs::hard_link(from, &to).or_else(|_| std::fs::copy(from, &to).map(|_| ())).is_err() {
                // Half a copy, where the disk is full.
                let _ = std::fs::remove_file(&to);
            }
        }
    }
}

fn read_job(path: &Path, opened: &Ready) -> Result<Job> {
    let shown = path.display();
    let job = Job::decode(&files::read(path)?).with_context(|| format!("{shown} cannot be used"))?;
    ensure!(
        job.fits(&opened.model.config),
        "{shown} cannot be done: {} prompt tokens and {} to generate do not fit a context of {}, or tokens are outside the vocabulary",
        job.prompt.len(),
        job.max_tokens,
        opened.model.config.context
    );
    ensure!(unix_now() < job.expires, "{shown} expired at {}: no receipt for it would be accepted", job.expires);
    Ok(job)
}

/// Makes the output folder and sees that it can be written to, before any work is done.
fn prepare(out: &Path) -> Result<()> {
    std::fs::create_dir_all(out)
        .with_context(|| format!("cannot make {}; name a folder that is there or can be made", out.display()))?;
    files::can_write(&out.join("job.receipt")).with_context(|| format!("{} cannot hold the results", out.display()))
}
