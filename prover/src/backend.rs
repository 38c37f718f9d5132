//! What an executor is to the rest of the prover: something that computes positions and shows every step to a recorder.

use assay_model::reference::{Reference, Sampler};

/// What one step commits at one position.
#[derive(Clone, Copy, Debug)]
pub struct StepOutput<'a> {
    /// Position t.
    pub position: u32,
    /// Number of the step within its position.
    pub step: u32,
    /// Header scalars, wire bytes.
    pub header: &'a [u8],
    /// Tensor, little-endian.
    pub tensor: &'a [u8],
}

/// Takes every step's output. Outputs of one call are hashed side by side, so executors hand over many at a time.
pub trait Recorder {
    /// Outputs of any steps and positions; each (position, step) comes once, the steps of a position in order.
    fn record(&mut self, outputs: &[StepOutput<'_>]);
}

/// An executor with one sequence in the making.
pub trait Backend {
    /// Next position to be computed.
    fn position(&self) -> u32;

    /// Computes one position for each of `tokens`; without a recorder nothing is kept or hashed.
    ///
    /// Returns the token sampled at the last position, if that has a sample step.
    fn extend(&mut self, tokens: &[u32], sampler: &Sampler, recorder: Option<&mut dyn Recorder>) -> Option<u32>;
}

impl Backend for Reference<'_> {
    fn position(&self) -> u32 {
        Reference::position(self)
    }

    fn extend(&mut self, tokens: &[u32], sampler: &Sampler, recorder: Option<&mut dyn Recorder>) -> Option<u32> {
        let config = self.config().clone();
        let Some(recorder) = recorder else {
            return Reference::extend(self, tokens, sampler, &mut |_| {});
        };
        Reference::extend(self, tokens, sampler, &mut |out| {
            let step = config.step_index(out.step);
            recorder.record(&[StepOutput { position: out.position, step, header: &out.header, tensor: &out.tensor }]);
        })
    }
}
