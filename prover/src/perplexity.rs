//! Perplexity of the exact-integer model: mean negative log-likelihood over a text. A report, so floats are fine here.

use crate::backend::{Backend, BackendError, Recorder, StepOutput, Withheld};
use assay_model::config::Config;
use assay_model::program::{Step, StepKind};
use assay_model::reference::Sampler;
use assay_model::sampling::Sampling;
use assay_model::steps::i32_values;

/// Positions of one batch: bounds the logits held at a time.
const BATCH: usize = 64;

/// Sum of negative log-likelihoods.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    /// Σ −ln p over the predicted tokens.
    pub nll: f64,
    /// Predicted tokens.
    pub predictions: u64,
}

impl Score {
    /// Mean negative log-likelihood, nats.
    pub fn mean(&self) -> f64 {
        self.nll / self.predictions as f64
    }
}

/// Scores one window on a fresh backend: every token but the first is predicted from those before it.
///
/// # Errors
/// If the backend fails.
pub fn window(backend: &mut dyn Backend, config: &Config, tokens: &[u32]) -> Result<Score, BackendError> {
    let head = config.step_index(Step { kind: StepKind::Head, layer: 0 });
    let sampler = Sampler { sampling: Sampling::Greedy, seed: [0; 32], tail_from: 0 };
    let mut recorder = Scorer { head, tokens, score: Score::default() };
    // The last token predicts nothing within the window.
    for batch in tokens[..tokens.len() - 1].chunks(BATCH) {
        backend.extend(batch, &sampler, Some(&mut recorder))?;
    }
    Ok(recorder.score)
}

struct Scorer<'a> {
    head: u32,
    tokens: &'a [u32],
    score: Score,
}

impl Recorder for Scorer<'_> {
    fn wants(&self, _: u32, step: u32) -> bool {
        step == self.head
    }

    fn record(&mut self, outputs: &[StepOutput<'_>]) -> Result<(), Withheld> {
        for out in outputs.iter().filter(|o| o.step == self.head) {
            if let Some(&next) = self.tokens.get(out.position as usize + 1) {
                self.score.nll += nll(&i32_values(out.bytes()?), next as usize);
                self.score.predictions += 1;
            }
        }
        Ok(())
    }
}

/// −ln softmax(logits)[token] of logits in Q16.
fn nll(logits: &[i32], token: usize) -> f64 {
    let max = logits.iter().copied().max().unwrap_or(0);
    let below = |l: i32| (i64::from(l) - i64::from(max)) as f64 / 65536.0;
    let sum: f64 = logits.iter().map(|&l| below(l).exp()).sum();
    sum.ln() - below(logits[token])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_score_the_logarithm_of_their_number() {
        assert!((nll(&[5; 8], 3) - 8f64.ln()).abs() < 1e-12);
        assert!((nll(&[i32::MIN, i32::MAX], 1)).abs() < 1e-12);
        assert!((nll(&[0, 65536], 0) - (1.0 + (-1f64).exp().ln_1p())).abs() < 1e-12);
    }
}
