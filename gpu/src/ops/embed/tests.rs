use super::super::{Mutation, assert_caught, mutation};
use super::*;
use crate::testing::gpu;

#[test]
fn rows_of_every_width_have_the_bits_of_the_reference() {
    let Some(gpu) = gpu() else { return };
    for columns in [2, 64, 66, 576] {
        assert_eq!(self_test(&gpu, columns), Ok(()), "{columns}");
    }
}

#[test]
fn planted_errors_are_noticed() {
    let Some(gpu) = gpu() else { return };
    assert_caught(shader(PLAIN).text(), &[MUTATIONS], |text| self_test_with(&gpu, text, 130));
}

#[test]
fn every_weight_of_every_class_is_read_where_it_lies() {
    let Some(gpu) = gpu() else { return };
    for class in Class::ALL.into_iter().chain([Class { bits: Bits::Six, scaling: Scaling::Wide }]) {
        assert_eq!(self_test_packed(&gpu, class, 96), Ok(()), "{class:?}");
    }
}

#[test]
fn errors_planted_into_weights_are_noticed() {
    let Some(gpu) = gpu() else { return };
    let class = |bits, scaling| Class { bits, scaling };
    let cases: [(Class, &[&[Mutation]]); 5] = [
        (class(Bits::Four, Scaling::Narrow), &[CODED, NARROW]),
        (class(Bits::Five, Scaling::Wide), &[CODED, WIDE]),
        (class(Bits::Six, Scaling::Half), &[CODED, HALF]),
        (class(Bits::Sixteen, Scaling::None), &[PLAIN_WEIGHTS, PAIRS]),
        (class(Bits::Twenty, Scaling::None), &[PLAIN_WEIGHTS]),
    ];
    for (class, mutations) in cases {
        let text = shader(&packed(class));
        assert_caught(text.text(), mutations, |text| self_test_packed_with(&gpu, class, text, 96));
    }
}

const CODED: &[Mutation] = &[
    mutation("tokens of other weights", "rows[row].x - p.first_token", "rows[row].x"),
    mutation("a token too many", "token < p.tokens", "token <= p.tokens"),
    mutation("tile of a row", "(row / TILE) * p.blocks", "(row / 8u) * p.blocks / 2u"),
    mutation("block of a column", "* p.blocks + column / 32u;", "* p.blocks;"),
    mutation("row of a tile", "let r = row % TILE;", "let r = row % 8u;"),
    mutation("word of a column", "bytes(load_codes(at, r), c / 4u)", "bytes(load_codes(at, r), c / 8u)"),
    mutation("byte of a column", "24u - 8u * (c % 4u)", "24u - 8u * (c % 2u)"),
];

const NARROW: &[Mutation] = &[
    mutation("sign of D", "q * low16(scales)", "q * i32(scales & 0xffffu)"),
    mutation("sign of M", "+ high16(scales)", "+ i32(scales >> 16u)"),
    mutation("multipliers of a row", "let scales = side[at * TILE + r];", "let scales = side[at * TILE];"),
];

const WIDE: &[Mutation] = &[
    mutation("no M", "return q * first + second;", "return q * first;"),
    mutation("place of M", "(at * 2u + 1u) * TILE + r", "at * 2u * TILE + r"),
    mutation("place of D", "side[at * 2u * TILE + r]", "side[at * TILE + r]"),
];

const HALF: &[Mutation] = &[
    mutation("one D for both halves", "c >= 16u)", "c >= 17u)"),
    mutation("a D and an M", "if (HALVES == 1u)", "if (HALVES == 2u)"),
    mutation("sign of a code", "SIGNED == 1u);", "false);"),
];

const PLAIN_WEIGHTS: &[Mutation] = &[
    mutation("vector of a weight", "c / (4u * COLUMNS)) * TILE", "c / (8u * COLUMNS)) * TILE"),
    mutation("word of a weight", "(c / COLUMNS) % 4u]", "(c / COLUMNS) % 2u]"),
    mutation("row of a weight", "* TILE + row % TILE]", "* TILE]"),
    mutation("block of a column", "* p.blocks + column / 32u;", "* p.blocks;"),
    mutation("columns of a word", "if (COLUMNS == 1u)", "if (COLUMNS != 1u)"),
];

const PAIRS: &[Mutation] = &[mutation("which of a pair", "c % 2u == 1u", "c % 2u == 0u")];

const MUTATIONS: &[Mutation] = &[
    mutation("rounding half dropped", "return (x >> s) + ((x >> (s - 1u)) & 1);", "return x >> s;"),
    mutation("no shift", "if (s == 0u) { return x; }\n  return (x", "return (x"),
    mutation("large shifts", "if (s >= 32) { return 0; }", ""),
    mutation("a shift of 31", "if (s >= 32)", "if (s >= 31)"),
    mutation("a shift of one", "if (s >= 0)", "if (s >= 2)"),
    mutation("largest value", "select(0x7fffffff,", "select(0x7ffffffe,"),
    mutation("least value", "i32(0x80000000u)", "i32(0x80000001u)"),
    mutation("saturation by sign", "i32(0x80000000u), v < 0)", "i32(0x80000000u), v > 0)"),
    mutation("saturation missing", "select(most, shifted, (shifted >> u32(-s)) == v)", "shifted"),
    mutation("saturation of small left shifts only", "if (s > -32)", "if (s > -64)"),
    mutation("a left shift of 30", "if (s > -32)", "if (s > -30)"),
    mutation("zero saturates", "select(most, 0, v == 0)", "most"),
    mutation("another token", "rows[row].x", "rows[row].y"),
    mutation("another row", "row * p.arena_row + p.output", "p.output"),
    mutation("columns of one workgroup", "group.y * LANES + lane", "lane"),
    mutation("a column too many", "if (column < p.columns &&", "if (column <= p.columns &&"),
];
