//! One tile of a packed matrix, its lengths checked once.

use assay_model::matrix::{Codes, Matrix, Scales, TILE_ROWS};

use super::MAX_GROUP;

/// Multipliers or offsets of a tile, `[group]`.
#[derive(Clone, Copy)]
pub enum Factors<'a> {
    None,
    I16(&'a [[i16; TILE_ROWS]]),
    I32(&'a [[i32; TILE_ROWS]]),
}

/// Codes of a tile: `[octet]`, `[pair]`, `[pair]`, `[column]`.
#[derive(Clone, Copy)]
pub enum TileCodes<'a> {
    U4(&'a [[u32; TILE_ROWS]]),
    I8(&'a [[[i8; 2]; TILE_ROWS]]),
    I16(&'a [[[i16; 2]; TILE_ROWS]]),
    I32(&'a [[i32; TILE_ROWS]]),
}

/// Sixteen rows of a matrix.
#[derive(Clone, Copy)]
pub struct Tile<'a> {
    pub cols: usize,
    /// Columns under one multiplier; all of `cols` is split into whole groups.
    pub group: usize,
    pub codes: TileCodes<'a>,
    pub scale: Factors<'a>,
    pub offset: Factors<'a>,
}

/// Entry `index` of elements that come `count` a tile.
fn nth<T>(all: &[T], index: usize, count: usize) -> &[[T; TILE_ROWS]] {
    &all.as_chunks::<TILE_ROWS>().0[index * count..][..count]
}

impl<'a> Tile<'a> {
    /// # Panics
    /// If there is no such tile, or the matrix breaks a promise of its type.
    pub fn of(w: &'a Matrix, index: usize) -> Tile<'a> {
        let cols = w.cols;
        let codes = match &w.codes {
            Codes::U4(c) => TileCodes::U4(nth(c, index, cols / 8)),
            Codes::I8(c) => TileCodes::I8(nth(c, index, cols / 2)),
            Codes::I16(c) => TileCodes::I16(nth(c, index, cols / 2)),
            Codes::I32(c) => TileCodes::I32(nth(c, index, cols)),
        };
        let plain = matches!(codes, TileCodes::I16(_) | TileCodes::I32(_));
        let unit = if matches!(codes, TileCodes::U4(_)) { 8 } else { 2 };
        let group = w.group;
        let whole = |g: usize| g > 0 && g <= MAX_GROUP && g.is_multiple_of(unit) && cols.is_multiple_of(g);
        assert!(plain || whole(group), "{cols} columns in groups of {group}");
        let factors = |s: &'a Scales| match s {
            Scales::None => Factors::None,
            Scales::I16(v) => Factors::I16(nth(v, index, cols / group)),
            Scales::I32(v) => Factors::I32(nth(v, index, cols / group)),
        };
        Tile { cols, group, codes, scale: factors(&w.scale), offset: factors(&w.offset) }
    }
}
