//! Draws proportional to weights, with removal: a Fenwick tree of partial sums.
//!
//! `sums[i]` holds the weights of the `lowbit(i+1)` entries that end in entry i, so finding and removing take as many
//! steps as the number of entries has bits. A stranger may ask for tens of thousands of draws over tens of thousands of
//! positions.

/// Weights of numbered things.
pub struct Weights {
    weights: Vec<u64>,
    sums: Vec<u128>,
    total: u128,
}

const fn lowbit(i: usize) -> usize {
    i & i.wrapping_neg()
}

impl Weights {
    /// Weights of the things 0, 1, …
    pub fn new(weights: &[u64]) -> Self {
        let mut sums: Vec<u128> = weights.iter().map(|w| u128::from(*w)).collect();
        for i in 1..=sums.len() {
            let parent = i.saturating_add(lowbit(i));
            let sum = sums.get(i.saturating_sub(1)).copied().unwrap_or(0);
            if let Some(above) = sums.get_mut(parent.saturating_sub(1)) {
                *above = above.saturating_add(sum);
            }
        }
        let total = weights.iter().fold(0u128, |s, w| s.saturating_add(u128::from(*w)));
        Weights { weights: weights.to_vec(), sums, total }
    }

    /// Sum of the weights that are left.
    pub const fn total(&self) -> u128 {
        self.total
    }

    /// The thing within whose weight `point` falls when all are laid end to end; the number of things for a point at or
    /// beyond the total.
    pub fn find(&self, point: u128) -> usize {
        let (mut at, mut left) = (0usize, point);
        let mut stride = self.sums.len().checked_ilog2().map_or(0, |b| 1usize << b);
        while stride > 0 {
            let next = at.saturating_add(stride);
            // Entry `next − 1` sums the `stride` weights from `at` on.
            if let Some(rest) = self.sums.get(next.saturating_sub(1)).and_then(|sum| left.checked_sub(*sum)) {
                (at, left) = (next, rest);
            }
            stride >>= 1;
        }
        at
    }

    /// Gives thing `at` no weight.
    pub fn remove(&mut self, at: usize) {
        let Some(weight) = self.weights.get_mut(at).map(std::mem::take) else { return };
        self.total = self.total.saturating_sub(u128::from(weight));
        let mut i = at.saturating_add(1);
        while let Some(sum) = self.sums.get_mut(i.saturating_sub(1)) {
            *sum = sum.saturating_sub(u128::from(weight));
            i = i.saturating_add(lowbit(i));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(weights: &[u64], point: u128) -> usize {
        let mut left = point;
        for (i, w) in weights.iter().enumerate() {
            match left.checked_sub(u128::from(*w)) {
                None => return i,
                Some(rest) => left = rest,
            }
        }
        weights.len()
    }

    proptest! {
        #[test]
        fn every_point_is_found_where_a_linear_search_finds_it(
            mut weights in proptest::collection::vec(0u64..5, 0..40),
            removed in proptest::collection::vec(0usize..40, 0..10),
        ) {
            let mut tree = Weights::new(&weights);
            for at in removed {
                tree.remove(at);
                if let Some(w) = weights.get_mut(at) { *w = 0; }
                let total: u64 = weights.iter().sum();
                prop_assert_eq!(tree.total(), u128::from(total));
                for point in 0..u128::from(total) {
                    prop_assert_eq!(tree.find(point), naive(&weights, point));
                }
            }
        }
    }

    #[test]
    fn no_weight_means_nothing_to_find() {
        assert_eq!(Weights::new(&[]).find(0), 0);
        assert_eq!(Weights::new(&[0, 0, 0]).find(0), 3);
    }
}
