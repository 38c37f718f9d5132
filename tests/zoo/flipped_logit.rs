//! One logit changed, hence one token: nothing is saved, the text is another one.
//!
//! A spot-check prices laziness; it is no integrity of every token. This rig escapes almost always, as the bound says.

use crate::stage::STAGE;
use assay_model::program::StepKind;
use assay_tests::machine::{At, Machine, Normed};
use assay_tests::rig::Rig;
use assay_tests::trace::signed;

struct FlippedLogit(u32);

impl Rig for FlippedLogit {
    fn project(&mut self, m: &mut Machine<'_>, at: At, x: &Normed) -> Vec<i32> {
        let mut y = m.project(at.step, x);
        if at.step.kind == StepKind::Head && at.t == self.0 {
            let max = y.iter().copied().max().expect("logits");
            let other = y.iter().position(|l| *l != max).expect("another one");
            y[other] = max + 1;
        }
        y
    }
}

#[test]
fn one_flipped_logit() {
    let lie = |t| signed(&STAGE.model, &STAGE.job, &mut FlippedLogit(t));
    let (inner, last) = (lie(12), lie(19));
    assert_ne!(inner.output.tokens, STAGE.honest.tokens);
    let rows = STAGE.table(vec![("one flipped logit".into(), inner), ("the last one".into(), last)]);
    assert_eq!(rows[0].codes, ["wrong-linear"]);
    assert!(rows[0].escapes[0].passed > 900, "one position of twenty");
    assert!(rows[1].escapes.iter().all(|e| e.passed == 0), "the last token's chunk is always drawn");
}
