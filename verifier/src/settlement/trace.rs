//! The settlement tree of a whole trace, for who has all of its leaves: the rig, and a client that recomputes everything.
//!
//! Labels are hashed once and not for each of the three hundred leaves of a position.

use super::tree::{self, SETTLEMENT};
use super::{Word, number, under};
use crate::sign::keccak;
use assay_model::domain::Digest;
use std::sync::LazyLock;

static LEAF: LazyLock<Word> = LazyLock::new(|| keccak(tree::LEAF.as_bytes()));
static TOKENS: LazyLock<Word> = LazyLock::new(|| keccak(tree::TOKENS.as_bytes()));

/// One position of a trace.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    /// Position.
    pub t: u32,
    /// Token that enters it.
    pub token_in: u32,
    /// Token that follows it.
    pub token_out: u32,
    /// salt(t, s) of its steps, in step order.
    pub salts: &'a [[u8; 32]],
    /// leaf(t, s) of its steps, in step order.
    pub leaves: &'a [Digest],
    /// Elements of its steps' tensors, padding included, in step order.
    pub lens: &'a [u32],
}

impl Position<'_> {
    /// Appends the position's leaves of the settlement tree: those of [`tree::Leaf`].
    pub fn leaves(&self, job: &Digest, out: &mut Vec<Digest>) {
        let [t, token_in, token_out] = [self.t, self.token_in, self.token_out].map(number);
        let steps = self.salts.iter().zip(self.leaves).zip(self.lens);
        out.extend((0u32..).zip(steps).map(|(s, ((salt, leaf), len))| {
            let tokens = under(&TOKENS, &[*salt, token_in, token_out]);
            under(&LEAF, &[*job, t, number(s), tokens, *leaf, number(*len)])
        }));
    }
}

/// The settlement root over the leaves of all positions in order.
pub fn root(leaves: &[Digest]) -> Digest {
    tree::root(SETTLEMENT, leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaves_of_a_position_are_those_that_the_tree_opens() {
        let [a, b] = [[1; 32], [2; 32]];
        let position = Position { t: 7, token_in: 3, token_out: 4, salts: &[a, b], leaves: &[b, a], lens: &[64, 320] };
        let mut got = vec![[9; 32]];
        position.leaves(&[5; 32], &mut got);
        let leaf = |s, salt, leaf, len| {
            tree::Leaf { job: [5; 32], t: 7, s, tokens: tree::tokens(&salt, 3, 4), leaf, len }.hash()
        };
        assert_eq!(got, [[9; 32], leaf(0, a, b, 64), leaf(1, b, a, 320)]);
    }
}
