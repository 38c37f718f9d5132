//! Input vectors of a matrix product, arranged as the kernels read them.

use super::MAX_GROUP;

/// Positions that are multiplied together.
pub const LANES: usize = 4;

/// Mantissas X of T positions: `[block][pair of columns][lane]`, each pair one word, low half first.
///
/// One position alone has blocks of one lane; otherwise blocks have four, the last one filled up with zeros.
#[derive(Default)]
pub struct Inputs {
    cols: usize,
    positions: usize,
    lanes: usize,
    pairs: Vec<u32>,
    group: usize,
    /// `Σ X` of each group, `[block][group][lane]`.
    sums: Vec<i32>,
}

impl Inputs {
    /// Takes over `x`, `[position][column]`, an even number of columns.
    ///
    /// # Panics
    /// If `x` is not a whole number of positions of `cols` columns.
    pub fn set(&mut self, x: &[i16], cols: usize) {
        assert!(
            cols > 0 && cols.is_multiple_of(2) && x.len().is_multiple_of(cols),
            "{} values, {cols} columns",
            x.len()
        );
        self.cols = cols;
        self.positions = x.len() / cols;
        self.lanes = if self.positions == 1 { 1 } else { LANES };
        self.group = 0;
        self.pairs.clear();
        self.pairs.resize(self.lanes_total() * cols / 2, 0);
        let lanes = self.lanes;
        for (t, x) in x.chunks_exact(cols).enumerate() {
            let block = &mut self.pairs[t / lanes * lanes * cols / 2..][..lanes * cols / 2];
            for (pair, x) in block[t % lanes..].iter_mut().step_by(lanes).zip(x.as_chunks::<2>().0) {
                *pair = word(*x);
            }
        }
    }

    /// Prepares the sums for matrices with groups of `group` columns.
    ///
    /// # Panics
    /// If `group` does not divide the columns, or is odd, or above [`MAX_GROUP`].
    pub fn sum_groups(&mut self, group: usize) {
        if self.group == group {
            return;
        }
        assert!(
            group.is_multiple_of(2) && group > 0 && group <= MAX_GROUP && self.cols.is_multiple_of(group),
            "group of {group}"
        );
        self.group = group;
        self.sums.clear();
        let lanes = self.lanes;
        for pairs in self.pairs.chunks_exact(lanes * group / 2) {
            let mut sums = [0; LANES];
            for lanes in pairs.chunks_exact(lanes) {
                for (sum, &pair) in sums.iter_mut().zip(lanes) {
                    let [a, b] = unword(pair);
                    *sum += i32::from(a) + i32::from(b);
                }
            }
            self.sums.extend(&sums[..lanes]);
        }
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Positions.
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// Lanes of one block: 1 or 4.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Positions with the padding of the last block.
    pub(super) fn lanes_total(&self) -> usize {
        self.positions.next_multiple_of(self.lanes.max(1))
    }

    /// Pairs of columns `first..first + count` of a block, `[pair][lane]`.
    pub(super) fn pairs(&self, block: usize, first: usize, count: usize) -> &[u32] {
        &self.pairs[(block * self.cols + first) / 2 * self.lanes..][..count / 2 * self.lanes]
    }

    /// `Σ X` of groups `first..first + count` of a block, `[group][lane]`.
    pub(super) fn sums(&self, block: usize, first: usize, count: usize) -> &[i32] {
        &self.sums[(block * (self.cols / self.group) + first) * self.lanes..][..count * self.lanes]
    }
}

/// A pair of mantissas as the multiply-add instructions take it.
#[inline]
pub fn word(x: [i16; 2]) -> u32 {
    u32::from(x[0] as u16) | u32::from(x[1] as u16) << 16
}

/// The two mantissas of a word.
#[inline]
pub fn unword(pair: u32) -> [i16; 2] {
    [pair as i16, (pair >> 16) as i16]
}
