//! The trace recorder: step outputs in, position roots out.

use super::digest::tensor_digests;
use crate::backend::{Recorder, StepOutput};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_verifier::job::Job;
use assay_verifier::needs::Needs;
use assay_verifier::{answer, trace};
use std::collections::{BTreeMap, HashMap};

/// Records the trace of one job.
pub struct TraceRecorder<'a> {
    config: &'a Config,
    job: Digest,
    secret: [u8; 32],
    tail_from: u32,
    /// What to keep for an answer; nothing while a job runs.
    keep: Option<&'a Needs>,
    /// Positions with steps still to come.
    open: BTreeMap<u32, Position>,
    /// D_t of finished positions.
    roots: BTreeMap<u32, Digest>,
    /// Leaves of finished positions that `keep` names.
    leaves: HashMap<u32, Vec<Digest>>,
    /// Header and tensor of the steps that `keep` names.
    kept: HashMap<(u32, u32), (Vec<u8>, Vec<u8>)>,
    digests: Vec<Digest>,
}

struct Position {
    salts: Vec<[u8; 32]>,
    leaves: Vec<Digest>,
    missing: usize,
}

impl<'a> TraceRecorder<'a> {
    /// A recorder of `job` on a model of shape `config`; with `keep`, it keeps what an answer needs.
    pub fn new(config: &'a Config, job: &Job, keep: Option<&'a Needs>) -> Self {
        TraceRecorder {
            config,
            job: job.digest(),
            secret: job.secret,
            tail_from: job.tail_from(),
            keep,
            open: BTreeMap::new(),
            roots: BTreeMap::new(),
            leaves: HashMap::new(),
            kept: HashMap::new(),
            digests: Vec::new(),
        }
    }

    /// D_t of every finished position in order.
    ///
    /// # Panics
    /// If a position between finished ones is missing steps: the executor would be wrong.
    pub fn roots(&self) -> Vec<Digest> {
        for (expected, t) in (0u32..).zip(self.roots.keys()) {
            assert_eq!(expected, *t, "position {expected} was not finished");
        }
        self.roots.values().copied().collect()
    }

    fn leaf(&mut self, out: &StepOutput<'_>, tensor: &Digest) {
        let step = self.config.step(out.step).expect("an executor emits steps of the program");
        let shape = self.config.shape(step.kind);
        debug_assert_eq!((out.header.len(), out.tensor.len()), (shape.header, shape.bytes()), "{step}");
        let count = self.config.step_count(out.position >= self.tail_from);
        let position = self.open.entry(out.position).or_insert_with(|| Position {
            salts: trace::salts(&self.secret, &self.job, out.position, count),
            leaves: vec![[0; 32]; count as usize],
            missing: count as usize,
        });
        let index = out.step as usize;
        position.leaves[index] =
            trace::leaf(&position.salts[index], &self.job, out.position, out.step, step, &shape, out.header, tensor);
        position.missing -= 1;
        if position.missing == 0 {
            self.finish(out.position);
        }
    }

    fn finish(&mut self, t: u32) {
        if let Some(position) = self.open.remove(&t) {
            self.roots.insert(t, trace::position_root(&position.leaves));
            if self.keep.is_some_and(|needs| needs.contains_key(&t)) {
                self.leaves.insert(t, position.leaves);
            }
        }
    }
}

impl Recorder for TraceRecorder<'_> {
    fn record(&mut self, outputs: &[StepOutput<'_>]) {
        let tensors: Vec<&[u8]> = outputs.iter().map(|o| o.tensor).collect();
        let mut digests = std::mem::take(&mut self.digests);
        digests.clear();
        tensor_digests(&tensors, &mut digests);
        for (out, digest) in outputs.iter().zip(&digests) {
            self.leaf(out, digest);
            if self.keep.is_some_and(|n| n.get(&out.position).is_some_and(|steps| steps.contains_key(&out.step))) {
                self.kept.insert((out.position, out.step), (out.header.to_vec(), out.tensor.to_vec()));
            }
        }
        self.digests = digests;
    }
}

impl answer::Source for TraceRecorder<'_> {
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]) {
        let (header, tensor) = self.kept.get(&(t, index)).expect("the needs were kept");
        (header, tensor)
    }

    fn leaves(&self, t: u32) -> &[Digest] {
        self.leaves.get(&t).expect("the needs were kept")
    }
}
