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

/// Appends `blake3::hash` of each tensor.
pub fn tensor_digests(tensors: &[&[u8]], out: &mut Vec<Digest>) {
    let mut lanes = Lanes::new(IV);
    let mut trees = Vec::with_capacity(tensors.len());
    let mut slots = 0;
    for tensor in tensors {
        let chunks = tensor.len().div_ceil(CHUNK_LEN).max(1);
        trees.push(Tree { first: slots, nodes: chunks });
        slots += chunks;
    }
    lanes.nodes.resize(slots, [0; 32]);
    whole_chunks(tensors, &trees, &mut lanes);
    last_chunks(tensors, &trees, &mut lanes);
    while parents(&mut trees, &mut lanes) {}
    out.extend(trees.iter().map(|t| lanes.nodes[t.first]));
}

/// Appends the hash of each input under `domain`; N is a positive multiple of 64, at most 1024.
pub fn hash_fixed<const N: usize>(domain: Domain, inputs: &[&[u8; N]], out: &mut Vec<Digest>) {
    const { assert!(N > 0 && N <= CHUNK_LEN && N.is_multiple_of(BLOCK_LEN)) };
    let key = domain.context_key();
    let mut lanes = Lanes::new(blake3::platform::words_from_le_bytes_32(&key));
    lanes.nodes.resize(inputs.len(), [0; 32]);
    let mode = Mode { counter: 0, flags: DERIVE_KEY_MATERIAL, start: CHUNK_START, end: CHUNK_END | ROOT };
    lanes.run(inputs.iter().copied().enumerate(), mode);
    out.append(&mut lanes.nodes);
}

/// Where the nodes of one tensor's current level stand.
struct Tree {
    first: usize,
    nodes: usize,
}

/// Flags and counter that inputs must share to be hashed together.
#[derive(Clone, Copy)]
struct Mode {
    counter: u64,
    flags: u8,
    start: u8,
    end: u8,
}

/// The hash function, and chaining values by slot.
struct Lanes {
    platform: Platform,
    key: [u32; 8],
    nodes: Vec<Digest>,
    found: Vec<u8>,
}

impl Lanes {
    fn new(key: [u32; 8]) -> Lanes {
        Lanes { platform: Platform::detect(), key, nodes: Vec::new(), found: Vec::new() }
    }

    /// Hashes inputs of whole blocks, each into its slot.
    fn run<'a, const N: usize>(&mut self, inputs: impl Iterator<Item = (usize, &'a [u8; N])>, mode: Mode) {
        let (slots, mut inputs): (Vec<usize>, Vec<&[u8; N]>) = inputs.unzip();
        self.fill_lanes(&mut inputs);
        self.found.resize(inputs.len() * 32, 0);
        let found = &mut self.found[..inputs.len() * 32];
        let Mode { counter, flags, start, end } = mode;
        self.platform.hash_many(&inputs, &self.key, counter, IncrementCounter::No, flags, start, end, found);
        for (slot, digest) in slots.into_iter().zip(found.as_chunks::<32>().0) {
            self.nodes[slot] = *digest;
        }
    }

    /// Repeats the last input until all lanes are taken, where that is faster than hashing what is left over in narrower
    /// lanes and one by one; the surplus digests are not used.
    fn fill_lanes<T: Copy>(&self, inputs: &mut Vec<T>) {
        let lanes = self.platform.simd_degree();
        let over = inputs.len() % lanes;
        if let Some(&last) = inputs.last()
            && over > lanes / 4
            && !over.is_power_of_two()
        {
            inputs.resize(inputs.len() + lanes - over, last);
        }
    }

    /// Hashes consecutive chunks, the first with number `counter`, into consecutive slots.
    fn run_of_chunks(&mut self, first_slot: usize, chunks: &[[u8; CHUNK_LEN]], counter: u64) {
        let inputs: Vec<&[u8; CHUNK_LEN]> = chunks.iter().collect();
        let out = self.nodes[first_slot..][..chunks.len()].as_flattened_mut();
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

/// Flag of a tensor's last chunk.
const fn root_flag(tree: &Tree) -> u8 {
    if tree.nodes == 1 { ROOT } else { 0 }
}

/// Chunks of 1024 bytes: full runs of one tensor, then what is left over, by chunk number, of all tensors.
fn whole_chunks(tensors: &[&[u8]], trees: &[Tree], lanes: &mut Lanes) {
    let mut rest: Vec<(u64, u8, usize, &[u8; CHUNK_LEN])> = Vec::new();
    for (tensor, tree) in tensors.iter().zip(trees) {
        let chunks = tensor.as_chunks::<CHUNK_LEN>().0;
        let full = chunks.len() / MAX_SIMD_DEGREE * MAX_SIMD_DEGREE;
        if full > 0 {
            lanes.run_of_chunks(tree.first, &chunks[..full], 0);
        }
        let left = chunks.iter().enumerate().skip(full);
        rest.extend(left.map(|(i, chunk)| (i as u64, root_flag(tree), tree.first + i, chunk)));
    }
    rest.sort_by_key(|&(counter, root, ..)| (counter, root));
    for together in rest.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let mode = Mode { counter: together[0].0, flags: 0, start: CHUNK_START, end: CHUNK_END | together[0].1 };
        lanes.run(together.iter().map(|&(.., slot, chunk)| (slot, chunk)), mode);
    }
}

