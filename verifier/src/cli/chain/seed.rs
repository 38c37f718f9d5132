//! `assay-verifier seed`: fixes the draws of a job that is paid on proofs, once the beacon has their round.

use super::super::{Report, hex, key};
use super::{Case, Sender, duration, ended, not_now};
use crate::chain::Sent;
use crate::chain::abi::Escrow::{State, seedCall};
use crate::chain::journal::Journal;
use crate::sign::RigKey;
use alloy::primitives::U256;
use anyhow::{Result, bail};
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The terms.
    #[arg(long, value_name = "FILE")]
    terms: PathBuf,
    /// Anyone's key will do: the round is fixed by the commit, nobody chooses it.
    #[command(flatten)]
    sender: Sender,
}

/// Runs the command.
///
/// # Errors
/// Unusable terms, no key, or a chain that gives no answer.
pub fn run(args: &Args) -> Result<Report> {
    ended(seed(args))
}

fn seed(args: &Args) -> Result<Report> {
    let journal = Journal::beside(&args.terms, "seed");
    let (mut case, resumed) = Case::resume(&args.terms, &args.sender, &journal)?;
    let key = key::load(&args.sender.key)?;
    case.contested()?;
    match case.kept.state {
        State::None | State::Open => return Err(not_now("the rig has not committed: nothing can be drawn")),
        State::Committed => {}
        _ => return Ok(case.done_before("the job has ended", resumed)),
    }
    if case.contested()?.seed.is_some() {
        return Ok(with_seed(&case, case.done_before("the draws are known", resumed)));
    }
    let sent = plant(&mut case, &key, &journal, &args.sender)?;
    Ok(with_seed(&case, case.report("the draws are known", Some(sent))))
}

/// Fixes the draws of a committed job.
///
/// # Errors
/// The round is ahead, or the beacon does not have it.
pub fn plant(case: &mut Case, key: &RigKey, journal: &Journal, sender: &Sender) -> Result<Sent> {
    let contest = case.contested()?;
    let Some(deciding) = contest.deciding else { bail!("the job has no commit") };
    if case.now >= contest.seed_by {
        return Err(not_now(format!(
            "the draws could become known until {}: `refund` gives both sides back what they put in",
            contest.seed_by
        )));
    }
    if !deciding.known {
        return Err(not_now(match deciding.at.checked_sub(case.now) {
            Some(left) if left > 0 => {
                format!("the deciding round {} is at {}: {} from now", deciding.round, deciding.at, duration(left))
            }
            _ => format!(
                "the deciding round {} was at {}, and the escrow's beacon does not have it: anyone can bring it there",
                deciding.round, deciding.at
            ),
        }));
    }
    let call = seedCall { terms: (&case.file.terms).into() };
    let sent = case.chain.send(&call, U256::ZERO, key, journal, &sender.limits())?;
    case.refresh()?;
    Ok(sent)
}

fn with_seed(case: &Case, mut report: Report) -> Report {
    if let Some(seed) = case.contest.as_ref().and_then(|contest| contest.seed) {
        report.text.push_str(&format!("\nseed {}", hex(&seed)));
        report.json["seed"] = json!(hex(&seed));
    }
    report
}
