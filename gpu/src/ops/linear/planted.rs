//! Errors in every file that a product is composed of, each noticed by the known answers.

use super::known::answers;
use super::matrices::matrix;
use super::*;
use crate::ops::answers::check;
use crate::ops::{Mutation, assert_caught, mutation};
use crate::testing::gpu;

const fn class(bits: Bits, scaling: Scaling) -> Class {
    Class { bits, scaling }
}

/// A Q8_0 matrix whose codes all fit six bits.
const SIX_WIDE: Class = class(Bits::Six, Scaling::Wide);

#[test]
fn made_matrices_are_of_their_class() {
    for class in Class::ALL.into_iter().chain([SIX_WIDE]) {
        for seed in 0..4 {
            assert_eq!(Class::of(&matrix(class, 7, 64, seed)), class);
        }
    }
}

#[test]
fn every_class_rounds_sums_of_every_size_as_the_reference_does() {
    let Some(gpu) = gpu() else { return };
    for class in Class::ALL.into_iter().chain([SIX_WIDE]) {
        for (tokens, residual, columns) in [(Tokens::One, true, 64), (Tokens::Four, false, 576)] {
            let key = Key { class, tokens, residual, variant: Variant::PORTABLE };
            assert_eq!(self_test(&gpu, key, columns), Ok(()));
        }
    }
    let partial = Key { class: class(Bits::Sixteen, Scaling::None), ..key(SIX_WIDE, SMALL) };
    assert_eq!(self_test(&gpu, partial, 50), Ok(()), "rows that end within a block");
}

const SMALL: Variant = Variant { dot: Dot::Int, wide: Wide::Pair, reduce: Reduce::Memory, tiles: 2, split: 2, rows: 2 };

/// For one position, not added to the residual.
const fn key(class: Class, variant: Variant) -> Key {
    Key { class, tokens: Tokens::One, residual: false, variant }
}

fn caught(key: Key, columns: usize, mutations: &[&[Mutation]]) {
    let Some(gpu) = gpu() else { return };
    let (memories, dispatches) = answers(&gpu, key, columns);
    assert_caught(key.shader().text(), mutations, |text| {
        check(&gpu, "a product", &compile(&gpu, text)?, &memories, &dispatches)
    });
}

#[test]
fn errors_in_places_codes_of_four_bits_and_pairs_of_words_are_noticed() {
    let key = Key { tokens: Tokens::Four, ..key(class(Bits::Four, Scaling::Narrow), SMALL) };
    caught(key, 160, &[LINEAR, PAIR, CODES_4, NARROW, DOT, PAIRS, PRODUCTS, MEMORY, FOUR]);
}

#[test]
fn errors_in_rounding_and_codes_of_eight_bits_are_noticed() {
    let eight = class(Bits::Eight, Scaling::Wide);
    caught(key(eight, SMALL), 96, &[CODES_8, WIDE, SIGNED, ONE]);
    // Constants make products of more than 64 bits.
    caught(key(eight, Variant { dot: Dot::Dot4, ..SMALL }), 32, &[ROUND, SCALED]);
}

#[test]
fn errors_in_additions_and_codes_of_five_bits_are_noticed() {
    let variant = Variant { dot: Dot::F32, ..SMALL };
    let key = Key { residual: true, ..key(class(Bits::Five, Scaling::Wide), variant) };
    caught(key, 96, &[ADDED, CODES_5, DOT]);
}

#[test]
fn errors_in_codes_of_six_bits_digits_and_wide_integers_are_noticed() {
    let Some(card) = gpu() else { return };
    let variant = Variant { dot: Dot::Dot4, ..SMALL };
    let pair = Key { tokens: Tokens::Four, ..key(class(Bits::Six, Scaling::Half), variant) };
    caught(pair, 96, &[CODES_6, HALF, PACKED, CONSTANTS]);
    if card.has(wgpu::Features::SHADER_INT64) {
        let long = Key { variant: Variant { wide: Wide::I64, ..variant }, ..pair };
        caught(long, 96, &[I64]);
    }
}

#[test]
fn errors_in_plain_weights_are_noticed() {
    let sixteen = key(class(Bits::Sixteen, Scaling::None), Variant { dot: Dot::Dot4, ..SMALL });
    caught(sixteen, 96, &[DENSE, DENSE_PAIRS, DIGITS]);
    let twenty = Key { tokens: Tokens::Four, ..key(class(Bits::Twenty, Scaling::None), SMALL) };
    caught(twenty, 96, &[DENSE, WIDE_DIGITS]);
}

