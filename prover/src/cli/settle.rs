//! `assay-prover settle`: takes a finished job to its payment.
//!
//! What it does depends on the job's state alone, so it can be stopped anywhere and run again.

use anyhow::{Result, bail, ensure};
use assay_verifier::chain::abi::Escrow::{State, commitCall, expireCall};
use assay_verifier::chain::amount;
use assay_verifier::chain::journal::Journal;
use assay_verifier::cli::chain::account::top_up;
use assay_verifier::cli::chain::{Case, Sender, ended, not_now, read_job, read_receipt, require_output};
use assay_verifier::cli::{Report, hex};
use assay_verifier::settlement::terms::Amount;
use assay_verifier::sign::{RigKey, receipt_hash};
use assay_verifier::{Job, Receipt};
use std::path::PathBuf;
use std::time::Duration;

/// Time between two looks at a job that waits for its client.
const POLL: Duration = Duration::from_secs(2);

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The terms, as the client sent them.
    #[arg(long, value_name = "FILE")]
    terms: PathBuf,
    /// The receipt, with job and output beside it; without it, terms and chain are compared before any work is done.
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// The job, if it is not beside the receipt.
    #[arg(long, value_name = "FILE", required_unless_present = "receipt")]
    job: Option<PathBuf>,
    /// Least price of a token to work for.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, default_value = "0")]
    min_price: Amount,
    /// Most stake to put up.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    max_stake: Option<Amount>,
    /// Least time to leave the client for its acknowledgement, seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    min_time: u64,
    /// Bond what the free stake lacks of the job's.
    #[arg(long)]
    bond: bool,
    /// Wait for the client, up to its deadline; past it, take the stake back.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    sender: Sender,
}

/// Runs the command.
///
/// # Errors
/// Terms, job or receipt that do not belong together, another party's key, or a chain that gives no answer.
pub fn run(args: &Args) -> Result<Report> {
    ended(settle(args))
}

fn settle(args: &Args) -> Result<Report> {
    let journal = Journal::beside(&args.terms, "settle");
    let (mut case, mut sent) = Case::resume(&args.terms, &args.sender, &journal)?;
    let key = args.sender.key_of(&case.file.terms.rig, "rig")?;
    let beside = args.receipt.as_ref().map(|receipt| receipt.with_extension("job"));
    let Some(place) = args.job.as_ref().or(beside.as_ref()) else { bail!("name the job with --job") };
    let job = read_job(place)?;
    case.file.require_job(&job)?;
    let Some(path) = &args.receipt else { return before_work(args, &case, &job) };
    let receipt = read_receipt(path, &case.file)?;
    require_output(&receipt, path, &job, &case.file)?;
    let mut said = Vec::new();
    if case.kept.state == State::Open {
        sent = Some(commit(args, &mut case, &key, &receipt, &journal, &mut said)?);
    }
    if case.kept.state == State::Committed {
        let (ours, theirs) = (receipt_hash(&receipt), case.kept.receipt.0);
        ensure!(
            ours == theirs,
            "this rig has committed to receipt {}, and {} is {}: it signed two for one job. Show this one to NOBODY: both together take the stake",
            hex(&theirs),
            path.display(),
            hex(&ours)
        );
        if args.wait {
            wait(&mut case)?;
        }
        if case.kept.state == State::Committed && case.now >= case.file.terms.acknowledge_by {
            sent = Some(expire(args, &mut case, &key, &journal, &mut said)?);
        }
    }
    let t = &case.file.terms;
    said.push(match case.kept.state {
        State::None => return Err(not_now("the client has not opened the job: there is nothing to be paid from")),
        State::Open => "the job is open".to_owned(),
        State::Committed => format!(
            "committed: send receipt and output to the client, who must acknowledge before {}; run this again to see",
            t.acknowledge_by
        ),
        State::Acknowledged => "the client acknowledged: `assay-prover withdraw` fetches the money".to_owned(),
        State::Refunded => "the client has its money back: nothing was committed in time".to_owned(),
        State::Expired => "the client did not acknowledge: it has its money back, and the rig its stake".to_owned(),
        State::Slashed => "the job's stake was taken for two receipts".to_owned(),
        State::__Invalid => bail!("the contract is in a state that this version does not know"),
    });
    if sent.is_none() {
        said.insert(0, "nothing to do".to_owned());
    }
    Ok(case.report(&said.join("\n"), sent))
}

