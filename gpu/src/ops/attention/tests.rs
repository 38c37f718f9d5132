//! Attention on a card against the scalar reference, and errors planted in its kernel.

use assay_model::tables::{TableParams, Tables};

use super::known::{Kind, Numbers, Row, compare};
use super::*;
use crate::testing;

fn tables(head_dim: u32) -> Tables {
    let p = TableParams { dim: 64, head_dim, eps: 1e-5, rope_base: 1e4, rope_linear: 1.0, rope_factors: None };
    Tables::new(&p).expect("valid parameters")
}

const SMOL: Plan = Plan { heads: 9, kv_heads: 3, head_dim: 64, lanes: 64, wide: Wide::Pair, reduce: Reduce::Memory };

fn variants(gpu: &Gpu) -> Vec<(Wide, Reduce)> {
    let mut reduces = vec![Reduce::Memory];
    reduces.extend(gpu.has(wgpu::Features::SUBGROUP).then_some(Reduce::Subgroup));
    Wide::available(gpu).into_iter().flat_map(|w| reduces.iter().map(move |&r| (w, r))).collect()
}

#[test]
fn every_variant_gives_the_known_answers_for_every_shape() {
    let Some(gpu) = testing::gpu() else { return };
    let shapes = [(1, 1, 2, 64), (4, 1, 16, 32), (6, 3, 32, 64), (5, 1, 96, 64), (9, 3, 64, 128), (7, 7, 128, 64)];
    for (heads, kv_heads, head_dim, lanes) in shapes.into_iter().chain([(2, 2, 512, 64), (8, 2, 512, 256)]) {
        let tables = tables(head_dim);
        for (wide, reduce) in variants(&gpu) {
            let plan = Plan { heads, kv_heads, head_dim, lanes, wide, reduce };
            self_test(&gpu, plan, &tables).unwrap();
        }
    }
}

#[test]
fn every_number_of_positions_is_summed_whole() {
    let Some(gpu) = testing::gpu() else { return };
    let tables = tables(64);
    for (wide, reduce) in variants(&gpu) {
        let attention = Attention::new(&gpu, Plan { wide, reduce, ..SMOL }).unwrap();
        let mut numbers = Numbers(7);
        let counts = [1, 2, 63, 64, 65, 257, 1000];
        let rows: Vec<Row> = counts.map(|n| Row::new(&SMOL, Kind::Spread(6), n, &mut numbers)).into();
        compare(&gpu, &attention, &rows, &tables).unwrap();
    }
}

#[test]
fn every_query_shift_is_exact() {
    let Some(gpu) = testing::gpu() else { return };
    let plan = Plan { heads: 4, kv_heads: 2, head_dim: 16, ..SMOL };
    let tables = tables(16);
    for (wide, reduce) in variants(&gpu) {
        let attention = Attention::new(&gpu, Plan { wide, reduce, ..plan }).unwrap();
        let mut numbers = Numbers(99);
        let row = |i: u8| Row::new(&plan, Kind::Spread(i % 19), 40 + usize::from(i), &mut numbers);
        let rows: Vec<Row> = (0..70).map(row).collect();
        compare(&gpu, &attention, &rows, &tables).unwrap();
    }
}