#[test]
fn errors_in_shuffles_are_noticed() {
    let Some(card) = gpu() else { return };
    if !card.has(wgpu::Features::SUBGROUP) {
        return;
    }
    // More lanes than any subgroup has, and a block for each.
    let variant = Variant { reduce: Reduce::Subgroup, split: 32, tiles: 1, rows: 4, ..SMALL };
    caught(key(class(Bits::Four, Scaling::Narrow), variant), 1088, &[SUBGROUP]);
}

const LINEAR: &[Mutation] = &[
    mutation("tiles of the first workgroup", "let tile = workgroup.x * TILES + lane", "let tile = lane"),
    mutation("rows of a lane beside each other", "let r = row + i * LANES;", "let r = row + i;"),
    mutation("no second part", "if (tile < p.parts[1].end) { part = p.parts[1]; }", ""),
    mutation("no first part", "if (tile < p.parts[0].end) { part = p.parts[0]; }", ""),
    mutation("tiles counted from the first part", "(tile - part.first) * TILE + r", "tile * TILE + r"),
    mutation("blocks left out", "block += SPLIT)", "block += SPLIT + 1u)"),
    mutation("a block too few", "block < p.blocks", "block + 1u < p.blocks"),
    mutation("blocks of other lanes", "var block = split;", "var block = 0u;"),
    mutation("tiles of a block", "tile * p.blocks + block, row", "tile + block, row"),
    mutation("a row too many", "out < part.rows", "out <= part.rows"),
    mutation("every lane stores", "if (split == 0u && tile", "if (tile"),
    mutation("positions that are not there", "if (position >= p.rows) { return; }", ""),
    mutation("positions of other groups", "group * TOKENS + t;", "group + t;"),
    mutation("arena of the first row", "(p.first_row + position) * p.arena_row", "position * p.arena_row"),
    mutation("report of the first row", "(p.first_row + position) * p.report_row", "position * p.report_row"),
    mutation("sign of j", "(i32(scale << 8u) >> 24u)", "i32((scale >> 16u) & 0xffu)"),
    mutation("s1 for s2", "((scale >> 8u) & 0xffu)", "(scale & 0xffu)"),
    mutation("another word than R", "report[header + 1u]", "report[header + 2u]"),
    mutation("no shift of the part", "part.shift + f)", "f)"),
    mutation(
        "no place of the part",
        "arena[place + part.out + row] = round_scaled",
        "arena[place + row] = round_scaled",
    ),
];

const ROUND: &[Mutation] = &[
    mutation("carry into the middle word", "let y = y0 + select(0u, 1u, x < a.x);", "let y = y0;"),
    mutation("carry of the middle word", "select(0u, 1u, y0 < a.y) + ", ""),
    mutation("carry through the middle word", " + select(0u, 1u, y < y0);", ";"),
    mutation("negation without its one", "long_add(~a, Long(1u, 0u, 0u))", "~a"),
    mutation("sign of 64 bits", "Long(a, u32(i32(a.y) >> 31u))", "Long(a, 0u)"),
    mutation("half of the low word", "select(0u, bit, s < 32u)", "bit"),
    mutation("half of the middle word", "select(0u, bit, s >= 32u && s < 64u)", "0u"),
    mutation("half of the middle word too often", "s >= 32u && s < 64u", "s >= 32u"),
    mutation("half of the high word", "select(0u, bit, s >= 64u)", "0u"),
    mutation("half of 32 bits", "1u << (s % 32u)", "1u << (s % 31u)"),
    mutation("shifts of two words", "if (s >= 64u) { v", "if (s > 64u) { v"),
    mutation("shifts of one word", "else if (s >= 32u)", "else if (s > 32u)"),
    mutation("sign behind two words", "Long(a.z, sign, sign)", "Long(a.z, 0u, 0u)"),
    mutation("sign behind one word", "Long(a.y, a.z, sign)", "Long(a.y, a.z, 0u)"),
    mutation("right by whole words", "if (n == 0u) { return v; }\n  return Long((v.x >> n)", "return Long((v.x >> n)"),
    mutation("right from the middle word", "(v.x >> n) | (v.y << (32u - n))", "v.x >> n"),
    mutation("right from the high word", "(v.y >> n) | (v.z << (32u - n))", "v.y >> n"),
    mutation("right without a sign", "u32(i32(v.z) >> n)", "v.z >> n"),
    mutation("left by whole words", "if (n == 0u) { return v; }\n  return Long(v.x << n", "return Long(v.x << n"),
    mutation("left from the low word", "(v.y << n) | (v.x >> (32u - n))", "v.y << n"),
    mutation("left from the middle word", "(v.z << n) | (v.y >> (32u - n))", "v.z << n"),
    mutation("saturation by the low word", "u32(i32(a.x) >> 31u);", "u32(i32(a.y) >> 31u);"),
    mutation("saturation without the middle word", "if (a.y == sign && a.z == sign)", "if (a.z == sign)"),
    mutation("saturation without the high word", "if (a.y == sign && a.z == sign)", "if (a.y == sign)"),
    mutation("saturation one way", "i32(0x80000000u), long_is_negative(a))", "i32(0x80000000u), false)"),
    mutation("no shift is a shift", "if (s <= 0) { return long_shift_left", "if (s < 0) { return long_shift_left"),
    mutation("rounding half dropped", "long_add(a, long_bit(u32(s) - 1u))", "a"),
    mutation("rounding a whole up", "long_bit(u32(s) - 1u)", "long_bit(u32(s))"),
];

