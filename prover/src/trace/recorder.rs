//! The trace recorder: step outputs in, position roots out.

use super::digest::{hash_fixed, tensor_digests};
use crate::backend::{Recorder, StepOutput, Tensor, Withheld};
use assay_model::config::Config;
use assay_model::domain::{Digest, Domain};
use assay_verifier::job::Job;
use assay_verifier::needs::Needs;
use assay_verifier::settlement::trace as settlement;
use assay_verifier::{answer, trace};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Records the trace of one job.
pub struct TraceRecorder<'a> {
    config: &'a Config,
    job: Digest,
    secret: [u8; 32],
    tail_from: u32,
    /// Whether the leaves of all positions stay, for the settlement root: 32 bytes each.
    settles: bool,
    /// What to keep for an answer; nothing while a job runs.
    keep: Option<&'a Needs>,
    /// Positions with steps still to come.
    open: BTreeMap<u32, Position>,
    /// D_t of finished positions.
    roots: BTreeMap<u32, Digest>,
    /// Leaves of finished positions that `keep` names, or of all.
    leaves: HashMap<u32, Vec<Digest>>,
    /// Header and tensor of the steps that `keep` names.
    kept: HashMap<(u32, u32), (Vec<u8>, Vec<u8>)>,
    /// Of the outputs that are being recorded: digests of the tensors that came as bytes, what their leaves hash, and their leaves.
    digests: Vec<Digest>,
    preimages: Preimages,
    hashed: Vec<Digest>,
}

/// Byte strings one behind the other.
#[derive(Default)]
struct Preimages {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Preimages {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds what `write` appends.
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[*start..*end])
    }
}

/// Leaves, headers and tensors that a recorder kept.
pub struct Kept {
    leaves: HashMap<u32, Vec<Digest>>,
    steps: HashMap<(u32, u32), (Vec<u8>, Vec<u8>)>,
}

impl answer::Source for Kept {
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]) {
        let (header, tensor) = self.steps.get(&(t, index)).expect("the needs were kept");
        (header, tensor)
    }

    fn leaves(&self, t: u32) -> &[Digest] {
        self.leaves.get(&t).expect("the needs were kept")
    }
}

struct Position {
    salts: Vec<[u8; 32]>,
    leaves: Vec<Digest>,
    missing: usize,
}

impl<'a> TraceRecorder<'a> {
    /// A recorder of `job` on a model of shape `config`; with `keep`, it keeps what an answer needs, without, what the
    /// receipt of the job needs.
    pub fn new(config: &'a Config, job: &Job, keep: Option<&'a Needs>) -> Self {
        let settles = keep.is_none() && job.settlement.is_named();
        Self::empty(config, job.digest(), job.secret, job.tail_from(), settles, keep)
    }

