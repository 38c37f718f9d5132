//! One sequence of an engine, as a backend.

use super::{Backend, BackendError, Engine, Recorder, Run, SequenceId};
use assay_model::reference::Sampler;

/// A sequence that is open as long as this is there. With `E = &mut dyn Engine`, one after the other on the same engine.
pub struct Single<E: Engine> {
    engine: E,
    sequence: SequenceId,
    position: u32,
}

impl<E: Engine> Single<E> {
    /// Opens a sequence with room for `positions` positions.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open(mut engine: E, positions: u32) -> Result<Self, BackendError> {
        let sequence = engine.open(positions)?;
        Ok(Single { engine, sequence, position: 0 })
    }
}

impl<E: Engine> Backend for Single<E> {
    fn position(&self) -> u32 {
        self.position
    }

    fn extend(
        &mut self,
        tokens: &[u32],
        sampler: &Sampler,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Option<u32>, BackendError> {
        let recorder = recorder.map(|r| r as &mut dyn Recorder);
        let mut runs = [Run { sequence: self.sequence, tokens, sampler: sampler.clone(), recorder }];
        let sampled = self.engine.forward(&mut runs)?;
        self.position += tokens.len() as u32;
        Ok(sampled.into_iter().next().flatten())
    }
}

impl<E: Engine> Drop for Single<E> {
    fn drop(&mut self) {
        self.engine.close(self.sequence);
    }
}