const SCALED: &[Mutation] = &[
    mutation("sign of 96 bits", "{ return i32(a.z) < 0; }", "{ return i32(a.y) < 0; }"),
    mutation("magnitude of a sum", "if (negative) { m = neg64(a); }", ""),
    mutation("carry of a product", "add64(mul32(m.y, r), vec2<u32>(low.y, 0u))", "mul32(m.y, r)"),
    mutation("high word of a product", "Long(low.x, high.x, high.y)", "Long(low.x, high.x, 0u)"),
    mutation("sign of a product", "if (negative) { return long_neg(product); }", ""),
    mutation("shifts beyond the product", "if (s > 90) { return 0; }", ""),
    mutation("shifts within the product", "if (s > 90)", "if (s > 60)"),
    mutation("left shifts of large products", "if (!exact || s <= -32)", "if (s <= -32)"),
    mutation("zero saturates", "if (all(product == Long(0u))) { return 0; }", ""),
    mutation("saturation before a shift", "i32(0x80000000u), long_is_negative(product))", "i32(0x80000000u), true)"),
];

const ADDED: &[Mutation] = &[
    mutation("shifts by words", "if (s >= 32u) { v = Long(0u, a.x, a.y); }", ""),
    mutation("left shifts cut", "clamp(s, -33, 90)", "clamp(s, -8, 90)"),
    mutation("left shifts not cut", "clamp(s, -33, 90)", "min(s, 90)"),
    mutation("right shifts cut", "clamp(s, -33, 90)", "clamp(s, -33, 30)"),
    mutation("right shifts not cut", "clamp(s, -33, 90)", "max(s, -33)"),
    mutation("no residual", "long_add(rounded, long_of(vec2<u32>(u32(h), u32(h >> 31u))))", "rounded"),
    mutation("sign of the residual", "u32(h >> 31u)", "0u"),
    mutation("residual of another row", "p.residual + row]", "p.residual]"),
    mutation("no shift of the input", "part.shift - i32(report[header])", "part.shift"),
    mutation(
        "output of another row",
        "arena[place + part.out + row] = round_residual",
        "arena[place + part.out] = round_residual",
    ),
];

const PAIR: &[Mutation] = &[
    mutation("carry of a sum", "a.hi + b.hi + select(U(0u), U(1u), lo < a.lo)", "a.hi + b.hi"),
    mutation("low digit of D", "U(u32(d) & 0xffffu)", "U(u32(d) & 0x7fffu)"),
    mutation("high digit of D", "I(d >> 16u)", "I(0i)"),
    mutation("low digit of a sum", "U(p) & U(0xffffu)", "U(p) & U(0x7fffu)"),
    mutation("sign of a sum's high digit", "let p1 = p >> U(16u);", "let p1 = I(U(p) >> U(16u));"),
    mutation("carry of the low product", "(low >> U(16u)) + (U(a)", "(U(a)"),
    mutation("low half of d1·p0", "+ (U(a) & U(0xffffu)) +", "+"),
    mutation("low half of d0·p1", " + (U(b) & U(0xffffu));", ";"),
    mutation("high half of d1·p0", "(a >> U(16u)) + ", ""),
    mutation("high half of d0·p1", "(b >> U(16u)) + ", ""),
    mutation("carry of the middle", " + I(carry >> U(16u));", ";"),
    mutation("product of the high digits", "d1 * p1 + ", ""),
    mutation("middle of the low word", " | (carry << U(16u))", ""),
    mutation("end of the low word", "(low & U(0xffffu)) |", "low |"),
];

