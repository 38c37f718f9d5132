//! A small honest trace that claims, answers and lies are made from; computed once.

use assay_model::Model;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::gguf::File;
use assay_model::reference::{Reference, Sampler};
use assay_model::sampling::Sampling;
use assay_model::testing::Toy as Recipe;
use assay_verifier::answer::{self, Source};
use assay_verifier::audit::Claim;
use assay_verifier::challenge::{Challenge, Policy};
use assay_verifier::job::Settlement;
use assay_verifier::sign::RigKey;
use assay_verifier::{Answer, Job, Output, Receipt, draw, trace};
use std::sync::OnceLock;

/// Header and tensor of one step.
pub type Tensor = (Vec<u8>, Vec<u8>);

/// A model, a job that it has done, and everything that was committed on the way.
pub struct Toy {
    /// The model: vectors of more than one chunk, parts with padding, grouped heads.
    pub model: Model,
    /// The job.
    pub job: Job,
    /// Its receipt.
    pub receipt: Receipt,
    /// Its output.
    pub output: Output,
    /// Steps by position and number.
    pub steps: Vec<Vec<Tensor>>,
    /// Salts of the leaves.
    pub salts: Vec<Vec<[u8; 32]>>,
    /// Leaves by position and step number.
    pub leaves: Vec<Vec<Digest>>,
}

impl Source for Toy {
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]) {
        let (header, tensor) = &self.steps[t as usize][index as usize];
        (header, tensor)
    }

    fn leaves(&self, t: u32) -> &[Digest] {
        &self.leaves[t as usize]
    }
}

/// The leaf of one step, whatever its header and tensor hold.
pub fn leaf(config: &Config, job: &Digest, salt: &[u8; 32], (t, index): (u32, u32), tensor: &Tensor) -> Digest {
    let step = config.step(index).expect("a step of the program");
    let digest = *blake3::hash(&tensor.1).as_bytes();
    trace::leaf(salt, job, t, index, step, &config.shape(step.kind), &tensor.0, &digest)
}

impl Toy {
    /// The claim.
    pub fn claim(&self) -> Claim<'_> {
        Claim { receipt: &self.receipt, job: &self.job, output: &self.output }
    }

    /// A challenge that draws units of many kinds and is answered in a few KB.
    pub fn challenge(&self) -> Challenge {
        Challenge { receipt: self.receipt.id(), seed: [3; 32], policy: Policy::Units { count: 3 } }
    }

    /// The honest answer to it.
    pub fn answer(&self) -> Answer {
        let challenge = self.challenge();
        let claim = self.claim();
        let drawn = draw::draw(&challenge, &claim.extent(&self.model.config));
        answer::build(challenge.digest(), &claim.needs(&self.model.config, &drawn), self, &self.model)
    }
}

/// The trace.
pub fn toy() -> &'static Toy {
    static TOY: OnceLock<Toy> = OnceLock::new();
    TOY.get_or_init(make)
}

fn make() -> Toy {
    let config = Config { layers: 2, dim: 288, heads: 4, kv_heads: 2, head_dim: 16, ffn: 288, vocab: 300, context: 16 };
    let gguf = Recipe { config, ..Recipe::default() }.gguf();
    let file = File::parse(&gguf).expect("the recipe writes a GGUF file");
    let model = assay_model::load::load(&file).expect("the recipe writes a llama model").model;
    let job = Job {
        manifest: [7; 32],
        settlement: Settlement::default(),
        prompt: vec![5, 299, 256],
        sampling: Sampling::Greedy,
        seed: [1; 32],
        max_tokens: 3,
        stop: vec![298],
        nonce: [2; 32],
        secret: [4; 32],
        expires: 1 << 33,
        previous: [0; 32],
    };
    let (steps, tokens) = run(&model, &job);
    let digest = job.digest();
    let count = |t: usize| u32::try_from(steps[t].len()).expect("few steps");
    let salts: Vec<_> = (0..steps.len()).map(|t| trace::salts(&job.secret, &digest, t as u32, count(t))).collect();
    let leaves: Vec<Vec<Digest>> = (0u32..)
        .zip(&steps)
        .zip(&salts)
        .map(|((t, steps), salts)| {
            let leaf = |((i, s), salt)| leaf(&model.config, &digest, salt, (t, i), s);
            (0u32..).zip(steps).zip(salts).map(leaf).collect()
        })
        .collect();
    let output = Output { tokens, positions: leaves.iter().map(|l| trace::position_root(l)).collect() };
    let receipt = receipt(&job, &output);
    Toy { model, job, receipt, output, steps, salts, leaves }
}

fn run(model: &Model, job: &Job) -> (Vec<Vec<Tensor>>, Vec<u32>) {
    let sampler = Sampler { sampling: job.sampling, seed: job.seed, tail_from: job.tail_from() };
    let mut steps: Vec<Vec<Tensor>> = Vec::new();
    let mut reference = Reference::new(model);
    let (mut next, mut tokens) = (job.prompt.clone(), Vec::new());
    for _ in 0..job.max_tokens {
        let sampled = reference.extend(&next, &sampler, &mut |out| {
            steps.resize_with(steps.len().max(out.position as usize + 1), Vec::new);
            steps[out.position as usize].push((out.header, out.tensor));
        });
        let token = sampled.expect("the last position samples");
        tokens.push(token);
        next = vec![token];
    }
    (steps, tokens)
}

fn receipt(job: &Job, output: &Output) -> Receipt {
    let links = output.links(job);
    let mut receipt = Receipt {
        job: job.digest(),
        settlement: job.settlement,
        tokens_root: trace::tokens_root(&output.tokens),
        token_count: u32::try_from(output.tokens.len()).expect("few tokens"),
        tip: links.last().copied().unwrap_or_default(),
        positions_root: trace::links_root(&links),
        settlement_root: [0; 32],
        rig: [0; 20],
        signature: [0; 65],
    };
    RigKey::from_bytes(&[9; 32]).expect("a number below the order").sign(&mut receipt);
    receipt
}
