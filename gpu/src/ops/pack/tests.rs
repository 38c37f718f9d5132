use super::super::{Mutation, SHARED, assert_caught, mutation};
use super::*;
use crate::testing::gpu;
use crate::variant::{Dot, Tokens};

#[test]
fn every_variant_has_the_bits_of_the_reference_at_every_width() {
    let Some(gpu) = gpu() else { return };
    for (dot, tokens) in Dot::ALL.into_iter().flat_map(|d| Tokens::ALL.map(|t| (d, t))) {
        let variant = Variant::new(dot, tokens);
        for columns in [2, 32, 66, 256, 258, 576] {
            assert_eq!(self_test(&gpu, variant, columns), Ok(()), "{variant:?} {columns}");
        }
    }
}

#[test]
fn the_widest_row_fits() {
    let Some(gpu) = gpu() else { return };
    let variant = Variant::new(Dot::Int, Tokens::One);
    let kernel = compile(&gpu, variant).unwrap();
    let (memories, dispatches) = answers(variant, &[(0..65536).map(|i| i * 32749).collect(), vec![i32::MIN; 65536]]);
    assert_eq!(check(&gpu, "attn_pack", &kernel, &memories, &dispatches), Ok(()));
}

#[test]
fn planted_errors_are_noticed() {
    let Some(gpu) = gpu() else { return };
    let variant = Variant::new(Dot::Int, Tokens::Four);
    assert_caught(shader(variant).text(), &[SHARED, BLOCK, MUTATIONS], |text| self_test_with(&gpu, variant, text, 578));
}

/// Errors in what attn_pack and act share.
pub(in super::super) const BLOCK: &[Mutation] = &[
    mutation(
        "shift of the first of a pair only",
        "max(shift_of(input, 2u * i), shift_of(input, 2u * i + 1u))",
        "shift_of(input, 2u * i)",
    ),
    mutation(
        "shift of the second of a pair only",
        "max(shift_of(input, 2u * i), shift_of(input, 2u * i + 1u))",
        "shift_of(input, 2u * i + 1u)",
    ),
    mutation("shift the least", "s = max(s, max(shift_of", "s = min(s, max(shift_of"),
    mutation("shift of the chunk", "let s = row_shift(0u);", "let s = chunk_shift(0u, 0u);"),
    mutation(
        "mantissas swapped",
        "mantissa_of(input, 2u * i, s), mantissa_of(input, 2u * i + 1u, s)",
        "mantissa_of(input, 2u * i + 1u, s), mantissa_of(input, 2u * i, s)",
    ),
    mutation("mantissas shifted too far", "mantissa_of(input, 2u * i, s),", "mantissa_of(input, 2u * i, s + 1u),"),
    mutation("header: shift of the row", "= chunk_shift(0u, c);", "= s;"),
    mutation(
        "header: shift of the chunk",
        "report[header + chunks] = s;",
        "report[header + chunks] = chunk_shift(0u, 0u);",
    ),
    mutation("a block not prepared", "b < (p.columns + 31u) / 32u", "b < p.columns / 32u"),
];

const MUTATIONS: &[Mutation] = &[
    mutation(
        "shift to 15 bits",
        "min_shift(i32(arena[input + column]), 16u)",
        "min_shift(i32(arena[input + column]), 15u)",
    ),
    mutation(
        "mantissas truncated",
        "return rsr(i32(arena[input + column]), s);",
        "return i32(arena[input + column]) >> s;",
    ),
];

#[test]
fn errors_planted_into_digits_are_noticed() {
    let Some(gpu) = gpu() else { return };
    let variant = Variant::new(Dot::Dot4, Tokens::Four);
    assert_caught(shader(variant).text(), &[DIGITS], |text| {
        // Four columns end the first row, two the second.
        [180, 178].into_iter().try_for_each(|columns| self_test_with(&gpu, variant, text, columns))
    });
}

const DIGITS: &[Mutation] = &[
    mutation("a block too few", "(columns + 31u) / 32u;\n  let group", "columns / 32u;\n  let group"),
    mutation("another group's place", "let group = row / TOKENS;", "let group = row;"),
    mutation("another token's place", "let t = row % TOKENS;", "let t = 0u;"),
    mutation("a column too many", "if (4u * four < columns)", "if (4u * four <= columns)"),
    mutation("two columns too many", "if (4u * four + 2u < columns)", "if (4u * four < columns)"),
    mutation("high digit of the first", "((a >> 8u) & 0xffu) |", "(a & 0xffu) |"),
    mutation("high digit of the second", "((a >> 16u) & 0xff00u) |", "(a & 0xff00u) |"),
    mutation("high digit of the third", "((b << 8u) & 0xff0000u) | (b & 0xff000000u)", "(b & 0xff000000u)"),
    mutation("high digit of the last", "| (b & 0xff000000u);", ";"),
    mutation("low digit of the first", "(a & 0xffu) |", "((a >> 8u) & 0xffu) |"),
    mutation("low digit of the second", "((a >> 8u) & 0xff00u)", "(a & 0xff00u)"),
    mutation("low digit of the third", "((b << 16u) & 0xff0000u)", "(b & 0xff0000u)"),
    mutation("low digit of the last", "((b << 8u) & 0xff000000u)", "(b & 0xff000000u)"),
    mutation("place of an octet", "4u * (four / 2u) + four % 2u", "4u * (four / 2u)"),
    mutation("place of low digits", "x[(at + 2u) * TOKENS + t]", "x[(at + 3u) * TOKENS + t]"),
    mutation("the 128", "low ^ 0x80808080u", "low"),
    mutation("sum of four", " + low16(b) + high16(b);", " + low16(b);"),
    mutation("place of a sum", "sums[(group * blocks + block) * TOKENS + t]", "sums[(group * blocks) * TOKENS + t]"),
];
