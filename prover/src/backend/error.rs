//! What can go wrong with an executor.

use super::SequenceId;

/// An executor handed over a digest where the recorder wanted bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("position {position}, step {step}: the executor gave a digest where the tensor itself is needed")]
pub struct Withheld {
    /// Position of the output.
    pub position: u32,
    /// Its step.
    pub step: u32,
}

/// Why positions were not computed.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// What computes has failed: a card that is lost or computes wrongly, a driver, memory.
    #[error(transparent)]
    Device(Box<dyn std::error::Error + Send + Sync>),
    /// The system gives no threads.
    #[error("cannot start threads: try --threads 1")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// Memory does not suffice for another sequence as long as others are open.
    #[error("there is no memory for another sequence of {positions} positions: use a smaller --batch or shorter jobs")]
    NoRoom {
        /// Positions that were asked for.
        positions: u32,
    },
    /// A run goes beyond what its sequence was opened for.
    #[error("position {end} of a sequence that was opened for {positions} positions")]
    Full {
        /// Position behind the run.
        end: u64,
        /// Positions that the sequence has room for.
        positions: u32,
    },
    /// A run of a sequence that is not open.
    #[error("sequence {} is not open", .0.0)]
    Closed(SequenceId),
    /// The executor did not give what the recorder needs.
    #[error(transparent)]
    Withheld(#[from] Withheld),
}
