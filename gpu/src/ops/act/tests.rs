use assay_model::tables::TableParams;

use super::super::pack::tests::BLOCK;
use super::super::{Mutation, SHARED, assert_caught, mutation};
use super::*;
use crate::testing::gpu;
use crate::variant::{Dot, Tokens};

fn tables() -> Tables {
    let params = TableParams { dim: 64, head_dim: 2, eps: 1e-5, rope_base: 1e4, rope_linear: 1.0, rope_factors: None };
    Tables::new(&params).unwrap()
}

#[test]
fn every_variant_has_the_bits_of_the_reference_at_every_width() {
    let Some(gpu) = gpu() else { return };
    let tables = tables();
    for (dot, tokens) in Dot::ALL.into_iter().flat_map(|d| Tokens::ALL.map(|t| (d, t))) {
        let variant = Variant::new(dot, tokens);
        for columns in [30, 66, 160, 256, 770] {
            assert_eq!(self_test(&gpu, variant, &tables, columns), Ok(()), "{variant:?} {columns}");
        }
    }
}

#[test]
fn the_widest_row_fits() {
    let Some(gpu) = gpu() else { return };
    let variant = Variant::new(Dot::Int, Tokens::One);
    let kernel = compile(&gpu, variant).unwrap();
    let row = [(0..65536).map(|i| i * 32749).collect(), (0..65536).map(|i| 7 - i).collect()];
    let (memories, dispatches) = answers(variant, &[row], &tables());
    assert_eq!(check(&gpu, "act", &kernel, &memories, &dispatches), Ok(()));
}

#[test]
fn planted_errors_are_noticed() {
    let Some(gpu) = gpu() else { return };
    let variant = Variant::new(Dot::Int, Tokens::Four);
    let tables = tables();
    // The 32-bit shifts are not used here.
    let shared: Vec<Mutation> = SHARED.iter().filter(|m| !UNUSED.contains(&m.name)).copied().collect();
    assert_caught(shader(variant).text(), &[&shared, BLOCK, MUTATIONS], |text| {
        self_test_with(&gpu, variant, text, &tables, 578)
    });
}

const UNUSED: &[&str] = &[
    "rounding half dropped",
    "rounding of zero shifts",
    "range of a mantissa",
    "length of negative values",
    "last correction of a shift",
];

const MUTATIONS: &[Mutation] = &[
    mutation(
        "carry of a product dropped",
        "middle << 16u), a1 * b1 + (p01 >> 16u) + (p10 >> 16u) + (middle >> 16u)",
        "middle << 16u), a1 * b1 + (p01 >> 16u) + (p10 >> 16u)",
    ),
    mutation("carry of a sum dropped", "a.y + b.y + select(0u, 1u, lo < a.x)", "a.y + b.y"),
    mutation("negation without its one", "add64(~v.xy, vec2<u32>(1u, 0u))", "~v.xy"),
    mutation("carry into the high word", "~v.z + select(0u, 1u, v.x == 0u && v.y == 0u)", "~v.z"),
    mutation("high word of a low product", "add64(vec2<u32>(low.y, 0u), mul32(a.y, b))", "mul32(a.y, b)"),
    mutation("high product", "mul32(a.y, b)", "vec2<u32>(0u, 0u)"),
    mutation("length of three words", "96u - countLeadingZeros(v.z)", "95u - countLeadingZeros(v.z)"),
    mutation("length of two words", "64u - countLeadingZeros(v.y)", "63u - countLeadingZeros(v.y)"),
    mutation("length of one word", "32u - countLeadingZeros(v.x)", "31u - countLeadingZeros(v.x)"),
    mutation("words of a long shift", "select(v.xy, v.yz, s >= 32u)", "select(v.xy, v.yz, s > 32u)"),
    mutation("words never shifted", "select(v.xy, v.yz, s >= 32u)", "v.xy"),
    mutation("shift by whole words", "if (k == 0u) { return words.x; }", ""),
    mutation("bits of the higher word", "(words.x >> k) | (words.y << (32u - k))", "words.x >> k"),
    mutation("rounding half of 96 bits dropped", "word_from(v, s) + (word_from(v, s - 1u) & 1u)", "word_from(v, s)"),
    mutation("rounding bit off by one", "word_from(v, s - 1u) & 1u", "word_from(v, s) & 1u"),
    mutation("rounding of zero shifts of 96 bits", "if (s == 0u) { return i32(v.x); }", ""),
    mutation("shift of 96 bits too small", "max(length, bits - 1u) - (bits - 1u)", "max(length, bits) - bits"),
    mutation(
        "shift of 96 bits too large",
        "max(length, bits - 1u) - (bits - 1u)",
        "max(length + 1u, bits - 1u) - (bits - 1u)",
    ),
    mutation("correction of a shift of 96 bits", ">= 1i << (bits - 1u)", "> 1i << (bits - 1u)"),
    mutation(
        "magnitude without its one",
        "select(u32(v), ~u32(v) + 1u, v < 0); }",
        "select(u32(v), ~u32(v), v < 0); }",
    ),
    mutation("table index", "g >> 5u", "g >> 6u"),
    mutation("table index rounded", "clamp(g >> 5u,", "clamp((g + 16) >> 5u,"),
    mutation("table cut below", "-2048, 2047", "-1024, 2047"),
    mutation("table cut above", "-2048, 2047", "-2048, 1024"),
    mutation("table halves swapped", "(16u * (at % 2u))", "(16u - 16u * (at % 2u))"),
    mutation("2^15 cut", ") & 0xffffu;\n  return mul96", ") & 0x7fffu;\n  return mul96"),
    mutation(
        "up not padded",
        "let u = i32(arena[input + 256u * chunks_of(p.columns) + column]);\n  let v = swiglu(g, u);\n  return min_shift96",
        "let u = i32(arena[input + p.columns + column]);\n  let v = swiglu(g, u);\n  return min_shift96",
    ),
    mutation(
        "sign of the shifted value",
        "return min_shift96(select(v, neg96(v), (g < 0) != (u < 0))",
        "return min_shift96(v",
    ),
    mutation(
        "sign of the mantissa",
        "return rsr96(select(v, neg96(v), (g < 0) != (u < 0)), s)",
        "return rsr96(select(v, neg96(v), g < 0), s)",
    ),
    mutation("shift to 15 bits", "length96(v), 16u)", "length96(v), 15u)"),
];
