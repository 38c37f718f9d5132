//! The commands around the escrow, shared by both programs where both need them.
//!
//! Every command reads the job's state first and does what is missing; run again, it says that nothing is.

pub mod account;
pub mod acknowledge;
pub mod forfeit;
pub mod open;
pub mod refund;
pub mod seed;
pub mod slash;
pub mod status;
pub mod terms;

use super::{Ending, Report, files, hex, key};
use crate::chain::abi::Escrow::{Job as Kept, State};
use crate::chain::client::Limits;
use crate::chain::contest::Contest;
use crate::chain::error::state as name_of;
use crate::chain::journal::Journal;
use crate::chain::terms::TermsFile;
use crate::chain::{Chain, ChainError, Sent};
use crate::sign::RigKey;
use crate::{Job, Output, Receipt};
use anyhow::{Context, Error, Result, bail, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A node, and what may be spent at it.
#[derive(clap::Args, Clone, Debug)]
pub struct Node {
    /// URL of a node of the job's chain, http or https.
    #[arg(long, value_name = "URL")]
    pub rpc: String,
}

/// What a command that sends needs.
#[derive(clap::Args, Clone, Debug)]
pub struct Sender {
    /// Where to send.
    #[command(flatten)]
    pub node: Node,
    /// The key to sign with, in a file that only you can read.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Most wei to pay for a unit of gas.
    #[arg(long, value_name = "WEI", default_value_t = 100_000_000_000)]
    max_fee_per_gas: u128,
    /// Longest time to wait for a block.
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    block_wait: u64,
}

impl Sender {
    /// What may be spent.
    pub const fn limits(&self) -> Limits {
        Limits { max_fee_per_gas: self.max_fee_per_gas, wait: self.block_wait }
    }

    /// The key, which must be that of `whose`.
    ///
    /// # Errors
    /// No key, or another.
    pub fn key_of(&self, address: &[u8; 20], whose: &str) -> Result<RigKey> {
        let key = key::load(&self.key)?;
        ensure!(
            key.address() == *address,
            "{} is the key of 0x{}, and the {whose} of these terms is 0x{}: name the {whose}'s key with --key",
            self.key.display(),
            hex(&key.address()),
            hex(address)
        );
        Ok(key)
    }
}

/// What the client agreed to.
#[derive(clap::Args, Clone, Debug)]
pub struct Agreed {
    /// The terms.
    #[arg(long, value_name = "FILE")]
    pub terms: PathBuf,
    /// Your own copy of the job.
    #[arg(long, value_name = "FILE")]
    pub job: PathBuf,
}

/// Terms, and where their job stands.
pub struct Case {
    /// Terms.
    pub file: TermsFile,
    /// Node and escrow.
    pub chain: Chain,
    /// What is kept of the job.
    pub kept: Kept,
    /// Its draws; none for a job that is not paid on proofs.
    pub contest: Option<Contest>,
    /// Second of the chain.
    pub now: u64,
}

impl Case {
    /// Of the terms in a file.
    ///
    /// # Errors
    /// A file that cannot be used, or a chain that gives no answer.
    pub fn open(terms: &Path, node: &Node) -> Result<Case> {
        let file = read_terms(terms)?;
        let chain = Chain::connect(&node.rpc, &file.settlement)?;
        let (kept, now) = (chain.job(&file.terms)?, chain.now()?);
        let contest = chain.contest(&file, &kept)?;
        Ok(Case { file, chain, kept, contest, now })
    }

    /// Of the terms in a file, once the transaction of an earlier run in `journal` has been seen to.
    ///
    /// # Errors
    /// As [`Case::open`]; a transaction that still waits for a block.
    pub fn resume(terms: &Path, sender: &Sender, journal: &Journal) -> Result<(Case, Option<Sent>)> {
        let mut case = Case::open(terms, &sender.node)?;
        let resumed = case.chain.resume(journal, &sender.limits())?;
        case.refresh()?;
        Ok((case, resumed))
    }

    /// The report of a command that finds its work done: by an earlier run's transaction, or before.
    pub fn done_before(&self, said: &str, resumed: Option<Sent>) -> Report {
        match resumed {
            Some(_) => self.report("a transaction of an earlier run did it", resumed),
            None => self.report(&format!("nothing to do: {said}"), None),
        }
    }

    /// Reads the job's state again.
    ///
    /// # Errors
    /// As all calls.
    pub fn refresh(&mut self) -> Result<()> {
        (self.kept, self.now) = (self.chain.job(&self.file.terms)?, self.chain.now()?);
        self.contest = self.chain.contest(&self.file, &self.kept)?;
        Ok(())
    }

    /// Refuses an escrow that is not paid in the native coin.
    ///
    /// # Errors
    /// Names the token.
    pub fn require_native(&self) -> Result<()> {
        let asset = self.chain.asset()?;
        ensure!(
            asset.is_zero(),
            "this escrow is paid in the token {asset}, and these commands pay in the native coin only: approve and call it with another tool"
        );
        Ok(())
    }

    /// A report on the job as it now stands; `said` says what was done.
    pub fn report(&self, said: &str, sent: Option<Sent>) -> Report {
        let id = hex(&self.file.id());
        let (lines, deadlines) = self.deadlines();
        let mut text = format!("{said}\njob {id} is {}\n{lines}", name_of(self.kept.state));
        if let Some(sent) = sent {
            text.push_str(&format!("\ntransaction {} ({} gas)", sent.hash, sent.gas));
        }
        Report::done(
            text,
            json!({
                "sent": sent.is_some(),
                "transaction": sent.map(|s| s.hash.to_string()), "gas": sent.map(|s| s.gas),
                "resumed": sent.is_some_and(|s| s.resumed),
                "said": said, "id": id, "state": name_of(self.kept.state), "tokens": self.kept.tokens,
                "lane": if self.contest.is_some() { "contested" } else { "acknowledged" },
                "now": self.now, "deadlines": deadlines,
            }),
        )
    }

    /// Every deadline, with the time that is left by the chain's clock.
    fn deadlines(&self) -> (String, Value) {
        let t = &self.file.terms;
        let mut all = vec![
            ("commit", "the rig can commit", t.commit_by),
            ("acknowledge", "the client can acknowledge", t.acknowledge_by),
        ];
        if let Some(contest) = &self.contest {
            all.pop();
            all.push(("acknowledge", "the client can acknowledge without the proof fee", t.acknowledge_by));
            all.push(("prove", "the rig can prove", contest.prove_by));
            if contest.seed.is_none() {
                all.push(("seed", "the draws can become known", contest.seed_by));
            }
        }
        let line = |what: &str, by: u64| match by.checked_sub(self.now) {
            Some(left) if left > 0 => format!("DEADLINE {what} until {by}: {} left", duration(left)),
            _ => format!("DEADLINE {what} until {by}: PASSED"),
        };
        let over = !matches!(self.kept.state, State::None | State::Open | State::Committed);
        let lines: Vec<String> =
            if over { Vec::new() } else { all.iter().map(|(_, what, by)| line(what, *by)).collect() };
        let json =
            all.iter().map(|(name, _, by)| ((*name).to_owned(), Value::from(*by))).collect::<serde_json::Map<_, _>>();
        (lines.join("\n"), Value::Object(json))
    }

    /// The draws, for terms that are paid on proofs.
    ///
    /// # Errors
    /// For terms without a verifier.
    pub fn contested(&self) -> Result<&Contest> {
        self.contest.as_ref().context("the terms of this job name no verifier: nothing of it is drawn or proven")
    }
}

/// Longest file of terms, bytes.
const MAX_TERMS: u64 = 64 << 10;

/// Seconds in words.
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Reads terms.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read_terms(path: &Path) -> Result<TermsFile> {
    let long = std::fs::metadata(path).is_ok_and(|meta| meta.len() > MAX_TERMS);
    ensure!(!long, "{} cannot be used: no terms are as long", path.display());
    TermsFile::decode(&files::read(path)?).with_context(|| format!("{} cannot be used", path.display()))
}

/// Reads a job.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read_job(path: &Path) -> Result<Job> {
    Job::decode(&files::read(path)?).with_context(|| format!("{} cannot be used", path.display()))
}