const WIDE_DIGITS: &[Mutation] = &[
    mutation("unsigned digits", "((v[j] + I(128i)) & I(0xffi)) - I(128i)", "v[j] & I(0xffi)"),
    mutation("weight of a high digit", "U(high) << U(8u)", "U(high) << U(7u)"),
    mutation("sign of high digits", "U(high >> U(24u))", "U(high) >> U(24u)"),
    mutation("sign of low digits", "U(low >> U(31u))", "U(0u)"),
];

const I64: &[Mutation] = &[
    mutation("a sum", "{ return a + b; }", "{ return a | b; }"),
    mutation("sign of a block's sum", "L(i64(d)) * L(p)", "L(i64(d)) * (L(p) & L(0xffffffffli))"),
    mutation("sign of D", "L(i64(d)) * L(p)", "(L(i64(d)) & L(0xffffffffli)) * L(p)"),
    mutation("cut of low words", "U(a & L(0xffffffffli))", "U(a & L(0x7fffffffli))"),
    mutation("shift of high words", "(a >> U(32u))", "(a >> U(31u))"),
    mutation("no high words", "(L(hi) << U(32u)) | ", ""),
    mutation("sign of low words", "(L(lo) & L(0xffffffffli)); }", "L(I(lo)); }"),
];

const CODES_4: &[Mutation] = &[
    mutation("word of a code", "(c[i >> 1u]", "(c[i >> 2u]"),
    mutation("half of a byte", "(4u * (i & 1u))", "0u"),
    mutation("three bits", "0x0f0f0f0fu", "0x0f0f0f07u"),
    mutation("row of a code", "return codes[at * TILE + row];", "return codes[at * TILE];"),
    mutation("block of a code", "return codes[at * TILE + row];", "return codes[row];"),
];

const CODES_5: &[Mutation] = &[
    mutation("fifth bits of four columns", ">> (4u * i)) & 15u", ">> (4u * i)) & 7u"),
    mutation("fifth bits of other columns", "(c.fifth >> (4u * i))", "(c.fifth >> i)"),
    mutation("spread of fifth bits", "0x00204081u", "0x00204080u"),
    mutation("cut of fifth bits", "0x01010101u", "0x01010103u"),
    mutation("weight of fifth bits", "0x01010101u) << 4u", "0x01010101u) << 3u"),
    mutation("row of fifth bits", "side[first_high() + at * TILE + row]", "side[first_high() + at * TILE]"),
    mutation(
        "first of fifth bits",
        "fn first_high() -> u32 { return p.high; }",
        "fn first_high() -> u32 { return 0u; }",
    ),
    mutation("half of a byte", "(c.low[i >> 1u] >> (4u * (i & 1u)))", "(c.low[i >> 1u] >> 0u)"),
    mutation("word of a code", "(c.low[i >> 1u]", "(c.low[i >> 2u]"),
    mutation("cut of low bits", "0x0f0f0f0fu", "0x1f1f1f1fu"),
];

const CODES_6: &[Mutation] = &[
    mutation("high bits of the last columns", "c.high[i >> 2u]", "c.high[0]"),
    mutation("high bits of four columns", "(8u * (i & 3u))", "(8u * (i & 1u))"),
    mutation("spread of high bits", "| (bits << 12u)", ""),
    mutation("cut of high bits", "0x03030303u", "0x01030303u"),
    mutation("weight of high bits", "spread << 4u", "spread << 3u"),
    mutation("the 32", "+ 0x60606060u", "+ 0x61606060u"),
    mutation("sign of a byte", " ^ 0x80808080u", ""),
    mutation("row of high bits", "first_high() + at * 2u * TILE + row;", "first_high() + at * 2u * TILE;"),
    mutation("second word of high bits", "side[high + TILE]", "side[high]"),
    mutation("half of a byte", "(c.low[i >> 1u] >> (4u * (i & 1u)))", "(c.low[i >> 1u] >> 0u)"),
];

const CODES_8: &[Mutation] = &[
    mutation("second vector", "codes[first + TILE]", "codes[first]"),
    mutation("which vector", "i < 4u)", "i < 3u)"),
    mutation("word of the first vector", "c.first[i & 3u]", "c.first[i & 2u]"),
    mutation("word of the second vector", "c.second[i & 3u]", "c.second[i & 2u]"),
    mutation("block of a code", "let first = at * 2u * TILE + row;", "let first = at * TILE + row;"),
];

