//! A shift so coarse that a vector vanishes: one wrong header, a unit of work 1, and all that reads the vector is free and
//! true. This is the cheapest place for a lie, and the one that unit mode's uniform half is for.

use crate::stage::{STAGE, Share, of_all};
use assay_model::program::StepKind;
use assay_model::steps::norm::MAX_S1;
use assay_model::steps::pack::MAX_ACT_SHIFT;
use assay_tests::machine::{At, Machine, Normed, Packed, packed};
use assay_tests::rig::Rig;

/// Both norms of every layer.
struct VanishingNorm(Share);

impl Rig for VanishingNorm {
    fn norm(&mut self, m: &mut Machine<'_>, at: At, h: &[i32]) -> Normed {
        if !self.0.covers(at.t) || at.step.kind == StepKind::FinalNorm {
            return m.norm(at.step, h, None);
        }
        let mut x = m.norm(at.step, h, Some(MAX_S1));
        x.header.scale.s1 = MAX_S1;
        x
    }

    // A past without values mixes to zero: no need to compute it.
    fn attention(&mut self, m: &mut Machine<'_>, at: At, y: &[i32]) -> Vec<i32> {
        let empty = m.past[at.step.layer as usize].iter().flatten().all(|kv| kv.value.x.iter().all(|v| *v == 0));
        if empty { vec![0; m.config().q_dim() as usize] } else { m.attention(at, y) }
    }
}

/// The activations of every layer.
struct VanishingAct(Share);

impl Rig for VanishingAct {
    fn pack(&mut self, _: &mut Machine<'_>, at: At, v: &[i128]) -> Packed {
        let mut x = packed(v);
        if self.0.covers(at.t) && at.step.kind == StepKind::Act {
            x.header.shift = MAX_ACT_SHIFT;
            x.x.fill(0);
        }
        x
    }
}

#[test]
fn a_shift_that_makes_every_norm_vanish() {
    let rows = STAGE.run("norms shifted away", VanishingNorm);
    assert_eq!(of_all(&rows).codes, ["wrong-header"]);
    assert!(of_all(&rows).saved > 0.8);
}

#[test]
fn a_shift_that_makes_every_activation_vanish() {
    let rows = STAGE.run("activations shifted away", VanishingAct);
    assert_eq!(of_all(&rows).codes, ["wrong-header"]);
    assert!(of_all(&rows).saved > 0.2);
}
