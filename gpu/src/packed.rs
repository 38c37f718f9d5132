//! Weight matrices as kernels read them.
//!
//! Rows stand in tiles of 16 and columns in *blocks* of 32, so that neighbouring lanes, which hold neighbouring rows,
//! read neighbouring words. Codes of 4, 5, 6 and 8 bits stay packed; a matrix's *class* says how.
//!
//! | class | `codes`, vectors of four words, `[tile][block][i][row]` | `side`, words |
//! |---|---|---|
//! | 4 bits | 1: byte j of word i holds column 8i + j below column 8i + j + 4 | scales |
//! | 5 bits | as 4 bits | scales, then `[tile][block][row]`: bit c is the fifth bit of column c |
//! | 6 bits | as 4 bits, of the code plus 32 | scales, then `[tile][block][2][row]`: two bits a column |
//! | 8 bits | 2: four columns a word | scales |
//! | 16 bits | 4: two columns a word | |
//! | 20 bits | 8: one column a word | |
//!
//! Scales are `[tile][block][row]` of one word (D and M of 16 bits), or `[tile][block][2][row]` (D and M; or the D of
//! either half of the block, where 16 columns share one). Behind all that stands, for packed dot products, one 64-bit
//! constant a row: what the 128 in x = 256·high + low + 128 adds, `128·Σ D·q`.

use assay_model::Matrix;
use assay_model::matrix::{Codes, Scales, TILE_ROWS};

/// Columns of a block.
pub const BLOCK: usize = 32;

/// How codes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bits {
    /// Unsigned 4-bit codes.
    Four,
    /// Unsigned 5-bit codes.
    Five,
    /// 6-bit codes from −32 on.
    Six,
    /// Signed 8-bit codes.
    Eight,
    /// Plain 16-bit weights.
    Sixteen,
    /// Plain 20-bit weights.
    Twenty,
}

/// Which multipliers a block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scaling {
    /// None: plain weights.
    None,
    /// D and M of 16 bits.
    Narrow,
    /// D and M of 32 bits.
    Wide,
    /// Two D of 32 bits, one for each half.
    Half,
}

/// How a matrix is packed; matrices of one class can be multiplied by one dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class {
    /// Codes.
    pub bits: Bits,
    /// Multipliers.
    pub scaling: Scaling,
}

impl Class {
    /// The classes of the formats that files use; a Q8_0 matrix whose codes all fit six bits makes one more.
    pub const ALL: [Class; 7] = {
        use Bits::{Eight, Five, Four, Six, Sixteen, Twenty};
        use Scaling::{Half, Narrow, None, Wide};
        const fn class(bits: Bits, scaling: Scaling) -> Class {
            Class { bits, scaling }
        }
        [
            class(Four, Narrow),
            class(Four, Wide),
            class(Five, Wide),
            class(Six, Half),
            class(Eight, Wide),
            class(Sixteen, None),
            class(Twenty, None),
        ]
    };

    /// Vectors of four words that hold the codes of a block of a row.
    pub const fn vectors(self) -> usize {
        match self.bits {
            Bits::Four | Bits::Five | Bits::Six => 1,
            Bits::Eight => 2,
            Bits::Sixteen => 4,
            Bits::Twenty => 8,
        }
    }

    /// Words of multipliers of a block of a row.
    pub const fn scale_words(self) -> usize {
        match self.scaling {
            Scaling::None => 0,
            Scaling::Narrow => 1,
            Scaling::Wide | Scaling::Half => 2,
        }
    }

    /// Words of code bits above the fourth of a block of a row.
    pub const fn high_words(self) -> usize {
        match self.bits {
            Bits::Five => 1,
            Bits::Six => 2,
            _ => 0,
        }
    }

    /// Whether rows have constants.
    pub const fn has_constants(self) -> bool {
        !matches!(self.scaling, Scaling::None)
    }

    /// Bytes that a row of `blocks` blocks takes.
    pub const fn row_bytes(self, blocks: usize) -> usize {
        let constants = if self.has_constants() { 8 } else { 0 };
        blocks * (16 * self.vectors() + 4 * (self.scale_words() + self.high_words())) + constants
    }

