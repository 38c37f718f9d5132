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
    mutation("a column too many", "if (column < p.columns)", "if (column <= p.columns)"),
];
