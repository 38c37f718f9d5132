//! Rows on which wrong arithmetic shows: both ends of i32, ties, everything of one sign, every magnitude.

/// Pseudo-random words; the same on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub const fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next word.
    pub const fn word(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    /// A value of at most `bits` bits and a sign.
    pub const fn value(&mut self, bits: u32) -> i32 {
        (self.word() as i32) >> (31 - bits)
    }

    /// A 16-bit value other than the least.
    pub const fn mantissa(&mut self) -> i16 {
        (self.word() as i16).saturating_add(1)
    }
}

/// A row of `width` columns with `v` in column `at`, zero elsewhere.
pub fn alone(width: usize, at: usize, v: i32) -> Vec<i32> {
    let mut row = vec![0; width];
    row[at] = v;
    row
}

/// The rows, `width` columns wide.
pub fn rows(width: usize) -> Vec<Vec<i32>> {
    let mut random = Random::new(width as u64);
    let mut rows = vec![vec![0; width]];
    let constants = [1, -1, 32767, 32768, -32768, 65535, -65535, 65536, -65536, 131_071, -131_071, i32::MAX, i32::MIN];
    rows.extend(constants.map(|v| vec![v; width]));
    // In the first or the second of a pair, by the parity of v; and at the very end.
    rows.extend(constants.map(|v| alone(width, v.unsigned_abs() as usize % width, v)));
    rows.extend([65535, -65535, i32::MIN].map(|v| alone(width, width - 1, v)));
    for [a, b] in [[i32::MAX, i32::MIN], [65535, -65535], [-65535, 2], [-131_071, 3]] {
        rows.push((0..width).map(|i| if i % 2 == 0 { a } else { b }).collect());
    }
    rows.extend((0..32).step_by(3).map(|bits| (0..width).map(|_| random.value(bits)).collect::<Vec<_>>()));
    // Chunks of very different magnitudes, so that a chunk's own shift and the row's differ.
    for turn in 0..4 {
        rows.push((0..width).map(|i| random.value(([9, 31, 17, 24][(i / 256 + turn) % 4]) as u32)).collect());
    }
    rows
}
