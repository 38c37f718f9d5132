//! BLAKE3 of many inputs side by side.
//!
//! A single short tensor leaves most SIMD lanes idle. Here equal pieces of work of many tensors share the lanes: whole
//! chunks with one counter, last chunks with one number of blocks, then the parents of all trees level by level. The
//! digests are `blake3::hash` of each tensor: BLAKE3 halves n chunks so that the left side is the largest power of two
//! below n, and pairing neighbours level by level, the odd one out moving up, is the same tree.
//!
//! The crate's `platform` module is outside its semver promise; the workspace pins the version.

use assay_model::domain::{Digest, Domain};
use blake3::IncrementCounter;
use blake3::platform::{MAX_SIMD_DEGREE, Platform};

const CHUNK_LEN: usize = 1024;
const BLOCK_LEN: usize = 64;

const CHUNK_START: u8 = 1 << 0;
const CHUNK_END: u8 = 1 << 1;
const PARENT: u8 = 1 << 2;
const ROOT: u8 = 1 << 3;
const DERIVE_KEY_MATERIAL: u8 = 1 << 6;

/// BLAKE3's initial chaining value.
const IV: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Consecutive chunks of one tensor that are hashed together.
const RUN: usize = MAX_SIMD_DEGREE;
/// Inputs that are handed to the hash together: full sets of lanes of every instruction set.
const BATCH: usize = 2 * MAX_SIMD_DEGREE;

/// Appends `blake3::hash` of each tensor.
pub fn tensor_digests(tensors: &[&[u8]], out: &mut Vec<Digest>) {
    let lanes = Lanes::new(IV);
    let mut trees = Vec::with_capacity(tensors.len());
    let mut slots = 0;
    for tensor in tensors {
        let chunks = tensor.len().div_ceil(CHUNK_LEN).max(1);
        trees.push(Tree { first: slots, nodes: chunks });
        slots += chunks;
    }
    let mut nodes = vec![[0; 32]; slots];
    whole_chunks(&lanes, tensors, &trees, &mut nodes);
    last_chunks(&lanes, tensors, &trees, &mut nodes);
    let mut below = Vec::new();
    while trees.iter().any(|t| t.nodes > 1) {
        below.clone_from(&nodes);
        parents(&lanes, &mut trees, &below, &mut nodes);
    }
    out.extend(trees.iter().map(|t| nodes[t.first]));
}

/// Writes the hash of each input under `domain` into its slot of `out`; N is a positive multiple of 64, at most 1024.
pub fn hash_fixed<'a, const N: usize>(
    domain: Domain,
    inputs: impl Iterator<Item = (usize, &'a [u8; N])>,
    out: &mut [Digest],
) {
    const { assert!(N > 0 && N <= CHUNK_LEN && N.is_multiple_of(BLOCK_LEN)) };
    let lanes = Lanes::new(blake3::platform::words_from_le_bytes_32(&domain.context_key()));
    let mode = Mode { counter: 0, flags: DERIVE_KEY_MATERIAL, start: CHUNK_START, end: CHUNK_END | ROOT };
    lanes.run(inputs, mode, out);
}

/// Where the nodes of one tensor's current level stand.
struct Tree {
    first: usize,
    nodes: usize,
}

impl Tree {
    /// Flag of the last chunk.
    const fn root_flag(&self) -> u8 {
        if self.nodes == 1 { ROOT } else { 0 }
    }
}

/// Flags and counter that inputs must share to be hashed together.
#[derive(Clone, Copy)]
struct Mode {
    counter: u64,
    flags: u8,
    start: u8,
    end: u8,
}

/// The hash function.
struct Lanes {
    platform: Platform,
    key: [u32; 8],
}

impl Lanes {
    fn new(key: [u32; 8]) -> Lanes {
        Lanes { platform: Platform::detect(), key }
    }

    /// Hashes inputs of whole blocks, each into its slot of `out`.
    fn run<'a, const N: usize>(
        &self,
        inputs: impl Iterator<Item = (usize, &'a [u8; N])>,
        mode: Mode,
        out: &mut [Digest],
    ) {
        let mut inputs = inputs.peekable();
        while let Some(&(_, first)) = inputs.peek() {
            let (mut slots, mut batch, mut count) = ([0; BATCH], [first; BATCH], 0);
            for (slot, input) in inputs.by_ref().take(BATCH) {
                (slots[count], batch[count]) = (slot, input);
                count += 1;
            }
            let mut found = [[0; 32]; BATCH];
            let together = self.with_surplus(count);
            let bytes = found[..together].as_flattened_mut();
            let Mode { counter, flags, start, end } = mode;
            let batch = &batch[..together];
            self.platform.hash_many(batch, &self.key, counter, IncrementCounter::No, flags, start, end, bytes);
            for (slot, digest) in slots[..count].iter().zip(found) {
                out[*slot] = digest;
            }
        }
    }

