//! A cheap model writes the text, the real one is forced through it and only the samples are faked.
//!
//! No multiply-accumulate is saved: the rig does all of them and the draft's on top. What it saves is the order of the
//! work: all positions at once instead of one after the other, one pass over the weights instead of one a token. Where the
//! draft guesses right nothing is wrong, which is speculative decoding and allowed.

use crate::stage::STAGE;
use assay_model::model::Model;
use assay_model::program::StepKind;
use assay_tests::machine::{At, Machine, Normed};
use assay_tests::rig::{Honest, Rig, Run, run};
use assay_verifier::Job;

struct Forced<'r> {
    draft: &'r Run,
    heads: bool,
}

impl Rig for Forced<'_> {
    fn project(&mut self, m: &mut Machine<'_>, at: At, x: &Normed) -> Vec<i32> {
        let token = self.draft.tokens.get((at.t + 1).saturating_sub(STAGE.job.prompt_len()) as usize);
        match (at.step.kind, token) {
            (StepKind::Head, Some(&token)) if !self.heads && at.t + 1 < STAGE.honest.columns.len() as u32 => {
                let mut logits = vec![0; m.config().vocab as usize];
                logits[token as usize] = 1;
                logits
            }
            _ => m.project(at.step, x),
        }
    }

    // The last token is the true one: its sample is always checked.
    fn sample(&mut self, m: &mut Machine<'_>, job: &Job, t: u32, logits: &[i32]) -> u32 {
        let i = (t + 1 - job.prompt_len()) as usize;
        if i + 1 == self.draft.tokens.len() { m.sample(job, t, logits) } else { self.draft.tokens[i] }
    }
}

/// The first layer alone.
fn one_layer() -> Model {
    let mut model = STAGE.model.clone();
    model.layers.truncate(1);
    model.config.layers = 1;
    model
}

#[test]
fn a_draft_models_text_with_faked_samples() {
    let shallow = run(&one_layer(), &STAGE.job, &mut Honest);
    // A better draft: right but for every fourth token.
    let mut close = STAGE.honest.clone();
    close.tokens.iter_mut().skip(1).step_by(4).for_each(|t| *t ^= 1);
    close.macs /= 2;
    let lie = |draft: &Run, heads| {
        let mut forced = run(&STAGE.model, &STAGE.job, &mut Forced { draft, heads });
        forced.macs += draft.macs;
        STAGE.commit(forced)
    };
    let rows = STAGE.table(vec![
        ("draft of one layer".into(), lie(&shallow, true)),
        ("draft, heads faked as well".into(), lie(&shallow, false)),
        ("draft, 3 of 4 tokens right".into(), lie(&close, true)),
    ]);
    assert_eq!(rows[0].codes, ["wrong-sample"]);
    assert!(rows.iter().all(|r| r.saved < 0.0));
}
