//! `assay-prover bench`: what this machine does with a model, and what the trace costs.

mod measure;

use super::backend::Compute;
use super::{BackendArg, ModelArg};
use crate::meter::{Meter, Spent, peak_memory};
use anyhow::{Result, ensure};
use assay_model::config::Config;
use assay_verifier::cli::Report;
use measure::{best, decode, decode_together, job, prefill};
use serde_json::{Map, Value, json};
use std::num::NonZeroU32;

/// Sequences that are decoded together on cards, unless told otherwise.
const BATCH: u32 = 16;

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
    /// Sequences to decode together besides one alone; 16 on graphics cards if not given.
    #[arg(long, value_name = "N")]
    batch: Option<NonZeroU32>,
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
    let on_cards = compute.name() == "gpu";
    let engine = compute.supply().engine();
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
    let mut rates = vec![
        ("prefill".to_owned(), n, prefill_bare),
        ("prefill, traced".to_owned(), n, prefill_traced),
        ("decode".to_owned(), half, bare),
        ("decode, traced".to_owned(), half, traced),
    ];
    if let Some(batch) = args.batch.map(NonZeroU32::get).or(on_cards.then_some(BATCH)) {
        let (bare, traced) = decode_together(engine, config, &job, batch)?;
        let tokens = half * f64::from(batch);
        rates.push((format!("decode, batch {batch}"), tokens, bare));
        rates.push((format!("decode, batch {batch}, traced"), tokens, traced));
    }
    let mut text = format!("load {:.2} s, {} threads\n", load.wall, opened.threads());
    let mut rows = Map::new();
    for (name, tokens, spent) in rates {
        text.push_str(&format!(
            "{name:<24} {:>8.1} tokens/s {:>8.1} per CPU-second\n",
            tokens / spent.wall,
            tokens / spent.cpu
        ));
        rows.insert(name.replace(", ", "_").replace(' ', "_"), rate(tokens, spent));
    }
    let memory = peak_memory();
    text.push_str(&format!(
        "trace takes {:.2} % of decode time; peak memory {:.1} MB",
        100.0 * overhead,
        memory as f64 / 1e6
    ));
    let mut report = json!({
        "backend": compute.name(), "tier": opened.tier(), "threads": opened.threads(), "context": args.context, "load_seconds": load.wall,
        "rates": rows, "trace_share_of_decode": overhead, "peak_memory_bytes": memory,
    });
    add_cards(&mut compute, config, (bare, traced), &mut text, &mut report)?;
    Ok(Report::done(text, report))
}

/// What only cards have: names, wall time that the trace takes, bytes read back, memory.
#[cfg(feature = "gpu")]
fn add_cards(
    compute: &mut Compute,
    config: &Config,
    (bare, traced): (Spent, Spent),
    text: &mut String,
    report: &mut Value,
) -> Result<()> {
    let Compute::Cards(rig) = compute else { return Ok(()) };
    measure::one_token(crate::backend::supply::Supply::engine(&mut **rig), config)?;
    let Some(engine) = rig.engine_of_cards() else { return Ok(()) };
    let (traffic, memory) = (engine.fleet().read_back(), engine.fleet().memory());
    let overhead = (traced.wall - bare.wall) / bare.wall;
    text.push_str(&format!(
        "\ntrace takes {:.2} % of decode time by the wall; read back per token {} bytes in {} transfers; memory of cards {:.1} MB",
        100.0 * overhead,
        traffic.bytes,
        traffic.transfers,
        memory as f64 / 1e6
    ));
    let mut cards = Vec::new();
    for (name, software) in rig.cards() {
        text.push_str(&format!("\n{name}{}", if software { ", software adapter" } else { "" }));
        cards.push(json!({ "name": name, "software": software }));
    }
    report["cards"] = cards.into();
    report["trace_share_of_decode_wall"] = overhead.into();
    report["read_back_bytes_per_token"] = traffic.bytes.into();
    report["read_back_transfers_per_token"] = traffic.transfers.into();
    report["card_memory_bytes"] = memory.into();
    Ok(())
}

#[cfg(not(feature = "gpu"))]
#[allow(clippy::unnecessary_wraps, reason = "as with cards")]
const fn add_cards(_: &mut Compute, _: &Config, _: (Spent, Spent), _: &mut String, _: &mut Value) -> Result<()> {
    Ok(())
}

fn rate(tokens: f64, spent: Spent) -> Value {
    json!({
        "tokens": tokens, "wall_seconds": spent.wall, "cpu_seconds": spent.cpu,
        "tokens_per_second": tokens / spent.wall, "tokens_per_cpu_second": tokens / spent.cpu,
    })
}
