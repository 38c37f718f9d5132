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
        assert!(row < self.rows, "row {row} is outside {} rows", self.rows);
        assert_eq!(out.len(), self.cols);
        let (tile, r) = (row / TILE_ROWS, row % TILE_ROWS);
        let groups = self.cols / self.group;
        for (g, out) in out.chunks_exact_mut(self.group).enumerate() {
            let at = (tile * groups + g) * TILE_ROWS + r;
            let (d, m) = (self.scale.get(at, 1), self.offset.get(at, 0));
            // First code of the group, given how many columns an element of a row holds.
            let first = |columns: usize| (tile * self.cols + g * self.group) / columns * TILE_ROWS + r;
            match &self.codes {
                Codes::U4(words) => {
                    let words = words[first(8)..].iter().step_by(TILE_ROWS);
                    for (octet, &word) in out.chunks_exact_mut(8).zip(words) {
                        for (i, pair) in octet.chunks_exact_mut(2).enumerate() {
                            pair[0] = (word >> (4 * i) & 15) as i32 * d + m;
                            pair[1] = (word >> (16 + 4 * i) & 15) as i32 * d + m;
                        }
                    }
                }
                Codes::I8(pairs) => {
                    let pairs = pairs[first(2)..].iter().step_by(TILE_ROWS);
                    for (out, q) in out.chunks_exact_mut(2).zip(pairs) {
                        (out[0], out[1]) = (i32::from(q[0]) * d + m, i32::from(q[1]) * d + m);
                    }
                }
                Codes::I16(pairs) => {
                    let pairs = pairs[first(2)..].iter().step_by(TILE_ROWS);
                    for (out, w) in out.chunks_exact_mut(2).zip(pairs) {
                        (out[0], out[1]) = (i32::from(w[0]), i32::from(w[1]));
                    }
                }
                Codes::I32(words) => {
                    out.iter_mut().zip(words[first(1)..].iter().step_by(TILE_ROWS)).for_each(|(out, &w)| *out = w);
                }
            }
        }
    }

    /// Tile `tile`, decoded into `out` (length `16 · cols`) as `[column][row]`; missing rows are zero.
    ///
    /// Neighbouring elements are neighbouring rows, so that a dot product of all rows of the tile with one vector, and
    /// this function itself, need no shuffles in SIMD registers.
    ///
    /// # Panics
    /// If `tile` or the length of `out` does not fit.
    pub fn decode_tile(&self, tile: usize, out: &mut [i32]) {
        assert!(tile < self.tiles(), "tile {tile} is outside {} tiles", self.tiles());
        assert_eq!(out.len(), TILE_ROWS * self.cols);
        let groups = self.cols / self.group;
        for (g, out) in out.chunks_exact_mut(TILE_ROWS * self.group).enumerate() {
            let at = (tile * groups + g) * TILE_ROWS;
            let d: [i32; TILE_ROWS] = std::array::from_fn(|r| self.scale.get(at + r, 1));
            let m: [i32; TILE_ROWS] = std::array::from_fn(|r| self.offset.get(at + r, 0));
            let first = |columns: usize| (tile * self.cols + g * self.group) / columns * TILE_ROWS;
            match &self.codes {
                Codes::U4(words) => {
                    let octets = out.chunks_exact_mut(8 * TILE_ROWS).zip(words[first(8)..].chunks_exact(TILE_ROWS));
                    for (out, words) in octets {
                        for (col, out) in out.chunks_exact_mut(TILE_ROWS).enumerate() {
                            let shift = 4 * (col / 2 + 4 * (col % 2));
                            for r in 0..TILE_ROWS {
                                out[r] = (words[r] >> shift & 15) as i32 * d[r] + m[r];
                            }
                        }
                    }
                }
                Codes::I8(pairs) => decode_pairs(&pairs[first(2)..], out, |r, q| i32::from(q) * d[r] + m[r]),
                Codes::I16(pairs) => decode_pairs(&pairs[first(2)..], out, |_, w| i32::from(w)),
                Codes::I32(words) => out.copy_from_slice(&words[first(1)..][..out.len()]),
            }
        }
    }
}

/// Pairs of columns of one tile to `[column][row]`.
fn decode_pairs<T: Copy>(pairs: &[[T; 2]], out: &mut [i32], weight: impl Fn(usize, T) -> i32) {
    for (out, pairs) in out.chunks_exact_mut(2 * TILE_ROWS).zip(pairs.chunks_exact(TILE_ROWS)) {
        let (even, odd) = out.split_at_mut(TILE_ROWS);
        for r in 0..TILE_ROWS {
            (even[r], odd[r]) = (weight(r, pairs[r][0]), weight(r, pairs[r][1]));
        }
    }
}
