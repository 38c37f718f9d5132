//! BLAKE3's tree over 1 KiB chunks, so that a few chunks of a tensor open without the rest.
//!
//! The tree has the shape of [`tree`]; leaves are chunk chaining values, and the root alone is finalised with
//! BLAKE3's ROOT flag, so a tensor of one chunk is hashed whole.

use crate::tree::{self, Join, TreeError};
use assay_model::domain::Digest;
use blake3::Hasher;
use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};

/// Bytes of a chunk.
pub const CHUNK_BYTES: usize = blake3::CHUNK_LEN;

struct Blake3;

impl Join for Blake3 {
    type Node = ChainingValue;

    fn join(&self, left: &ChainingValue, right: &ChainingValue) -> ChainingValue {
        merge_subtrees_non_root(left, right, Mode::Hash)
    }
}

/// Number of chunks of a tensor of `bytes` bytes.
pub fn count(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(CHUNK_BYTES).max(1)).unwrap_or(u32::MAX)
}

/// Byte range of chunk `index` in a tensor of `bytes` bytes.
pub fn range(bytes: usize, index: u32) -> std::ops::Range<usize> {
    let first = usize::try_from(index).unwrap_or(usize::MAX).saturating_mul(CHUNK_BYTES).min(bytes);
    first..first.saturating_add(CHUNK_BYTES).min(bytes)
}

/// Chaining value of chunk `index` of a longer input.
pub fn chaining_value(index: u32, chunk: &[u8]) -> ChainingValue {
    let mut hasher = Hasher::new();
    hasher.set_input_offset(u64::from(index).saturating_mul(1024));
    hasher.update(chunk).finalize_non_root()
}

/// Chaining values that open the chunks `opened` (ascending) of `tensor`.
pub fn open(tensor: &[u8], opened: &[u32]) -> Vec<ChainingValue> {
    let n = count(tensor.len());
    let leaves: Vec<_> = tensor.chunks(CHUNK_BYTES).zip(0..n).map(|(chunk, i)| chaining_value(i, chunk)).collect();
    let mut out = Vec::new();
    if n > 1 {
        siblings(&leaves, 0, opened, true, &mut out);
    }
    out
}

fn siblings(leaves: &[ChainingValue], first: u32, opened: &[u32], root: bool, out: &mut Vec<ChainingValue>) {
    // The root cannot be left out of an opening: without an opened chunk, its two children stand for it.
    if opened.is_empty() && !root {
        out.extend(subtree(leaves));
    } else if leaves.len() > 1 {
        let split = tree::left_len(u32::try_from(leaves.len()).unwrap_or(u32::MAX));
        let middle = first.saturating_add(split);
        let (left, right) = leaves.split_at(usize::try_from(split).unwrap_or(1));
        let (in_left, in_right) = opened.split_at(opened.partition_point(|&i| i < middle));
        siblings(left, first, in_left, false, out);
        siblings(right, middle, in_right, false, out);
    }
}

fn subtree(leaves: &[ChainingValue]) -> Option<ChainingValue> {
    match leaves {
        [] => None,
        [leaf] => Some(*leaf),
        _ => {
            let split = usize::try_from(tree::left_len(u32::try_from(leaves.len()).unwrap_or(u32::MAX))).ok()?;
            let (left, right) = leaves.split_at_checked(split)?;
            Some(Blake3.join(&subtree(left)?, &subtree(right)?))
        }
    }
}

/// Number of chaining values of the opening of `opened` in a tensor of `bytes` bytes.
pub fn opening_len(bytes: usize, opened: &[u32]) -> usize {
    match (count(bytes), opened) {
        (0 | 1, _) => 0,
        (_, []) => 2,
        (n, _) => tree::opening_len(n, opened),
    }
}

