//! An engine of backends that share nothing, one a sequence: how the CPU executor does several jobs.

use super::{Backend, BackendError, Engine, Recorder, Run, SequenceId};
use std::collections::BTreeMap;

/// Makes a backend for every sequence with `make`, and computes one run after the other.
pub struct Separate<B, F> {
    make: F,
    open: BTreeMap<SequenceId, (B, u32)>,
    opened: u64,
}

impl<B: Backend, F: FnMut() -> Result<B, BackendError>> Separate<B, F> {
    /// No sequence yet.
    pub const fn new(make: F) -> Self {
        Separate { make, open: BTreeMap::new(), opened: 0 }
    }

    /// Before any run is computed, so that a call that cannot be done has recorded nothing.
    fn check(&self, run: &Run<'_>) -> Result<(), BackendError> {
        let (backend, positions) = self.open.get(&run.sequence).ok_or(BackendError::Closed(run.sequence))?;
        let end = u64::from(backend.position()) + run.tokens.len() as u64;
        if end > u64::from(*positions) {
            return Err(BackendError::Full { end, positions: *positions });
        }
        Ok(())
    }
}

impl<B: Backend, F: FnMut() -> Result<B, BackendError>> Engine for Separate<B, F> {
    fn open(&mut self, positions: u32) -> Result<SequenceId, BackendError> {
        let backend = (self.make)()?;
        let sequence = SequenceId(self.opened);
        self.opened += 1;
        self.open.insert(sequence, (backend, positions));
        Ok(sequence)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.open.remove(&sequence);
    }

    fn forward(&mut self, runs: &mut [Run<'_>]) -> Result<Vec<Option<u32>>, BackendError> {
        runs.iter().try_for_each(|run| self.check(run))?;
        let one = |run: &mut Run<'_>| {
            let (backend, _) = self.open.get_mut(&run.sequence).ok_or(BackendError::Closed(run.sequence))?;
            let recorder = run.recorder.as_mut().map(|r| &mut **r as &mut dyn Recorder);
            backend.extend(run.tokens, &run.sampler, recorder)
        };
        runs.iter_mut().map(one).collect()
    }
}
