//! `assay-verifier forfeit`: takes the stake of a rig that did not prove in time.

use super::super::{Report, key};
use super::{Case, Sender, ended, not_now};
use crate::chain::Sent;
use crate::chain::abi::Escrow::{State, forfeitCall};
use crate::chain::amount;
use crate::chain::journal::Journal;
use crate::sign::RigKey;
use alloy::primitives::U256;
use anyhow::Result;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The terms.
    #[arg(long, value_name = "FILE")]
    terms: PathBuf,
    /// Anyone's key will do: half of the stake goes to the client, half is burned.
    #[command(flatten)]
    sender: Sender,
}

/// Runs the command.
///
/// # Errors
/// Unusable terms, no key, or a chain that gives no answer.
pub fn run(args: &Args) -> Result<Report> {
    ended(forfeit(args))
}

fn forfeit(args: &Args) -> Result<Report> {
    let journal = Journal::beside(&args.terms, "forfeit");
    let (mut case, resumed) = Case::resume(&args.terms, &args.sender, &journal)?;
    let key = key::load(&args.sender.key)?;
    case.contested()?;
    match case.kept.state {
        State::None | State::Open => return Err(not_now("the rig has not committed: there is nothing to forfeit")),
        State::Committed => {}
        _ => return Ok(case.done_before("the job has ended", resumed)),
    }
    let sent = condemn(&mut case, &key, &journal, &args.sender)?;
    Ok(case.report(&said(&case), Some(sent)))
}

/// What a forfeit did.
pub fn said(case: &Case) -> String {
    format!(
        "the rig did not prove in time and lost its stake of {}; the client was credited all that it paid in, and half of that: `withdraw` fetches it",
        amount::number(&case.file.terms.stake)
    )
}

/// Ends a committed job whose rig did not prove.
///
/// # Errors
/// The draws are not known, or the rig has time left.
pub fn condemn(case: &mut Case, key: &RigKey, journal: &Journal, sender: &Sender) -> Result<Sent> {
    let contest = case.contested()?;
    if contest.seed.is_none() {
        return Err(not_now(format!(
            "the draws are not known, so the rig could not prove: `seed` first; if they are not known at {} either, `refund`",
            contest.seed_by
        )));
    }
    if case.now < contest.prove_by {
        return Err(not_now(format!("the rig can prove until {}: not before then", contest.prove_by)));
    }
    let call = forfeitCall { terms: (&case.file.terms).into() };
    let sent = case.chain.send(&call, U256::ZERO, key, journal, &sender.limits())?;
    case.refresh()?;
    Ok(sent)
}
