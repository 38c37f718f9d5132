//! A rig that repeats what it is asked, run in the test's own process: the verifier of these tests decides a draw for whoever
//! does.

use crate::node::{Deal, RECORD};
use assay_prover::cli::settle;
use assay_prover::settlement::answerer::{AnswerError, Answerer, CannotProve, Proofs, Work};
use assay_verifier::cli::{Ending, Report};
use assay_verifier::settlement::question::Question;
use assay_verifier::sign::keccak;
use clap::Parser;
use serde_json::Value as Json;
use std::cell::Cell;

/// What a rig does wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Its process ends after so many answers.
    Stops(u32),
    /// It has forgotten what its last answer left, and must begin the draw anew.
    Forgets,
    /// It answers something else.
    Lies,
    /// It answers under another record.
    OtherRecord,
}

pub struct Echo {
    fault: Fault,
    given: Cell<u32>,
}

impl Proofs for Echo {
    fn record(&self) -> Result<[u8; 32], CannotProve> {
        Ok(if self.fault == Fault::OtherRecord { [1; 32] } else { RECORD })
    }

    fn answerer<'a>(&'a self, work: &Work<'a>) -> Result<Box<dyn Answerer + 'a>, CannotProve> {
        assert_eq!(work.output.tokens.len(), work.receipt.token_count as usize);
        Ok(Box::new(Given(self)))
    }
}

struct Given<'a>(&'a Echo);

impl Answerer for Given<'_> {
    fn answer(&self, question: &Question, progress: &[u8; 32]) -> Result<Vec<u8>, AnswerError> {
        let given = &self.0.given;
        match self.0.fault {
            Fault::Stops(after) if given.get() == after => {
                return Err(AnswerError::Unable(std::io::Error::other("the power failed").into()));
            }
            Fault::Forgets if *progress != [0; 32] && given.get() == 0 => return Err(AnswerError::Progress(*progress)),
            Fault::Lies => return Ok(vec![0; 32]),
            _ => {}
        }
        given.set(given.get() + 1);
        Ok(echo(question, progress).to_vec())
    }
}

/// keccak over the words of the question, as the contract has them.
fn echo(q: &Question, progress: &[u8; 32]) -> [u8; 32] {
    let number = |n: u32| {
        let mut word = [0; 32];
        word[28..].copy_from_slice(&n.to_be_bytes());
        word
    };
    let words = [
        q.id,
        q.job,
        q.record,
        q.receipt,
        q.settlement_root,
        q.prompt,
        number(q.prompt_tokens),
        number(q.tokens),
        q.seed,
        number(q.draw),
        number(q.draws),
        *progress,
    ];
    keccak(words.as_flattened())
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: settle::Args,
}

impl Deal {
    /// `settle` with what can prove.
    pub fn proves(&self, fault: Fault, more: &[&str]) -> Result<Report, anyhow::Error> {
        self.settles(fault, &[&["--receipt", "rig/job.receipt"][..], more].concat())
    }

    /// The same before any work.
    pub fn looks(&self, fault: Fault) -> Result<Report, anyhow::Error> {
        self.looks_at(fault, &[])
    }

    pub fn looks_at(&self, fault: Fault, more: &[&str]) -> Result<Report, anyhow::Error> {
        self.settles(fault, &[&["--job", "my.job"][..], more].concat())
    }

    fn settles(&self, fault: Fault, more: &[&str]) -> Result<Report, anyhow::Error> {
        self.trusts(fault, Some(&self.node.verifier), more)
    }

    /// The same by a rig that trusts this verifier.
    pub fn trusts(&self, fault: Fault, verifier: Option<&str>, more: &[&str]) -> Result<Report, anyhow::Error> {
        let mut line: Vec<String> = ["settle", "--rpc", &self.node.url].map(str::to_owned).to_vec();
        let files = ["--key", "rig.key", "--terms", "terms"];
        let names = ["rig.key", "terms", "my.job", "rig/job.receipt"];
        line.extend(files.iter().chain(more).map(|word| {
            let is_file = names.contains(word);
            if is_file { self.desk.path(word).to_str().unwrap().to_owned() } else { (*word).to_owned() }
        }));
        line.extend(verifier.into_iter().flat_map(|it| ["--verifier".to_owned(), it.to_owned()]));
        let args = Line::try_parse_from(line).unwrap().args;
        settle::run(&args, Some(&Echo { fault, given: Cell::new(0) }))
    }

    /// The JSON of a run that must go well.
    #[track_caller]
    pub fn proven(&self, more: &[&str]) -> Json {
        let report = self.proves(Fault::None, more).unwrap();
        assert_eq!(report.ending, Ending::Done, "{}", report.text);
        report.json
    }

    /// Lets the deciding round happen, and brings it.
    pub fn decide(&self) -> u64 {
        let round = self.reach();
        self.node.bring(round);
        round
    }

    /// The same with a value of the beacon's.
    pub fn decide_by(&self, value: &[u8; 32]) {
        let round = self.reach();
        self.node.bring_as(round, &format!("0x{}", assay_verifier::cli::hex(value)));
    }

    fn reach(&self) -> u64 {
        let contest = &self.status()["contest"];
        let round = contest["round"].as_u64().unwrap();
        let ahead = contest["round_at"].as_u64().unwrap() - self.status()["now"].as_u64().unwrap();
        self.node.pass(ahead);
        round
    }
}
