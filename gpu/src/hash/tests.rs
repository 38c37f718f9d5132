use super::known::{is_digest, places, run};
use super::*;
use crate::layout::Share;
use crate::testing;
use assay_model::config::Config;

/// Hashes tensors of `lengths` words, the last `tail` of the tail, in `rows` rows of different contents, and compares all
/// of the report: digests where they belong, nothing elsewhere.
fn check(lengths: &[u32], tail: usize, rows: u32, tail_first: u32) {
    let Some(gpu) = testing::gpu() else { return };
    let (places, arena_row, report_row) = places(lengths, tail);
    let hasher = Hasher::of(&gpu, &places, arena_row, report_row, &Sources::new()).unwrap();
    check_all(&gpu, &hasher, &places, [arena_row, report_row], [rows, tail_first], tail);
}

fn check_all(gpu: &Gpu, hasher: &Hasher, places: &[Place], sizes: [u32; 2], [rows, tail_first]: [u32; 2], tail: usize) {
    let [arena_row, report_row] = sizes.map(|words| words as usize);
    let arena = cycle(rows * arena_row as u32, 1);
    let report = run(gpu, hasher, &arena, rows, tail_first).unwrap();
    let mut wanted = vec![u32::MAX; report.len()];
    for row in 0..rows as usize {
        let there = places.len() - if row < tail_first as usize { tail } else { 0 };
        for place in &places[..there] {
            let tensor = &arena[row * arena_row + place.tensor as usize..][..place.words as usize];
            let at = row * report_row + place.digest as usize;
            assert!(is_digest(&report[at..][..8], tensor), "{} words in row {row}", place.words);
            wanted[at..][..8].copy_from_slice(&report[at..][..8]);
        }
    }
    assert_eq!(report, wanted);
}

fn smollm2() -> Config {
    Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 }
}

#[test]
fn every_length_up_to_two_chunks() {
    check(&(1..=514).collect::<Vec<_>>(), 0, 1, 0);
}

#[test]
fn lengths_around_chunks_and_all_trees_that_one_lane_or_one_group_merges() {
    let chunks = (3..=35).chain([47, 48, 49, 63, 64, 65, 96, 127, 128, 129, 192, 255, 257, 501, 1025]);
    check(&chunks.flat_map(|c| [256 * c - 17, 256 * c - 1, 256 * c, 256 * c + 1]).collect::<Vec<_>>(), 0, 1, 0);
}

#[test]
fn each_length_alone() {
    for words in [1, 15, 16, 17, 255, 256, 257, 512, 768, 1280, 4096, 4097, 8192, 8193] {
        check(&[words], 0, 1, 0);
        check(&[words], 1, 2, 1);
    }
}

#[test]
fn rows_hash_their_own_tensors_and_only_rows_with_a_tail_have_one() {
    let lengths = [384, 576, 768, 1, 5000, 9000, 288, 9001, 257];
    for (tail, tail_first) in [(0, 0), (3, 0), (3, 2), (3, 5), (9, 4)] {
        check(&lengths, tail, 5, tail_first);
    }
}

#[test]
fn more_rows_than_one_dimension_of_a_dispatch_has_groups() {
    check(&[20, 300], 1, 70_000, 66_000);
}

#[test]
fn no_rows_are_no_work() {
    check(&[20], 0, 0, 0);
}

#[test]
fn a_position_of_smollm2_hashes_as_the_tensors_do() {
    let Some(gpu) = testing::gpu() else { return };
    let layout = Layout::new(&smollm2(), &Share::whole(&smollm2()), true);
    let hasher = Hasher::new(&gpu, &layout).unwrap();
    check_all(&gpu, &hasher, &layout.places, [layout.arena_row, layout.report_row], [3, 1], 2);
}

#[test]
fn shares_of_several_cards_hash_what_they_compute() {
    let Some(gpu) = testing::gpu() else { return };
    let c = smollm2();
    for (share, tail) in [
        (Share { embed: true, layers: 0..2, tail: false }, 0),
        (Share { embed: false, layers: 2..3, tail: false }, 0),
        (Share { embed: false, layers: 30..30, tail: true }, 2),
    ] {
        let layout = Layout::new(&c, &share, true);
        let hasher = Hasher::new(&gpu, &layout).unwrap();
        check_all(&gpu, &hasher, &layout.places, [layout.arena_row, layout.report_row], [2, 1], tail);
    }
}

#[test]
fn errors_planted_in_the_chunks_are_caught() {
    let Some(gpu) = testing::gpu() else { return };
    self_test(&gpu).unwrap();
    let with = |gpu: &Gpu, chunks: &str| self_test_with(gpu, &Sources { chunks: chunks.into(), ..Sources::new() });
    testing::assert_caught(
        &gpu,
        &Sources::new().chunks,
        with,
        &[
            ("s.a, 16u", "s.a, 15u"),
            ("s.c, 12u", "s.c, 11u"),
            ("s.a, 8u", "s.a, 9u"),
            ("s.c, 7u", "s.c, 8u"),
            ("s.c += s.d;", "s.c -= s.d;"),
            ("s.b.yzwx, s.c.zwxy, s.d.wxyz", "s.b.yzwx, s.c.zwxy, s.d.yzwx"),
            ("m0[3u], m1[3u]", "m1[3u], m0[3u]"),
            ("IV3: u32 = 2773480762u", "IV3: u32 = 2773480763u"),
            ("CHUNK_START: u32 = 1u", "CHUNK_START: u32 = 0u"),
            ("CHUNK_END: u32 = 2u", "CHUNK_END: u32 = 3u"),
            ("ROOT: u32 = 8u", "ROOT: u32 = 0u"),
            ("i + 1u == blocks", "i == blocks"),
            ("vec4<u32>(counter, ", "vec4<u32>(0u, "),
            ("min(4u * left, 64u)", "64u"),
            ("left < 16u", "false"),
            ("s.a ^ s.c, s.b ^ s.d", "s.a ^ s.c, s.b"),
            ("row * p.arena_row + job.x", "job.x"),
        ],
    );
}

#[test]
fn errors_planted_in_the_trees_are_caught() {
    let Some(gpu) = testing::gpu() else { return };
    let with = |gpu: &Gpu, trees: &str| self_test_with(gpu, &Sources { trees: trees.into(), ..Sources::new() });
    testing::assert_caught(
        &gpu,
        &Sources::new().trees,
        with,
        &[
            ("PARENT: u32 = 4u", "PARENT: u32 = 0u"),
            ("ROOT: u32 = 8u", "ROOT: u32 = 0u"),
            ("whole && n == 2u", "n == 2u"),
            ("whole && n == 2u", "whole"),
            ("n % 2u == 1u", "false"),
            ("0u, 64u, PARENT", "0u, 32u, PARENT"),
            ("0u, 64u, PARENT", "1u, 64u, PARENT"),
            ("left.low, left.high, right.low", "right.low, left.high, left.low"),
            ("row * p.scratch_row + 2u * job.x", "2u * job.x"),
        ],
    );
}
