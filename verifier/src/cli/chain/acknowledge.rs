//! `assay-verifier acknowledge`: takes delivery, and so pays the rig.

use super::super::{Report, hex};
use super::{Agreed, Case, Sender, ended, not_now, read_job, read_receipt, require_output};
use crate::chain::abi::Escrow::{State, acknowledgeCall};
use crate::chain::amount;
use crate::chain::journal::Journal;
use crate::sign::receipt_hash;
use alloy::primitives::{Bytes, U256};
use anyhow::Result;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    agreed: Agreed,
    /// The receipt, with its output beside it. Check both first: `assay-verifier check` or `audit`.
    #[arg(long, value_name = "FILE")]
    receipt: PathBuf,
    #[command(flatten)]
    sender: Sender,
}

/// Runs the command.
///
/// # Errors
/// A receipt or output that is not what the terms are about, another party's key, or a chain that gives no answer.
pub fn run(args: &Args) -> Result<Report> {
    ended(acknowledge(args))
}

fn acknowledge(args: &Args) -> Result<Report> {
    let job = read_job(&args.agreed.job)?;
    let journal = Journal::beside(&args.agreed.terms, "acknowledge");
    let (mut case, resumed) = Case::resume(&args.agreed.terms, &args.sender, &journal)?;
    let key = args.sender.key_of(&case.file.terms.client, "client")?;
    let receipt = read_receipt(&args.receipt, &case.file)?;
    require_output(&receipt, &args.receipt, &job, &case.file)?;
    match case.kept.state {
        State::Committed => {}
        State::None => return Err(not_now("the job is not open: there is nothing to acknowledge")),
        State::Open => {
            return Err(not_now("the rig has not committed to its receipt: there is nothing to acknowledge yet"));
        }
        _ => {
            return Ok(case.done_before("the job has ended", resumed));
        }
    }
    if case.kept.receipt.0 != receipt_hash(&receipt) {
        return Err(not_now(format!(
            "the rig committed to receipt {}, and {} is {}: do NOT acknowledge. If both are signed by the rig, `assay-verifier slash`",
            hex(&case.kept.receipt.0),
            args.receipt.display(),
            hex(&receipt_hash(&receipt))
        )));
    }
    let t = &case.file.terms;
    let late = case.now >= t.acknowledge_by;
    if late && case.contest.is_none() {
        return Err(not_now(format!("the deadline {} has passed: `refund` gives the money back", t.acknowledge_by)));
    }
    // The client itself needs no signature beside the transaction's.
    let call = acknowledgeCall { terms: t.into(), tokens: receipt.token_count, signature: Bytes::new() };
    let sent = case.chain.send(&call, U256::ZERO, &key, &journal, &args.sender.limits())?;
    case.refresh()?;
    let fee = if late { amount::number(&case.file.terms.proof_fee) } else { 0 };
    let paid = case.file.price(receipt.token_count).unwrap_or_default().saturating_add(fee);
    let mut said = format!("acknowledged {} tokens: the rig was credited {paid}", receipt.token_count);
    if fee > 0 {
        said.push_str(", the proof fee among it: the deadline without it had passed");
    }
    Ok(case.report(&said, Some(sent)))
}
