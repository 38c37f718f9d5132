//! Weight matrices in packed integer form.
//!
//! A matrix W is `rows × cols` small integers that stand for `W·2^−k`. Quantised formats keep their codes q and get one
//! integer multiplier D and offset M per row and group of columns: `W = q·D + M`. Rows are stored in tiles of
//! [`TILE_ROWS`], interleaved so that one vector register holds the same columns of neighbouring rows; missing rows of
//! the last tile are zero. The layout is fixed here because executors read it in place:
//!
//! | codes | order | element |
//! |---|---|---|
//! | [`Codes::U4`] | `[tile][octet of columns][row]` | `u32`: bits 4i hold column 2i for i < 4, column 2(i−4)+1 for i ≥ 4 |
//! | [`Codes::I8`] | `[tile][pair of columns][row]` | `[i8; 2]`: columns 2p, 2p+1 |
//! | [`Codes::I16`] | `[tile][pair of columns][row]` | `[i16; 2]`: columns 2p, 2p+1; W itself, no scales |
//! | [`Codes::I32`] | `[tile][column][row]` | `i32`; W itself, no scales |
//!
//! Scales are `[tile][group][row]`. A matrix of 16-bit weights has |W|, |D|, |M| < 2^15, one of 20-bit weights < 2^19.

/// Rows of one interleaved tile.
pub const TILE_ROWS: usize = 16;

/// Codes of a matrix in tile order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// Unsigned 4-bit codes, eight columns of one row a word.
    U4(Vec<u32>),
    /// Signed 8-bit codes, two columns of one row an element.
    I8(Vec<[i8; 2]>),
    /// Plain 16-bit weights, two columns of one row an element.
    I16(Vec<[i16; 2]>),
    /// Plain 20-bit weights.
    I32(Vec<i32>),
}

/// Multipliers or offsets, `[tile][group][row]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scales {
    /// None: all multipliers are 1, all offsets 0.
    None,
    /// 16-bit matrices.
    I16(Vec<i16>),
    /// 20-bit matrices.
    I32(Vec<i32>),
}

impl Scales {
    /// Entry `index`, or `default` where there are none.
    fn get(&self, index: usize, default: i32) -> i32 {
        match self {
            Scales::None => default,
            Scales::I16(v) => i32::from(v[index]),
            Scales::I32(v) => v[index],
        }
    }
}

/// A packed weight matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Outputs.
    pub rows: usize,
    /// Inputs, D; even, and a multiple of `group` where there are scales.
    pub cols: usize,
    /// Scale exponent: an entry stands for `W·2^−k`.
    pub k: i32,
    /// Columns that share a multiplier.
    pub group: usize,
    /// The codes.
    pub codes: Codes,
    /// Multipliers D.
    pub scale: Scales,
    /// Offsets M.
    pub offset: Scales,
    /// Largest |W|.
    pub max_abs: u32,
}

impl Matrix {
    /// Tiles of [`TILE_ROWS`] rows, the last one padded.
    pub const fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE_ROWS)
    }

    /// Weight W of `row` and `col`.
    ///
    /// # Panics
    /// If `row` or `col` is outside the matrix.
    pub fn weight(&self, row: usize, col: usize) -> i32 {
        assert!(row < self.rows && col < self.cols, "({row}, {col}) is outside {} x {}", self.rows, self.cols);
        let (tile, r) = (row / TILE_ROWS, row % TILE_ROWS);
        let at = |per_tile: usize, i: usize| (tile * per_tile + i) * TILE_ROWS + r;
        let q = match &self.codes {
            Codes::U4(words) => {
                let nibble = (col % 8) / 2 + 4 * (col % 2);
                (words[at(self.cols / 8, col / 8)] >> (4 * nibble) & 15) as i32
            }
            Codes::I8(pairs) => i32::from(pairs[at(self.cols / 2, col / 2)][col % 2]),
            Codes::I16(pairs) => i32::from(pairs[at(self.cols / 2, col / 2)][col % 2]),
            Codes::I32(words) => words[at(self.cols, col)],
        };
        let g = at(self.cols / self.group, col / self.group);
        q * self.scale.get(g, 1) + self.offset.get(g, 0)
    }

    /// Row `row`, decoded into `out` (length `cols`).
    ///
    /// # Panics
    /// If `row` or the length of `out` does not fit.
    pub fn decode_row(&self, row: usize, out: &mut [i32]) {
        assert_eq!(out.len(), self.cols);
        for (col, w) in out.iter_mut().enumerate() {
            *w = self.weight(row, col);
        }
    }
}
