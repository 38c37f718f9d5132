//! `assay-prover settle`: takes a finished job to its payment.
//!
//! What it does depends on the job's state alone, so it can be stopped anywhere and run again. A job of the contested lane
//! goes on in [`contest`].

pub mod contest;

use crate::settlement::answerer::{Proofs, Work};
use anyhow::{Result, bail, ensure};
use assay_verifier::chain::abi::Escrow::{State, commitCall, expireCall};
use assay_verifier::chain::journal::Journal;
use assay_verifier::chain::{ChainError, Sent, SolCall, amount};
use assay_verifier::cli::chain::account::top_up;
use assay_verifier::cli::chain::{Case, Sender, duration, ended, not_now, read_job, read_receipt, require_output};
use assay_verifier::cli::{Report, hex, parse_hex};
use assay_verifier::receipt::Address;
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
    /// Wait for the client, up to its deadline; past it, take the stake back. For terms that pay on proofs: wait for the
    /// round that decides the draws.
    #[arg(long)]
    wait: bool,
    /// For terms that pay on proofs: prove nothing before the client is late. Its word costs no gas, and pays no proof fee.
    #[arg(long)]
    client_first: bool,
    /// Least fee for proofs to work for, where terms pay on them.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, default_value = "0")]
    min_proof_fee: Amount,
    /// The contract that you trust to decide draws, which terms that pay on proofs must have: a selector says nothing of what
    /// stands behind it.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_hex::<20>)]
    verifier: Option<Address>,
    /// Seconds that one answer takes you, from its proof to its block. Terms that pay on proofs are refused if the most answers
    /// that their draws could take do not fit.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    seconds_per_answer: u64,
    #[command(flatten)]
    sender: Sender,
}

/// Runs the command, with what the rig proves with.
///
/// # Errors
/// Terms, job or receipt that do not belong together, another party's key, terms that pay on proofs and nothing to prove
/// with, or a chain that gives no answer.
pub fn run(args: &Args, proofs: Option<&dyn Proofs>) -> Result<Report> {
    ended(settle(args, proofs))
}

fn settle(args: &Args, proofs: Option<&dyn Proofs>) -> Result<Report> {
    let journal = Journal::beside(&args.terms, "settle");
    let (case, sent) = Case::resume(&args.terms, &args.sender, &journal)?;
    let key = args.sender.key_of(&case.file.terms.rig, "rig")?;
    let beside = args.receipt.as_ref().map(|receipt| receipt.with_extension("job"));
    let Some(place) = args.job.as_ref().or(beside.as_ref()) else { bail!("name the job with --job") };
    let job = read_job(place)?;
    case.file.require_job(&job)?;
    let Some(path) = &args.receipt else { return before_work(args, &case, &job, proofs) };
    let receipt = read_receipt(path, &case.file)?;
    let output = require_output(&receipt, path, &job, &case.file)?;
    let work = Work { job: &job, receipt: &receipt, output: &output };
    let mut run = Run { args, case, key, journal, said: Vec::new(), sent };
    let mut answerer = None;
    if run.case.kept.state == State::Open {
        if run.case.file.is_contested() {
            // Past its commit, a rig that cannot prove loses its stake.
            answerer = Some(contest::ready(&run.case, proofs)?.answerer(&work)?);
        }
        run.commit(&receipt)?;
    }
    if run.case.kept.state == State::Committed {
        let (ours, theirs) = (receipt_hash(&receipt), run.case.kept.receipt.0);
        ensure!(
            ours == theirs,
            "this rig has committed to receipt {}, and {} is {}: it signed two for one job. Show this one to NOBODY: both together take the stake",
            hex(&theirs),
            path.display(),
            hex(&ours)
        );
        match run.case.file.is_contested() {
            true => contest::go_on(&mut run, proofs, &work, answerer)?,
            false => run.go_on()?,
        }
    }
    run.report()
}

/// A run of the command: what it knows, and what it did.
pub(super) struct Run<'a> {
    args: &'a Args,
    case: Case,
    key: RigKey,
    journal: Journal,
    said: Vec<String>,
    sent: Option<Sent>,
}

