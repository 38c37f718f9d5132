//! Random models of every format: integer and float logits side by side.
//!
//! Where they differ, and why, the largest part first:
//!
//! - A group's multiplier is rounded to the grid 2^−k on which the largest weight of the tensor has 15 bits. With b-bit
//!   codes it keeps about 15 − b bits: at 8 bits it is off by up to 0.4 %, at 4 by 0.02 %. Weights without codes are off
//!   by 2⁻¹⁶ of the largest.
//! - The residual stream has steps of 2⁻¹². The toys' embeddings deviate by 0.1 only, so that is 0.07 % of them.
//! - `EXP` takes exponents in steps of 1/256 and `SIG` gates in steps of 1/128: 0.1 % of a softmax weight or a sigmoid.
//! - Vectors and gains have 16 bits; this is the smallest part.
//!
//! Three random layers enlarge what the first one gets a few times, and the toys' logits deviate by 6.6.
//! [`tolerance`] bounds the sum of all, at less than three times what is found. Two sharper tests separate the parts:
//! every weight within its rounding, and the logits against a float model that takes the same steps.

use crate::runs::{Pair, continue_greedily, from_q16, matrices, weights};
use crate::toys::{Rope, cases};
use assay_model::gguf::TensorType;
use assay_prover::cpu::platform::Tier;
use assay_prover::perplexity;
use assay_tests::float::{Dense, top};
use rayon::prelude::*;
use std::sync::LazyLock;

const PROMPT: &str = "In the beginning there was an engine, and the engine went over all of the tables: 3 1/7 = é.";
/// Tokens of a continuation.
const GENERATED: usize = 32;
/// Largest difference of a logit from that of a float model with the same weights and steps; 0.09 is found.
const STEPPED: f32 = 0.15;

/// Largest difference of a logit; 0.22, 0.33 and 0.72 are found.
fn tolerance(kind: TensorType) -> f32 {
    match kind {
        TensorType::Q8_0 => 1.2,
        TensorType::Q5_1 | TensorType::Q4_K | TensorType::Q5_K | TensorType::Q6_K => 0.6,
        _ => 0.4,
    }
}

/// Largest code of a format, in magnitude.
fn largest_code(kind: TensorType) -> f32 {
    match kind {
        TensorType::F32 | TensorType::F16 | TensorType::BF16 => 0.0,
        TensorType::Q4_0 => 8.0,
        TensorType::Q4_1 | TensorType::Q4_K => 15.0,
        TensorType::Q5_0 => 16.0,
        TensorType::Q5_1 | TensorType::Q5_K => 31.0,
        TensorType::Q6_K => 32.0,
        TensorType::Q8_0 => 127.0,
    }
}

/// A toy after its run.
struct Trial {
    name: String,
    kind: TensorType,
    /// Types of a layer's matrices.
    kinds: Vec<TensorType>,
    rope: Rope,
    pair: Pair,
    prompt: usize,
    text: Vec<u32>,
    /// Logits of all positions but the last.
    integer: Vec<Vec<f32>>,
    float: Vec<Vec<f32>>,
}

impl Trial {
    /// What the last token was predicted from.
    fn read(&self) -> &[u32] {
        &self.text[..self.text.len() - 1]
    }
}

static TRIALS: LazyLock<Vec<Trial>> = LazyLock::new(|| {
    let run = |case: crate::toys::Case| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), case.toy.gguf()).expect("room");
        let pair = Pair::open(file.path());
        let prompt = pair.tokenizer.encode_prompt(PROMPT, false).expect("tokens");
        let (text, logits) = continue_greedily(&mut pair.reference(), pair.config(), &prompt, GENERATED);
        Trial {
            name: case.name,
            kind: case.toy.embedding,
            kinds: case.toy.kinds,
            rope: case.rope,
            prompt: prompt.len(),
            integer: logits.iter().map(|l| from_q16(l)).collect(),
            float: pair.float.logits(&text[..text.len() - 1]),
            pair,
            text,
        }
    };
    cases().into_par_iter().map(run).collect()
});

/// Largest difference and root mean square.
fn distance(a: &[Vec<f32>], b: &[Vec<f32>]) -> (f32, f32) {
    assert_eq!(a.len(), b.len());
    let differences: Vec<f32> = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).collect();
    let squares: f64 = differences.iter().map(|&d| f64::from(d).powi(2)).sum();
    let rms = (squares / differences.len() as f64).sqrt();
    (differences.into_iter().fold(0.0, f32::max), rms as f32)
}

