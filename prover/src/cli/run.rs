//! `assay-prover run`: does a job and signs what was done.

use super::{ModelArg, Ready};
use crate::commitments::powers::{self, Source};
use crate::key;
use crate::session::{Event, generate, seal};
use crate::trace::recorder::TraceRecorder;
use anyhow::{Context, Result, ensure};
use assay_model::manifest::Manifest;
use assay_model::text::{TokenStream, Tokenizer};
use assay_verifier::cli::options::{JobOptions, unix_now};
use assay_verifier::cli::progress::Progress;
use assay_verifier::cli::{Report, files, hex, manifests};
use assay_verifier::{Job, Receipt};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    model: ModelArg,
    /// The manifest that the model must have; looked for beside job and model if the job names another than the weights'.
    /// Its commitments are checked against the weights.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The powers of tau that the manifest was made with; looked for beside it if not given.
    #[arg(long, value_name = "FILE")]
    srs: Option<Source>,
    /// The job to do; without it, a job issued to oneself from the prompt options.
    #[arg(long, value_name = "FILE", conflicts_with = "prompt_source")]
    job: Option<PathBuf>,
    #[command(flatten)]
    options: JobOptions,
    /// The rig's key; made if it is not there.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Generate text only: no trace, no receipt.
    #[arg(long)]
    no_trace: bool,
    /// Folder for job.job, job.receipt and job.output.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command. With `json`, nothing but the report goes to standard output.
///
/// # Errors
/// Unusable input, or a file that cannot be read or written.
pub fn run(args: &Args, json: bool) -> Result<Report> {
    let started = Instant::now();
    let opened = args.model.open()?;
    let given = args.job.as_deref().map(|path| read_job(path, &opened)).transpose()?;
    let (manifest, manifest_path) = manifest(args, &opened, given.as_ref())?;
    opened.committed(&manifest, manifest_path.as_deref(), args.srs.as_ref(), true)?;
    let job = match given {
        Some(job) => job,
        None => args.options.job(manifest.id(), &opened.model.config, &opened.tokenizer)?,
    };
    prepare(&args.out)?;
    let key = key::load_or_create(&args.key.clone().map_or_else(key::default_path, Ok)?)?;
    let config = &opened.model.config;
    let mut recorder = (!args.no_trace).then(|| TraceRecorder::new(config, &job, None));
    let mut backend = opened.backend()?;
    let mut screen = Screen::new(&opened.tokenizer, json, started, job.prompt.len());
    let tokens = generate(&mut backend, &job, recorder.as_mut(), &mut |event| screen.event(event));
    let (text, first_token) = screen.finish();
    let seconds = started.elapsed().as_secs_f64();
    let mut report = json!({
        "text": text,
        "tokens": tokens,
        "prompt_tokens": job.prompt.len(),
        "seconds": seconds,
        "seconds_to_first_token": first_token,
        "job": hex(&job.digest()),
    });
    let mut words = format!("{} tokens in {seconds:.2} s, the first after {first_token:.2} s", tokens.len());
    if let Some(recorder) = &recorder {
        let (output, receipt) = seal(&job, tokens, recorder, &key);
        let files = [("job.job", job.encode()), ("job.output", output.encode()), ("job.receipt", receipt.encode())]
            .map(|(name, bytes)| (args.out.join(name), bytes));
        files::write_all(&files.each_ref().map(|(path, bytes)| (path.as_path(), bytes.as_slice())))?;
        if let Some(path) = &manifest_path {
            keep_beside(path, &args.out);
        }
        describe(&receipt, &args.out, &mut report, &mut words);
    }
    Ok(Report::done(words, report))
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

/// The manifest to work under, and where it stands: the one named, the one that the job names, or the weights' own.
fn manifest(args: &Args, opened: &Ready, job: Option<&Job>) -> Result<(Manifest, Option<PathBuf>)> {
    match (&args.manifest, job) {
        (Some(path), None) => {
            let manifest = manifests::read(path)?;
            manifests::same_weights(&manifest, &opened.manifest, path)?;
            Ok((manifest, Some(path.clone())))
        }
        (named, Some(job)) => {
            let near = [args.job.as_deref().unwrap_or(&args.model.model), &args.model.model];
            manifests::find(&job.manifest, &opened.manifest, named.as_deref(), &near)
        }
        (None, None) => Ok((opened.manifest.clone(), None)),
    }
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

/// Streams the text to standard output unless that is for JSON, and keeps it for the report.
struct Screen<'t> {
    prompt: Progress,
    stream: TokenStream<'t>,
    text: String,
    shown: bool,
    started: Instant,
    first_token: Option<f64>,
}

impl<'t> Screen<'t> {
    fn new(tokenizer: &'t Tokenizer, json: bool, started: Instant, prompt: usize) -> Self {
        Screen {
            prompt: Progress::new("reading the prompt", prompt as u64),
            stream: tokenizer.stream(),
            text: String::new(),
            shown: !json,
            started,
            first_token: None,
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Prompt(done) => self.prompt.at(done as u64),
            Event::Token(token) => self.token(token),
        }
    }

    fn token(&mut self, token: u32) {
        if self.first_token.is_none() {
            self.first_token = Some(self.started.elapsed().as_secs_f64());
            self.prompt.finish();
        }
        let piece = self.stream.push(token);
        self.show(&piece);
        self.text.push_str(&piece);
    }

    fn show(&self, piece: &str) {
        if self.shown {
            let mut out = std::io::stdout().lock();
            // A closed terminal must not end a job that will be paid.
            let _ = out.write_all(piece.as_bytes()).and_then(|()| out.flush());
        }
    }

    fn finish(mut self) -> (String, f64) {
        let stream = std::mem::take(&mut self.text);
        let rest = self.stream.finish();
        let text = stream + &rest;
        if self.shown {
            let _ = writeln!(std::io::stdout(), "{rest}\n");
        }
        (text, self.first_token.unwrap_or(0.0))
    }
}