/// BLAKE3 digest of a tensor of `bytes` bytes from its opened chunks (ascending index, exact lengths).
///
/// # Errors
/// [`TreeError`] if the chunks are no set of chunks of such a tensor, a chunk has the wrong length, or `siblings`
/// runs out. A tensor of one chunk must be opened.
pub fn digest_of_opening(
    bytes: usize,
    opened: &[(u32, &[u8])],
    siblings: &mut impl Iterator<Item = ChainingValue>,
) -> Result<Digest, TreeError> {
    let n = count(bytes);
    if opened.iter().any(|(i, chunk)| *i >= n || range(bytes, *i).len() != chunk.len()) {
        return Err(TreeError::Leaves);
    }
    let values: Vec<_> = opened.iter().map(|(i, chunk)| (*i, value(bytes, *i, chunk))).collect();
    digest_of_values(bytes, &values, siblings)
}

/// Value of a chunk in the tree over a tensor of `bytes` bytes: its chaining value, or the digest where it is all there is.
pub fn value(bytes: usize, index: u32, chunk: &[u8]) -> ChainingValue {
    if count(bytes) == 1 { *blake3::hash(chunk).as_bytes() } else { chaining_value(index, chunk) }
}

/// As [`digest_of_opening`], for chunks of which only the values are known.
///
/// # Errors
/// [`TreeError`] if the values are not of a set of chunks of such a tensor, or siblings are missing.
pub fn digest_of_values(
    bytes: usize,
    values: &[(u32, ChainingValue)],
    siblings: &mut impl Iterator<Item = ChainingValue>,
) -> Result<Digest, TreeError> {
    let n = count(bytes);
    if n == 1 {
        let [(0, value)] = values else { return Err(TreeError::Leaves) };
        return Ok(*value);
    }
    let split = tree::left_len(n);
    let (left, right) = values.split_at(values.partition_point(|(i, _)| *i < split));
    let right: Vec<_> = right.iter().map(|(i, v)| (i.saturating_sub(split), *v)).collect();
    let left = tree::root_of_opening(&Blake3, split, left, siblings)?;
    let right = tree::root_of_opening(&Blake3, n.saturating_sub(split), &right, siblings)?;
    Ok(*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_set_of_chunks_gives_back_the_digest(
            len in prop::sample::select(vec![1usize, 4, 1023, 1024, 1025, 2048, 2304, 3072, 5120, 12288, 17 * 1024 + 1]),
            picks in proptest::collection::btree_set(0u32..18, 0..6),
        ) {
            let tensor: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let n = count(len);
            let mut opened: Vec<u32> = picks.into_iter().filter(|i| *i < n).collect();
            if n == 1 { opened = vec![0]; }
            let values = open(&tensor, &opened);
            prop_assert_eq!(values.len(), opening_len(len, &opened));
            let chunks: Vec<_> = opened.iter().map(|&i| (i, &tensor[range(len, i)])).collect();
            let mut it = values.iter().copied();
            prop_assert_eq!(digest_of_opening(len, &chunks, &mut it), Ok(*blake3::hash(&tensor).as_bytes()));
            prop_assert!(it.next().is_none());
        }
    }

    #[test]
    fn a_chunk_at_another_place_gives_another_digest() {
        let tensor = vec![7u8; 4096];
        let values = open(&tensor, &[1]);
        let moved = digest_of_opening(4096, &[(2, &tensor[..1024])], &mut values.into_iter());
        assert_ne!(moved, Ok(*blake3::hash(&tensor).as_bytes()));
    }

    #[test]
    fn a_chunk_of_the_wrong_length_is_refused() {
        let none = || std::iter::empty();
        assert_eq!(digest_of_opening(4, &[(0, &[1, 2, 3])], &mut none()), Err(TreeError::Leaves));
        assert_eq!(digest_of_opening(4, &[], &mut none()), Err(TreeError::Leaves));
        assert_eq!(digest_of_opening(2048, &[(2, &[])], &mut none()), Err(TreeError::Leaves));
        assert_eq!(digest_of_opening(2048, &[(0, &[0; 1024])], &mut none()), Err(TreeError::Missing));
    }
}