impl Run<'_> {
    /// Makes a call and reads the job's state again.
    fn send<C: SolCall>(&mut self, call: &C, said: impl Into<String>) -> Result<()> {
        let limits = self.args.sender.limits();
        self.sent = Some(self.case.chain.send(call, Default::default(), &self.key, &self.journal, &limits)?);
        self.said.push(said.into());
        self.case.refresh()
    }

    fn commit(&mut self, receipt: &Receipt) -> Result<()> {
        acceptable(self.args, &self.case)?;
        let t = self.case.file.terms.clone();
        if self.case.now >= t.commit_by {
            return Err(not_now(format!(
                "the deadline to commit, {}, has passed: the client can take its money back, the work is not paid",
                t.commit_by
            )));
        }
        let stake = amount::number(&t.stake);
        if self.args.bond
            && let Some((bonded, _)) = top_up(&self.case.chain, &self.key, stake, &self.journal, &self.args.sender)?
        {
            self.said.push(format!("bonded {bonded}"));
        }
        let signature = receipt.signature.to_vec().into();
        let call = commitCall { terms: (&t).into(), receipt: receipt.into(), signature };
        self.send(&call, format!("committed to receipt {}", hex(&receipt_hash(receipt))))
    }

    /// A committed job that only the client's word pays.
    fn go_on(&mut self) -> Result<()> {
        let by = self.case.file.terms.acknowledge_by;
        if self.args.wait {
            self.wait_for_client()?;
        }
        if self.case.kept.state == State::Committed && self.case.now >= by {
            self.expire("the deadline to acknowledge has passed")?;
        }
        Ok(())
    }

    /// Gives the rig its stake back, and the client its money.
    fn expire(&mut self, why: &str) -> Result<()> {
        let call = expireCall { terms: (&self.case.file.terms).into() };
        self.send(&call, why)
    }

    fn wait_for_client(&mut self) -> Result<()> {
        let by = self.case.file.terms.acknowledge_by;
        eprintln!("committed; waiting for the client, who can acknowledge until {by}");
        while self.case.kept.state == State::Committed && self.case.now < by {
            self.look_again()?;
        }
        Ok(())
    }

    /// Reads the job's state again after a while. A node that gives no answer is asked again: who waits has a stake to lose.
    fn look_again(&mut self) -> Result<()> {
        std::thread::sleep(POLL);
        self.case.refresh().or_else(|error| match error.downcast_ref::<ChainError>() {
            Some(ChainError::Rpc { .. }) => {
                tracing::warn!("{error}; it is asked again");
                Ok(())
            }
            _ => Err(error),
        })
    }

    /// With `--wait`, ends nothing for a trouble that passes: whoever is silent loses its stake. A transaction that was sent is
    /// gone on with.
    fn outlast(&mut self, error: anyhow::Error) -> Result<()> {
        let passes = |error: &anyhow::Error| error.downcast_ref().is_some_and(ChainError::passes);
        if !self.args.wait || !passes(&error) {
            return Err(error);
        }
        tracing::warn!("{error:#}; it is tried again");
        std::thread::sleep(POLL);
        let resumed = self.case.chain.resume(&self.journal, &self.args.sender.limits());
        let resumed = resumed.map_err(anyhow::Error::from).and_then(|_| self.case.refresh());
        resumed.or_else(|error| if passes(&error) { Ok(()) } else { Err(error) })
    }

    fn report(mut self) -> Result<Report> {
        let t = &self.case.file.terms;
        let state = match self.case.kept.state {
            State::None => return Err(not_now("the client has not opened the job: there is nothing to be paid from")),
            State::Open => "the job is open".to_owned(),
            State::Committed if self.case.contest.is_some() => contest::stands(&self.case)?,
            State::Committed => format!(
                "committed: send receipt and output to the client, who must acknowledge before {}; run this again to see",
                t.acknowledge_by
            ),
            State::Acknowledged => "the client acknowledged: `assay-prover withdraw` fetches the money".to_owned(),
            State::Proven => "all draws are proven: `assay-prover withdraw` fetches the money".to_owned(),
            State::Refunded => "the client has its money back: nothing was committed in time".to_owned(),
            State::Expired if self.case.contest.is_some() => {
                "the draws did not become known: the client has its money back, and the rig its stake".to_owned()
            }
            State::Expired => "the client did not acknowledge: it has its money back, and the rig its stake".to_owned(),
            State::Slashed => {
                "the job's stake was taken: for two receipts, or because the draws were not proven".to_owned()
            }
            State::__Invalid => bail!("the contract is in a state that this version does not know"),
        };
        self.said.push(state);
        if self.sent.is_none() {
            self.said.insert(0, "nothing to do".to_owned());
        }
        Ok(self.case.report(&self.said.join("\n"), self.sent))
    }
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
    if case.file.is_contested() {
        provable(args, case)?;
    }
    case.require_native()
}

/// Whether a rig can be sure to be paid on proofs: who decides them, what they are paid, and that they can be made in time.
fn provable(args: &Args, case: &Case) -> Result<()> {
    let t = &case.file.terms;
    let number = amount::number;
    ensure!(
        t.proof_fee >= args.min_proof_fee,
        "the terms pay {} for proofs, less than --min-proof-fee {}",
        number(&t.proof_fee),
        number(&args.min_proof_fee)
    );
    let (answers, time) = (contest::most_answers(t), contest::least_time(t, args.client_first));
    ensure!(
        answers.saturating_mul(args.seconds_per_answer) <= time,
        "the draws could take {answers} answers, and there are {} for them: with --seconds-per-answer {} the stake could be lost; ask for fewer draws, a smaller job or a later deadline",
        duration(time),
        args.seconds_per_answer
    );
    if case.kept.state == State::None {
        return Ok(());
    }
    case.chain.require_beacon()?;
    let theirs = case.kept.verifier.into_array();
    let Some(trusted) = args.verifier else {
        bail!(
            "the draws of this job are decided by {}: say with --verifier which contract you trust to do so",
            hex(&theirs)
        )
    };
    ensure!(
        theirs == trusted,
        "the draws of this job are decided by {}, and not by the trusted --verifier {}: do not put stake up for it",
        hex(&theirs),
        hex(&trusted)
    );
    Ok(())
}

fn before_work(args: &Args, case: &Case, job: &Job, proofs: Option<&dyn Proofs>) -> Result<Report> {
    acceptable(args, case)?;
    if case.file.is_contested() {
        contest::ready(case, proofs)?.suits(job)?;
    }
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
