//! Weights hashed again where they lie: memory without error correction, overclocked memory and risers change bits.
//!
//! The card hashes subtrees of 64 chunks, and the host merges their chaining values: 32 bytes come back for every 64 KiB.

use blake3::hazmat::{ChainingValue, Mode, merge_subtrees_non_root, merge_subtrees_root};

use crate::card::Gpu;
use crate::compress::CHUNK_WORDS;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::layout::DIGEST;
use crate::shader::Shader;

/// Chunks of a subtree, each a lane of a workgroup.
const SUBTREE: u32 = 64;
/// Subtrees of one submission, 64 MiB, so that slow cards end each in time.
const SUBMISSION: u32 = 1024;

/// Hashes buffers.
#[derive(Debug)]
pub struct Rehash(Kernel);

/// Text of the kernel.
pub fn source() -> String {
    let head = Shader::new().constant("GROUP", SUBTREE).constant("CHUNK_WORDS", CHUNK_WORDS);
    head.blake3().file(include_str!("kernels/rehash.wgsl")).text().into()
}

impl Rehash {
    /// Compiles the kernel.
    ///
    /// # Errors
    /// If the driver refuses it.
    pub fn new(gpu: &Gpu) -> Result<Rehash, GpuError> {
        Rehash::of(gpu, &source())
    }

    fn of(gpu: &Gpu, source: &str) -> Result<Rehash, GpuError> {
        Ok(Rehash(Kernel::new(gpu, "rehash", source, &[Access::Read, Access::Read, Access::Write])?))
    }

    /// `blake3::hash` of the first `words` words of a storage buffer, which has at least four and `words` at least one.
    ///
    /// # Errors
    /// If the card is lost or does not finish.
    pub fn digest(&self, gpu: &Gpu, buffer: &wgpu::Buffer, words: u32) -> Result<[u8; 32], GpuError> {
        let subtrees = words.div_ceil(SUBTREE * CHUNK_WORDS);
        let found = u64::from(subtrees * DIGEST);
        let nodes = gpu.storage("rehash nodes", found);
        let bound = self.0.bind(gpu, &[buffer, buffer, &nodes]);
        for first in (0..subtrees).step_by(SUBMISSION as usize) {
            let mut encoder = gpu.encoder();
            {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                let groups = [SUBMISSION.min(subtrees - first), 1, 1];
                self.0.dispatch(&mut pass, &bound, &[words, subtrees, first], groups);
            }
            gpu.run(encoder)?;
        }
        let nodes = gpu.read(&nodes, 0, found)?;
        Ok(merged(nodes.as_chunks().0.iter().map(as_bytes).collect()))
    }

    /// Compares with what the host knows of `what`.
    ///
    /// # Errors
    /// If the digest is another, or the card fails.
    pub fn check(
        &self,
        gpu: &Gpu,
        what: &str,
        buffer: &wgpu::Buffer,
        words: u32,
        expected: &[u8; 32],
    ) -> Result<(), GpuError> {
        if self.digest(gpu, buffer, words)? == *expected {
            return Ok(());
        }
        Err(gpu.wrong(format!("{what} changed in its memory")))
    }
}

fn as_bytes(node: &[u32; DIGEST as usize]) -> ChainingValue {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(bytemuck::cast_slice(node));
    bytes
}

/// The digest above subtrees; a single one is the digest.
fn merged(mut nodes: Vec<ChainingValue>) -> [u8; 32] {
    while nodes.len() > 2 {
        let pair = |pair: &[ChainingValue]| match pair {
            [left, right] => merge_subtrees_non_root(left, right, Mode::Hash),
            _ => pair[0],
        };
        nodes = nodes.chunks(2).map(pair).collect();
    }
    match nodes[..] {
        [left, right] => *merge_subtrees_root(&left, &right, Mode::Hash).as_bytes(),
        _ => nodes[0],
    }
}

/// Compares with known answers.
///
/// # Errors
/// If a digest is wrong, or the card fails.
pub fn self_test(gpu: &Gpu) -> Result<(), GpuError> {
    self_test_with(gpu, &source())
}

/// [`self_test`] of a kernel with another text.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, source: &str) -> Result<(), GpuError> {
    let rehash = Rehash::of(gpu, source)?;
    for words in [1, 255, 257, 16_384, 16_385, 5 * 16_384 + 1030] {
        for input in [vec![0; words as usize], vec![u32::MAX; words as usize], crate::hash::cycle(words, 3)] {
            let digest = rehash.digest(gpu, &gpu.upload("rehash", &input), words)?;
            if blake3::hash(bytemuck::cast_slice(&input)) != digest {
                return Err(gpu.wrong(format!("the digest of {} bytes of weights", 4 * words)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::cycle;
    use crate::testing;

    #[test]
    fn digests_are_blake3_at_ends_of_blocks_chunks_and_subtrees() {
        let Some(gpu) = testing::gpu() else { return };
        let rehash = Rehash::new(&gpu).unwrap();
        let subtree = SUBTREE * CHUNK_WORDS;
        let ends = [16, 256, 512, 3 * 256, subtree, 2 * subtree, 3 * subtree, 7 * subtree];
        for words in ends.into_iter().flat_map(|end| [end - 1, end, end + 1, end + 2, end + 3, end + 256]) {
            let input = cycle(words, words);
            let buffer = gpu.upload("weights", &input);
            let digest = rehash.digest(&gpu, &buffer, words).unwrap();
            assert_eq!(blake3::hash(bytemuck::cast_slice(&input)), digest, "{words} words");
        }
    }

    #[test]
    fn more_than_one_submission_and_less_than_the_buffer_are_hashed() {
        let Some(gpu) = testing::gpu() else { return };
        let input = cycle(SUBMISSION * SUBTREE * CHUNK_WORDS + 100, 0);
        let buffer = gpu.upload("weights", &input);
        let rehash = Rehash::new(&gpu).unwrap();
        for less in [0, 3] {
            let hashed = &input[..input.len() - less];
            let digest = rehash.digest(&gpu, &buffer, hashed.len() as u32).unwrap();
            assert_eq!(blake3::hash(bytemuck::cast_slice(hashed)), digest);
        }
    }

    #[test]
    fn one_flipped_bit_of_the_weights_is_found() {
        let Some(gpu) = testing::gpu() else { return };
        let rehash = Rehash::new(&gpu).unwrap();
        let input = cycle(40_001, 5);
        let expected = *blake3::hash(bytemuck::cast_slice(&input)).as_bytes();
        let buffer = gpu.upload("weights", &input);
        let check = || rehash.check(&gpu, "layer 3", &buffer, 40_001, &expected);
        assert_eq!(check(), Ok(()));
        for (word, bit) in [(0, 0), (20_000, 17), (40_000, 31)] {
            let write = |value: u32| gpu.queue().write_buffer(&buffer, word as u64 * 4, bytemuck::bytes_of(&value));
            write(input[word] ^ 1 << bit);
            assert_eq!(check(), Err(gpu.wrong("layer 3 changed in its memory")));
            write(input[word]);
        }
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn planted_errors_are_caught() {
        let Some(gpu) = testing::gpu() else { return };
        self_test(&gpu).unwrap();
        testing::assert_caught(
            &gpu,
            &source(),
            self_test_with,
            &[
                ("p.subtrees == 1u", "false"),
                ("subtree * GROUP + lane, root", "lane, root"),
                ("v.z = words", "v.y = words"),
                ("left + 1u == n", "false"),
                ("u, whole, n == 2u", "u, 0u, n == 2u"),
                ("chunks == 1u", "false"),
            ],
        );
    }
}
