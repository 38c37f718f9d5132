//! What a rig of a story may do besides what the product does: tell a trace that is not true, and stop in the middle.

use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_prover::settlement::answerer::{AnswerError, Answerer, CannotProve, Proofs, Work};
use assay_prover::settlement::shop::Shop;
use assay_verifier::answer::Source;
use assay_verifier::settlement::question::Question;
use assay_verifier::{Job, trace};
use std::cell::Cell;

/// Header and tensor of a step.
pub type Step = (Vec<u8>, Vec<u8>);

/// A trace, whether or not it is true.
#[derive(Clone)]
pub struct Told {
    /// Header and tensor of each step of each position.
    pub columns: Vec<Vec<Step>>,
    pub leaves: Vec<Vec<Digest>>,
}

impl Told {
    pub fn new(config: &Config, job: &Job, columns: Vec<Vec<Step>>) -> Told {
        let digest = job.digest();
        let of = |(t, column): (u32, &Vec<Step>)| {
            let salts = trace::salts(&job.secret, &digest, t, column.len() as u32);
            let leaf = |((s, (header, tensor)), salt): ((u32, &Step), &[u8; 32])| {
                let step = config.step(s).unwrap();
                let tensor = *blake3::hash(tensor).as_bytes();
                trace::leaf(salt, &digest, t, s, step, &config.shape(step.kind), header, &tensor)
            };
            (0u32..).zip(column).zip(&salts).map(leaf).collect()
        };
        let leaves = (0u32..).zip(&columns).map(of).collect();
        Told { columns, leaves }
    }
}

impl Source for Told {
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]) {
        let (header, tensor) = &self.columns[t as usize][index as usize];
        (header, tensor)
    }

    fn leaves(&self, t: u32) -> &[Digest] {
        &self.leaves[t as usize]
    }
}

/// Ends after so many answers.
pub struct Stops<'a>(pub &'a Shop<'a>, pub Cell<u32>);

struct Stopping<'a>(Box<dyn Answerer + 'a>, &'a Cell<u32>);

impl Proofs for Stops<'_> {
    fn record(&self) -> Result<Digest, CannotProve> {
        self.0.record()
    }

    fn answerer<'a>(&'a self, work: &Work<'a>) -> Result<Box<dyn Answerer + 'a>, CannotProve> {
        Ok(Box::new(Stopping(self.0.answerer(work)?, &self.1)))
    }
}

impl Answerer for Stopping<'_> {
    fn answer(&self, question: &Question, progress: &Digest) -> Result<Vec<u8>, AnswerError> {
        let Some(left) = self.1.get().checked_sub(1) else {
            return Err(AnswerError::Unable(std::io::Error::other("the power failed").into()));
        };
        self.1.set(left);
        self.0.answer(question, progress)
    }
}