    /// An empty recorder of the same job.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::empty(self.config, self.job, self.secret, self.tail_from, self.settles, self.keep)
    }

    fn empty(
        config: &'a Config,
        job: Digest,
        secret: [u8; 32],
        tail_from: u32,
        settles: bool,
        keep: Option<&'a Needs>,
    ) -> Self {
        TraceRecorder {
            config,
            job,
            secret,
            tail_from,
            settles,
            keep,
            open: BTreeMap::new(),
            roots: BTreeMap::new(),
            leaves: HashMap::new(),
            kept: HashMap::new(),
            digests: Vec::new(),
            preimages: Preimages::default(),
            hashed: Vec::new(),
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

    /// The settlement root over all finished positions, whose tokens `tokens` gives, and the number of its leaves; none for
    /// a job that names no contract.
    pub fn settlement(&self, tokens: &(dyn Fn(u32) -> Option<u32> + Sync)) -> Option<(Digest, u64)> {
        if !self.settles {
            return None;
        }
        let all = self.config.step_count(true);
        let lens: Vec<u32> =
            (0..all).filter_map(|s| self.config.step(s)).map(|s| self.config.shape(s.kind).len as u32).collect();
        let leaves = |t: u32| {
            let (position, mut out) = (answer::Source::leaves(self, t), Vec::new());
            let salts = trace::salts(&self.secret, &self.job, t, position.len() as u32);
            if let (Some(token_in), Some(token_out)) = (tokens(t), tokens(t + 1)) {
                let position =
                    settlement::Position { t, token_in, token_out, salts: &salts, leaves: position, lens: &lens };
                position.leaves(&self.job, &mut out);
            }
            out
        };
        let leaves: Vec<Digest> = (0..self.roots.len() as u32).into_par_iter().map(leaves).flatten_iter().collect();
        Some((settlement::root(&leaves), leaves.len() as u64))
    }

    /// What was kept: the recorder's work is done.
    pub fn into_kept(self) -> Kept {
        Kept { leaves: self.leaves, steps: self.kept }
    }

    /// Adds what the leaf of an output hashes to the preimages.
    fn add_preimage(&mut self, out: &StepOutput<'_>, tensor: &Digest) {
        let step = self.config.step(out.step).expect("an executor emits steps of the program");
        let shape = self.config.shape(step.kind);
        debug_assert_eq!(out.header.len(), shape.header, "{step}");
        debug_assert!(out.bytes().map_or(true, |bytes| bytes.len() == shape.bytes()), "{step}");
        let count = self.config.step_count(out.position >= self.tail_from);
        let position = self.open.entry(out.position).or_insert_with(|| Position {
            salts: trace::salts(&self.secret, &self.job, out.position, count),
            leaves: vec![[0; 32]; count as usize],
            missing: count as usize,
        });
        let salt = &position.salts[out.step as usize];
        self.preimages.push(|bytes| {
            trace::leaf_preimage(salt, &self.job, out.position, out.step, step, &shape, out.header, tensor, bytes);
        });
    }

    fn put(&mut self, out: &StepOutput<'_>, leaf: Digest) {
        let position = self.open.get_mut(&out.position).expect("opened by its preimage");
        position.leaves[out.step as usize] = leaf;
        position.missing -= 1;
        if position.missing == 0 {
            self.finish(out.position);
        }
        if self.wants(out.position, out.step)
            && let Ok(bytes) = out.bytes()
        {
            self.kept.insert((out.position, out.step), (out.header.to_vec(), bytes.to_vec()));
        }
    }

    fn finish(&mut self, t: u32) {
        if let Some(position) = self.open.remove(&t) {
            self.roots.insert(t, root_side_by_side(Domain::StepNode, &position.leaves));
            if self.settles || self.keep.is_some_and(|needs| needs.contains_key(&t)) {
                self.leaves.insert(t, position.leaves);
            }
        }
    }
}

/// Root over the leaves, a level at a time: pairs from the left, an odd last node rises. That is the tree whose left
/// subtrees are full.
fn root_side_by_side(domain: Domain, leaves: &[Digest]) -> Digest {
    let (mut level, mut above) = (leaves.to_vec(), Vec::with_capacity(leaves.len().div_ceil(2)));
    while level.len() > 1 {
        let (pairs, odd) = level.as_flattened().as_chunks::<64>();
        above.clear();
        above.resize(pairs.len(), [0; 32]);
        hash_fixed(domain, pairs.iter().enumerate(), &mut above);
        above.extend(odd.first_chunk::<32>());
        std::mem::swap(&mut level, &mut above);
    }
    level.first().copied().unwrap_or_default()
}

/// Hashes of `inputs` under `domain`; those of the two usual lengths side by side.
fn hash_leaves(domain: Domain, inputs: &Preimages, out: &mut Vec<Digest>) {
    fn of_length<const N: usize>(inputs: &Preimages) -> impl Iterator<Item = (usize, &[u8; N])> {
        inputs.iter().enumerate().filter_map(|(i, input)| Some((i, input.try_into().ok()?)))
    }
    out.clear();
    out.resize(inputs.ends.len(), [0; 32]);
    hash_fixed(domain, of_length::<128>(inputs), out);
    hash_fixed(domain, of_length::<192>(inputs), out);
    for (input, out) in inputs.iter().zip(out) {
        if !matches!(input.len(), 128 | 192) {
            *out = domain.hash(input);
        }
    }
}

impl Recorder for TraceRecorder<'_> {
    fn wants(&self, position: u32, step: u32) -> bool {
        self.keep.is_some_and(|needs| needs.get(&position).is_some_and(|steps| steps.contains_key(&step)))
    }

    fn record(&mut self, outputs: &[StepOutput<'_>]) -> Result<(), Withheld> {
        for out in outputs.iter().filter(|o| self.wants(o.position, o.step)) {
            out.bytes()?;
        }
        let tensors: Vec<&[u8]> = outputs.iter().filter_map(|o| o.bytes().ok()).collect();
        let mut digests = std::mem::take(&mut self.digests);
        digests.clear();
        tensor_digests(&tensors, &mut digests);
        self.preimages.clear();
        let mut hashed_here = digests.iter();
        for out in outputs {
            let digest = match &out.tensor {
                Tensor::Bytes(_) => hashed_here.next().expect("a digest for each tensor of bytes"),
                Tensor::Digest(digest) => digest,
            };
            self.add_preimage(out, digest);
        }
        let mut leaves = std::mem::take(&mut self.hashed);
        hash_leaves(Domain::StepLeaf, &self.preimages, &mut leaves);
        for (out, leaf) in outputs.iter().zip(&leaves) {
            self.put(out, *leaf);
        }
        (self.digests, self.hashed) = (digests, leaves);
        Ok(())
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
            let (mut preimages, mut hashed) = (Preimages::default(), Vec::new());
            inputs.iter().for_each(|v| preimages.push(|bytes| bytes.extend(v)));
            hash_leaves(Domain::StepLeaf, &preimages, &mut hashed);
            assert_eq!(hashed, leaves);
            assert_eq!(root_side_by_side(Domain::StepNode, &leaves), trace::position_root(&leaves), "{n} leaves");
        }
    }
}
