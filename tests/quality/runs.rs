//! Opening models and running executors, for all tests of this suite.

use assay_model::gguf::File;
use assay_model::model::Layer;
use assay_model::open::open;
use assay_model::program::{Step, StepKind};
use assay_model::reference::{Reference, Sampler};
use assay_model::sampling::Sampling;
use assay_model::steps::i32_values;
use assay_model::text::Tokenizer;
use assay_model::{Config, Matrix, Model};
use assay_prover::backend::{Backend, Recorder, StepOutput, Withheld};
use assay_prover::cpu::Executor;
use assay_prover::cpu::platform::Tier;
use assay_tests::float::{Dense, FloatModel, Precision};
use std::path::Path;
use std::sync::Arc;

/// One model file, read twice: as integers and as floats.
pub struct Pair {
    pub model: Arc<Model>,
    pub float: FloatModel,
    pub tokenizer: Tokenizer,
}

impl Pair {
    pub fn open(path: &Path) -> Pair {
        let opened = open(path).expect("a model");
        Pair {
            model: Arc::new(opened.model),
            float: FloatModel::load(&File::open(path).expect("a file")),
            tokenizer: Tokenizer::new(opened.vocabulary).expect("a tokenizer"),
        }
    }

    pub fn config(&self) -> &Config {
        &self.model.config
    }

    /// The float model on the integers' weights and in their steps: as close to them as floats come.
    pub fn stepped(&self) -> FloatModel {
        let mut float = self.float.clone();
        float.precision = Precision::Steps;
        float.embedding = weights(&self.model.embedding);
        float.output = self.model.output.as_ref().map(weights);
        for (to, from) in float.layers.iter_mut().zip(&self.model.layers) {
            to.matrices = matrices(from).map(weights);
        }
        float
    }

    pub fn reference(&self) -> Reference<'_> {
        Reference::new(&self.model)
    }

    pub fn executor(&self, tier: Tier, threads: usize) -> Executor {
        Executor::new(Arc::clone(&self.model), tier, threads).expect("threads")
    }
}

/// In the float model's order.
pub fn matrices(layer: &Layer) -> [&Matrix; 7] {
    [&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down]
}

/// W·2^−k of every weight.
pub fn weights(matrix: &Matrix) -> Dense {
    let mut row = vec![0; matrix.cols];
    let rows = (0..matrix.rows).flat_map(|i| {
        matrix.decode_row(i, &mut row);
        row.iter().map(|&w| w as f32 * 2f32.powi(-matrix.k)).collect::<Vec<_>>()
    });
    Dense::new(matrix.cols, rows.collect())
}

/// Greedy, with logits from position `tail_from` on.
pub fn greedy(tail_from: u32) -> Sampler {
    Sampler { sampling: Sampling::Greedy, seed: [0; 32], tail_from }
}

/// Keeps the logits of every position that has them.
struct Logits {
    head: u32,
    all: Vec<Vec<i32>>,
}

impl Recorder for Logits {
    fn record(&mut self, outputs: &[StepOutput<'_>]) -> Result<(), Withheld> {
        for out in outputs.iter().filter(|o| o.step == self.head) {
            self.all.push(i32_values(out.bytes()?));
        }
        Ok(())
    }
}

/// `prompt` continued greedily by `count` tokens: the whole text, and the Q16 logits of all its positions but the last.
pub fn continue_greedily(
    backend: &mut dyn Backend,
    config: &Config,
    prompt: &[u32],
    count: usize,
) -> (Vec<u32>, Vec<Vec<i32>>) {
    let mut logits = Logits { head: config.step_index(Step { kind: StepKind::Head, layer: 0 }), all: Vec::new() };
    let mut text = prompt.to_vec();
    let mut extend =
        |tokens: &[u32]| backend.extend(tokens, &greedy(0), Some(&mut logits)).expect("the CPU does not fail");
    let mut next = extend(prompt);
    for _ in 1..count {
        let token = next.expect("a token at every position");
        text.push(token);
        next = extend(&[token]);
    }
    text.extend(next);
    (text, logits.all)
}

/// Logits as numbers.
pub fn from_q16(logits: &[i32]) -> Vec<f32> {
    logits.iter().map(|&l| l as f32 / 65536.0).collect()
}
