//! Keys and values of one key/value head, as the kernels read them.

use crate::cpu::linear::{unword, word};

/// Positions of one block of keys.
pub const BLOCK: usize = 8;
/// Values are padded to whole vectors of this many dimensions.
pub const VALUE_LANES: usize = 8;

/// All past positions of one key/value head.
#[derive(Clone, Default)]
pub struct KeyValueHead {
    head_dim: usize,
    /// `[block of positions][pair of dimensions][position]`, unused positions zero.
    keys: Vec<[u32; BLOCK]>,
    /// `[pair of positions][dimension]`, the earlier position low; padded to [`VALUE_LANES`].
    values: Vec<[u32; VALUE_LANES]>,
    key_shifts: Vec<[u8; BLOCK]>,
    value_shifts: Vec<u8>,
    len: usize,
}

impl KeyValueHead {
    /// An empty head of `head_dim` dimensions, an even number.
    pub fn new(head_dim: usize) -> KeyValueHead {
        assert!(head_dim > 0 && head_dim.is_multiple_of(2), "{head_dim} dimensions of a head");
        KeyValueHead { head_dim, ..KeyValueHead::default() }
    }

    /// Positions.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no position.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// hd.
    pub fn head_dim(&self) -> usize {
        self.head_dim
    }

    /// Positions that can be appended before memory grows.
    pub fn room(&self) -> usize {
        self.value_shifts.capacity() - self.len
    }

    /// Makes room for `more` positions, no more than asked for.
    pub fn reserve_exact(&mut self, more: usize) {
        let blocks = (self.len + more).div_ceil(BLOCK);
        let pairs = (self.len + more).div_ceil(2);
        self.keys.reserve_exact((blocks * self.head_dim / 2).saturating_sub(self.keys.len()));
        self.values.reserve_exact((pairs * self.value_vectors()).saturating_sub(self.values.len()));
        self.key_shifts.reserve_exact(blocks.saturating_sub(self.key_shifts.len()));
        self.value_shifts.reserve_exact(more);
    }

    /// Appends a position.
    ///
    /// # Panics
    /// If a length is not hd.
    pub fn push(&mut self, key: &[i16], key_shift: u8, value: &[i16], value_shift: u8) {
        assert!(key.len() == self.head_dim && value.len() == self.head_dim);
        let (lane, vectors) = (self.len % BLOCK, self.value_vectors());
        if lane == 0 {
            self.keys.resize(self.keys.len() + self.head_dim / 2, [0; BLOCK]);
            self.key_shifts.push([0; BLOCK]);
        }
        let start = self.keys.len() - self.head_dim / 2;
        for (k, x) in self.keys[start..].iter_mut().zip(key.as_chunks::<2>().0) {
            k[lane] = word(*x);
        }
        self.key_shifts[self.len / BLOCK][lane] = key_shift;
        let odd = self.len % 2;
        if odd == 0 {
            self.values.resize(self.values.len() + vectors, [0; VALUE_LANES]);
        }
        let start = self.values.len() - vectors;
        for (v, &x) in self.values[start..].as_flattened_mut().iter_mut().zip(value) {
            let mut pair = unword(*v);
            pair[odd] = x;
            *v = word(pair);
        }
        self.value_shifts.push(value_shift);
        self.len += 1;
    }

    /// Vectors of one position's values.
    fn value_vectors(&self) -> usize {
        self.head_dim.div_ceil(VALUE_LANES)
    }

    /// The first `blocks` blocks: `[block][pair of dimensions][position]`, and shifts; zero for unused positions.
    pub(super) fn keys(&self, blocks: usize) -> (&[[u32; BLOCK]], &[[u8; BLOCK]]) {
        (&self.keys[..blocks * self.head_dim / 2], &self.key_shifts[..blocks])
    }

    /// Shifts of the values from position `first` on.
    pub(super) fn value_shifts(&self, first: usize) -> &[u8] {
        &self.value_shifts[first..]
    }

    /// `[pair of positions][vector]` of `count` positions from the even position `first` on.
    pub(super) fn values(&self, first: usize, count: usize) -> &[[u32; VALUE_LANES]] {
        let vectors = self.value_vectors();
        &self.values[first / 2 * vectors..][..count.div_ceil(2) * vectors]
    }
}
