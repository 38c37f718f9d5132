//! Who hashes what: static tables for all rows of a layout.
//!
//! A chunk is one job of one lane. Lanes that run together wait for the one with most blocks, so jobs are sorted by their
//! blocks; those of the tail come last, since not every row has one. A tensor of few chunks is merged by one lane, its
//! neighbours merging tensors of like size; one of many by a whole group: every lane merges a complete subtree (the last
//! one what is left), then the lanes' nodes are merged level by level.

use crate::compress::CHUNK_WORDS;
use crate::layout::Place;
use assay_model::program::StepKind;

/// Lanes of a workgroup.
pub(super) const GROUP: u32 = 32;
/// Most chunks of a tensor that one lane merges.
const ALONE: u32 = 16;
/// Marks the only chunk of a tensor, whose chaining value is the digest.
pub(super) const SINGLE: u32 = 1 << 31;

/// Chunks of all tensors.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    /// As `jobs` in hash_chunks.wgsl says.
    pub jobs: Vec<[u32; 4]>,
    /// Where those of the tail begin.
    pub tail: u32,
    /// Chaining values of a row.
    pub slots: u32,
}

/// Trees of all tensors that have more than one chunk.
#[derive(Debug, Default)]
pub(super) struct Trees {
    /// As `jobs` in hash_trees.wgsl says, [`GROUP`] for each group.
    pub jobs: Vec<[u32; 4]>,
    /// First group that merges a tensor of the tail.
    pub large_tail: u32,
    /// First group whose lanes merge tensors alone.
    pub large: u32,
    /// First of those for the tail.
    pub tail: u32,
    /// Most nodes that a lane merges.
    pub most: u32,
}

fn chunks(place: &Place) -> u32 {
    place.words.div_ceil(CHUNK_WORDS)
}

/// Steps that only rows with a tail have.
fn of_tail(place: &Place) -> bool {
    matches!(place.step.kind, StepKind::FinalNorm | StepKind::Head)
}

/// The tables of both dispatches.
pub(super) fn tables(places: &[Place]) -> (Chunks, Trees) {
    let [mut body, mut tail] = [false, true].map(|t| places.iter().filter(|p| of_tail(p) == t).collect::<Vec<_>>());
    for part in [&mut body, &mut tail] {
        part.sort_by_key(|p| chunks(p));
    }
    let mut first = 0;
    let [body, tail] = [body, tail].map(|part| {
        let with_slots = part.into_iter().map(|place| {
            let slot = first;
            first += if chunks(place) > 1 { chunks(place) } else { 0 };
            (place, slot)
        });
        with_slots.collect::<Vec<_>>()
    });
    let mut jobs = chunk_jobs(&body);
    let tail_jobs = jobs.len() as u32;
    jobs.extend(chunk_jobs(&tail));
    (Chunks { jobs, tail: tail_jobs, slots: first }, trees(&body, &tail))
}

fn chunk_jobs(tensors: &[(&Place, u32)]) -> Vec<[u32; 4]> {
    let of_tensor = |&(place, slot): &(&Place, u32)| {
        let count = chunks(place);
        let (from, words, digest) = (place.tensor / 4, place.words, place.digest);
        (0..count).map(move |i| {
            let target = if count == 1 { SINGLE | digest } else { slot + i };
            [from + i * CHUNK_WORDS / 4, CHUNK_WORDS.min(words - i * CHUNK_WORDS), i, target]
        })
    };
    let mut jobs: Vec<[u32; 4]> = tensors.iter().flat_map(of_tensor).collect();
    jobs.sort_by_key(|job| std::cmp::Reverse(job[1].div_ceil(16)));
    jobs
}

fn trees(body: &[(&Place, u32)], tail: &[(&Place, u32)]) -> Trees {
    let mut trees = Trees::default();
    let groups = |jobs: &Vec<[u32; 4]>| jobs.len() as u32 / GROUP;
    let large = |part: &[(&Place, u32)], jobs: &mut Vec<[u32; 4]>| {
        for &(place, slot) in part.iter().filter(|(p, _)| chunks(p) > ALONE) {
            jobs.extend(subtrees(chunks(place), slot, place.digest));
        }
    };
    large(body, &mut trees.jobs);
    trees.large_tail = groups(&trees.jobs);
    large(tail, &mut trees.jobs);
    trees.large = groups(&trees.jobs);
    let alone = |part: &[(&Place, u32)], jobs: &mut Vec<[u32; 4]>| {
        let small = part.iter().filter(|(p, _)| (2..=ALONE).contains(&chunks(p)));
        jobs.extend(small.map(|(place, slot)| [*slot, chunks(place), place.digest, 1]));
        jobs.resize(jobs.len().next_multiple_of(GROUP as usize), [0; 4]);
    };
    alone(body, &mut trees.jobs);
    trees.tail = groups(&trees.jobs);
    alone(tail, &mut trees.jobs);
    trees.most = trees.jobs.iter().map(|job| job[1]).max().unwrap_or(0);
    trees
}

/// One group's jobs for one tensor.
fn subtrees(count: u32, slot: u32, digest: u32) -> [[u32; 4]; GROUP as usize] {
    let size = count.div_ceil(GROUP).next_power_of_two();
    let lanes = count.div_ceil(size);
    std::array::from_fn(|lane| {
        let from = size * lane as u32;
        [slot + from, count.saturating_sub(from).min(size), digest, lanes]
    })
}
