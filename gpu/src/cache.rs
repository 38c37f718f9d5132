//! Room for the keys and values of sequences: an entry a position, the same in every layer.

use std::collections::BTreeMap;

/// Hands out runs of entries.
#[derive(Clone, Debug)]
pub struct Entries {
    total: u32,
    /// Length of each run in use, by its first entry.
    used: BTreeMap<u32, u32>,
}

impl Entries {
    /// `total` free entries.
    pub const fn new(total: u32) -> Entries {
        Entries { total, used: BTreeMap::new() }
    }

    /// The first run of `count` free entries.
    pub fn take(&mut self, count: u32) -> Option<u32> {
        let mut first = 0u32;
        for (&start, &length) in &self.used {
            if start - first >= count {
                break;
            }
            first = start + length;
        }
        (self.total - first >= count && count > 0).then(|| {
            self.used.insert(first, count);
            first
        })
    }

    /// Entries in all.
    pub const fn total(&self) -> u32 {
        self.total
    }

    /// Entries that there must be in all for a run of `count` behind the last one in use.
    pub fn needed(&self, count: u32) -> u32 {
        self.used.last_key_value().map_or(0, |(first, length)| first + length) + count
    }

    /// Adds free entries behind the last one, up to `total`.
    pub fn grow(&mut self, total: u32) {
        self.total = self.total.max(total);
    }

    /// Frees the run that begins with entry `first`.
    pub fn free(&mut self, first: u32) {
        self.used.remove(&first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_do_not_overlap_and_gaps_are_used_again() {
        let mut entries = Entries::new(10);
        assert_eq!([4, 3, 3, 1].map(|n| entries.take(n)), [Some(0), Some(4), Some(7), None]);
        entries.free(4);
        assert_eq!([4, 2, 1, 1].map(|n| entries.take(n)), [None, Some(4), Some(6), None]);
        entries.free(0);
        assert_eq!(entries.take(4), Some(0));
        assert_eq!(entries.take(0), None);
        assert_eq!(entries.needed(4), 14);
        entries.grow(14);
        assert_eq!([5, 4].map(|n| entries.take(n)), [None, Some(10)]);
    }
}
