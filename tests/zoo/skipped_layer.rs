//! One layer left out: its projections are committed as zeros, so that both additions copy the residual through.

use crate::stage::{STAGE, Share, of_all};
use assay_tests::machine::{At, Machine, Normed};
use assay_tests::rig::Rig;

struct SkippedLayer(Share);

impl SkippedLayer {
    fn skips(&self, at: At) -> bool {
        self.0.covers(at.t) && at.step.layer == 1
    }
}

impl Rig for SkippedLayer {
    fn project(&mut self, m: &mut Machine<'_>, at: At, x: &Normed) -> Vec<i32> {
        if self.skips(at) { vec![0; m.config().shape(at.step.kind).len] } else { m.project(at.step, x) }
    }

    fn attention(&mut self, m: &mut Machine<'_>, at: At, y: &[i32]) -> Vec<i32> {
        if self.skips(at) { vec![0; m.config().q_dim() as usize] } else { m.attention(at, y) }
    }
}

#[test]
fn a_skipped_layer() {
    let rows = STAGE.run("skipped layer", SkippedLayer);
    assert_eq!(of_all(&rows).codes, ["wrong-linear"], "zeros attend to zeros");
    assert!(of_all(&rows).saved > 0.4);
}