    /// Class of `w`.
    pub fn of(w: &Matrix) -> Class {
        let wide = |s: &Scales| matches!(s, Scales::I32(_));
        let scaling = match (w.group, wide(&w.scale) || wide(&w.offset)) {
            (16, _) => Scaling::Half,
            (_, true) => Scaling::Wide,
            (_, false) => Scaling::Narrow,
        };
        let (bits, scaling) = match &w.codes {
            Codes::U4(_) => (Bits::Four, scaling),
            Codes::I16(_) => (Bits::Sixteen, Scaling::None),
            Codes::I32(_) => (Bits::Twenty, Scaling::None),
            Codes::I8(pairs) => {
                let codes = pairs.as_flattened();
                let within = |least: i8, most: i8| codes.iter().all(|q| (least..=most).contains(q));
                // An offset takes up what 5-bit codes are shifted by; halves of a block have none.
                let bits = if scaling != Scaling::Half && (within(0, 31) || within(-16, 15)) {
                    Bits::Five
                } else if within(-32, 31) {
                    Bits::Six
                } else {
                    Bits::Eight
                };
                let scaling = if scaling == Scaling::Narrow { Scaling::Wide } else { scaling };
                (bits, scaling)
            }
        };
        Class { bits, scaling }
    }
}

/// Tiles of a matrix, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Class.
    pub class: Class,
    /// Rows, of which the last tile may lack some.
    pub rows: usize,
    /// Blocks of a row.
    pub blocks: usize,
    /// Vectors of four words.
    pub codes: Vec<u32>,
    /// Multipliers `[tile][block][i][row]`.
    pub scales: Vec<u32>,
    /// Code bits above the fourth.
    pub high: Vec<u32>,
    /// One 64-bit constant a row.
    pub constants: Vec<u32>,
}

/// Codes, D and M of one row of a block.
struct BlockRow {
    codes: [i32; BLOCK],
    d: [i32; 2],
    m: i32,
}

impl Packed {
    /// Packs the tiles `tiles` of `w` as `class`, which is [`Class::of`] it.
    ///
    /// # Panics
    /// If the class does not fit the matrix.
    pub fn new(w: &Matrix, class: Class, tiles: std::ops::Range<usize>) -> Packed {
        let blocks = w.cols.div_ceil(BLOCK);
        let rows = (tiles.end * TILE_ROWS).min(w.rows) - tiles.start * TILE_ROWS;
        let cells = tiles.len() * blocks * TILE_ROWS;
        let mut packed = Packed {
            class,
            rows,
            blocks,
            codes: vec![0; cells * 4 * class.vectors()],
            scales: vec![0; cells * class.scale_words()],
            high: vec![0; cells * class.high_words()],
            constants: vec![0; if class.has_constants() { tiles.len() * TILE_ROWS * 2 } else { 0 }],
        };
        for (t, tile) in tiles.enumerate() {
            for row in 0..TILE_ROWS.min(w.rows - tile * TILE_ROWS) {
                let mut constant = 0i64;
                for block in 0..blocks {
                    let cell = packed.put(w, tile * TILE_ROWS + row, block, (t * blocks + block, row));
                    let halves = cell.codes.chunks(BLOCK / 2).map(|q| i64::from(q.iter().sum::<i32>()));
                    constant += halves.zip(cell.d).map(|(q, d)| 128 * q * i64::from(d)).sum::<i64>();
                }
                if class.has_constants() {
                    let at = 2 * (t * TILE_ROWS + row);
                    packed.constants[at..at + 2].copy_from_slice(&[constant as u32, (constant >> 32) as u32]);
                }
            }
        }
        packed
    }

