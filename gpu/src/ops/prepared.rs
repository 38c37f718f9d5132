//! The layouts of the vectors that matrix products read, said plainly: `kernels/input_*.wgsl` answer to it.
//!
//! Rows go in groups of as many tokens as a product takes at once. A group has, block of 32 columns after block,
//! for every column the values of its tokens side by side; columns past the end are zero. `sums` has for every block the
//! sums of its tokens.

use super::answers::Memory;
use crate::variant::{Dot, Tokens};

/// The buffers `x` and `sums` after `rows`, each of `columns` mantissas, were laid out.
pub fn prepared(dot: Dot, tokens: Tokens, columns: usize, rows: &[Vec<i16>]) -> [Memory; 2] {
    let (tokens, blocks) = (tokens.count() as usize, columns.div_ceil(32));
    let groups = rows.len().div_ceil(tokens);
    let words = if dot == Dot::Dot4 { 16 } else { 32 };
    let mut x = Memory::untouched("x", groups * blocks * words * tokens);
    let mut sums = Memory::untouched("sums", groups * blocks * tokens);
    for (r, row) in rows.iter().enumerate() {
        let (group, token) = (r / tokens, r % tokens);
        for block in 0..blocks {
            let column = |i: usize| row.get(block * 32 + i).copied().map_or(0, i32::from);
            let place = group * blocks + block;
            let sum: i32 = (0..32).map(column).sum();
            sums.expected(place * tokens + token, &[sum as u32]);
            for i in 0..words {
                let word = match dot {
                    Dot::Int => column(i) as u32,
                    Dot::F32 => (column(i) as f32).to_bits(),
                    Dot::Dot4 => digits([0, 1, 2, 3].map(|c| column(i / 2 * 4 + c)), i % 2 == 0),
                };
                x.expected((place * words + i) * tokens + token, &[word]);
            }
        }
    }
    [x, sums]
}

/// Bytes `high` or `low` of four columns, of which each is `256·high + low + 128`.
fn digits(columns: [i32; 4], high: bool) -> u32 {
    let digit = |v: i32| if high { v.div_euclid(256) } else { v.rem_euclid(256) - 128 };
    u32::from_le_bytes(columns.map(|v| digit(v) as i8 as u8))
}
