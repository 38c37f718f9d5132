//! What an executor is to the rest of the prover: something that computes positions and shows every step to a recorder.
//!
//! An [`Engine`] has many sequences in the making and computes positions of several in one call. A [`Backend`] has one:
//! [`single::Single`] is an engine seen that way, and [`separate::Separate`] is an engine of backends that share nothing.
//! A [`supply::Supply`] gives engines, another when one fails.

pub mod error;
pub mod separate;
pub mod single;
pub mod supply;

use assay_model::domain::Digest;
use assay_model::reference::{Reference, Sampler};
pub use error::{BackendError, Withheld};

/// The tensor of a step: itself, or what is left of it where it was hashed elsewhere.
#[derive(Clone, Copy, Debug)]
pub enum Tensor<'a> {
    /// Little-endian.
    Bytes(&'a [u8]),
    /// `blake3::hash` of these bytes.
    Digest(Digest),
}

/// What one step commits at one position.
#[derive(Clone, Copy, Debug)]
pub struct StepOutput<'a> {
    /// Position t.
    pub position: u32,
    /// Number of the step within its position.
    pub step: u32,
    /// Header scalars, wire bytes.
    pub header: &'a [u8],
    /// The tensor.
    pub tensor: Tensor<'a>,
}

impl<'a> StepOutput<'a> {
    /// Bytes of the tensor.
    ///
    /// # Errors
    /// If only its digest was handed over.
    pub const fn bytes(&self) -> Result<&'a [u8], Withheld> {
        match self.tensor {
            Tensor::Bytes(bytes) => Ok(bytes),
            Tensor::Digest(_) => Err(Withheld { position: self.position, step: self.step }),
        }
    }
}

/// Takes every step's output. Outputs of one call are hashed side by side, so executors hand over many at a time.
///
/// Outputs are final when they are handed over: an executor that can fail records nothing of a call before all of it has
/// been computed and found right.
pub trait Recorder {
    /// Whether the bytes of this tensor are needed; where not, its digest does.
    fn wants(&self, position: u32, step: u32) -> bool {
        let _ = (position, step);
        true
    }

    /// Outputs of any steps and positions; each (position, step) comes once, the steps of a position in order.
    ///
    /// # Errors
    /// If a digest comes where bytes are [wanted](Self::wants); the executor is at fault, and nothing was recorded.
    fn record(&mut self, outputs: &[StepOutput<'_>]) -> Result<(), Withheld>;
}

/// An executor with one sequence in the making.
pub trait Backend {
    /// Next position to be computed.
    fn position(&self) -> u32;

    /// Computes one position for each of `tokens`; without a recorder nothing is kept or hashed.
    ///
    /// Returns the token sampled at the last position, if that has a sample step.
    ///
    /// # Errors
    /// If what computes fails. The sequence is of no further use.
    fn extend(
        &mut self,
        tokens: &[u32],
        sampler: &Sampler,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Option<u32>, BackendError>;
}

/// Name of a sequence, unique within its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceId(pub u64);

/// Positions of one sequence that are to be computed.
pub struct Run<'a> {
    /// The sequence, open.
    pub sequence: SequenceId,
    /// Tokens at its next positions.
    pub tokens: &'a [u32],
    /// How its sample steps draw.
    pub sampler: Sampler,
    /// Takes the outputs; without it nothing is kept or hashed.
    pub recorder: Option<&'a mut dyn Recorder>,
}

/// An executor with any number of sequences in the making.
pub trait Engine {
    /// An empty sequence with room for `positions` positions.
    ///
    /// # Errors
    /// [`BackendError::NoRoom`] if there is no memory for it while others are open.
    fn open(&mut self, positions: u32) -> Result<SequenceId, BackendError>;

    /// Ends a sequence and frees its memory; one that is not open is ignored.
    fn close(&mut self, sequence: SequenceId);

    /// Computes one position for each token of each run. A sequence has at most one run in a call.
    ///
    /// Returns for each run the token sampled at its last position, if that has a sample step. What a sequence gives does
    /// not depend on what else is computed in the same call.
    ///
    /// # Errors
    /// If what computes fails. Nothing of this call was recorded then, unless a recorder is the one that failed, and the
    /// sequences of its runs are of no further use.
    fn forward(&mut self, runs: &mut [Run<'_>]) -> Result<Vec<Option<u32>>, BackendError>;

    /// Whether what computed is still as it was when it was found right; asked before anything that it gave is signed.
    ///
    /// # Errors
    /// [`BackendError::Device`] if not; nothing that was computed since it was last asked is of any use then.
    fn attest(&mut self) -> Result<(), BackendError> {
        Ok(())
    }
}

impl<E: Engine + ?Sized> Engine for &mut E {
    fn open(&mut self, positions: u32) -> Result<SequenceId, BackendError> {
        (**self).open(positions)
    }

    fn close(&mut self, sequence: SequenceId) {
        (**self).close(sequence);
    }

    fn forward(&mut self, runs: &mut [Run<'_>]) -> Result<Vec<Option<u32>>, BackendError> {
        (**self).forward(runs)
    }

    fn attest(&mut self) -> Result<(), BackendError> {
        (**self).attest()
    }
}

impl Backend for Reference<'_> {
    fn position(&self) -> u32 {
        Reference::position(self)
    }

    fn extend(
        &mut self,
        tokens: &[u32],
        sampler: &Sampler,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Option<u32>, BackendError> {
        let config = self.config().clone();
        let Some(recorder) = recorder else {
            return Ok(Reference::extend(self, tokens, sampler, &mut |_| {}));
        };
        let mut recorded = Ok(());
        let sampled = Reference::extend(self, tokens, sampler, &mut |out| {
            let (step, tensor) = (config.step_index(out.step), Tensor::Bytes(&out.tensor));
            let output = StepOutput { position: out.position, step, header: &out.header, tensor };
            if recorded.is_ok() {
                recorded = recorder.record(&[output]);
            }
        });
        recorded?;
        Ok(sampled)
    }
}
