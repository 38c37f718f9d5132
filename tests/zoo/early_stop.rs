//! Stopping early: in depth, by committing zeros or copies for the later layers; in length, by claiming a stop token.
//!
//! The claimed stop token comes in two kinds. The plain one fakes the sample, which is always checked. The careful one
//! fakes the last norm so that an honest head gives the stop token: its leverage is large, because one lying position
//! leaves out all the positions that would have followed. It is also paid for one token instead of all: that is why
//! payment is per token.

use crate::stage::{STAGE, Share, of_all};
use assay_model::program::StepKind;
use assay_tests::machine::{At, Machine, Normed, Packed};
use assay_tests::rig::Rig;
use assay_tests::trace::signed;
use assay_verifier::Job;

/// Layers from 1 on are not computed.
struct Shallow {
    share: Share,
    copies: bool,
}

impl Shallow {
    fn skips(&self, at: At) -> bool {
        self.share.covers(at.t) && at.step.layer >= 1
    }
}

impl Rig for Shallow {
    fn norm(&mut self, m: &mut Machine<'_>, at: At, h: &[i32]) -> Normed {
        // The norm of zeros makes everything behind it zero.
        if self.skips(at) { m.norm(at.step, &vec![0; h.len()], None) } else { m.norm(at.step, h, None) }
    }

    fn attention(&mut self, m: &mut Machine<'_>, at: At, y: &[i32]) -> Vec<i32> {
        if self.skips(at) { vec![0; m.config().q_dim() as usize] } else { m.attention(at, y) }
    }

    fn add(&mut self, m: &mut Machine<'_>, at: At, x: &Packed, h: &[i32]) -> Vec<i32> {
        if self.skips(at) && !self.copies { vec![0; h.len()] } else { m.add(at.step, x, h) }
    }
}

/// Says the stop token at the first chance.
struct Stop {
    token: u32,
    careful: bool,
}

impl Rig for Stop {
    fn norm(&mut self, m: &mut Machine<'_>, at: At, h: &[i32]) -> Normed {
        let mut x = m.norm(at.step, h, None);
        if self.careful && at.step.kind == StepKind::FinalNorm {
            let row = (0..h.len()).map(|j| m.model.head().weight(self.token as usize, j));
            x.x = row.map(|w| (w >> 4) as i16).collect();
        }
        x
    }

    fn sample(&mut self, m: &mut Machine<'_>, job: &Job, t: u32, logits: &[i32]) -> u32 {
        if self.careful { m.sample(job, t, logits) } else { self.token }
    }
}

#[test]
fn later_layers_of_zeros() {
    let rows = STAGE.run("later layers zero", |share| Shallow { share, copies: false });
    assert!(of_all(&rows).saved > 0.4);
}

#[test]
fn later_layers_copied_through() {
    let rows = STAGE.run("later layers copied", |share| Shallow { share, copies: true });
    assert!(of_all(&rows).saved > 0.4);
}

#[test]
fn a_claimed_stop_token() {
    let mut job = STAGE.job.clone();
    let token = (0..).find(|t| !STAGE.honest.tokens.contains(t)).expect("a token that is not said");
    job.stop = vec![token];
    let lie = |careful| signed(&STAGE.model, &job, &mut Stop { token, careful });
    let (plain, careful) = (lie(false), lie(true));
    assert!([&plain, &careful].iter().all(|l| l.output.tokens == [token]));
    let rows = STAGE.table(vec![("stop claimed".into(), plain), ("stop by a faked norm".into(), careful)]);
    assert!(rows[0].escapes.iter().all(|e| e.passed == 0), "the last sample is always checked");
    assert_eq!(rows[1].codes, ["wrong-norm"]);
    assert!(rows[1].lambda().expect("it saves") > 3.0);
}
