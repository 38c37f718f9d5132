use super::super::{Mutation, assert_caught, mutation};
use super::*;
use crate::testing::gpu;
use crate::variant::{Dot, Tokens};

#[test]
fn every_variant_has_the_bits_of_the_reference_at_every_width() {
    let Some(gpu) = gpu() else { return };
    for (dot, tokens) in Dot::ALL.into_iter().flat_map(|d| Tokens::ALL.map(|t| (d, t))) {
        let variant = Variant::new(dot, tokens);
        for columns in [2, 30, 32, 66, 254, 256, 258, 576] {
            assert_eq!(self_test(&gpu, variant, columns), Ok(()), "{variant:?} {columns}");
        }
    }
}

#[test]
fn the_widest_row_fits() {
    let Some(gpu) = gpu() else { return };
    let variant = Variant::new(Dot::Int, Tokens::One);
    let kernel = compile(&gpu, variant).unwrap();
    let rows = [vec![i32::MIN; 65536], (0..65536).map(|i| i * 32749).collect(), vec![i32::MAX; 65536]];
    let (memories, dispatches) = answers(variant, &rows, &vec![-32767; 65536]);
    assert_eq!(check(&gpu, "norm", &kernel, &memories, &dispatches), Ok(()));
}

#[test]
fn the_number_of_lanes_changes_nothing() {
    let Some(gpu) = gpu() else { return };
    for lanes in [32, 64, 128, 256] {
        let variant = Variant { lanes, dot: Dot::Dot4, tokens: Tokens::Four };
        assert_eq!(self_test(&gpu, variant, 1090), Ok(()), "{lanes}");
    }
}

#[test]
fn planted_errors_are_noticed() {
    let Some(gpu) = gpu() else { return };
    let variant = Variant::new(Dot::Int, Tokens::Four);
    assert_caught(shader(variant).text(), &[super::super::SHARED, MUTATIONS], |text| {
        self_test_with(&gpu, variant, text, 578)
    });
}