const NARROW: &[Mutation] = &[
    mutation("sign of D", "wide_mac(acc, low16(word)", "wide_mac(acc, i32(word & 0xffffu)"),
    mutation("sign of M", ", high16(word), sum)", ", i32(word >> 16u), sum)"),
    mutation("first half of the block only", "first + second)", "first)"),
    mutation("M of the codes", "high16(word), sum)", "high16(word), first)"),
    mutation("multipliers of another row", "let word = side[at * TILE + row];", "let word = side[at * TILE];"),
];

const WIDE: &[Mutation] = &[
    mutation("first half of the block only", "first + second)", "second)"),
    mutation("D for M", "i32(side[d + TILE]), sum", "i32(side[d]), sum"),
    mutation("multipliers of another block", "let d = at * 2u * TILE + row;", "let d = at * TILE + row;"),
];

const HALF: &[Mutation] = &[
    mutation("one D for both halves", "i32(side[d + TILE])", "i32(side[d])"),
    mutation("the first half twice", ", second);", ", first);"),
    mutation("multipliers of another block", "let d = at * 2u * TILE + row;", "let d = at * TILE + row;"),
];

/// In dot_int and dot_f32.
const DOT: &[Mutation] = &[
    mutation("a code of another column", "code(a, 3u)", "code(a, 2u)"),
    mutation("a code of the other word", "code(b, 1u)", "code(a, 1u)"),
    mutation("another column", "* c.v[6]", "* c.v[5]"),
    mutation("a column left out", " + code(a, 2u) * c.v[2]", ""),
    mutation("seven bits of a code", "(8u * j)) & 0xffu", "(8u * j)) & 0x0eu"),
];

const SIGNED: &[Mutation] = &[
    mutation("sign of a code", "if (SIGNED == 1u)", "if (SIGNED == 2u)"),
    mutation("place of a code", "24u - 8u * j", "24u - 7u * j"),
];

const PACKED: &[Mutation] = &[
    mutation("weight of a high digit", "high * 256i", "high * 255i"),
    mutation("no low digits", "high * 256i + low", "high * 256i"),
    mutation("high digits of four columns", "packed_dot(b, c.v.b)", "packed_dot(a, c.v.b)"),
    mutation("low digits of four columns", "packed_dot(b, c.v.d)", "packed_dot(b, c.v.c)"),
    mutation("digits of the second position", "dot4I8Packed(word, d.y)", "dot4I8Packed(word, d.x)"),
    mutation("digits of the last position", "dot4I8Packed(word, d.w)", "dot4I8Packed(word, d.z)"),
];

const CONSTANTS: &[Mutation] = &[
    mutation("no constants", "if (CONSTANTS == 1u)", "if (CONSTANTS == 2u)"),
    mutation("constants of another row", "2u * (tile * TILE + r)", "2u * (tile * TILE)"),
    mutation("high word of a constant", "U(side[at + 1u])", "U(0u)"),
    mutation("first of the constants", "let at = p.constants + 2u", "let at = p.high + 2u"),
];

const PAIRS: &[Mutation] = &[
    mutation("sign of a low half", "I(v << U(16u)) >> U(16u)", "I(v & U(0xffffu))"),
    mutation("sign of a high half", "I(v) >> U(16u)", "I(v >> U(16u))"),
    mutation("columns of another pair", "low_of(v.c)", "low_of(v.b)"),
    mutation("columns of a pair swapped", "high_of(v.d))", "low_of(v.d))"),
];

const DIGITS: &[Mutation] = &[
    mutation("sign of a digit", "I(v << U(24u - 8u * j)) >> U(24u)", "I((v >> U(8u * j)) & U(0xffu))"),
    mutation("weight of a high digit", "digit_of(high, j) * 256i", "digit_of(high, j) * 255i"),
    mutation("no low digit", " + digit_of(low, j)", ""),
    mutation("the 128", " + I(128i); }", "; }"),
    mutation("another column", "column_of(v.b, v.d, 2u)", "column_of(v.b, v.d, 1u)"),
    mutation("low digits of other columns", "column_of(v.a, v.c, 3u)", "column_of(v.a, v.d, 3u)"),
];

