//! `assay-verifier open`: pays for a job.

use super::super::{Report, hex};
use super::{Agreed, Case, Sender, ended, not_now, read_job};
use crate::chain::abi::Escrow::{State, openCall};
use crate::chain::amount;
use crate::chain::journal::Journal;
use alloy::primitives::U256;
use anyhow::{Context, Result};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    agreed: Agreed,
    #[command(flatten)]
    sender: Sender,
}

/// Runs the command.
///
/// # Errors
/// Terms of another job, another party's key, or a chain that gives no answer.
pub fn run(args: &Args) -> Result<Report> {
    ended(open(args))
}

fn open(args: &Args) -> Result<Report> {
    let job = read_job(&args.agreed.job)?;
    let journal = Journal::beside(&args.agreed.terms, "open");
    let (mut case, resumed) = Case::resume(&args.agreed.terms, &args.sender, &journal)?;
    case.file.require_job(&job)?;
    let key = args.sender.key_of(&case.file.terms.client, "client")?;
    if case.kept.state != State::None {
        return Ok(case.done_before("the job was opened before", resumed));
    }
    case.require_native()?;
    let t = &case.file.terms;
    if case.now >= t.commit_by {
        return Err(not_now(format!("the rig's deadline {} has passed: write new terms", t.commit_by)));
    }
    if case.file.is_contested() {
        case.chain.require_beacon()?;
        case.chain.require_verifier(t.verifier)?;
    }
    let escrow = case.file.escrow().context("the price of all tokens has more than 96 bits")?;
    let (free, stake) = (case.chain.account(&t.rig)?.free.to::<u128>(), amount::number(&t.stake));
    let call = openCall { terms: t.into() };
    let sent = case.chain.send(&call, U256::from(escrow), &key, &journal, &args.sender.limits())?;
    case.refresh()?;
    let mut said = format!("paid in {escrow}; {}", lane(&case));
    if free < stake {
        said.push_str(&format!(
            "\nWARNING: rig 0x{} has {free} of free stake and needs {stake}: it cannot commit before it bonds more",
            hex(&case.file.terms.rig)
        ));
    }
    Ok(case.report(&said, Some(sent)))
}

/// What can end the job, in words.
fn lane(case: &Case) -> String {
    match &case.contest {
        None => "the rig is paid if you acknowledge, and not otherwise".to_owned(),
        Some(contest) => format!(
            "contested lane: the rig is paid if you acknowledge, or if it proves {} drawn units, for which it has {} more",
            contest.draws(),
            amount::number(&case.file.terms.proof_fee)
        ),
    }
}