const MUTATIONS: &[Mutation] = &[
    mutation(
        "s1 of the first of a pair only",
        "max(min_shift(i32(arena[h + 2u * i]), 16u), min_shift(i32(arena[h + 2u * i + 1u]), 16u))",
        "min_shift(i32(arena[h + 2u * i]), 16u)",
    ),
    mutation(
        "s1 to 15 bits",
        "max(min_shift(i32(arena[h + 2u * i]), 16u)",
        "max(min_shift(i32(arena[h + 2u * i]), 15u)",
    ),
    mutation("s1 the least", "s = max(s, max(min_shift(i32(arena[h", "s = min(s, max(min_shift(i32(arena[h"),
    mutation("s1 of the chunk", "let s1 = row_shift(0u);", "let s1 = chunk_shift(0u, 0u);"),
    mutation("a truncated", "let a0 = rsr(i32(arena[h + 2u * i]), s1);", "let a0 = i32(arena[h + 2u * i]) >> s1;"),
    mutation(
        "a1 truncated",
        "let a1 = rsr(i32(arena[h + 2u * i + 1u]), s1);",
        "let a1 = i32(arena[h + 2u * i + 1u]) >> s1;",
    ),
    mutation(
        "s2 of the second of a pair only",
        "max(min_shift(a0 * low16(g), 16u), min_shift(a1 * high16(g), 16u))",
        "min_shift(a1 * high16(g), 16u)",
    ),
    mutation(
        "s2 with the gains swapped",
        "min_shift(a0 * low16(g), 16u), min_shift(a1 * high16(g), 16u)",
        "min_shift(a0 * high16(g), 16u), min_shift(a1 * low16(g), 16u)",
    ),
    mutation("s2 of the chunk", "let s2 = row_shift(1u);", "let s2 = chunk_shift(1u, 0u);"),
    mutation("s2 of s1", "note_shift(1u, c, s);", "note_shift(1u, c, s1);"),
    mutation("half of a square dropped", "(u32(a0 * a0) >> 16u) + (u32(a1 * a1) >> 16u)", "(u32(a0 * a0) >> 16u)"),
    mutation("low half cut", "(u32(a0 * a0) & 0xffffu)", "(u32(a0 * a0) & 0x7fffu)"),
    mutation("high half off by one", "(u32(a0 * a0) >> 16u)", "(u32(a0 * a0) >> 17u)"),
    mutation("low halves not summed", "low += (u32", "low = (u32"),
    mutation("high halves not summed", "high += (u32", "high = (u32"),
    mutation("a sum stored, not added", "atomicAdd(&squares_low[i], low);", "atomicStore(&squares_low[i], low);"),
    mutation(
        "a high sum stored, not added",
        "atomicAdd(&squares_high[i], high);",
        "atomicStore(&squares_high[i], high);",
    ),
    mutation("the row's sum forgotten", "note_squares(ROW, low, high);", ""),
    mutation("high half of the sum dropped", "vec2<u32>(high << 16u, high >> 16u)", "vec2<u32>(high << 16u, 0u)"),
    mutation("sum of a chunk not cleared", "{ clear_squares(c); }", "{ }"),
    mutation("sum of the row not cleared", "{ clear_squares(ROW); }", "{ }"),
    mutation(
        "x without a",
        "rsr(rsr(i32(arena[h + 2u * i]), s1) * low16(g), s2)",
        "rsr(i32(arena[h + 2u * i]) * low16(g), s2)",
    ),
    mutation(
        "x truncated",
        "rsr(rsr(i32(arena[h + 2u * i + 1u]), s1) * high16(g), s2)",
        "(rsr(i32(arena[h + 2u * i + 1u]), s1) * high16(g)) >> s2",
    ),
    mutation("x shifted too far", "* low16(g), s2)", "* low16(g), s2 + 1u)"),
    mutation("x swapped", "pack16(x0, x1)", "pack16(x1, x0)"),
    mutation("header: s1 of the row", "chunk_shift(0u, c) |", "s1 |"),
    mutation("header: s2 of the row", "(chunk_shift(1u, c) << 8u)", "(s2 << 8u)"),
    mutation("header: words swapped", "3u * c + 1u] = sum.x", "3u * c + 1u] = sum.y"),
    mutation("header: high word of the sum", "3u * c + 2u] = sum.y", "3u * c + 2u] = 0u"),
    mutation("header: j not cut", "((root.y & 0xffu) << 16u)", "(root.y << 16u)"),
    mutation("eps of another shift", "vec2<u32>(gains[p.eps + 2u * s1]", "vec2<u32>(gains[p.eps]"),
    mutation("high word of eps", ", gains[p.eps + 2u * s1 + 1u])", ", 0u)"),
    mutation("eps left out", "add64(squares(ROW), eps)", "squares(ROW)"),
    mutation("a block not prepared", "b < (p.columns + 31u) / 32u", "b < p.columns / 32u"),
    mutation("a root too large", "mul32(r * r, sig).y < 0x40000000u", "mul32(r * r, sig).y <= 0x40000000u"),
    mutation("zero kept", "{ s.x = 1u; }", "{ s.x = 0u; }"),
    mutation("bit length of the high word", "64u - countLeadingZeros(s.y)", "63u - countLeadingZeros(s.y)"),
    mutation("bit length of the low word", "32u - countLeadingZeros(s.x)", "31u - countLeadingZeros(s.x)"),
    mutation("j rounded up", "(i32(bits) - 31) >> 1u", "(i32(bits) - 30) >> 1u"),
    mutation("left shift off by one", "s.x << u32(-2 * j)", "s.x << u32(-j)"),
    mutation("right shift off", "(s.x >> u32(2 * j))", "(s.x >> u32(j))"),
    mutation("high word lost", " | (s.y << u32(32 - 2 * j))", ""),
    mutation("shift of 32", "} else if (j < 16) {", "} else if (j <= 16) {"),
    mutation("root of 17 bits missed", "if (sig == 0x40000000u)", "if (sig == 0u)"),
    mutation("last bit of the root", "bit > 0u;", "bit > 1u;"),
];
