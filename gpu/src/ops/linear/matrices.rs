//! Matrices of every class on which wrong arithmetic shows: codes and multipliers at both ends of their ranges, the same
//! in a whole row, in turn, or anything.

use assay_model::Matrix;
use assay_model::matrix::{Codes, Scales, TILE_ROWS};

use crate::ops::extremes::Random;
use crate::packed::{Bits, Class, Scaling};

/// A matrix of `class`; `rows` are at least 7, and `columns` a multiple of 32 where there are multipliers.
pub fn matrix(class: Class, rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut random = Random::new(seed);
    let group = match class.scaling {
        Scaling::None => columns,
        Scaling::Half => 16,
        Scaling::Narrow | Scaling::Wide => 32,
    };
    let mut of = |per_tile: usize, least: i32, most: i32, shape: fn(usize) -> usize| {
        let tiles = rows.div_ceil(TILE_ROWS);
        let mut all = vec![0; tiles * TILE_ROWS * per_tile];
        for row in 0..rows {
            for i in 0..per_tile {
                let at = (row / TILE_ROWS * per_tile + i) * TILE_ROWS + row % TILE_ROWS;
                all[at] = value(shape(row), i, [least, most], &mut random);
            }
        }
        all
    };
    let (least, most) = match class.bits {
        Bits::Four => (0, 15),
        // Files have 5-bit codes of either sign.
        Bits::Five if seed.is_multiple_of(2) => (0, 31),
        Bits::Five => (-16, 15),
        Bits::Six => (-32, 31),
        Bits::Eight => (-128, 127),
        Bits::Sixteen => (-32767, 32767),
        Bits::Twenty => (-524_287, 524_287),
    };
    let codes = of(columns, least, most, |row| row);
    let mut scales = |shape: fn(usize) -> usize| match class.scaling {
        Scaling::None => Scales::None,
        Scaling::Narrow => {
            Scales::I16(of(columns / group, -32767, 32767, shape).into_iter().map(|v| v as i16).collect())
        }
        Scaling::Wide | Scaling::Half => Scales::I32(of(columns / group, -524_287, 524_287, shape)),
    };
    // Other shapes than the codes', so that all of them meet.
    let scale = scales(|row| row / 7 + row);
    let offset = if class.scaling == Scaling::Half { Scales::None } else { scales(|row| row / 3) };
    Matrix {
        rows,
        cols: columns,
        k: 0,
        group,
        codes: pack(class.bits, columns, &codes),
        scale,
        offset,
        max_abs: 1 << 19,
    }
}

/// Entry `i` of a row of the given shape, within two ends.
fn value(shape: usize, i: usize, [least, most]: [i32; 2], random: &mut Random) -> i32 {
    match shape % 7 {
        0 => most,
        1 => least,
        2 => [most, least][i % 2],
        3 if i == 0 => least.max(-1),
        3 => 0,
        4 => 1,
        _ => least + (random.word() % (most - least + 1) as u32) as i32,
    }
}

/// Values `[tile][column][row]` as codes.
fn pack(bits: Bits, columns: usize, values: &[i32]) -> Codes {
    // Columns `per_element` at a time of every row, tile after tile.
    let elements = |per_element: usize| {
        let tiles = values.chunks(columns * TILE_ROWS);
        let of_tile = move |tile: &[i32]| {
            let of_run = |run: &[i32]| {
                (0..TILE_ROWS)
                    .map(|row| run[row..].iter().step_by(TILE_ROWS).copied().collect::<Vec<i32>>())
                    .collect::<Vec<_>>()
            };
            tile.chunks(per_element * TILE_ROWS).flat_map(of_run).collect::<Vec<_>>()
        };
        tiles.flat_map(of_tile).collect::<Vec<Vec<i32>>>()
    };
    let octet = |v: Vec<i32>| {
        let nibble = |col: usize| (col % 8) / 2 + 4 * (col % 2);
        v.iter().enumerate().fold(0u32, |word, (col, &q)| word | (q as u32) << (4 * nibble(col)))
    };
    match bits {
        Bits::Four => Codes::U4(elements(8).into_iter().map(octet).collect()),
        Bits::Five | Bits::Six | Bits::Eight => {
            Codes::I8(elements(2).into_iter().map(|v| [v[0] as i8, v[1] as i8]).collect())
        }
        Bits::Sixteen => Codes::I16(elements(2).into_iter().map(|v| [v[0] as i16, v[1] as i16]).collect()),
        Bits::Twenty => Codes::I32(values.to_vec()),
    }
}
