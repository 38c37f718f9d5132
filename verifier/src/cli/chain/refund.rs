//! `assay-verifier refund`: gives the client its money back once a deadline has passed, by the call that the job's state allows.

use super::super::{Report, key};
use super::{Case, Sender, ended, forfeit, not_now};
use crate::chain::abi::Escrow::{State, expireCall, refundCall};
use crate::chain::journal::Journal;
use alloy::primitives::U256;
use anyhow::Result;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The terms.
    #[arg(long, value_name = "FILE")]
    terms: PathBuf,
    /// Anyone's key will do: the money goes to the client.
    #[command(flatten)]
    sender: Sender,
}

/// Runs the command.
///
/// # Errors
/// Unusable terms, no key, or a chain that gives no answer.
pub fn run(args: &Args) -> Result<Report> {
    ended(refund(args))
}

fn refund(args: &Args) -> Result<Report> {
    let journal = Journal::beside(&args.terms, "refund");
    let (mut case, resumed) = Case::resume(&args.terms, &args.sender, &journal)?;
    let key = key::load(&args.sender.key)?;
    let t = case.file.terms.clone();
    let by_rig = key.address() == t.rig;
    let (limits, none) = (args.sender.limits(), U256::ZERO);
    let sent = match case.kept.state {
        State::None => return Err(not_now("the job is not open: there is nothing to give back")),
        State::Open if case.now < t.commit_by && !by_rig => {
            return Err(not_now(format!("the rig may commit until {}: not before then", t.commit_by)));
        }
        State::Committed if goes_on(&case) => return Err(not_now(waits(&case)?)),
        State::Committed if case.contest.as_ref().is_some_and(|c| c.seed.is_some()) => {
            let sent = forfeit::condemn(&mut case, &key, &journal, &args.sender)?;
            return Ok(case.report(&forfeit::said(&case), Some(sent)));
        }
        State::Committed if case.contest.is_none() && case.now < t.acknowledge_by => {
            return Err(not_now(format!("the rig has committed; not before {}", t.acknowledge_by)));
        }
        State::Open => case.chain.send(&refundCall { terms: (&t).into() }, none, &key, &journal, &limits)?,
        State::Committed => case.chain.send(&expireCall { terms: (&t).into() }, none, &key, &journal, &limits)?,
        _ => {
            return Ok(case.done_before("the job has ended", resumed));
        }
    };
    case.refresh()?;
    Ok(case.report("the client was credited all that it paid in: `withdraw` fetches it", Some(sent)))
}

/// Whether the rig of a committed job that is paid on proofs has time left.
fn goes_on(case: &Case) -> bool {
    case.contest.as_ref().is_some_and(|c| case.now < if c.seed.is_some() { c.prove_by } else { c.seed_by })
}

/// What a committed job that is paid on proofs waits for.
fn waits(case: &Case) -> Result<String> {
    let contest = case.contested()?;
    Ok(match (&contest.seed, &contest.deciding) {
        (Some(_), _) => format!("the rig can prove until {}: not before then", contest.prove_by),
        (None, Some(deciding)) if deciding.known => {
            "the draws can be known and are not: `seed` first, so that the rig must prove".to_owned()
        }
        _ => format!(
            "the beacon does not have the round that decides the draws: not before {}, unless it comes",
            contest.seed_by
        ),
    })
}
