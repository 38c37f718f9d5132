//! Sums that are too large to have one per item.

use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Adds all items to accumulators, one per thread: whoever is free takes the next item.
pub fn gather<T: Sync, A: Send>(items: &[T], new: impl Fn() -> A + Sync, add: impl Fn(&mut A, &T) + Sync) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let workers = rayon::current_num_threads().min(items.len());
    let work = |_| {
        let mut sum = new();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            add(&mut sum, item);
        }
        sum
    };
    (0..workers).into_par_iter().with_max_len(1).map(work).collect()
}
