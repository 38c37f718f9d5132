//! Binary hash trees, and openings of any set of their leaves.
//!
//! A tree over n leaves splits at the largest power of two below n: the left subtree is full. A node is
//! `H(domain, left ‖ right)`; leaves are digests that were hashed under another label, so a node never passes for a
//! leaf. An *opening* of a set of leaves is the roots of all maximal subtrees without an opened leaf, from left to
//! right: for a given n and set there is exactly one sequence of digests that the opening may have.

use crate::domain::{Digest, Domain};

/// Why an opening does not describe a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// Fewer digests than the shape needs.
    #[error("the opening ends early")]
    Missing,
    /// Opened leaves are out of order, repeated or past the last leaf; or there is no leaf at all.
    #[error("the opened leaves are not a set of leaves of this tree")]
    Leaves,
}

/// How two subtrees become one.
pub trait Join {
    /// Root of a subtree: a digest, or BLAKE3's chaining value.
    type Node: Copy;
    /// Inner node.
    fn join(&self, left: &Self::Node, right: &Self::Node) -> Self::Node;
}

impl Join for Domain {
    type Node = Digest;

    fn join(&self, left: &Digest, right: &Digest) -> Digest {
        self.hasher().fixed(left).fixed(right).digest()
    }
}

/// Leaves of the left subtree of a tree over `n ≥ 2` leaves.
pub fn left_len(n: u32) -> u32 {
    1 << n.saturating_sub(1).checked_ilog2().unwrap_or(0)
}

/// Root over `leaves`; the zero digest for none.
pub fn root(domain: Domain, leaves: &[Digest]) -> Digest {
    match leaves {
        [] => [0; 32],
        [leaf] => *leaf,
        _ => {
            let split = usize::try_from(left_len(u32::try_from(leaves.len()).unwrap_or(u32::MAX))).unwrap_or(1);
            let (left, right) = leaves.split_at(split);
            domain.join(&root(domain, left), &root(domain, right))
        }
    }
}

/// Digests that open the leaves `opened` (ascending) of the tree over `leaves`.
pub fn open(domain: Domain, leaves: &[Digest], opened: &[u32]) -> Vec<Digest> {
    fn walk(domain: Domain, leaves: &[Digest], first: u32, opened: &[u32], out: &mut Vec<Digest>) {
        if opened.is_empty() {
            out.push(root(domain, leaves));
        } else if leaves.len() > 1 {
            let split = left_len(u32::try_from(leaves.len()).unwrap_or(u32::MAX));
            let middle = first.saturating_add(split);
            let (left, right) = leaves.split_at(usize::try_from(split).unwrap_or(1));
            let (in_left, in_right) = opened.split_at(opened.partition_point(|&i| i < middle));
            walk(domain, left, first, in_left, out);
            walk(domain, right, middle, in_right, out);
        }
    }
    let mut out = Vec::new();
    walk(domain, leaves, 0, opened, &mut out);
    out
}

/// Root of a tree over `n` leaves from its opened leaves (ascending index) and the digests of an opening.
///
/// # Errors
/// [`TreeError`] if the leaves are not a set within the tree or `siblings` runs out. What `siblings` still holds
/// afterwards was not used: the caller decides whether that is an error.
pub fn root_of_opening<J: Join>(
    join: &J,
    n: u32,
    opened: &[(u32, J::Node)],
    siblings: &mut impl Iterator<Item = J::Node>,
) -> Result<J::Node, TreeError> {
    let ascending = opened.iter().zip(opened.iter().skip(1)).all(|((a, _), (b, _))| a < b);
    let within = opened.last().is_none_or(|(last, _)| *last < n);
    if n == 0 || !ascending || !within {
        return Err(TreeError::Leaves);
    }
    walk(join, 0, n, opened, siblings)
}

fn walk<J: Join>(
    join: &J,
    first: u32,
    n: u32,
    opened: &[(u32, J::Node)],
    siblings: &mut impl Iterator<Item = J::Node>,
) -> Result<J::Node, TreeError> {
    let Some((_, leaf)) = opened.first() else {
        return siblings.next().ok_or(TreeError::Missing);
    };
    if n <= 1 {
        return Ok(*leaf);
    }
    let split = left_len(n);
    let middle = first.saturating_add(split);
    let (in_left, in_right) = opened.split_at(opened.partition_point(|(i, _)| *i < middle));
    let left = walk(join, first, split, in_left, siblings)?;
    let right = walk(join, middle, n.saturating_sub(split), in_right, siblings)?;
    Ok(join.join(&left, &right))
}

/// Number of digests of the opening of `opened` (ascending, within the tree) in a tree over `n` leaves.
pub fn opening_len(n: u32, opened: &[u32]) -> usize {
    fn walk(first: u32, n: u32, opened: &[u32]) -> usize {
        if opened.is_empty() {
            return 1;
        }
        if n <= 1 {
            return 0;
        }
        let split = left_len(n);
        let middle = first.saturating_add(split);
        let (left, right) = opened.split_at(opened.partition_point(|&i| i < middle));
        walk(first, split, left).saturating_add(walk(middle, n.saturating_sub(split), right))
    }
    walk(0, n, opened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const D: Domain = Domain::StepNode;

    fn leaves(n: u32) -> Vec<Digest> {
        (0..n).map(|i| Domain::StepLeaf.hasher().u32(i).digest()).collect()
    }

    #[test]
    fn the_left_subtree_is_full() {
        assert_eq!([2, 3, 4, 5, 8, 9, 304].map(left_len), [1, 2, 2, 4, 4, 8, 256]);
    }

    proptest! {
        #[test]
        fn an_opening_gives_back_the_root(n in 1u32..70, picks in proptest::collection::btree_set(0u32..70, 0..12)) {
            let leaves = leaves(n);
            let opened: Vec<u32> = picks.into_iter().filter(|i| *i < n).collect();
            let digests = open(D, &leaves, &opened);
            prop_assert_eq!(digests.len(), opening_len(n, &opened));
            let known: Vec<_> = opened.iter().map(|&i| (i, leaves[i as usize])).collect();
            let mut it = digests.iter().copied();
            prop_assert_eq!(root_of_opening(&D, n, &known, &mut it), Ok(root(D, &leaves)));
            prop_assert!(it.next().is_none());
            for at in 0..known.len() {
                let mut wrong = known.clone();
                wrong[at].1[0] ^= 1;
                prop_assert_ne!(root_of_opening(&D, n, &wrong, &mut digests.iter().copied()), Ok(root(D, &leaves)));
            }
        }
    }

    #[test]
    fn what_is_not_a_set_of_leaves_is_refused() {
        let l = [0; 32];
        let none = &mut std::iter::empty();
        for opened in [vec![(1, l), (1, l)], vec![(2, l), (1, l)], vec![(4, l)]] {
            assert_eq!(root_of_opening(&D, 4, &opened, none), Err(TreeError::Leaves));
        }
        assert_eq!(root_of_opening(&D, 0, &[], none), Err(TreeError::Leaves));
        assert_eq!(root_of_opening(&D, 4, &[(0, l)], none), Err(TreeError::Missing));
    }
}