    /// `count`, or as many as fill all lanes where that is faster than hashing what is left over in narrower lanes and one
    /// by one; the surplus digests are not used.
    fn with_surplus(&self, count: usize) -> usize {
        let lanes = self.platform.simd_degree();
        let over = count % lanes;
        if over > lanes / 4 && !over.is_power_of_two() { count + lanes - over } else { count }
    }

    /// Hashes consecutive chunks, the first with number `counter`, into consecutive slots.
    fn run_of_chunks(&self, chunks: &[[u8; CHUNK_LEN]; RUN], counter: u64, out: &mut [Digest; RUN]) {
        let (inputs, out) = (chunks.each_ref(), out.as_flattened_mut());
        self.platform.hash_many(&inputs, &self.key, counter, IncrementCounter::Yes, 0, CHUNK_START, CHUNK_END, out);
    }

    /// Hashes a chunk of any length below [`CHUNK_LEN`].
    fn short_chunk(&self, chunk: &[u8], mode: Mode) -> Digest {
        let mut cv = self.key;
        let blocks = chunk.len().div_ceil(BLOCK_LEN).max(1);
        for i in 0..blocks {
            let part = chunk.get(i * BLOCK_LEN..).unwrap_or_default();
            let part = &part[..part.len().min(BLOCK_LEN)];
            let mut block = [0; BLOCK_LEN];
            block[..part.len()].copy_from_slice(part);
            let first = if i == 0 { mode.start } else { 0 };
            let last = if i + 1 == blocks { mode.end } else { 0 };
            let flags = mode.flags | first | last;
            self.platform.compress_in_place(&mut cv, &block, part.len() as u8, mode.counter, flags);
        }
        blake3::platform::le_bytes_from_words_32(&cv)
    }
}

/// Chunks of 1024 bytes: full runs of one tensor (never its root, which is the only chunk of its tensor), then what is left over, by chunk number, of all tensors.
fn whole_chunks(lanes: &Lanes, tensors: &[&[u8]], trees: &[Tree], nodes: &mut [Digest]) {
    let (mut first, mut end) = (usize::MAX, 0);
    for (tensor, tree) in tensors.iter().zip(trees) {
        let chunks = tensor.as_chunks::<CHUNK_LEN>().0;
        let runs = chunks.as_chunks::<RUN>().0;
        let out = nodes[tree.first..].as_chunks_mut::<RUN>().0;
        for ((counter, run), out) in (0..).step_by(RUN).zip(runs).zip(out) {
            lanes.run_of_chunks(run, counter, out);
        }
        if runs.len() * RUN < chunks.len() {
            (first, end) = (first.min(runs.len() * RUN), end.max(chunks.len()));
        }
    }
    for number in first..end {
        // Only a first chunk can be the root.
        for root in [0, ROOT].into_iter().take(if number == 0 { 2 } else { 1 }) {
            let left = tensors
                .iter()
                .zip(trees)
                .filter(|(tensor, tree)| number >= tensor.len() / CHUNK_LEN / RUN * RUN && tree.root_flag() == root);
            let left = left.filter_map(|(tensor, tree)| {
                Some((tree.first + number, tensor.as_chunks::<CHUNK_LEN>().0.get(number)?))
            });
            let mode = Mode { counter: number as u64, flags: 0, start: CHUNK_START, end: CHUNK_END | root };
            lanes.run(left, mode, nodes);
        }
    }
}

/// Last chunks below 1024 bytes; side by side where they are whole blocks.
fn last_chunks(lanes: &Lanes, tensors: &[&[u8]], trees: &[Tree], nodes: &mut [Digest]) {
    let mut by_blocks: Vec<(usize, Mode, usize, &[u8])> = Vec::with_capacity(tensors.len());
    for (tensor, tree) in tensors.iter().zip(trees) {
        let rest = tensor.as_chunks::<CHUNK_LEN>().1;
        if rest.is_empty() && !tensor.is_empty() {
            continue;
        }
        let counter = (tree.nodes - 1) as u64;
        let mode = Mode { counter, flags: 0, start: CHUNK_START, end: CHUNK_END | tree.root_flag() };
        let slot = tree.first + tree.nodes - 1;
        if !rest.is_empty() && rest.len().is_multiple_of(BLOCK_LEN) {
            by_blocks.push((rest.len() / BLOCK_LEN, mode, slot, rest));
        } else {
            nodes[slot] = lanes.short_chunk(rest, mode);
        }
    }
    let key = |e: &(usize, Mode, usize, &[u8])| (e.0, e.1.counter, e.1.end);
    by_blocks.sort_unstable_by_key(key);
    for together in by_blocks.chunk_by(|a, b| key(a) == key(b)) {
        run_blocks(lanes, together, nodes);
    }
}

