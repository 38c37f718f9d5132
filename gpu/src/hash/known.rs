//! Known answers: a card that hashes wrongly must not answer for a trace.

use assay_model::program::{Step, StepKind};

use super::{Hasher, Sources};
use crate::card::Gpu;
use crate::error::GpuError;
use crate::layout::{DIGEST, Place};

/// Words of tensors that models of 135 million to 8 billion weights have, and of the ends of blocks, chunks and trees.
const LENGTHS: [u32; 16] = [1, 15, 16, 17, 255, 256, 257, 288, 384, 576, 768, 1280, 3072, 4096, 28_672, 49_152];
/// Alignment of tensors.
const BLOCK: u32 = 16;

/// Places for tensors of `lengths` words each, and the sizes of a row of the arena and of the report. The last `tail`
/// are those of the tail.
pub(super) fn places(lengths: &[u32], tail: usize) -> (Vec<Place>, u32, u32) {
    let mut arena = 0;
    let mut places = Vec::new();
    for (i, &words) in lengths.iter().enumerate() {
        let kind = if i + tail < lengths.len() { StepKind::Qkv } else { StepKind::Head };
        let digest = 3 + i as u32 * DIGEST;
        places.push(Place { step: Step { kind, layer: i as u32 }, tensor: arena, words, header: 0, digest });
        arena += words.next_multiple_of(BLOCK);
    }
    let report = 3 + lengths.len() as u32 * DIGEST;
    (places, arena, report)
}

/// Words whose bytes are a cycle of 251, so that swapped blocks or chunks show.
pub(crate) fn cycle(words: u32, start: u32) -> Vec<u32> {
    let byte = |i: u64| ((i + u64::from(start)) % 251) as u8;
    (0..u64::from(words)).map(|w| u32::from_le_bytes([0, 1, 2, 3].map(|b| byte(4 * w + b)))).collect()
}

/// Compares with known answers.
///
/// # Errors
/// If a digest is wrong, or the card fails.
pub fn self_test(gpu: &Gpu) -> Result<(), GpuError> {
    self_test_with(gpu, &Sources::new())
}

/// [`self_test`] of kernels with other texts.
///
/// # Errors
/// As [`self_test`].
pub fn self_test_with(gpu: &Gpu, sources: &Sources) -> Result<(), GpuError> {
    let (places, arena_row, report_row) = places(&LENGTHS, 1);
    let hasher = Hasher::of(gpu, &places, arena_row, report_row, sources)?;
    let inputs = [vec![0; arena_row as usize], vec![u32::MAX; arena_row as usize], cycle(arena_row, 7)];
    let rows = inputs.len() as u32;
    let report = run(gpu, &hasher, &inputs.concat(), rows, 0)?;
    for (row, input) in inputs.iter().enumerate() {
        for place in &places {
            let tensor = &input[place.tensor as usize..][..place.words as usize];
            let at = row * report_row as usize + place.digest as usize;
            if !is_digest(&report[at..][..DIGEST as usize], tensor) {
                return Err(gpu.wrong(format!("the digest of {} bytes", 4 * place.words)));
            }
        }
    }
    Ok(())
}

/// Whether `words` are the digest of `tensor`.
pub(super) fn is_digest(words: &[u32], tensor: &[u32]) -> bool {
    bytemuck::cast_slice::<u32, u8>(words) == blake3::hash(bytemuck::cast_slice(tensor)).as_bytes()
}

/// The report after hashing the rows of `arena`, all ones where nothing is written.
pub(super) fn run(gpu: &Gpu, hasher: &Hasher, arena: &[u32], rows: u32, tail: u32) -> Result<Vec<u32>, GpuError> {
    let words = u64::from(rows) * u64::from(hasher.report_row);
    let arena = gpu.upload("arena", arena);
    let report = gpu.upload("report", &vec![u32::MAX; words as usize]);
    let scratch = gpu.storage("scratch", u64::from(rows) * u64::from(hasher.scratch_row()));
    let bound = hasher.bind(gpu, &arena, &report, &scratch);
    let mut encoder = gpu.encoder();
    {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        hasher.encode(&mut pass, &bound, rows, tail);
    }
    gpu.run(encoder)?;
    gpu.read(&report, 0, words)
}
