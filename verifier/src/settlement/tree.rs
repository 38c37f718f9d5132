//! The settlement tree: every leaf of a trace once more, under keccak256.
//!
//! A leaf stands at one place, which follows from its position and step, and a path shows the place: a rig cannot have two
//! leaves for one step. The shape is that of every tree here, the left subtree the largest power of two below the number
//! of leaves. `contracts/src/libraries/SettlementTree.sol` is the other side.

use super::{Word, hash, number, under};
use crate::sign::keccak;
use assay_model::config::Config;
use assay_model::domain::Digest;

/// Label of a leaf.
pub(super) const LEAF: &str = "assay v1 settlement leaf";
/// Label of the hidden tokens of a leaf.
pub(super) const TOKENS: &str = "assay v1 settlement tokens";

/// What one leaf says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Job digest.
    pub job: Digest,
    /// Position.
    pub t: u32,
    /// Step.
    pub s: u32,
    /// The tokens of the position, hidden: [`tokens`].
    pub tokens: Digest,
    /// leaf(t, s) of the trace.
    pub leaf: Digest,
    /// Elements of the step's tensor, padding included.
    pub len: u32,
}

impl Leaf {
    /// The leaf.
    pub fn hash(&self) -> Digest {
        let words = [self.job, number(self.t), number(self.s), self.tokens, self.leaf, number(self.len)];
        hash(LEAF, &words)
    }
}

/// The tokens that enter and leave a position, under the leaf's salt: nobody can try tokens without it.
pub fn tokens(salt: &[u8; 32], token_in: u32, token_out: u32) -> Digest {
    hash(TOKENS, &[*salt, number(token_in), number(token_out)])
}

/// Place of leaf(t, s) among all leaves of a trace.
pub fn index(config: &Config, tail_from: u32, t: u32, s: u32) -> u64 {
    before(config, tail_from, t).saturating_add(u64::from(s))
}

/// Leaves of a trace of so many positions.
pub fn count(config: &Config, tail_from: u32, positions: u32) -> u64 {
    before(config, tail_from, positions)
}

/// Leaves of the positions before `t`.
fn before(config: &Config, tail_from: u32, t: u32) -> u64 {
    let body = u64::from(t).saturating_mul(u64::from(config.step_count(false)));
    let tail = config.step_count(true).saturating_sub(config.step_count(false));
    body.saturating_add(u64::from(t.saturating_sub(tail_from)).saturating_mul(u64::from(tail)))
}

fn node(label: &str, left: &Digest, right: &Digest) -> Digest {
    hash(label, &[*left, *right])
}

/// The tree over the leaves of a trace.
pub const SETTLEMENT: &str = "assay v1 settlement node";
/// The tree over the chunks of a model's linear steps.
pub const CHUNKS: &str = "assay v1 chunk node";
/// The tree over the keys of a model's circuits.
pub const KEYS: &str = "assay v1 key node";
/// The tree over what other circuits read of a model.
pub const PARAMETERS: &str = "assay v1 parameter node";
/// The tree over the tokens of a prompt.
pub const PROMPT: &str = "assay v1 prompt node";

/// Root over `leaves`; zero for none.
pub fn root(label: &str, leaves: &[Digest]) -> Digest {
    fn subtree(label: &Word, leaves: &[Digest]) -> Digest {
        match leaves {
            [] => [0; 32],
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                under(label, &[subtree(label, left), subtree(label, right)])
            }
        }
    }
    subtree(&keccak(label.as_bytes()), leaves)
}

/// Siblings on the way from leaf `index` to the root, lowest first.
pub fn path(label: &str, leaves: &[Digest], index: usize) -> Vec<Digest> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut path, sibling) = match index.checked_sub(at) {
        None => (self::path(label, left, index), root(label, right)),
        Some(index) => (self::path(label, right, index), root(label, left)),
    };
    path.push(sibling);
    path
}

/// Leaves of the left subtree of a tree over `n ≥ 2`.
fn split(n: usize) -> usize {
    1 << n.saturating_sub(1).checked_ilog2().unwrap_or(0)
}

/// The root that a leaf, its place and its path give; `None` for a place or a path that no tree of `count` leaves has.
pub fn root_of_path(label: &str, count: u64, index: u64, leaf: &Digest, path: &[Digest]) -> Option<Digest> {
    let (mut at, mut last) = (index, count.checked_sub(1)?);
    if at > last {
        return None;
    }
    let mut root = *leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            root = node(label, sibling, &root);
            // A leaf at the right edge may have no sibling for some levels.
            while at & 1 == 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            root = node(label, &root, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(n: usize) -> Vec<Digest> {
        (0..n).map(|i| keccak(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_leaf_of_every_small_tree_opens_at_its_place_and_at_no_other() {
        for n in 1..40usize {
            let leaves = leaves(n);
            let root = root(SETTLEMENT, &leaves);
            for (i, leaf) in leaves.iter().enumerate() {
                let path = path(SETTLEMENT, &leaves, i);
                for place in 0..n + 3 {
                    let got = root_of_path(SETTLEMENT, n as u64, place as u64, leaf, &path);
                    assert_eq!(got == Some(root), place == i, "leaf {i} of {n} at {place}");
                }
            }
        }
    }

    #[test]
    fn a_path_has_the_length_of_its_place() {
        for n in 1..40usize {
            let leaves = leaves(n);
            for (i, leaf) in leaves.iter().enumerate() {
                let mut path = path(SETTLEMENT, &leaves, i);
                path.push([0; 32]);
                assert_eq!(root_of_path(SETTLEMENT, n as u64, i as u64, leaf, &path), None);
                path.truncate(path.len() - 2.min(path.len()));
                if n > 1 {
                    assert_eq!(root_of_path(SETTLEMENT, n as u64, i as u64, leaf, &path), None);
                }
            }
        }
    }

    #[test]
    fn places_count_all_leaves_in_order() {
        let config =
            Config { layers: 2, dim: 64, heads: 4, kv_heads: 2, head_dim: 8, ffn: 272, vocab: 272, context: 64 };
        let (tail_from, positions) = (3, 7);
        let mut next = 0;
        for t in 0..positions {
            for s in 0..config.step_count(t >= tail_from) {
                assert_eq!(index(&config, tail_from, t, s), next);
                next += 1;
            }
        }
        assert_eq!(count(&config, tail_from, positions), next);
    }
}
