use super::super::{Mutation, assert_caught, mutation};
use super::*;
use crate::testing::gpu;

fn config(heads: u32, kv_heads: u32, head_dim: u32) -> Config {
    Config { layers: 1, dim: 64, heads, kv_heads, head_dim, ffn: 64, vocab: 64, context: 64 }
}

#[test]
fn heads_of_every_width_have_the_bits_of_the_reference() {
    let Some(gpu) = gpu() else { return };
    for (heads, kv_heads, head_dim) in
        [(1, 1, 2), (2, 1, 6), (9, 3, 64), (4, 4, 80), (6, 2, 128), (2, 1, 130), (1, 1, 512)]
    {
        assert_eq!(self_test(&gpu, &config(heads, kv_heads, head_dim)), Ok(()), "{heads} {kv_heads} {head_dim}");
    }
}

#[test]
fn the_number_of_lanes_changes_nothing() {
    let Some(gpu) = gpu() else { return };
    for lanes in [8, 32, 128, 256] {
        assert_eq!(self_test_with(&gpu, shader(lanes).text(), &config(4, 2, 96)), Ok(()), "{lanes}");
    }
}

#[test]
fn planted_errors_are_noticed() {
    let Some(gpu) = gpu() else { return };
    // More pairs than lanes.
    let config = config(3, 3, 132);
    assert_caught(shader(32).text(), &[MUTATIONS], |text| self_test_with(&gpu, text, &config));
}

const MUTATIONS: &[Mutation] = &[
    mutation("rounding half of a block dropped", "return (x >> s) + ((x >> (s - 1u)) & 1);", "return x >> s;"),
    mutation(
        "shift of the first of a pair only",
        "max(min_shift(i32(arena[y]), bits), min_shift(i32(arena[y + 1u]), bits))",
        "min_shift(i32(arena[y]), bits)",
    ),
    mutation(
        "shift of the second of a pair only",
        "max(min_shift(i32(arena[y]), bits), min_shift(i32(arena[y + 1u]), bits))",
        "min_shift(i32(arena[y + 1u]), bits)",
    ),
    mutation("keys of 16 bits", "pair_shift(y + 2u * i, 15u)", "pair_shift(y + 2u * i, 16u)"),
    mutation("values of 15 bits", "pair_shift(v + 2u * i, 16u)", "pair_shift(v + 2u * i, 15u)"),
    mutation("key shift the last lane's round", "found.x = max(found.x, pair_shift", "found.x = max(0u, pair_shift"),
    mutation("value shift the last lane's round", "found.y = max(found.y, pair_shift", "found.y = max(0u, pair_shift"),
    mutation("key shift the least", "atomicMax(&rotary_shift", "atomicMin(&rotary_shift"),
    mutation("value shift the last", "atomicMax(&value_shift", "atomicStore(&value_shift"),
    mutation("key shift not cleared", "atomicStore(&rotary_shift, 0u);", ""),
    mutation("value shift not cleared", "atomicStore(&value_shift, 0u);", ""),
    mutation("x0 truncated", "let x0 = rsr(i32(arena[y]), s);", "let x0 = i32(arena[y]) >> s;"),
    mutation("x1 truncated", "let x1 = rsr(i32(arena[y + 1u]), s);", "let x1 = i32(arena[y + 1u]) >> s;"),
    mutation("cos and sin swapped", "let cos = low16(rotation);", "let cos = high16(rotation);"),
    mutation("sin of cos", "let sin = high16(rotation);", "let sin = low16(rotation);"),
    mutation("turned backwards", "x0 * cos - x1 * sin", "x0 * cos + x1 * sin"),
    mutation("second turned backwards", "x0 * sin + x1 * cos", "x1 * cos - x0 * sin"),
    mutation("rounding of the first dropped", "x1 * sin + 8192)", "x1 * sin)"),
    mutation("rounding of the second off by one", "x1 * cos + 8192)", "x1 * cos + 8191)"),
    mutation("shift of the first", "8192) >> 14u, (x0", "8192) >> 13u, (x0"),
    mutation("shift of the second", "8192) >> 14u);", "8192) >> 15u);"),
    mutation("queries as keys", "is_query = group.y >= p.kv_heads", "is_query = group.y > p.kv_heads"),
    mutation("another query", "select(0u, p.kv_heads, is_query)", "0u * p.kv_heads"),
    mutation("another part of qkv", "select(p.key, p.query, is_query)", "select(p.query, p.query, is_query)"),
    mutation("another value", "first + p.value + head * width", "first + p.value"),
    mutation("another row's queries", "let out = row * p.heads + head;", "let out = head;"),
    mutation(
        "rotations of another row, queries",
        "queries[out * p.pairs + i] = rotated(y + 2u * i, s, rotations[row * p.pairs + i])",
        "queries[out * p.pairs + i] = rotated(y + 2u * i, s, rotations[i])",
    ),
    mutation(
        "rotations of another row, keys",
        "let k = rotated(y + 2u * i, s, rotations[row * p.pairs + i])",
        "let k = rotated(y + 2u * i, s, rotations[i])",
    ),
    mutation("query shift of the value", "query_shifts[out] = s;", "query_shifts[out] = sv;"),
    mutation("entry of the sequence's start", "(rows[row].z + rows[row].y)", "rows[row].z"),
    mutation("entry of the position alone", "(rows[row].z + rows[row].y)", "rows[row].y"),
    mutation("entries of one head", "* p.kv_heads + head;", "+ head;"),
    mutation("values truncated", "rsr(i32(arena[v + 2u * i + 1u]), sv)", "(i32(arena[v + 2u * i + 1u]) >> sv)"),
    mutation(
        "values under the key's shift",
        "pack16(rsr(i32(arena[v + 2u * i]), sv)",
        "pack16(rsr(i32(arena[v + 2u * i]), s)",
    ),
    mutation("tensor without the value", "arena[tensor + p.pairs + i] = values;", ""),
    mutation("tensor without the key", "arena[tensor + i] = k;", ""),
    mutation("tensor of another head", "first + p.output + head * width;", "first + p.output;"),
    mutation("cache without the key", "cache[entry * width + i] = k;", ""),
    mutation(
        "cache with the value in front",
        "cache[entry * width + p.pairs + i] = values;",
        "cache[entry * width + i] = values;",
    ),
    mutation("header: shifts swapped", "head] = s | (sv << 8u);", "head] = sv | (s << 8u);"),
    mutation("cache: shift of the value dropped", "cache_shifts[entry] = s | (sv << 8u);", "cache_shifts[entry] = s;"),
];