/// (what is wrong, text, its replacement); the last occurrence of a text is replaced.
type Planted = (&'static str, &'static str, &'static str);

const IN_KERNEL: [Planted; 31] = [
    ("high halves dropped", "high[q * STEP + i] += sum >> 16u;", ""),
    (
        "low halves sign-extended",
        "low[q * STEP + i] += sum & 0xffff;",
        "low[q * STEP + i] += i32(u32(sum) << 16u) >> 16u;",
    ),
    ("second word of a key dropped", " + dot_pair(qb, b[i])", ""),
    ("only low mantissas", "+ high16(a) * high16(b)", ""),
    ("unsigned mantissas", "return low16(a) * low16(b)", "return i32(a & 0xffffu) * low16(b)"),
    ("another query", "(head + q) * WORDS + w]", "head * WORDS + w]"),
    ("another head's key", "/ (HEADS / KV_HEADS)", "% KV_HEADS"),
    ("another sequence", "(row.z + min(begin + i * LANES, count - 1u))", "min(begin + i * LANES, count - 1u)"),
    ("own position missing", "min(row.y + 1u,", "min(max(row.y, 1u),"),
    ("key shift dropped", "cache_shifts[(row.z + j) * KV_HEADS + kv] & 0xffu", "0u"),
    ("high word of scores lost", "scores[at + p.capacity] = zf.y;", "scores[at + p.capacity] = 0u;"),
    (
        "best of unsigned scores",
        "is_less(best[q] ^ vec2<u32>(0u, 0x80000000u), zf ^ vec2<u32>(0u, 0x80000000u))",
        "is_less(best[q], zf)",
    ),
    ("best begins at zero", "best[q] = vec2<u32>(0u, 0x80000000u)", "best[q] = vec2<u32>(0u, 0u)"),
    ("another query's shift", "query_shifts[head + q]", "query_shifts[group.x * QUERIES + q]"),
    ("table ends early", "t < 4096u", "t < 2048u"),
    ("table shifted", "exp_table[t]", "exp_table[max(t, 1u) - 1u]"),
    ("value shift dropped", "e | (sv << 16u)", "e"),
    ("value shift of the wrong byte", ">> 8u) & 0xffu", ">> 0u) & 0xffu"),
    ("weight cut to 15 bits", "weight & 0xffffu", "weight & 0x7fffu"),
    ("keys for values", "2u * WORDS + WORDS + tile", "2u * WORDS + tile"),
    (
        "values of another head",
        "((row.z + j) * KV_HEADS + kv) * 2u * WORDS + WORDS",
        "((row.z + j) * KV_HEADS) * 2u * WORDS + WORDS",
    ),
    ("second dimension as the first", "e * high16(v[i])", "e * low16(v[i])"),
    ("a part of the positions missing", "var g = 1u; g < GROUPS;", "var g = 2u; g < GROUPS;"),
    ("another query's sum", "mean(o, sums[q])", "mean(o, sums[0])"),
    ("positions skipped", "j < count; j += GROUPS", "j < count - 1u; j += GROUPS"),
    ("scores of some positions missing", "min(begin + i * LANES, count - 1u)", "min(begin, count - 1u)"),
    ("weights of another query", "scores[first_score + q * stride + j]", "scores[first_score + j]"),
    ("sums start late", "sum[q] += e", "sum[q] = e"),
    ("another place", "p.offset + (group.x * QUERIES + q)", "p.offset + (group.x * QUERIES)"),
    ("rows mixed up", "group.y * p.arena_row", "0u * p.arena_row"),
    ("position of another row", "rows[group.y]", "rows[0]"),
];

/// Only where hd/2 is odd.
const IN_ODD: [Planted; 3] = [
    ("odd high halves dropped", "high[i] += sum >> 16u;", ""),
    ("odd low halves dropped", "low[i] += sum & 0xffff;", ""),
    ("odd word of the first query", "head + i / STEP + 1u", "head + 1u"),
];

const IN_PAIR: [Planted; 17] = [
    ("sign of high halves", "u32(high >> 16u)", "u32(high) >> 16u"),
    (
        "carry of halves",
        "return add64(vec2<u32>(u32(high) << 16u, u32(high >> 16u)), vec2<u32>(u32(low), 0u));",
        "return vec2<u32>((u32(high) << 16u) + u32(low), u32(high >> 16u));",
    ),
    ("bits between words", " | ((a.x >> 1u) >> (31u - s))", ""),
    ("sign of a product", "vec2<u32>(u32(a), u32(a >> 31u))", "vec2<u32>(u32(a), 0u)"),
    ("no clip", "if (below.y >= 512u) { return 4096u; }", ""),
    ("clip too early", "below.y >= 512u", "below.y >= 1u"),
    ("high product dropped", "product.y += below.y * c;", ""),
    ("wrong end of the table", "product.y >> (18u - sq)) != 0u", "product.y >> (17u - sq)) != 0u"),
    ("shift of large exponents", "product.y >> (6u - sq)", "product.y >> (7u - sq)"),
    ("shift of small exponents", "product.x >> (38u - sq)", "product.x >> (37u - sq)"),
    ("high bits of t", "(product.y << (sq - 6u)) | ", ""),
    ("half dropped", "vec2<u32>(p >> 1u, 0u)", "vec2<u32>(0u, 0u)"),
    ("truncation for floor", "vec2<u32>(p - 1u, 0u)", "vec2<u32>(0u, 0u)"),
    ("sign ignored", "(a.y >> 31u) != 0u", "false"),
    ("carry of a difference", "return sub64(a, b); }", "return vec2<u32>(a.x - b.x, a.y - b.y); }"),
    ("carry of a sum", "return add64(a, b); }", "return a + b; }"),
    ("missing saturation", "return i32(min(quotient, 0x7fffffffu));", "return i32(quotient);"),
];

const IN_I64: [Planted; 9] = [
    ("low half dropped", "(i64(high) << 16u) + i64(low)", "(i64(high) << 16u)"),
    ("key shift dropped", "return a << s; }", "return a; }"),
    ("32-bit shift", "return i64(a) << s; }", "return i64(a << s); }"),
    ("no clip", "if (below >= 2199023255552li) { return 4096u; }", ""),
    ("clip too early", "2199023255552li", "549755813li"),
    ("shift", "38u - sq", "37u - sq"),
    ("half dropped", "o + i64(p >> 1u)", "o"),
    ("truncation for floor", "quotient -= 1li", "quotient -= 0li"),
    (
        "missing saturation",
        "i32(max(min(quotient, 2147483647li), -2147483648li))",
        "i32(u32(u64(quotient) & 0xfffffffflu))",
    ),
];

const IN_MEMORY: [Planted; 4] = [
    (
        "signs not flipped",
        "var out = values;\n  for (var q = 0u; q < QUERIES; q++) { reduced[q * LANES + lane.index] = out[q] ^ flip; }",
        "var out = values;\n  for (var q = 0u; q < QUERIES; q++) { reduced[q * LANES + lane.index] = out[q]; }",
    ),
    ("smallest for largest", "if (is_less(reduced[at], other))", "if (is_less(other, reduced[at]))"),
    (
        "some lanes left out",
        "half = LANES / 2u; half > 0u; half >>= 1u) {\n    if (lane.index < half) {\n      for (var q = 0u; q < QUERIES; q++) {\n        let at = q * LANES + lane.index;\n        reduced",
        "half = LANES / 4u; half > 0u; half >>= 1u) {\n    if (lane.index < half) {\n      for (var q = 0u; q < QUERIES; q++) {\n        let at = q * LANES + lane.index;\n        reduced",
    ),
    ("another query's sum", "out[q] = reduced[q * LANES].x", "out[q] = reduced[0].x"),
];

const IN_SUBGROUP: [Planted; 5] = [
    ("smallest for largest", "subgroupMax(key.y)", "subgroupMin(key.y)"),
    ("low word of another lane", "select(0u, key.x, key.y == high)", "key.x"),
    ("one subgroup only", "var s = 1u; s < lane.subgroups", "var s = 1u; s < 1u"),
    ("one subgroup's sum only", "var s = 0u; s < lane.subgroups", "var s = 0u; s < 1u"),
    ("lane for sum", "subgroupAdd(out[q])", "out[q]"),
];

/// Plants each error in the text of `plan` and expects the known answers to expose it.
fn expose(gpu: &Gpu, plan: Plan, planted: &[Planted]) {
    let (tables, text) = (tables(plan.head_dim), plan.text());
    let mut missed = Vec::new();
    for &(name, from, to) in planted {
        let at = text.rfind(from).unwrap_or_else(|| panic!("{name}: no such text"));
        let wrong = [&text[..at], to, &text[at + from.len()..]].concat();
        match self_test_with(gpu, plan, &tables, &wrong) {
            Err(GpuError::Wrong { .. }) => {}
            Err(other) => panic!("{name}: {other}"),
            Ok(()) => missed.push(name),
        }
    }
    assert!(missed.is_empty(), "{plan:?}: {missed:?}");
}

#[test]
fn planted_errors_are_exposed() {
    let Some(gpu) = testing::gpu() else { return };
    expose(&gpu, SMOL, &[IN_KERNEL.as_slice(), &IN_PAIR, &IN_MEMORY].concat());
    expose(&gpu, Plan { heads: 4, kv_heads: 2, head_dim: 6, ..SMOL }, &IN_ODD);
    if gpu.has(wgpu::Features::SHADER_INT64) {
        expose(&gpu, Plan { wide: Wide::I64, ..SMOL }, &IN_I64);
    }
    if gpu.has(wgpu::Features::SUBGROUP) {
        expose(&gpu, Plan { reduce: Reduce::Subgroup, ..SMOL }, &IN_SUBGROUP);
    }
}
