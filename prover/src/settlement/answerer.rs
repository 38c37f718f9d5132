//! Who answers what a contract asks: the interface between the command that settles a job and what proves its units.

use assay_model::domain::Digest;
use assay_verifier::cli::hex;
use assay_verifier::settlement::question::Question;
use assay_verifier::{Job, Output, Receipt};

/// Why a rig cannot be paid on proofs. Known before it commits, or it would lose its stake.
#[derive(Debug, thiserror::Error)]
pub enum CannotProve {
    /// There is nothing to prove with.
    #[error(
        "these terms pay on proofs, and this command has nothing to prove with: do not work for them, or agree on terms without a verifier"
    )]
    Nothing,
    /// It proves under another record.
    #[error(
        "the terms name the record {}, and this rig's answers are under {}: they would all be refused",
        hex(theirs),
        hex(ours)
    )]
    Record {
        /// The rig's.
        ours: Digest,
        /// That of the terms.
        theirs: Digest,
    },
    /// What it needs is not there, or is unusable.
    #[error("the proofs of this job cannot be made: {0:#}")]
    Unable(anyhow::Error),
}

/// A finished job, whose trace can be computed anew.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// Job.
    pub job: &'a Job,
    /// The receipt that the rig committed to, or is about to.
    pub receipt: &'a Receipt,
    /// Its output.
    pub output: &'a Output,
}

/// A model, its record and the keys of its circuits: all that answers take besides a job.
pub trait Proofs {
    /// Id of the record that the answers are under.
    ///
    /// # Errors
    /// Nothing to prove with.
    fn record(&self) -> Result<Digest, CannotProve>;

    /// Whether a job can be proven at all. To be asked before any work.
    ///
    /// # Errors
    /// It cannot.
    fn suits(&self, job: &Job) -> Result<(), CannotProve> {
        let _ = job;
        Ok(())
    }

    /// What answers for a job. Called before the commit as well: it must find out whether the job can be proven.
    ///
    /// # Errors
    /// The job cannot be proven.
    fn answerer<'a>(&'a self, work: &Work<'a>) -> Result<Box<dyn Answerer + 'a>, CannotProve>;
}

/// Answers for one job.
pub trait Answerer {
    /// The answer to a draw, from `progress` on: what the last accepted answer left of it, zero at the start of the draw.
    ///
    /// # Errors
    /// [`AnswerError::Progress`] if the draw must be begun anew.
    fn answer(&self, question: &Question, progress: &Digest) -> Result<Vec<u8>, AnswerError>;
}

/// No answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// None of this rig's answers leaves this progress: the draw must be restarted.
    #[error("no answer of this rig leaves the progress {}", hex(.0))]
    Progress(Digest),
    /// The proof could not be made.
    #[error("{0:#}")]
    Unable(anyhow::Error),
}
