//! Attention replaced by zeros. A column then depends on its token alone and could be remembered for ever.

use crate::stage::{STAGE, Share, of_all};
use assay_tests::machine::{At, Machine};
use assay_tests::rig::Rig;

struct NoAttention(Share);

impl Rig for NoAttention {
    fn attention(&mut self, m: &mut Machine<'_>, at: At, y: &[i32]) -> Vec<i32> {
        if self.0.covers(at.t) { vec![0; m.config().q_dim() as usize] } else { m.attention(at, y) }
    }
}

#[test]
fn attention_of_zeros() {
    let rows = STAGE.run("attention of zeros", NoAttention);
    assert_eq!(of_all(&rows).codes, ["wrong-attention"]);
    assert!(of_all(&rows).saved > 0.0);
}
