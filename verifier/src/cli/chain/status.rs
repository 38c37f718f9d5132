//! `assay-verifier status`: where a job stands, and who can do what.

use super::super::{Report, hex};
use super::{Case, Node, duration, ended};
use crate::chain::abi::Escrow::State;
use crate::chain::contest::Contest;
use anyhow::Result;
use serde_json::{Value, json};
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
    let next = match &case.contest {
        Some(contest) if case.kept.state == State::Committed => contested(&case, contest),
        _ => plain(&case).to_owned(),
    };
    let (client, rig) = (case.chain.account(&t.client)?, case.chain.account(&t.rig)?);
    let mut report = case.report(&next, None);
    if let Some(contest) = &case.contest {
        let (lines, json) = draws(contest);
        report.text.push_str(&lines);
        report.json["contest"] = json;
    }
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

/// Who can do what with a job that only its client's word pays, or that is not committed.
fn plain(case: &Case) -> &'static str {
    let t = &case.file.terms;
    match case.kept.state {
        State::None if case.now < t.commit_by => "the client can `open` it",
        State::None => "too late: the rig's deadline has passed before it was opened",
        State::Open if case.now < t.commit_by => "the rig works and commits with `assay-prover settle`",
        State::Open => "the rig did not commit: anyone can `refund` the client",
        State::Committed if case.now < t.acknowledge_by => "the client checks the receipt and can `acknowledge` it",
        State::Committed => "the client did not acknowledge: `refund` gives it its money and the rig its stake",
        State::Acknowledged => "the rig is paid: it can `withdraw`",
        State::Proven => "the rig proved its draws and is paid: it can `withdraw`",
        State::Refunded | State::Expired => "the client has its money back: it can `withdraw`",
        State::Slashed => "the rig lost the job's stake; the client can `withdraw`",
        State::__Invalid => "the contract is in a state that this version does not know",
    }
}

/// Who can do what with a committed job that is paid on proofs.
fn contested(case: &Case, contest: &Contest) -> String {
    let next = match (&contest.seed, &contest.deciding) {
        (Some(_), _) if case.now < contest.prove_by => "the rig proves the draws with `assay-prover settle`".to_owned(),
        (Some(_), _) => "the rig did not prove in time: anyone can `forfeit` its stake".to_owned(),
        (None, _) if case.now >= contest.seed_by => {
            "the draws did not become known: `refund` gives both sides back what they put in".to_owned()
        }
        (None, Some(d)) if d.known => "anyone can `seed` the draws".to_owned(),
        (None, Some(d)) if case.now < d.at => {
            format!("round {} of the beacon decides the draws, in {}", d.round, duration(d.at - case.now))
        }
        (None, Some(d)) => format!("anyone can bring round {} to the beacon, and then `seed` the draws", d.round),
        (None, None) => String::new(),
    };
    format!("{next}; the client checks the receipt and can `acknowledge` it")
}

fn draws(contest: &Contest) -> (String, Value) {
    let left: Vec<u32> = contest.left().collect();
    let decided = contest.draws().saturating_sub(u32::try_from(left.len()).unwrap_or(u32::MAX));
    let mut text = format!("\ndraws: {decided} of {} decided", contest.draws());
    if !left.is_empty() {
        let names: Vec<String> = left.iter().map(ToString::to_string).collect();
        text.push_str(&format!(", left: {}", names.join(" ")));
    }
    match (&contest.seed, &contest.deciding) {
        (Some(seed), _) => text.push_str(&format!("\nseed {}, known since {}", hex(seed), contest.seeded_at)),
        (None, Some(d)) => text.push_str(&format!("\nno seed; it follows from round {} at {}", d.round, d.at)),
        (None, None) => {}
    }
    let json = json!({
        "draws": contest.draws(), "decided": decided, "left": left,
        "seed": contest.seed.as_ref().map(|s| hex(s)), "seeded_at": contest.seeded_at,
        "round": contest.deciding.map(|d| d.round), "round_at": contest.deciding.map(|d| d.at),
        "round_known": contest.deciding.map(|d| d.known),
    });
    (text, json)
}
