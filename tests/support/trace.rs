//! Commits to a run, signs it, and answers challenges about it, whether or not the run is true.

use crate::rig::{Column, Rig, Run, run};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::model::Model;
use assay_verifier::answer::{self, Source};
use assay_verifier::audit::Claim;
use assay_verifier::settlement::tree;
use assay_verifier::sign::RigKey;
use assay_verifier::{Answer, Challenge, Job, Output, Receipt, draw, trace};

/// A committed run under a rig's signature.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Terms.
    pub job: Job,
    /// What was signed.
    pub receipt: Receipt,
    /// Tokens and position roots.
    pub output: Output,
    /// Multiply-accumulates that the rig did.
    pub macs: u64,
    columns: Vec<Column>,
    leaves: Vec<Vec<Digest>>,
}

/// The key of the rig of these tests.
pub fn key() -> RigKey {
    RigKey::from_bytes(&[7; 32]).expect("a valid key")
}

/// Runs `job` on `rig`, commits and signs.
pub fn signed(model: &Model, job: &Job, rig: &mut dyn Rig) -> Signed {
    commit(&model.config, job, run(model, job, rig), &|_, _| {})
}

/// Commits to `run` and signs. `forge` may replace the leaves of a position before they are hashed further.
pub fn commit(config: &Config, job: &Job, run: Run, forge: &dyn Fn(u32, &mut Vec<Digest>)) -> Signed {
    let digest = job.digest();
    let leaves: Vec<Vec<Digest>> = (0u32..)
        .zip(&run.columns)
        .map(|(t, column)| {
            let mut leaves = leaves(config, job, &digest, t, column);
            forge(t, &mut leaves);
            leaves
        })
        .collect();
    let positions = leaves.iter().map(|leaves| trace::position_root(leaves)).collect();
    let output = Output { tokens: run.tokens, positions };
    let receipt = sign(job, &output);
    Signed { job: job.clone(), receipt, output, macs: run.macs, columns: run.columns, leaves }
}

/// The receipt for this output.
pub fn sign(job: &Job, output: &Output) -> Receipt {
    let links = output.links(job);
    let mut receipt = Receipt {
        job: job.digest(),
        settlement: job.settlement,
        tokens_root: trace::tokens_root(&output.tokens),
        token_count: output.tokens.len() as u32,
        tip: links.last().copied().unwrap_or_default(),
        positions_root: trace::links_root(&links),
        settlement_root: [0; 32],
        rig: [0; 20],
        signature: [0; 65],
    };
    key().sign(&mut receipt);
    receipt
}

fn leaves(config: &Config, job: &Job, digest: &Digest, t: u32, column: &Column) -> Vec<Digest> {
    let salts = trace::salts(&job.secret, digest, t, column.len() as u32);
    let leaf = |(i, salt): (u32, &[u8; 32])| {
        let (step, leaf) = (config.step(i).expect("a step"), &column[i as usize]);
        let tensor = *blake3::hash(&leaf.tensor).as_bytes();
        trace::leaf(salt, digest, t, i, step, &config.shape(step.kind), &leaf.header, &tensor)
    };
    (0u32..).zip(&salts).map(leaf).collect()
}

impl Source for Signed {
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]) {
        let leaf = &self.columns[t as usize][index as usize];
        (&leaf.header, &leaf.tensor)
    }

    fn leaves(&self, t: u32) -> &[Digest] {
        &self.leaves[t as usize]
    }
}

impl Signed {
    /// Receipt, job and output as a claim.
    pub const fn claim(&self) -> Claim<'_> {
        Claim { receipt: &self.receipt, job: &self.job, output: &self.output }
    }

    /// Answer to a challenge, from whatever was committed, for a client with the weights.
    pub fn answer(&self, model: &Model, challenge: &Challenge) -> Answer {
        let claim = self.claim();
        let drawn = draw::draw(challenge, &claim.extent(&model.config));
        answer::build(challenge.digest(), &claim.needs(&model.config, &drawn), self, model)
    }

    /// The same with a settlement root, which `change` may change before it is signed.
    pub fn settled(&self, config: &Config, change: impl FnOnce(&mut Digest)) -> Signed {
        let digest = self.job.digest();
        let leaves = (0u32..).zip(&self.leaves).flat_map(|(t, leaves)| {
            let salts = trace::salts(&self.job.secret, &digest, t, leaves.len() as u32);
            let token = |t| self.output.token_in(&self.job, t).expect("a position of the output");
            let tokens = salts.iter().map(|salt| tree::tokens(salt, token(t), token(t + 1))).collect::<Vec<_>>();
            (0u32..).zip(leaves.iter().zip(tokens)).map(move |(s, (leaf, tokens))| {
                let len = config.shape(config.step(s).expect("a step").kind).len as u32;
                tree::Leaf { job: digest, t, s, tokens, leaf: *leaf, len }.hash()
            })
        });
        let mut signed = self.clone();
        signed.receipt.settlement_root = tree::root(tree::SETTLEMENT, &leaves.collect::<Vec<_>>());
        change(&mut signed.receipt.settlement_root);
        key().sign(&mut signed.receipt);
        signed
    }

    /// Committed positions.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
}