#[test]
fn every_weight_is_within_its_rounding() {
    let check = |integer: &assay_model::Matrix, float: &Dense, kind: TensorType, name: &str| {
        let step = 2f32.powi(-integer.k);
        // Half a step for the multiplier of each code, half a step for the offset or the weight itself.
        let bound = (largest_code(kind) + 1.0) / 2.0 * step * 1.001;
        let integer = weights(integer);
        assert_eq!((integer.rows, integer.cols), (float.rows, float.cols));
        for i in 0..float.rows {
            for (a, b) in integer.row(i).iter().zip(float.row(i)) {
                assert!((a - b).abs() <= bound, "{name}: {a} for {b}, allowed {bound}");
            }
        }
    };
    for t in TRIALS.iter() {
        check(&t.pair.model.embedding, &t.pair.float.embedding, t.kind, &t.name);
        if let Some(output) = &t.pair.model.output {
            check(output, t.pair.float.output.as_ref().expect("an output matrix"), t.kind, &t.name);
        }
        for (integer, float) in t.pair.model.layers.iter().zip(&t.pair.float.layers) {
            for ((integer, float), &kind) in matrices(integer).into_iter().zip(&float.matrices).zip(&t.kinds) {
                check(integer, float, kind, &t.name);
            }
        }
    }
}

#[test]
fn logits_are_those_of_a_float_model_in_the_same_steps() {
    for t in TRIALS.iter() {
        let (largest, rms) = distance(&t.integer, &t.pair.stepped().logits(t.read()));
        println!("{:40} logits differ by {rms:.4}, at most {largest:.4}", t.name);
        assert!(largest <= STEPPED, "{}: {largest}", t.name);
    }
}

#[test]
fn logits_are_those_of_the_float_model() {
    for t in TRIALS.iter() {
        let (largest, rms) = distance(&t.integer, &t.float);
        println!("{:40} logits differ by {rms:.4}, at most {largest:.4}", t.name);
        assert!(largest <= tolerance(t.kind), "{}: {largest}", t.name);
        // Differences are close to normally distributed: the largest of 30 000 is about five deviations.
        assert!(rms <= tolerance(t.kind) / 5.0, "{}: {rms}", t.name);
    }
}

#[test]
fn greedy_text_is_that_of_the_float_model() {
    let (mut same, mut close) = (0, 0);
    for t in TRIALS.iter() {
        assert_eq!(t.text.len(), t.prompt + GENERATED);
        for (at, logits) in t.float.iter().enumerate().skip(t.prompt - 1) {
            let (token, gap) = top(logits);
            if token == t.text[at + 1] as usize {
                same += 1;
            } else {
                assert!(gap <= tolerance(t.kind), "{}: position {at}, the float model is sure by {gap}", t.name);
                println!(
                    "{}: position {at}, another token where the float model's best two are {gap:.4} apart",
                    t.name
                );
                close += 1;
            }
        }
    }
    println!("{same} tokens the same, {close} others where the float model hesitates");
    assert!(close * 20 <= same, "{close} tokens differ, {same} do not");
}

#[test]
fn nll_is_that_of_the_float_model() {
    for t in TRIALS.iter() {
        let nll = t.pair.float.nll(&t.text);
        let float = nll.iter().sum::<f64>() / nll.len() as f64;
        let mut backend = t.pair.executor(Tier::detect(), 1);
        let integer = perplexity::window(&mut backend, t.pair.config(), &t.text).expect("the CPU does not fail");
        assert_eq!(integer.predictions as usize, nll.len());
        let difference = integer.mean() - float;
        println!("{:40} nll {float:.4} {difference:+.4}", t.name);
        // Over a hundred predictions most of it averages out.
        assert!(difference.abs() <= f64::from(tolerance(t.kind)) / 30.0, "{}: {difference}", t.name);
    }
}

/// Equality means nothing between models that say the same whatever they are told.
#[test]
fn the_toys_are_lively() {
    for t in TRIALS.iter() {
        let mut generated = t.text[t.prompt..].to_vec();
        generated.sort_unstable();
        generated.dedup();
        assert!(generated.len() >= 4, "{}: says {generated:?} only", t.name);
        let mut other = t.text[..t.prompt].to_vec();
        other[1] = (other[1] + 7) % 250;
        let last = t.prompt - 1;
        let (moved, _) = distance(&t.float[last..=last], &t.pair.float.logits(&other)[last..]);
        assert!(moved > 1.0, "{}: the second token moves the prompt's last logits by {moved}", t.name);
    }
}

/// The tolerances are such that mistakes do not pass.
#[test]
fn the_tolerances_find_a_forgotten_rotary_scaling_and_a_wrong_epsilon() {
    for t in TRIALS.iter() {
        let mut spoilt = t.pair.stepped();
        spoilt.eps = 1e-3;
        let (moved, _) = distance(&t.integer, &spoilt.logits(t.read()));
        assert!(moved > 2.0 * STEPPED, "{}: epsilon moves {moved}", t.name);
        if t.rope != Rope::Plain {
            let head_dim = t.pair.float.head_dim;
            let mut spoilt = t.pair.float.clone();
            spoilt.speeds = (0..head_dim / 2).map(|i| 10_000f64.powf(-2.0 * i as f64 / head_dim as f64)).collect();
            let (moved, _) = distance(&t.integer, &spoilt.logits(t.read()));
            assert!(moved > 2.0 * tolerance(t.kind), "{}: {moved}", t.name);
        }
    }
}
