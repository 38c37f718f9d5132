//! A coarser quantisation of the same model: its lower bits rounded away. A 4-bit weight costs a quarter of a 16-bit one,
//! in bytes read as in multiplier width, and is counted so.

use crate::stage::{STAGE, Share, of_all};
use assay_model::matrix::{Codes, Matrix};
use assay_model::model::Model;
use assay_tests::machine::{At, Machine, Normed, Packed};
use assay_tests::rig::Rig;

struct Quantised<'m> {
    share: Share,
    coarse: &'m Model,
}

impl Quantised<'_> {
    /// A product of the coarse model, at a quarter of the price.
    fn cheaply<T>(&self, m: &mut Machine<'_>, product: impl FnOnce(&mut Machine<'_>) -> T) -> T {
        let mut cheap = Machine::new(self.coarse);
        let out = product(&mut cheap);
        m.macs += cheap.macs / 4;
        out
    }
}

impl Rig for Quantised<'_> {
    fn project(&mut self, m: &mut Machine<'_>, at: At, x: &Normed) -> Vec<i32> {
        if self.share.covers(at.t) { self.cheaply(m, |m| m.project(at.step, x)) } else { m.project(at.step, x) }
    }

    fn add(&mut self, m: &mut Machine<'_>, at: At, x: &Packed, h: &[i32]) -> Vec<i32> {
        if self.share.covers(at.t) { self.cheaply(m, |m| m.add(at.step, x, h)) } else { m.add(at.step, x, h) }
    }
}

/// Sixteen levels a weight.
fn coarse(model: &Model) -> Model {
    let round = |w: &mut Matrix| match &mut w.codes {
        Codes::I16(v) => v.as_flattened_mut().iter_mut().for_each(|w| *w = (*w + 256) >> 9 << 9),
        Codes::I32(v) => v.iter_mut().for_each(|w| *w = (*w + (1 << 15)) >> 16 << 16),
        _ => unreachable!("the toy has plain weights"),
    };
    let mut model = model.clone();
    for l in &mut model.layers {
        [&mut l.q, &mut l.k, &mut l.v, &mut l.o, &mut l.gate, &mut l.up, &mut l.down].into_iter().for_each(round);
    }
    model.output.iter_mut().for_each(round);
    model
}

#[test]
fn a_coarser_quantisation() {
    let coarse = &coarse(&STAGE.model);
    let rows = STAGE.run("coarser quantisation", |share| Quantised { share, coarse });
    assert_eq!(of_all(&rows).codes, ["wrong-linear"]);
    assert!(of_all(&rows).saved > 0.7);
}
