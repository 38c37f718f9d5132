//! `assay-verifier challenge`: asks a rig to open drawn parts of its trace.

use super::options::random;
use super::{Report, files, hex, parse_hex};
use crate::challenge::{Challenge, FULL_DENSITY, Policy};
use crate::receipt::Receipt;
use anyhow::{Context, Result, ensure};
use assay_model::sampling::parse_q16;
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The receipt to ask about.
    #[arg(long, value_name = "FILE")]
    receipt: PathBuf,
    /// Positions to draw, by work; every unit of them unless --density is given.
    #[arg(long, value_name = "K", conflicts_with = "units")]
    positions: Option<u32>,
    /// Chance of each unit of a drawn position, above 0 and up to 1.
    #[arg(long, value_name = "A", conflicts_with = "units")]
    density: Option<String>,
    /// Single units to draw instead of positions.
    #[arg(long, value_name = "K")]
    units: Option<u32>,
    /// Seed as 32 bytes of hexadecimal; fresh randomness if not given. Never use one twice, or one the rig could know.
    #[arg(long, value_name = "HEX", value_parser = parse_hex::<32>)]
    seed: Option<[u8; 32]>,
    /// Where to write the challenge.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Unusable input, or a file that cannot be read or written.
pub fn run(args: &Args) -> Result<Report> {
    let receipt = Receipt::decode(&files::read(&args.receipt)?)
        .with_context(|| format!("{} cannot be used", args.receipt.display()))?;
    let policy = match args.units {
        Some(count) => Policy::Units { count },
        None => Policy::Columns { count: args.positions.unwrap_or(1), density: density(args.density.as_deref())? },
    };
    ensure!(policy.is_valid(), "--positions and --units take 1 to 65536");
    let challenge = Challenge { receipt: receipt.id(), seed: args.seed.map_or_else(random, Ok)?, policy };
    files::write(&args.out, &challenge.encode())?;
    let what = match policy {
        Policy::Columns { count, density: FULL_DENSITY } => format!("{count} position(s), every unit of them"),
        Policy::Columns { count, density } => {
            format!("{count} position(s), each unit with chance {:.4}", f64::from(density) / f64::from(FULL_DENSITY))
        }
        Policy::Units { count } => format!("{count} unit(s)"),
    };
    let digest = hex(&challenge.digest());
    let text = format!("challenge {digest}\nasks for {what}\nwritten to {}", args.out.display());
    Ok(Report::done(
        text,
        json!({ "challenge": digest, "receipt": hex(&challenge.receipt), "asks": what, "out": args.out }),
    ))
}

/// A density in units of 2^-16, from a decimal number or a fraction; full if none is given.
///
/// # Errors
/// Text that is neither, or a value outside (0, 1].
pub fn density(text: Option<&str>) -> Result<u32> {
    let Some(text) = text else { return Ok(FULL_DENSITY) };
    let value = match text.split_once('/') {
        Some((a, b)) => {
            let (a, b): (u64, u64) = (a.parse()?, b.parse()?);
            u64::from(FULL_DENSITY).checked_mul(a).and_then(|v| v.checked_div(b)).and_then(|v| u32::try_from(v).ok())
        }
        None => parse_q16(text).ok(),
    };
    value
        .filter(|v| (1..=FULL_DENSITY).contains(v))
        .with_context(|| format!("--density {text}: give a number above 0 and up to 1, such as 0.25 or 1/16"))
}
