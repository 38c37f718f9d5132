//! The best answer that a rig can give about a trace that it did not compute, to a client that has no weights.
//!
//! The client makes the bytes of a linear chunk from accumulators and compares them with what was committed. Accumulators
//! are the rig's to choose, and rounding is monotone, so a search finds ones that round to any committed value within reach.
//! What then refuses the lie is the fold proof alone. Rows and gains that are opened are the manifest's, as others would not
//! open.

use crate::public::Published;
use crate::trace::Signed;
use assay_model::domain::Digest;
use assay_model::model::Model;
use assay_model::program::{CHUNK, Step, StepKind};
use assay_model::steps::i32_values;
use assay_model::steps::linear::Rounding;
use assay_prover::cpu::platform::Tier;
use assay_prover::disclose::disclose;
use assay_verifier::answer::{self, Source};
use assay_verifier::needs::input;
use assay_verifier::parameters::{self, Parameters, Rows};
use assay_verifier::{Answer, Challenge, draw};

/// Answers with accumulators that fit the commitment wherever the true ones do not.
pub fn answer(model: &Model, published: &Published, signed: &Signed, challenge: &Challenge) -> Answer {
    let claim = signed.claim();
    let needs = claim.needs(&model.config, &draw::draw(challenge, &claim.extent(&model.config)));
    let source = Fitted(signed);
    let mut answer = answer::build(challenge.digest(), &needs, &source, model);
    let tier = Tier::detect();
    answer.disclosure =
        disclose(tier, model, &published.committed, &claim, challenge, &source).expect("a proof of something");
    answer
}

/// A trace whose products fit what was committed.
pub struct Fitted<'a>(pub &'a Signed);

impl Source for Fitted<'_> {
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]) {
        self.0.step(t, index)
    }

    fn leaves(&self, t: u32) -> &[Digest] {
        self.0.leaves(t)
    }

    fn accumulators(&self, model: &dyn Parameters, t: u32, step: Step, chunk: u32) -> Vec<i64> {
        let exact = self.0.accumulators(model, t, step, chunk);
        let config = model.config();
        let tensor = |step| i32_values(self.step(t, config.step_index(step)).1);
        let from = Step { kind: input(step), ..step };
        let Some(rows) = Rows::of_chunk(config, step.kind, chunk) else { return exact };
        let header = self.step(t, config.step_index(from)).0;
        let Ok(rounding) = parameters::rounding(model, step, rows.part, header) else { return exact };
        let bound = model.part(step, rows.part).map_or(0, |part| part.bound);
        let first = chunk as usize * CHUNK;
        let committed = tensor(step);
        let residual = match step.kind {
            StepKind::O | StepKind::Down => tensor(config.residual_source(step)),
            _ => vec![0; committed.len()],
        };
        let rest = residual[first..].iter().zip(&committed[first..]);
        exact.iter().zip(rest).map(|(&acc, (&h, &want))| fit(&rounding, acc, h, want, bound)).collect()
    }
}

/// An accumulator within ±`bound` that rounds to `want`: `exact` if that does, or if none does.
fn fit(rounding: &Rounding, exact: i64, residual: i32, want: i32, bound: i64) -> i64 {
    let (mut low, mut high) = (-bound, bound);
    while low < high {
        let middle = low + (high - low) / 2;
        if rounding.apply(middle, residual) < want { low = middle + 1 } else { high = middle }
    }
    let fits = |acc| rounding.apply(acc, residual) == want;
    if !fits(exact) && fits(low) { low } else { exact }
}
