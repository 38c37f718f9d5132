//! `assay-prover run`: does a job and signs what was done.

use super::{ModelArg, Ready};
use crate::key;
use crate::session::{Event, generate, seal};
use crate::trace::recorder::TraceRecorder;
use anyhow::{Context, Result, bail, ensure};
use assay_model::manifest::Manifest;
use assay_model::text::{TokenStream, Tokenizer};
use assay_verifier::cli::options::{JobOptions, unix_now};
use assay_verifier::cli::progress::Progress;
use assay_verifier::cli::{Report, files, hex};
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
    /// The manifest that the model must have.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
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
    check_manifest(args.manifest.as_deref(), &opened)?;
    let job = job(args, &opened)?;
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

fn check_manifest(path: Option<&Path>, opened: &Ready) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let shown = path.display();
    let manifest = Manifest::decode(&files::read(path)?).with_context(|| format!("{shown} cannot be used"))?;
    let (want, have) = (hex(&manifest.id()), hex(&opened.manifest.id()));
    ensure!(
        want == have,
        "{shown} describes model {want}, but these weights are model {have}: use the weights it was made from"
    );
    Ok(())
}

fn job(args: &Args, opened: &Ready) -> Result<Job> {
    let id = opened.manifest.id();
    let Some(path) = &args.job else {
        return args.options.job(id, &opened.model.config, &opened.tokenizer);
    };
    let shown = path.display();
    let job = Job::decode(&files::read(path)?).with_context(|| format!("{shown} cannot be used"))?;
    if job.manifest != id {
        bail!("{shown} asks for model {}, but these weights are model {}", hex(&job.manifest), hex(&id));
    }
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
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let probe = out.join(".assay-probe");
    files::write(&probe, b"assay").with_context(|| format!("{} cannot hold the results", out.display()))?;
    std::fs::remove_file(&probe).with_context(|| format!("{} cannot hold the results", out.display()))
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
