//! Cards as an engine.

use crate::backend::{BackendError, Engine, Run, SequenceId, StepOutput, Tensor};
use assay_gpu::GpuError;
use assay_gpu::fleet::{Content, Done, Fleet, Work};

/// A fleet of cards, seen as an engine.
pub struct GpuEngine {
    fleet: Fleet,
    open: usize,
}

impl From<GpuError> for BackendError {
    fn from(error: GpuError) -> BackendError {
        BackendError::Device(Box::new(error))
    }
}

impl GpuEngine {
    /// With the model that the fleet has.
    pub const fn new(fleet: Fleet) -> GpuEngine {
        GpuEngine { fleet, open: 0 }
    }

    /// The cards.
    pub const fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Before any run is computed: the fleet takes for granted what is checked here.
    fn check(&self, run: &Run<'_>) -> Result<(), BackendError> {
        let (position, positions) = self.fleet.position(run.sequence.0).ok_or(BackendError::Closed(run.sequence))?;
        let end = u64::from(position) + run.tokens.len() as u64;
        if end > u64::from(positions) {
            return Err(BackendError::Full { end, positions });
        }
        Ok(())
    }

    fn compute(&mut self, runs: &[Run<'_>]) -> Result<Vec<Done>, BackendError> {
        let wants: Vec<Wants<'_>> = runs.iter().map(wants).collect();
        let works: Vec<Work<'_>> = (runs.iter().zip(&wants))
            .map(|(run, wants)| Work {
                sequence: run.sequence.0,
                tokens: run.tokens,
                sampler: &run.sampler,
                trace: run.recorder.is_some(),
                wants: &**wants,
            })
            .collect();
        Ok(self.fleet.forward(&works)?)
    }
}

/// Whether a recorder needs the bytes of a step at a position.
type Wants<'r> = Box<dyn Fn(u32, u32) -> bool + 'r>;

fn wants<'r>(run: &'r Run<'_>) -> Wants<'r> {
    match &run.recorder {
        Some(recorder) => Box::new(|position, step| recorder.wants(position, step)),
        None => Box::new(|_, _| false),
    }
}

impl Engine for GpuEngine {
    fn open(&mut self, positions: u32) -> Result<SequenceId, BackendError> {
        match self.fleet.open(positions) {
            Ok(id) => {
                self.open += 1;
                Ok(SequenceId(id))
            }
            Err(GpuError::Memory { .. }) if self.open > 0 => Err(BackendError::NoRoom { positions }),
            Err(error) => Err(error.into()),
        }
    }

    fn close(&mut self, sequence: SequenceId) {
        if self.fleet.position(sequence.0).is_some() {
            self.open -= 1;
            self.fleet.close(sequence.0);
        }
    }

    fn forward(&mut self, runs: &mut [Run<'_>]) -> Result<Vec<Option<u32>>, BackendError> {
        runs.iter().try_for_each(|run| self.check(run))?;
        let done = self.compute(runs)?;
        for (run, done) in runs.iter_mut().zip(&done) {
            if let Some(recorder) = &mut run.recorder {
                recorder.record(&outputs(done))?;
            }
        }
        Ok(done.into_iter().map(|done| done.sampled).collect())
    }

    fn attest(&mut self) -> Result<(), BackendError> {
        Ok(self.fleet.check_weights()?)
    }
}

fn outputs(done: &Done) -> Vec<StepOutput<'_>> {
    let steps = done.positions.iter().flat_map(|p| p.steps.iter().map(|s| (p.position, s)));
    steps
        .map(|(position, s)| {
            let tensor = match &s.content {
                Content::Bytes(bytes) => Tensor::Bytes(bytes),
                Content::Digest(digest) => Tensor::Digest(*digest),
            };
            StepOutput { position, step: s.step, header: &s.header, tensor }
        })
        .collect()
}