/// Last chunks below 1024 bytes; side by side where they are whole blocks.
fn last_chunks(tensors: &[&[u8]], trees: &[Tree], lanes: &mut Lanes) {
    let mut by_blocks: Vec<(usize, Mode, usize, &[u8])> = Vec::new();
    for (tensor, tree) in tensors.iter().zip(trees) {
        let rest = tensor.as_chunks::<CHUNK_LEN>().1;
        if rest.is_empty() && !tensor.is_empty() {
            continue;
        }
        let counter = (tree.nodes - 1) as u64;
        let mode = Mode { counter, flags: 0, start: CHUNK_START, end: CHUNK_END | root_flag(tree) };
        let slot = tree.first + tree.nodes - 1;
        if !rest.is_empty() && rest.len().is_multiple_of(BLOCK_LEN) {
            by_blocks.push((rest.len() / BLOCK_LEN, mode, slot, rest));
        } else {
            lanes.nodes[slot] = lanes.short_chunk(rest, mode);
        }
    }
    let key = |e: &(usize, Mode, usize, &[u8])| (e.0, e.1.counter, e.1.end);
    by_blocks.sort_by_key(key);
    for together in by_blocks.chunk_by(|a, b| key(a) == key(b)) {
        run_blocks(lanes, together);
    }
}

/// Inputs of one number of blocks, which `hash_many` wants as a type.
fn run_blocks(lanes: &mut Lanes, inputs: &[(usize, Mode, usize, &[u8])]) {
    let (blocks, mode, ..) = inputs[0];
    macro_rules! of_blocks {
        ($($n:literal)*) => {
            match blocks {
                $($n => lanes.run::<{ $n * BLOCK_LEN }>(
                    inputs.iter().filter_map(|&(.., slot, bytes)| Some((slot, bytes.try_into().ok()?))), mode),)*
                _ => unreachable!("a last chunk has fewer than sixteen blocks"),
            }
        };
    }
    of_blocks!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}

/// One level of parents of all trees; whether there was any.
fn parents(trees: &mut [Tree], lanes: &mut Lanes) -> bool {
    let nodes = std::mem::take(&mut lanes.nodes);
    lanes.nodes.clone_from(&nodes);
    let pairs = |tree: &Tree| nodes[tree.first..][..tree.nodes].as_chunks::<2>().0;
    for root in [0, ROOT] {
        let wanted = trees.iter().filter(|t| t.nodes > 1 && (t.nodes == 2) == (root == ROOT));
        let inputs = wanted.flat_map(|t| (t.first..).zip(pairs(t))).map(|(slot, pair)| (slot, as_block(pair)));
        lanes.run(inputs, Mode { counter: 0, flags: PARENT | root, start: 0, end: 0 });
    }
    let mut any = false;
    for tree in trees.iter_mut().filter(|t| t.nodes > 1) {
        any = true;
        if tree.nodes % 2 == 1 {
            lanes.nodes[tree.first + tree.nodes / 2] = nodes[tree.first + tree.nodes - 1];
        }
        tree.nodes = tree.nodes.div_ceil(2);
    }
    any
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
        let mut out = Vec::new();
        hash_fixed(Domain::StepNode, &inputs.iter().collect::<Vec<_>>(), &mut out);
        for (input, digest) in inputs.iter().zip(out) {
            assert_eq!(digest, Domain::StepNode.hasher().fixed(input).digest());
        }
        let long: [u8; 1024] = bytes(1024, 1).try_into().unwrap();
        let mut out = Vec::new();
        hash_fixed(Domain::StepLeaf, &[&long], &mut out);
        assert_eq!(out, [Domain::StepLeaf.hasher().fixed(&long).digest()]);
    }
}
