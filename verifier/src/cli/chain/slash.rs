//! `assay-verifier slash`: shows two receipts that a rig signed for one job.

use super::super::{Report, key};
use super::{Case, Sender, ended, not_now, read_receipt};
use crate::chain::abi::Escrow::slashCall;
use crate::chain::amount;
use crate::chain::journal::Journal;
use crate::sign::receipt_hash;
use alloy::primitives::{Bytes, U256};
use anyhow::{Result, ensure};
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The terms.
    #[arg(long, value_name = "FILE")]
    terms: PathBuf,
    /// Two receipts of the rig for this job that differ; given twice.
    #[arg(long, value_name = "FILE", num_args = 1, required = true)]
    receipt: Vec<PathBuf>,
    #[command(flatten)]
    sender: Sender,
}

/// Runs the command.
///
/// # Errors
/// Receipts that show nothing, no key, or a chain that gives no answer.
pub fn run(args: &Args) -> Result<Report> {
    ended(slash(args))
}

fn slash(args: &Args) -> Result<Report> {
    let journal = Journal::beside(&args.terms, "slash");
    let (mut case, resumed) = Case::resume(&args.terms, &args.sender, &journal)?;
    let key = key::load(&args.sender.key)?;
    ensure!(args.receipt.len() == 2, "name two receipts: --receipt FILE --receipt FILE");
    let receipts = args.receipt.iter().map(|path| read_receipt(path, &case.file)).collect::<Result<Vec<_>>>()?;
    let [first, second] = receipts.as_slice() else { return Err(not_now("two receipts are needed")) };
    ensure!(receipt_hash(first) != receipt_hash(second), "both receipts say the same: nothing is shown by them");
    let t = &case.file.terms;
    if case.kept.committedAt == 0 {
        return Err(not_now("the rig has not committed under these terms: nothing of its stake is at risk for them"));
    }
    if case.kept.slashed.to::<u128>() >= amount::number(&t.stake) {
        return Ok(case.done_before("all of the job's stake was taken before", resumed));
    }
    let signed = |r: &crate::Receipt| Bytes::copy_from_slice(&r.signature);
    let call = slashCall {
        terms: t.into(),
        first: first.into(),
        firstSignature: signed(first),
        second: second.into(),
        secondSignature: signed(second),
    };
    let before = case.kept.slashed.to::<u128>();
    let sent = case.chain.send(&call, U256::ZERO, &key, &journal, &args.sender.limits())?;
    case.refresh()?;
    let taken = case.kept.slashed.to::<u128>().saturating_sub(before);
    Ok(case.report(&format!("took {taken} of the rig's stake"), Some(sent)))
}