/// Inputs of one number of blocks, which `hash_many` wants as a type.
fn run_blocks(lanes: &Lanes, inputs: &[(usize, Mode, usize, &[u8])], nodes: &mut [Digest]) {
    let (blocks, mode, ..) = inputs[0];
    macro_rules! of_blocks {
        ($($n:literal)*) => {
            match blocks {
                $($n => lanes.run::<{ $n * BLOCK_LEN }>(
                    inputs.iter().filter_map(|&(.., slot, bytes)| Some((slot, bytes.try_into().ok()?))), mode, nodes),)*
                _ => unreachable!("a last chunk has fewer than sixteen blocks"),
            }
        };
    }
    of_blocks!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}

/// One level of parents of all trees, from `below` into `nodes`, which starts as a copy.
fn parents(lanes: &Lanes, trees: &mut [Tree], below: &[Digest], nodes: &mut [Digest]) {
    let pairs = |tree: &Tree| below[tree.first..][..tree.nodes].as_chunks::<2>().0;
    for root in [0, ROOT] {
        let wanted = trees.iter().filter(|t| t.nodes > 1 && (t.nodes == 2) == (root == ROOT));
        let inputs = wanted.flat_map(|t| (t.first..).zip(pairs(t))).map(|(slot, pair)| (slot, as_block(pair)));
        lanes.run(inputs, Mode { counter: 0, flags: PARENT | root, start: 0, end: 0 }, nodes);
    }
    for tree in trees.iter_mut().filter(|t| t.nodes > 1) {
        if tree.nodes % 2 == 1 {
            nodes[tree.first + tree.nodes / 2] = below[tree.first + tree.nodes - 1];
        }
        tree.nodes = tree.nodes.div_ceil(2);
    }
}

fn as_block(pair: &[Digest; 2]) -> &[u8; BLOCK_LEN] {
    pair.as_flattened().try_into().expect("two digests are 64 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cycle of 251 bytes, so that swapped blocks or chunks show.
    fn bytes(len: usize, start: usize) -> Vec<u8> {
        (start..start + len).map(|i| (i % 251) as u8).collect()
    }

    fn check(tensors: &[Vec<u8>]) {
        let slices: Vec<&[u8]> = tensors.iter().map(Vec::as_slice).collect();
        let mut out = Vec::new();
        tensor_digests(&slices, &mut out);
        assert_eq!(out.len(), tensors.len());
        for (tensor, digest) in tensors.iter().zip(&out) {
            assert_eq!(digest, blake3::hash(tensor).as_bytes(), "{} bytes", tensor.len());
        }
    }

    #[test]
    fn every_length_up_to_four_chunks_alone_and_together() {
        let all: Vec<Vec<u8>> = (0..=4200).map(|len| bytes(len, len)).collect();
        check(&all);
        for tensor in all.iter().step_by(61) {
            check(std::slice::from_ref(tensor));
        }
    }

    #[test]
    fn lengths_around_blocks_chunks_and_full_sets_of_lanes() {
        let mut lengths = Vec::new();
        for chunks in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 192] {
            for d in [0, 1, 63, 64, 65] {
                lengths.extend([1024 * chunks - d, 1024 * chunks + d]);
            }
        }
        check(&lengths.iter().map(|&l| bytes(l, 3)).collect::<Vec<_>>());
        lengths.reverse();
        check(&lengths.iter().map(|&l| bytes(l, l / 7)).collect::<Vec<_>>());
    }

    #[test]
    fn no_tensors_give_no_digests() {
        check(&[]);
    }

    #[test]
    fn fixed_inputs_hash_as_the_domain_does() {
        let inputs: Vec<[u8; 64]> = (0..37).map(|i| bytes(64, 5 * i).try_into().unwrap()).collect();
        let mut out = vec![[0; 32]; inputs.len()];
        hash_fixed(Domain::StepNode, inputs.iter().enumerate(), &mut out);
        for (input, digest) in inputs.iter().zip(out) {
            assert_eq!(digest, Domain::StepNode.hasher().fixed(input).digest());
        }
        let long: [u8; 1024] = bytes(1024, 1).try_into().unwrap();
        let mut out = [[0; 32]];
        hash_fixed(Domain::StepLeaf, [(0, &long)].into_iter(), &mut out);
        assert_eq!(out, [Domain::StepLeaf.hasher().fixed(&long).digest()]);
    }
}
