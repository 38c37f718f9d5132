//! The layouts of the vectors that matrix products read, said plainly: `kernels/input_*.wgsl` answer to it.
//!
//! Rows go in groups of as many tokens as a product takes at once. A group has, block of 32 columns after block, sixteen
//! words for each of its tokens, word after word with the tokens side by side; columns past the end are zero. `sums` has
//! for every block the sums of its tokens.

use super::answers::Memory;
use crate::variant::{Dot, Tokens};

/// Words of a block of one token.
const WORDS: usize = 16;

/// The buffers `x` and `sums` after `rows`, each of `columns` mantissas, were laid out.
pub fn prepared(dot: Dot, tokens: Tokens, columns: usize, rows: &[Vec<i16>]) -> [Memory; 2] {
    let (tokens, blocks) = (tokens.count() as usize, columns.div_ceil(32));
    let groups = rows.len().div_ceil(tokens);
    let mut x = Memory::untouched("x", groups * blocks * WORDS * tokens);
    let mut sums = Memory::untouched("sums", groups * blocks * tokens);
    for (r, row) in rows.iter().enumerate() {
        let (group, token) = (r / tokens, r % tokens);
        for block in 0..blocks {
            let column = |i: usize| row.get(block * 32 + i).copied().map_or(0, i32::from);
            let place = group * blocks + block;
            let sum: i32 = (0..32).map(column).sum();
            sums.expected(place * tokens + token, &[sum as u32]);
            for i in 0..WORDS {
                let word = match dot {
                    Dot::Int | Dot::F32 => u32::from(column(2 * i) as u16) | u32::from(column(2 * i + 1) as u16) << 16,
                    // Of eight columns: the high digits of four and four, then the low ones.
                    Dot::Dot4 => digits([0, 1, 2, 3].map(|c| column(i / 4 * 8 + i % 2 * 4 + c)), i % 4 < 2),
                };
                x.expected((place * WORDS + i) * tokens + token, &[word]);
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
