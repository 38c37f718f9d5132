//! Every tier against the scalar reference.

use assay_model::steps::attention as reference;
use assay_model::steps::kv::{Block, KeyValue, MAX_KEY_SHIFT, MAX_ROTATED, MAX_VALUE_SHIFT};
use assay_model::tables::{TableParams, Tables};

use super::*;

/// Only what attention reads; an exponential of the right shape is enough, because both sides read the same table.
fn tables(head_dim: usize) -> Tables {
    let params = TableParams {
        dim: 1,
        head_dim: head_dim as u32,
        eps: 0.5,
        rope_base: 1.0,
        rope_linear: 1.0,
        rope_factors: None,
    };
    Tables {
        params,
        exp: (0..1 << TABLE_BITS).map(|t| (32768u64 * (4096 - t) / 4096) as u16 >> (t / 400)).collect(),
        score_scale: (1u64 << 28).div_euclid(head_dim as u64).isqrt(),
        sigmoid: Vec::new(),
        eps: Vec::new(),
        phases: Vec::new(),
        sample_high: Vec::new(),
        sample_low: Vec::new(),
    }
}

struct Case {
    head_dim: usize,
    positions: usize,
    key_bits: u32,
    max_value_shift: u64,
    max_key_shift: u64,
    sq: u8,
}

fn check(case: &Case, seed: u64) {
    let mut n = seed | 1;
    let mut next = || {
        n ^= n << 13;
        n ^= n >> 7;
        n ^= n << 17;
        n
    };
    let rotated = 2 * i64::from(MAX_ROTATED) + 1;
    let mut mantissa = |range: i64, bits: u32| (((next() % range as u64) as i64 - range / 2) >> (15 - bits)) as i16;
    let query: Vec<i16> = (0..case.head_dim).map(|_| mantissa(rotated, 15)).collect();
    let mut draw = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut shift = |max: u64| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (draw >> 33) as u8 % (max as u8 + 1)
    };
    let past: Vec<KeyValue> = (0..case.positions)
        .map(|_| KeyValue {
            key: Block {
                x: (0..case.head_dim).map(|_| mantissa(rotated, case.key_bits)).collect(),
                shift: shift(case.max_key_shift),
            },
            value: Block {
                x: (0..case.head_dim).map(|_| mantissa(65535, 15)).collect(),
                shift: shift(case.max_value_shift),
            },
        })
        .collect();
    compare(case.head_dim, &query, case.sq, &past);
}

fn compare(head_dim: usize, query: &[i16], sq: u8, past: &[KeyValue]) {
    let tables = tables(head_dim);
    let mut cache = KeyValueHead::new(head_dim);
    for kv in past {
        cache.push(&kv.key.x, kv.key.shift, &kv.value.x, kv.value.shift);
    }
    for seen in [1, past.len() / 2, past.len() - 1, past.len()].into_iter().filter(|&s| s > 0) {
        let block = Block { x: query.to_vec(), shift: sq };
        let expected = reference::head(&block, &past[..seen], &tables);
        for tier in Tier::all_for_tests() {
            let mut out = vec![0; head_dim];
            head(tier, Query { x: query, shift: sq }, &cache, seen, &tables, &mut Scratch::default(), &mut out);
            assert_eq!(out, expected, "{} hd {head_dim}, {seen} positions, sq {sq}", tier.name());
        }
    }
}

#[test]
fn every_tier_equals_the_reference_for_every_shape() {
    let shapes = [(64, 1), (64, 7), (64, 8), (64, 9), (64, 33), (32, 200), (96, 65), (128, 64), (6, 31), (10, 32)];
    for (i, (head_dim, positions)) in shapes.into_iter().enumerate() {
        for (key_bits, max_key_shift, sq) in
            [(3, 0, 18), (8, 3, 6), (15, 6, 4), (15, u64::from(MAX_KEY_SHIFT), 18), (1, 0, 0)]
        {
            let max_value_shift = [0, 3, u64::from(MAX_VALUE_SHIFT)][i % 3];
            check(&Case { head_dim, positions, key_bits, max_value_shift, max_key_shift, sq }, 77 + i as u64);
        }
    }
}

#[test]
fn the_largest_mantissas_shifts_and_flat_weights_stay_exact() {
    for (k, sq) in [(MAX_ROTATED, 18), (-MAX_ROTATED, 18), (MAX_ROTATED, 0)] {
        for sv in [0, 5, 6, 10, 11, 16] {
            let kv = |x: i16| KeyValue {
                key: Block { x: vec![k; 64], shift: MAX_KEY_SHIFT },
                value: Block { x: vec![x; 64], shift: sv },
            };
            // Equal scores: every weight is 2^15, the largest there is.
            compare(64, &[MAX_ROTATED; 64], sq, &vec![kv(32767); 100]);
            compare(64, &[MAX_ROTATED; 64], sq, &vec![kv(-32767); 67]);
        }
    }
}