/// Whether the job is worth the work: docs/settlement.md, section 7.
fn acceptable(args: &Args, case: &Case) -> Result<()> {
    let t = &case.file.terms;
    let number = amount::number;
    ensure!(
        t.price_per_token >= args.min_price,
        "the terms pay {} a token, less than --min-price {}",
        number(&t.price_per_token),
        number(&args.min_price)
    );
    if let Some(most) = args.max_stake {
        ensure!(
            t.stake <= most,
            "the terms ask for a stake of {}, more than --max-stake {}",
            number(&t.stake),
            number(&most)
        );
    }
    ensure!(
        t.acknowledge_by.saturating_sub(t.commit_by) >= args.min_time,
        "the client has {} s to acknowledge, less than --min-time {}",
        t.acknowledge_by.saturating_sub(t.commit_by),
        args.min_time
    );
    case.require_native()
}

fn before_work(args: &Args, case: &Case, job: &Job) -> Result<Report> {
    acceptable(args, case)?;
    match case.kept.state {
        State::Open if case.now < case.file.terms.commit_by => {}
        State::Open => return Err(not_now("the deadline to commit has passed: do not work for it")),
        State::None => return Err(not_now("the client has not opened the job: do not work for it yet")),
        _ => return Err(not_now("the job has gone on or ended: do not work for it again")),
    }
    let (free, stake) =
        (case.chain.account(&case.file.terms.rig)?.free.to::<u128>(), amount::number(&case.file.terms.stake));
    let mut said = format!("the job is paid in and the terms are its own: {} tokens at most", job.max_tokens);
    if free < stake {
        said.push_str(&format!("\nfree stake is {free} and {stake} is needed: bond before the deadline (--bond)"));
    }
    Ok(case.report(&said, None))
}

fn commit(
    args: &Args,
    case: &mut Case,
    key: &RigKey,
    receipt: &Receipt,
    journal: &Journal,
    said: &mut Vec<String>,
) -> Result<assay_verifier::chain::Sent> {
    acceptable(args, case)?;
    let t = case.file.terms.clone();
    if case.now >= t.commit_by {
        return Err(not_now(format!(
            "the deadline to commit, {}, has passed: the client can take its money back, the work is not paid",
            t.commit_by
        )));
    }
    if args.bond
        && let Some((bonded, _)) = top_up(&case.chain, key, amount::number(&t.stake), journal, &args.sender)?
    {
        said.push(format!("bonded {bonded}"));
    }
    let call = commitCall { terms: (&t).into(), receipt: receipt.into(), signature: receipt.signature.to_vec().into() };
    let sent = case.chain.send(&call, Default::default(), key, journal, &args.sender.limits())?;
    said.push(format!("committed to receipt {}", hex(&receipt_hash(receipt))));
    case.refresh()?;
    Ok(sent)
}

/// Gives the rig its stake back, whose client was silent.
fn expire(
    args: &Args,
    case: &mut Case,
    key: &RigKey,
    journal: &Journal,
    said: &mut Vec<String>,
) -> Result<assay_verifier::chain::Sent> {
    let call = expireCall { terms: (&case.file.terms).into() };
    let sent = case.chain.send(&call, Default::default(), key, journal, &args.sender.limits())?;
    said.push("the deadline to acknowledge has passed".to_owned());
    case.refresh()?;
    Ok(sent)
}

fn wait(case: &mut Case) -> Result<()> {
    let by = case.file.terms.acknowledge_by;
    eprintln!("committed; waiting for the client, who can acknowledge until {by}");
    while case.kept.state == State::Committed && case.now < by {
        std::thread::sleep(POLL);
        case.refresh()?;
    }
    Ok(())
}
