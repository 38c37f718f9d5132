//! `assay-verifier status`: where a job stands, and who can do what.

use super::super::Report;
use super::{Case, Node, ended};
use crate::chain::abi::Escrow::State;
use anyhow::Result;
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The terms.
    #[arg(long, value_name = "FILE")]
    terms: PathBuf,
    #[command(flatten)]
    node: Node,
}

/// Runs the command.
///
/// # Errors
/// Unusable terms, or a chain that gives no answer.
pub fn run(args: &Args) -> Result<Report> {
    ended(status(args))
}

fn status(args: &Args) -> Result<Report> {
    let case = Case::open(&args.terms, &args.node)?;
    let t = &case.file.terms;
    let next = match case.kept.state {
        State::None if case.now < t.commit_by => "the client can `open` it",
        State::None => "too late: the rig's deadline has passed before it was opened",
        State::Open if case.now < t.commit_by => "the rig works and commits with `assay-prover settle`",
        State::Open => "the rig did not commit: anyone can `refund` the client",
        State::Committed if case.now < t.acknowledge_by => "the client checks the receipt and can `acknowledge` it",
        State::Committed => "the client did not acknowledge: `refund` gives it its money and the rig its stake",
        State::Acknowledged => "the rig is paid: it can `withdraw`",
        State::Refunded | State::Expired => "the client has its money back: it can `withdraw`",
        State::Slashed => "the rig lost the job's stake; the client can `withdraw`",
        State::__Invalid => "the contract is in a state that this version does not know",
    };
    let (client, rig) = (case.chain.account(&t.client)?, case.chain.account(&t.rig)?);
    let mut report = case.report(next, None);
    report.text.push_str(&format!(
        "\nclient: {} to withdraw\nrig: {} to withdraw, {} of free stake",
        client.credit, rig.credit, rig.free
    ));
    report.json["client_credit"] = json!(client.credit.to_string());
    report.json["rig_credit"] = json!(rig.credit.to_string());
    report.json["rig_free_stake"] = json!(rig.free.to_string());
    report.json["receipt"] = json!(case.kept.receipt.to_string());
    Ok(report)
}
