//! A real model on real prose, and in conversation; `ASSAY_MODEL` names its GGUF file.
//!
//! What differs from the float model is the rounding of weights to 16 bits: over many predictions it moves the perplexity
//! by a few hundredths of a per cent either way ([`PERPLEXITY`] allows 0.1 %), and no token of a conversation.

use crate::runs::{Pair, continue_greedily, from_q16};
use assay_model::text::chat::render;
use assay_prover::cpu::platform::Tier;
use assay_prover::perplexity;
use assay_tests::float::top;
use std::io::Write;
use std::sync::LazyLock;
use std::time::Instant;

/// Names the model file.
const MODEL: &str = "ASSAY_MODEL";
/// Largest relative difference of the perplexity over all windows.
const PERPLEXITY: f64 = 1e-3;
/// A distance of the two largest logits below which the float model itself does not know: about its own rounding.
const HESITATION: f32 = 1e-3;
/// Tokens of a window.
const WINDOW: usize = 512;
/// Tokens of an answer.
const ANSWER: usize = 40;
const THREADS: usize = 2;
const PROSE: [(&str, &str); 3] = [
    ("darwin", include_str!("../data/darwin.txt")),
    ("melville", include_str!("../data/melville.txt")),
    ("austen", include_str!("../data/austen.txt")),
];
const QUESTIONS: [&str; 3] = [
    "Explain in two sentences why the sky is blue.",
    "Write a Python function that returns the n-th Fibonacci number.",
    "What is the capital of France, and what is it known for?",
];

static PAIR: LazyLock<Option<Pair>> = LazyLock::new(|| std::env::var_os(MODEL).map(|path| Pair::open(path.as_ref())));

/// The model, or a note that there is none.
fn pair() -> Option<&'static Pair> {
    if PAIR.is_none() {
        // Past the test harness, which would swallow it; on a line of its own.
        let _ = writeln!(
            std::io::stderr(),
            "\nSKIPPED: {MODEL} does not name a model file (scripts/fetch-model.sh fetches one)"
        );
    }
    PAIR.as_ref()
}

#[test]
fn perplexity_on_prose_is_that_of_the_float_model() {
    let Some(pair) = pair() else { return };
    let started = Instant::now();
    let mut differences = Vec::new();
    for (name, prose) in PROSE {
        let tokens = pair.tokenizer.encode(prose, false).expect("tokens");
        for window in tokens.chunks(WINDOW).filter(|w| w.len() >= WINDOW / 4) {
            let float = pair.float.nll(window);
            let mut backend = pair.executor(Tier::detect(), THREADS);
            let integer = perplexity::window(&mut backend, pair.config(), window).expect("the CPU does not fail");
            assert_eq!(integer.predictions as usize, float.len());
            let sum: f64 = float.iter().sum();
            println!(
                "{name}: {} predictions, perplexity {:.4} in floats, {:+.4} % in integers",
                float.len(),
                (sum / float.len() as f64).exp(),
                100.0 * (integer.mean() - sum / float.len() as f64).exp_m1()
            );
            differences.push((integer.nll - sum, float.len()));
        }
    }
    let predictions: usize = differences.iter().map(|d| d.1).sum();
    let relative = (differences.iter().map(|d| d.0).sum::<f64>() / predictions as f64).exp_m1();
    println!("all {predictions}: {:+.4} %, {:.1} s", 100.0 * relative, started.elapsed().as_secs_f64());
    assert!(relative.abs() <= PERPLEXITY, "{relative}");
}

#[test]
fn answers_are_those_of_the_float_model() {
    let Some(pair) = pair() else { return };
    let vocabulary = pair.tokenizer.vocabulary();
    let template = vocabulary.chat_template.as_deref().expect("a chat model");
    let token = |id: Option<u32>| id.and_then(|id| vocabulary.tokens.get(id)).unwrap_or_default();
    let (mut same, mut hesitant) = (0, 0);
    for question in QUESTIONS {
        let messages = [("user", question)];
        let prompt = render(template, &messages, token(vocabulary.bos), token(vocabulary.eos), true).expect("a prompt");
        let prompt = pair.tokenizer.encode(&prompt, true).expect("tokens");
        let mut backend = pair.executor(Tier::detect(), THREADS);
        let (text, logits) = continue_greedily(&mut backend, pair.config(), &prompt, ANSWER);
        let mut largest = 0f32;
        pair.float.each_logits(&text[..text.len() - 1], prompt.len() - 1, &mut |at, float| {
            let (best, gap) = top(float);
            let integer = from_q16(&logits[at]);
            largest = integer.iter().zip(float).map(|(a, b)| (a - b).abs()).fold(largest, f32::max);
            if best == text[at + 1] as usize {
                same += 1;
            } else {
                assert!(gap < HESITATION, "{question}: position {at}, the float model is sure by {gap}");
                println!("position {at}: the float model hesitates, its best two are {gap} apart");
                hesitant += 1;
            }
        });
        println!(
            "{question}\n{}\nlargest difference of a logit {largest:.4}",
            pair.tokenizer.decode(&text[prompt.len()..])
        );
    }
    println!("{same} of {} tokens are the float model's, {hesitant} where it hesitates", QUESTIONS.len() * ANSWER);
}
