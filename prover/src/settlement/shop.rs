//! Everything that a rig answers contracts with: a model, its record and keys, powers of tau, a secret, and what computes jobs anew.

use super::answerer::{Answerer, CannotProve, Proofs, Work};
use super::answers::{Answers, Holding, Replay};
use super::keys::Keys;
use super::record::Book;
use ark_bn254::G1Affine;
use assay_circuits::settlement::embedding::Tree;
use assay_model::Model;
use assay_model::domain::Digest;
use assay_model::sampling::Sampling;
use assay_verifier::Job;
use assay_verifier::cli::hex;
use assay_verifier::settlement::record::Record;
use std::cell::OnceCell;

/// Why a job cannot be proven, whatever comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsuited {
    /// Its tokens are drawn.
    #[error("its tokens are drawn at random, and no contract can decide that: only greedy jobs can be proven")]
    Sampling,
    /// It is for another model.
    #[error("it is for model {}, and the record is of model {}", hex(.job), hex(.record))]
    Model {
        /// The job's.
        job: Digest,
        /// The record's.
        record: Digest,
    },
    /// It is settled nowhere: its receipt has no settlement root.
    #[error("it names no contract, so its receipt has no settlement root")]
    Unsettled,
    /// There is nothing to begin with.
    #[error("its prompt is empty")]
    Prompt,
}

/// Whether a job can be proven under a record. To be asked before any work.
///
/// # Errors
/// [`Unsuited`].
pub fn suits(job: &Job, record: &Record) -> Result<(), Unsuited> {
    if job.sampling != Sampling::Greedy {
        return Err(Unsuited::Sampling);
    }
    if job.manifest != record.manifest {
        return Err(Unsuited::Model { job: job.manifest, record: record.manifest });
    }
    if !job.settlement.is_named() {
        return Err(Unsuited::Unsettled);
    }
    if job.prompt.is_empty() { Err(Unsuited::Prompt) } else { Ok(()) }
}

/// What a rig proves with.
pub struct Shop<'a> {
    model: &'a Model,
    book: Book,
    keys: Keys,
    powers: Vec<G1Affine>,
    secret: [u8; 32],
    replay: Box<Replay<'a>>,
    embedding: OnceCell<Tree>,
}

impl<'a> Shop<'a> {
    /// Of these parts.
    pub fn new(
        model: &'a Model,
        book: Book,
        keys: Keys,
        powers: Vec<G1Affine>,
        secret: [u8; 32],
        replay: Box<Replay<'a>>,
    ) -> Shop<'a> {
        Shop { model, book, keys, powers, secret, replay, embedding: OnceCell::new() }
    }

    /// The record.
    pub const fn book(&self) -> &Book {
        &self.book
    }
}

impl Proofs for Shop<'_> {
    fn record(&self) -> Result<Digest, CannotProve> {
        Ok(self.book.record.id())
    }

    fn suits(&self, job: &Job) -> Result<(), CannotProve> {
        suits(job, &self.book.record).map_err(|unsuited| CannotProve::Unable(unsuited.into()))
    }

    fn answerer<'a>(&'a self, work: &Work<'a>) -> Result<Box<dyn Answerer + 'a>, CannotProve> {
        self.suits(work.job)?;
        let holding = Holding {
            model: self.model,
            book: &self.book,
            keys: &self.keys,
            powers: &self.powers,
            embedding: &self.embedding,
            secret: &self.secret,
            replay: self.replay.as_ref(),
        };
        Ok(Box::new(Answers::new(holding, work)))
    }
}