    /// Packs one block of one row of `w` into `cell` and row of a tile; returns it as the kernel will see it.
    fn put(&mut self, w: &Matrix, row: usize, block: usize, (cell, r): (usize, usize)) -> BlockRow {
        let columns = block * BLOCK..w.cols.min((block + 1) * BLOCK);
        let mut b = BlockRow { codes: [0; BLOCK], d: [0; 2], m: 0 };
        if !self.class.has_constants() {
            for (q, column) in b.codes.iter_mut().zip(columns) {
                *q = w.weight(row, column);
            }
            let bits = if self.class.bits == Bits::Sixteen { 16 } else { 32 };
            self.put_codes(&b.codes, bits, cell, r);
            return b;
        }
        assert!(w.group == 16 || w.group == 32, "groups of {} columns", w.group);
        for (q, column) in b.codes.iter_mut().zip(columns.clone()) {
            *q = code(w, row, column);
        }
        let scales = |s: &Scales, column: usize, absent| scale(w, s, row, column, absent);
        b.d = [scales(&w.scale, columns.start, 1), scales(&w.scale, columns.end - 1, 1)];
        b.m = scales(&w.offset, columns.start, 0);
        match self.class.bits {
            Bits::Five => {
                // Codes from −16 on become unsigned; the offset takes the difference.
                if matches!(&w.codes, Codes::I8(pairs) if pairs.as_flattened().iter().any(|&q| q < 0)) {
                    b.codes.iter_mut().for_each(|q| *q += 16);
                    b.m -= 16 * b.d[0];
                }
                self.put_codes(&b.codes, 4, cell, r);
                let fifth = (0..).zip(&b.codes).fold(0, |bits, (c, q)| bits | ((*q as u32 >> 4) & 1) << c);
                self.high[cell * TILE_ROWS + r] = fifth;
            }
            Bits::Six => {
                let shifted = b.codes.map(|q| q + 32);
                self.put_codes(&shifted, 4, cell, r);
                for (i, half) in shifted.chunks(BLOCK / 2).enumerate() {
                    let bits = (0..).zip(half).fold(0, |bits, (c, q)| bits | ((*q as u32 >> 4) & 3) << (2 * c));
                    self.high[(cell * 2 + i) * TILE_ROWS + r] = bits;
                }
            }
            Bits::Eight => self.put_codes(&b.codes, 8, cell, r),
            _ => self.put_codes(&b.codes, 4, cell, r),
        }
        match self.class.scaling {
            Scaling::Narrow => {
                let narrow = |v: i32| u32::from(i16::try_from(v).expect("16-bit multipliers") as u16);
                self.scales[cell * TILE_ROWS + r] = narrow(b.d[0]) | narrow(b.m) << 16;
            }
            Scaling::Wide => self.put_scales([b.d[0], b.m], cell, r),
            Scaling::Half => {
                assert_eq!(b.m, 0, "no format has offsets for groups of 16");
                self.put_scales(b.d, cell, r);
            }
            Scaling::None => {}
        }
        b
    }

    fn put_scales(&mut self, scales: [i32; 2], cell: usize, row: usize) {
        for (i, s) in scales.into_iter().enumerate() {
            self.scales[(cell * 2 + i) * TILE_ROWS + row] = s as u32;
        }
    }

    /// The low `bits` bits of each code.
    fn put_codes(&mut self, codes: &[i32; BLOCK], bits: usize, cell: usize, row: usize) {
        let mask = if bits == 32 { u32::MAX } else { (1 << bits) - 1 };
        for (c, &q) in codes.iter().enumerate() {
            let (word, shift) = match bits {
                // Nibbles j and j + 4 of eight columns share byte j.
                4 => (c / 8, 8 * (c % 4) + 4 * (c % 8 / 4)),
                _ => (c * bits / 32, c * bits % 32),
            };
            let at = ((cell * self.class.vectors() + word / 4) * TILE_ROWS + row) * 4 + word % 4;
            self.codes[at] |= (q as u32 & mask) << shift;
        }
    }

    /// `side` as kernels read it, and where its code bits and its constants begin.
    pub fn side(&self) -> (Vec<u32>, u32, u32) {
        let high = self.scales.len() as u32;
        let constants = high + self.high.len() as u32;
        ([self.scales.as_slice(), &self.high, &self.constants].concat(), high, constants)
    }
}

fn code(w: &Matrix, row: usize, col: usize) -> i32 {
    let (tile, r) = (row / TILE_ROWS, row % TILE_ROWS);
    let at = |per_tile: usize, i: usize| (tile * per_tile + i) * TILE_ROWS + r;
    match &w.codes {
        Codes::U4(words) => {
            let nibble = (col % 8) / 2 + 4 * (col % 2);
            (words[at(w.cols / 8, col / 8)] >> (4 * nibble) & 15) as i32
        }
        Codes::I8(pairs) => i32::from(pairs[at(w.cols / 2, col / 2)][col % 2]),
        Codes::I16(_) | Codes::I32(_) => w.weight(row, col),
    }
}

fn scale(w: &Matrix, scales: &Scales, row: usize, col: usize, absent: i32) -> i32 {
    let at = (row / TILE_ROWS * (w.cols / w.group) + col / w.group) * TILE_ROWS + row % TILE_ROWS;
    match scales {
        Scales::None => absent,
        Scales::I16(v) => i32::from(v[at]),
        Scales::I32(v) => v[at],
    }
}
