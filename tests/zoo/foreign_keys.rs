//! Keys and values of the position before: they do not belong to this position's projections.

use crate::stage::{STAGE, Share, of_all};
use assay_model::program::StepKind;
use assay_model::steps::kv::KeyValue;
use assay_tests::machine::{At, Machine, Normed};
use assay_tests::rig::Rig;

struct ForeignKeys {
    share: Share,
    /// Whether the projections that nobody reads are left out.
    saves: bool,
}

impl ForeignKeys {
    fn copies(&self, at: At) -> bool {
        self.share.covers(at.t) && at.t > 0
    }
}

impl Rig for ForeignKeys {
    fn project(&mut self, m: &mut Machine<'_>, at: At, x: &Normed) -> Vec<i32> {
        if at.step.kind == StepKind::Qkv && self.saves && self.copies(at) {
            return m.project_parts(at.step, x, &[0]);
        }
        m.project(at.step, x)
    }

    fn key_values(&mut self, m: &mut Machine<'_>, at: At, y: &[i32]) -> Vec<KeyValue> {
        if !self.copies(at) {
            return m.key_values(at.t, y);
        }
        m.past[at.step.layer as usize].iter().map(|head| head[at.t as usize - 1].clone()).collect()
    }
}

#[test]
fn keys_and_values_of_another_position() {
    let rows = STAGE.run("keys of another position", |share| ForeignKeys { share, saves: true });
    assert!(of_all(&rows).saved > 0.02);
    // Links between positions are checked in every drawn column, at any density.
    assert!(rows.iter().all(|r| r.escapes[1].passed == r.escapes[0].passed || r.phi < 1.0));
    let rows = STAGE.run("the same, projections computed", |share| ForeignKeys { share, saves: false });
    assert_eq!(of_all(&rows).codes, ["wrong-kv"]);
    assert!(of_all(&rows).saved.abs() < 0.01, "and it saves nothing");
}
