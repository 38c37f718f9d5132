//! The trace recorder: step outputs in, position roots out.

use super::digest::{hash_fixed, tensor_digests};
use crate::backend::{Recorder, StepOutput};
use assay_model::config::Config;
use assay_model::domain::{Digest, Domain};
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

    /// What the leaf of an output hashes.
    fn preimage(&mut self, out: &StepOutput<'_>, tensor: &Digest) -> Vec<u8> {
        let step = self.config.step(out.step).expect("an executor emits steps of the program");
        let shape = self.config.shape(step.kind);
        debug_assert_eq!((out.header.len(), out.tensor.len()), (shape.header, shape.bytes()), "{step}");
        let count = self.config.step_count(out.position >= self.tail_from);
        let position = self.open.entry(out.position).or_insert_with(|| Position {
            salts: trace::salts(&self.secret, &self.job, out.position, count),
            leaves: vec![[0; 32]; count as usize],
            missing: count as usize,
        });
        let salt = &position.salts[out.step as usize];
        trace::leaf_preimage(salt, &self.job, out.position, out.step, step, &shape, out.header, tensor)
    }

    fn put(&mut self, out: &StepOutput<'_>, leaf: Digest) {
        let position = self.open.get_mut(&out.position).expect("opened by its preimage");
        position.leaves[out.step as usize] = leaf;
        position.missing -= 1;
        if position.missing == 0 {
            self.finish(out.position);
        }
        if self.keep.is_some_and(|n| n.get(&out.position).is_some_and(|steps| steps.contains_key(&out.step))) {
            self.kept.insert((out.position, out.step), (out.header.to_vec(), out.tensor.to_vec()));
        }
    }

    fn finish(&mut self, t: u32) {
        if let Some(position) = self.open.remove(&t) {
            self.roots.insert(t, root_side_by_side(Domain::StepNode, position.leaves.clone()));
            if self.keep.is_some_and(|needs| needs.contains_key(&t)) {
                self.leaves.insert(t, position.leaves);
            }
        }
    }
}

/// Root over the leaves, a level at a time: pairs from the left, an odd last node rises. That is the tree whose left
/// subtrees are full.
fn root_side_by_side(domain: Domain, mut level: Vec<Digest>) -> Digest {
    while level.len() > 1 {
        let (pairs, odd) = level.as_flattened().as_chunks::<64>();
        let mut above = Vec::with_capacity(pairs.len() + 1);
        hash_fixed::<64>(domain, &pairs.iter().collect::<Vec<_>>(), &mut above);
        above.extend(odd.first_chunk::<32>());
        level = above;
    }
    level.first().copied().unwrap_or_default()
}

/// Hashes of `inputs` under `domain`; those of the two usual lengths side by side.
fn hash_leaves(domain: Domain, inputs: &[Vec<u8>]) -> Vec<Digest> {
    let mut out = vec![[0; 32]; inputs.len()];
    fn some<const N: usize>(domain: Domain, inputs: &[Vec<u8>], out: &mut [Digest]) {
        let at: Vec<usize> = (0..inputs.len()).filter(|&i| inputs[i].len() == N).collect();
        let fitting: Vec<&[u8; N]> = at.iter().filter_map(|&i| inputs[i].first_chunk()).collect();
        let mut digests = Vec::with_capacity(at.len());
        hash_fixed(domain, &fitting, &mut digests);
        for (i, digest) in at.into_iter().zip(digests) {
            out[i] = digest;
        }
    }
    some::<128>(domain, inputs, &mut out);
    some::<192>(domain, inputs, &mut out);
    for (input, out) in inputs.iter().zip(&mut out) {
        if !matches!(input.len(), 128 | 192) {
            *out = domain.hash(input);
        }
    }
    out
}

impl Recorder for TraceRecorder<'_> {
    fn record(&mut self, outputs: &[StepOutput<'_>]) {
        let tensors: Vec<&[u8]> = outputs.iter().map(|o| o.tensor).collect();
        let mut digests = std::mem::take(&mut self.digests);
        digests.clear();
        tensor_digests(&tensors, &mut digests);
        let preimages: Vec<Vec<u8>> = outputs.iter().zip(&digests).map(|(out, d)| self.preimage(out, d)).collect();
        for (out, leaf) in outputs.iter().zip(hash_leaves(Domain::StepLeaf, &preimages)) {
            self.put(out, leaf);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashing_side_by_side_gives_the_roots_and_leaves_of_the_protocol() {
        for n in (1..70).chain([255, 256, 257, 304]) {
            let inputs: Vec<Vec<u8>> = (0..n).map(|i| vec![i as u8; [128, 64, 192, 896][i as usize % 4]]).collect();
            let leaves: Vec<Digest> = inputs.iter().map(|v| Domain::StepLeaf.hash(v)).collect();
            assert_eq!(hash_leaves(Domain::StepLeaf, &inputs), leaves);
            assert_eq!(
                root_side_by_side(Domain::StepNode, leaves.clone()),
                trace::position_root(&leaves),
                "{n} leaves"
            );
        }
    }
}