const PRODUCTS: &[Mutation] = &[
    mutation("codes of another row", "load_codes(at, row + i * LANES)", "load_codes(at, row + i)"),
    mutation("codes of another block", "load_codes(at, row + i * LANES)", "load_codes(at - at % 2u, row + i * LANES)"),
    mutation("vector of the first group", "let octet = (group * p.blocks + block)", "let octet = block"),
    mutation("vector of the first block", "let octet = (group * p.blocks + block)", "let octet = (group * p.blocks)"),
    mutation("half of the first columns", "for (var o = 0u; o < 2u; o++)", "for (var o = 0u; o < 1u; o++)"),
    mutation("half of the last columns", "for (var o = 2u; o < 4u; o++)", "for (var o = 3u; o < 4u; o++)"),
    mutation("sums of the first group", "sums[group * p.blocks + block]", "sums[block]"),
    mutation("sums of the first block", "sums[group * p.blocks + block]", "sums[group * p.blocks]"),
    mutation("multipliers of another row", "at, row + i * LANES, first[i]", "at, row + i, first[i]"),
    mutation("the last columns twice", "first[i], second[i], sum)", "second[i], second[i], sum)"),
    mutation("sums of one block", "scaled((*acc)[i], at", "scaled(wide_zero(), at"),
];

const DENSE: &[Mutation] = &[
    mutation("vector of a weight", "column / (4u * COLUMNS)) * TILE", "column / (8u * COLUMNS)) * TILE"),
    mutation("word of a weight", "(column / COLUMNS) % 4u]", "(column / COLUMNS) % 2u]"),
    mutation("row of a weight", "* TILE + row][(column", "* TILE][(column"),
    mutation("block of a weight", "(at * DENSE + column", "(at * DENSE / 2u + column"),
    mutation("vector of the first block", "let octet = (group * p.blocks + block)", "let octet = (group * p.blocks)"),
    mutation("digits of seven bits", "& I(0xffi)) - I(128i)", "& I(0x7fi)) - I(128i)"),
    mutation("no low digits", "low += w * digit;", ""),
    mutation("high digits of all bits", "((v[j] - digit) >> U(8u))", "(v[j] >> U(8u))"),
    mutation("rows of a lane", "weight_at(at, row + i * LANES", "weight_at(at, row + i"),
    mutation("columns of eight", "8u * o + j)", "4u * o + j)"),
    mutation("sums of one block", "wide_digits((*acc)[i], high", "wide_digits(wide_zero(), high"),
];

const DENSE_PAIRS: &[Mutation] = &[
    mutation("which of a pair", "column % 2u == 1u", "column % 2u == 0u"),
    mutation("two columns a word", "if (COLUMNS == 1u)", "if (COLUMNS == 2u)"),
];

const MEMORY: &[Mutation] = &[
    mutation("the second lane left out", "var s = 1u; s < SPLIT", "var s = 2u; s < SPLIT"),
    mutation("low words of another row", "lows[lane + LANES * s]", "lows[LANES * s]"),
    mutation("high words of another row", "highs[lane + LANES * s]", "highs[LANES * s]"),
    mutation("high words for low ones", "lows[lane] = wide_lows(acc)", "lows[lane] = wide_highs(acc)"),
    mutation("high words not stored", "highs[lane] = wide_highs(acc);", "highs[lane] = U(0u);"),
];

const SUBGROUP: &[Mutation] = &[
    mutation("low words of a neighbour", "wide_lows(total), LANES * step)", "wide_lows(total), step)"),
    mutation("high words of a neighbour", "wide_highs(total), LANES * step)", "wide_highs(total), step)"),
    mutation("a shuffle left out", "step < together;", "2u * step < together;"),
    mutation("lanes added twice", "s += together)", "s += 1u)"),
    mutation("lanes left out", "var s = together; s < SPLIT", "var s = 2u * together; s < SPLIT"),
    mutation("low words of another row", "lows[lane + LANES * s]", "lows[LANES * s]"),
    mutation("high words not stored", "highs[lane] = wide_highs(total);", "highs[lane] = U(0u);"),
    mutation("numbers of lanes", "subgroup * size + place", "place"),
];

const ONE: &[Mutation] = &[
    mutation("a word of a vector", "Octet(v.x, v.y, v.z, v.w)", "Octet(v.x, v.x, v.z, v.w)"),
    mutation("the last word of a vector", "Octet(v.x, v.y, v.z, v.w)", "Octet(v.x, v.y, v.z, v.z)"),
];

const FOUR: &[Mutation] = &[
    mutation("a vector of four positions", "x[at + 2u]", "x[at + 1u]"),
    mutation("another position", "{ return v[t]; }", "{ return v[t & 1u]; }"),
];
