//! `assay-prover bench`: what this machine does with a model, and what the trace costs.

use super::{BackendArg, ModelArg};
use crate::backend::single::Single;
use crate::backend::{Backend, BackendError, Engine, Recorder};
use crate::meter::{Meter, Spent, peak_memory};
use crate::session::{PREFILL_BATCH, sampler};
use crate::trace::recorder::TraceRecorder;
use anyhow::{Result, ensure};
use assay_model::config::Config;
use assay_model::sampling::Sampling;
use assay_verifier::Job;
use assay_verifier::cli::Report;
use assay_verifier::job::Settlement;
use serde_json::{Value, json};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    model: ModelArg,
    #[command(flatten)]
    backend: BackendArg,
    /// Positions to prefill; decoding goes on from there.
    #[arg(long, value_name = "N", default_value_t = 512)]
    context: u32,
    /// Tokens to decode, half of them with the trace.
    #[arg(long, value_name = "N", default_value_t = 128)]
    decode: u32,
    /// Times that the prefill is measured; the fastest counts.
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: u32,
}

/// Runs the command.
///
/// # Errors
/// A model that cannot be used, or more positions than it has.
pub fn run(args: &Args) -> Result<Report> {
    args.backend.check()?;
    let meter = Meter::start();
    let opened = args.model.open()?;
    let mut compute = opened.backend(&args.backend)?;
    let load = meter.stop();
    let engine = &mut *compute.engine;
    let config = &opened.model.config;
    ensure!(
        args.context >= 1 && args.decode >= 2 && args.rounds >= 1 && args.context + args.decode <= config.context,
        "--context and --decode must be at least 1 and 2, and together at most the model's context of {}",
        config.context
    );
    let job = job(config, args.context, args.decode);
    let prefill_bare = best(args.rounds, || prefill(engine, config, &job, false))?;
    let prefill_traced = best(args.rounds, || prefill(engine, config, &job, true))?;
    let (bare, traced) = decode(engine, config, &job)?;
    let overhead = (traced.cpu - bare.cpu) / bare.cpu;
    let (n, half) = (f64::from(args.context), f64::from(args.decode / 2));
    let rates = [
        ("prefill", n, prefill_bare),
        ("prefill, traced", n, prefill_traced),
        ("decode", half, bare),
        ("decode, traced", half, traced),
    ];
    let mut text = format!("load {:.2} s, {} threads\n", load.wall, opened.threads());
    let mut rows = serde_json::Map::new();
    for (name, tokens, spent) in rates {
        text.push_str(&format!(
            "{name:<16} {:>8.1} tokens/s {:>8.1} per CPU-second\n",
            tokens / spent.wall,
            tokens / spent.cpu
        ));
        rows.insert(name.replace(", ", "_"), rate(tokens, spent));
    }
    let memory = peak_memory();
    text.push_str(&format!(
        "trace takes {:.2} % of decode time; peak memory {:.1} MB",
        100.0 * overhead,
        memory as f64 / 1e6
    ));
    Ok(Report::done(
        text,
        json!({
            "backend": compute.name, "tier": opened.tier(), "threads": opened.threads(), "context": args.context, "load_seconds": load.wall,
            "rates": rows, "trace_share_of_decode": overhead, "peak_memory_bytes": memory,
        }),
    ))
}

fn rate(tokens: f64, spent: Spent) -> Value {
    json!({
        "tokens": tokens, "wall_seconds": spent.wall, "cpu_seconds": spent.cpu,
        "tokens_per_second": tokens / spent.wall, "tokens_per_cpu_second": tokens / spent.cpu,
    })
}

/// A job over arbitrary tokens that never stops early.
fn job(config: &Config, prompt: u32, tokens: u32) -> Job {
    Job {
        manifest: [0; 32],
        settlement: Settlement::default(),
        prompt: (0..prompt).map(|i| i.wrapping_mul(7919) % config.vocab).collect(),
        sampling: Sampling::Greedy,
        seed: [0; 32],
        max_tokens: tokens,
        stop: Vec::new(),
        nonce: [0; 32],
        secret: [0; 32],
        expires: u64::MAX,
        previous: [0; 32],
    }
}

fn best(rounds: u32, mut measure: impl FnMut() -> Result<Spent>) -> Result<Spent> {
    let mut best = measure()?;
    for _ in 1..rounds {
        let spent = measure()?;
        if spent.cpu < best.cpu {
            best = spent;
        }
    }
    Ok(best)
}

fn prefill(engine: &mut dyn Engine, config: &Config, job: &Job, traced: bool) -> Result<Spent> {
    let mut recorder = TraceRecorder::new(config, job, None);
    let mut backend = Single::open(engine, job.positions(job.max_tokens))?;
    let meter = Meter::start();
    feed(&mut backend, job, traced.then_some(&mut recorder))?;
    Ok(meter.stop())
}

fn feed(
    backend: &mut dyn Backend,
    job: &Job,
    mut recorder: Option<&mut TraceRecorder<'_>>,
) -> Result<Option<u32>, BackendError> {
    let mut next = None;
    for batch in job.prompt.chunks(PREFILL_BATCH) {
        let recorder = recorder.as_mut().map(|r| &mut **r as &mut dyn Recorder);
        next = backend.extend(batch, &sampler(job), recorder)?;
    }
    Ok(next)
}

/// Decodes with and without the trace in turn, so that both meet the same context and the same neighbours.
fn decode(engine: &mut dyn Engine, config: &Config, job: &Job) -> Result<(Spent, Spent)> {
    let mut backend = Single::open(engine, job.positions(job.max_tokens + 1))?;
    let mut next = feed(&mut backend, job, None)?.unwrap_or(0);
    let mut recorder = TraceRecorder::new(config, job, None);
    let (mut bare, mut traced) = (Spent::default(), Spent::default());
    for i in 0..job.max_tokens {
        let meter = Meter::start();
        let (into, token) = if i % 2 == 0 {
            (&mut bare, backend.extend(&[next], &sampler(job), None)?)
        } else {
            (&mut traced, backend.extend(&[next], &sampler(job), Some(&mut recorder))?)
        };
        *into += meter.stop();
        next = token.unwrap_or(0);
    }
    Ok((bare, traced))
}