/// Reads a receipt and sees that it is the one of the terms' rig for the terms' job.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read_receipt(path: &Path, file: &TermsFile) -> Result<Receipt> {
    let shown = path.display();
    let receipt = Receipt::decode(&files::read(path)?).with_context(|| format!("{shown} cannot be used"))?;
    let t = &file.terms;
    ensure!(receipt.is_signed(), "{shown} is not signed by the rig that it names: it is damaged or forged");
    ensure!(receipt.rig == t.rig, "{shown} is by rig 0x{}, the terms name 0x{}", hex(&receipt.rig), hex(&t.rig));
    ensure!(receipt.job == t.job, "{shown} answers job {}, the terms are about {}", hex(&receipt.job), hex(&t.job));
    ensure!(
        receipt.settlement == file.settlement,
        "{shown} is for another chain or contract than the terms: its signature holds at no other"
    );
    ensure!(
        (1..=t.max_tokens).contains(&receipt.token_count),
        "{shown} counts {} tokens, the terms allow 1 to {}",
        receipt.token_count,
        t.max_tokens
    );
    Ok(receipt)
}

/// Sees that the output beside a receipt is the one that was signed, and that the job is the terms'.
///
/// # Errors
/// The output is not there, or another.
pub fn require_output(receipt: &Receipt, path: &Path, job: &Job, file: &TermsFile) -> Result<Output> {
    file.require_job(job)?;
    let place = path.with_extension("output");
    let bytes = files::read(&place).context("the output is needed beside the receipt, under the same name")?;
    let output = Output::decode(&bytes).with_context(|| format!("{} cannot be used", place.display()))?;
    // Every vocabulary is smaller: whether tokens lie in it is a check's question.
    if let Err(rejection) = output.check(job, receipt, u32::MAX) {
        bail!("{} is not what {} signs ({}): {rejection}", place.display(), path.display(), rejection.code.name());
    }
    Ok(output)
}

/// How a command ends: what the chain refuses is exit code 1, everything else that goes wrong is 2.
///
/// # Errors
/// What is no refusal.
pub fn ended(result: Result<Report>) -> Result<Report> {
    result.or_else(|error: Error| match error.downcast_ref::<ChainError>() {
        Some(refused) if refused.is_refusal() => {
            let code = match refused {
                ChainError::Refused(refusal) => refusal.name(),
                ChainError::Reverted { .. } => "reverted",
                _ => "not-now",
            };
            let message = refused.to_string();
            Ok(Report {
                ending: Ending::Rejected,
                text: format!("REFUSED: {message}"),
                json: json!({ "verdict": "refused", "reason": code, "message": message }),
            })
        }
        _ => Err(error),
    })
}

/// The error of a job that is not where a command needs it.
pub fn not_now(message: impl Into<String>) -> Error {
    ChainError::NotNow(message.into()).into()
}
