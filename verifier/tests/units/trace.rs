//! A small model's trace with all that a rig holds of it, from the reference executor.

use ark_bn254::Fr;
use assay_circuits::r1cs::attention_rotation;
use assay_circuits::r1cs::parameters::{eps_digest, gains_digest};
use assay_circuits::settlement::Committed;
use assay_circuits::settlement::embedding::{Tree, elements};
use assay_model::Model;
use assay_model::config::Config;
use assay_model::gguf::{File, TensorType};
use assay_model::load::load;
use assay_model::model::Gains;
use assay_model::program::StepKind;
use assay_model::reference::{Reference, Sampler};
use assay_model::sampling::Sampling;
use assay_model::steps::kv::{Block, KeyValue};
use assay_model::steps::{embed, i16_values};
use assay_model::tables::Rotation;
use assay_model::testing::Toy;
use assay_verifier::draw::Extent;
use assay_verifier::settlement::record::Parameter;
use assay_verifier::settlement::tree;
use assay_verifier::{Job, trace};
use std::collections::BTreeMap;

/// Three chunks of logits, of which the last has four; everything else as small as circuits allow.
pub const CONFIG: Config =
    Config { layers: 1, dim: 6, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 516, context: 16 };
const PROMPT: [u32; 3] = [7, 515, 260];
/// Tokens that the receipt counts.
pub const TOKENS: u32 = 4;

pub struct Trace {
    pub model: Model,
    pub job: Job,
    /// Of the prompt, then generated.
    pub tokens: Vec<u32>,
    pub steps: BTreeMap<(u32, u32), Committed>,
    pub embedding: Tree,
}

impl Trace {
    pub fn new() -> Trace {
        let f16 = TensorType::F16;
        let toy = Toy { config: CONFIG, kinds: vec![f16], embedding: f16, output: Some(f16), ..Toy::default() };
        let model = load(&File::parse(&toy.gguf()).unwrap()).unwrap().model;
        let job = Job {
            manifest: [1; 32],
            settlement: Default::default(),
            prompt: PROMPT.to_vec(),
            sampling: Sampling::Greedy,
            seed: [0; 32],
            max_tokens: TOKENS,
            stop: Vec::new(),
            nonce: [3; 32],
            secret: [4; 32],
            expires: u64::MAX,
            previous: [0; 32],
        };
        let (tokens, steps) = computed(&model, &job);
        let embedding = Tree::new(&CONFIG, |token| row(&model, token));
        Trace { model, job, tokens, steps, embedding }
    }

    pub fn positions(&self) -> u32 {
        self.prompt_tokens() + TOKENS - 1
    }

    pub fn prompt_tokens(&self) -> u32 {
        PROMPT.len() as u32
    }

    pub fn extent(&self) -> Extent<'_> {
        let (positions, tail_from) = (self.positions(), self.prompt_tokens() - 1);
        Extent { config: &self.model.config, positions, tail_from, last_token: *self.tokens.last().unwrap() }
    }

    /// Every leaf once more, in order.
    pub fn leaves(&self) -> Vec<tree::Leaf> {
        let job = self.job.digest();
        let leaf = |((t, s), step): (&(u32, u32), &Committed)| {
            let [token_in, token_out] = [*t, t + 1].map(|t| self.tokens[t as usize]);
            let tokens = tree::tokens(&step.salt, token_in, token_out);
            tree::Leaf { job, t: *t, s: *s, tokens, leaf: step.leaf(&job), len: step.shape.len as u32 }
        };
        self.steps.iter().map(leaf).collect()
    }

    pub fn rotations(&self, position: u32) -> Vec<Rotation> {
        let mut rotations = vec![Rotation::default(); self.model.tables.phases.len()];
        self.model.tables.rotation(position, &mut rotations);
        rotations
    }

    pub fn gains(&self, step: u32, chunk: u32) -> Vec<i16> {
        let Gains { gamma, .. } = match CONFIG.step(step).unwrap().kind {
            StepKind::AttnNorm => &self.model.layers[0].attn_norm,
            StepKind::FfnNorm => &self.model.layers[0].ffn_norm,
            _ => &self.model.final_norm,
        };
        gamma[elements(&CONFIG, chunk)].to_vec()
    }

    pub fn parameter(&self, name: Parameter) -> Fr {
        match name {
            Parameter::Eps => eps_digest(&self.model.tables.eps),
            Parameter::Gains { step, chunk } => gains_digest(&self.gains(step, chunk)),
            Parameter::Rotation { position } => attention_rotation::digest(&self.rotations(position)),
            Parameter::Embedding => self.embedding.root(),
        }
    }

    pub fn path(&self, token: u32, chunk: u32) -> Vec<assay_circuits::r1cs::octal::Siblings> {
        self.embedding.path(token, chunk, |token| row(&self.model, token)).unwrap()
    }

    /// The key/value head that a leaf of kv holds.
    pub fn key_value(kv: &Committed, head: u32) -> KeyValue {
        let (head, width) = (head as usize, CONFIG.head_dim as usize);
        let x = i16_values(&kv.tensor);
        let block = |part: usize| {
            let first = (2 * head + part) * width;
            Block { x: x[first..first + width].to_vec(), shift: kv.header[2 * head + part] }
        };
        KeyValue { key: block(0), value: block(1) }
    }
}

fn row(model: &Model, token: u32) -> Vec<i32> {
    let mut row = vec![0; model.embedding.cols];
    model.embedding.decode_row(token as usize, &mut row);
    embed::chunk(&row, model.embedding.k)
}

fn computed(model: &Model, job: &Job) -> (Vec<u32>, BTreeMap<(u32, u32), Committed>) {
    let digest = job.digest();
    let sampler = Sampler { sampling: job.sampling, seed: job.seed, tail_from: job.prompt.len() as u32 - 1 };
    let mut steps = BTreeMap::new();
    let mut emit = |out: assay_model::reference::Output| {
        let step = CONFIG.step_index(out.step);
        let salts = trace::salts(&job.secret, &digest, out.position, CONFIG.step_count(true));
        let committed = Committed {
            salt: salts[step as usize],
            position: out.position,
            step,
            kind: out.step.kind as u8,
            shape: CONFIG.shape(out.step.kind),
            header: out.header,
            tensor: out.tensor,
        };
        steps.insert((out.position, step), committed);
    };
    let mut tokens = job.prompt.clone();
    let mut reference = Reference::new(model);
    let mut next = reference.extend(&tokens, &sampler, &mut emit).unwrap();
    for _ in 1..TOKENS {
        tokens.push(next);
        next = reference.extend(&[next], &sampler, &mut emit).unwrap();
    }
    tokens.push(next);
    (tokens, steps)
}
