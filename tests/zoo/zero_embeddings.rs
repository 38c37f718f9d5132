//! Zero is a fixed point of the arithmetic: a residual of zeros makes every product, key, value and activation zero. A
//! rig that commits zero embeddings tells the truth in every matrix product and computes none.

use crate::stage::{STAGE, Share, of_all};
use assay_tests::machine::{At, Machine};
use assay_tests::rig::Rig;

struct ZeroEmbeddings(Share);

impl Rig for ZeroEmbeddings {
    fn embed(&mut self, m: &mut Machine<'_>, t: u32, token: u32) -> Vec<i32> {
        if self.0.covers(t) { vec![0; m.config().dim as usize] } else { m.embed(token) }
    }

    // Where the past is not all zero this is a second lie; it keeps the residual at zero.
    fn attention(&mut self, m: &mut Machine<'_>, at: At, y: &[i32]) -> Vec<i32> {
        if self.0.covers(at.t) { vec![0; m.config().q_dim() as usize] } else { m.attention(at, y) }
    }
}

#[test]
fn zero_embeddings_save_everything_and_are_wrong_in_the_embedding_alone() {
    let rows = STAGE.run("zero embeddings", ZeroEmbeddings);
    assert_eq!(of_all(&rows).codes, ["wrong-embed"]);
    assert!((of_all(&rows).saved - 1.0).abs() < 1e-9);
}
