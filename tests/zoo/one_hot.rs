//! A residual with one non-zero entry makes the products behind a norm cost one column each. The rig keeps it that way by
//! leaving out both additions.

use crate::stage::{STAGE, Share, of_all};
use assay_tests::machine::{At, Machine, Packed};
use assay_tests::rig::Rig;

struct OneHot(Share);

impl Rig for OneHot {
    fn embed(&mut self, m: &mut Machine<'_>, t: u32, token: u32) -> Vec<i32> {
        let mut h = m.embed(token);
        if self.0.covers(t) {
            h.iter_mut().skip(1).for_each(|x| *x = 0);
        }
        h
    }

    fn add(&mut self, m: &mut Machine<'_>, at: At, x: &Packed, h: &[i32]) -> Vec<i32> {
        if self.0.covers(at.t) { h.to_vec() } else { m.add(at.step, x, h) }
    }
}

#[test]
fn a_one_hot_residual_makes_products_nearly_free() {
    let rows = STAGE.run("one-hot residual", OneHot);
    assert!(of_all(&rows).saved > 0.9);
    assert_eq!(of_all(&rows).codes, ["wrong-linear", "wrong-embed"]);
}
