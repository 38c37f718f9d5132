//! Which card gets which layers.

use std::ops::Range;

/// What the parts of a model take in a card's memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// One layer: weights, and keys and values.
    pub layer: u64,
    /// The embedding.
    pub embed: u64,
    /// The output matrix, where the embedding is not on the same card.
    pub tail: u64,
    /// As [`tail`](Self::tail), where it is.
    pub tail_beside_embed: u64,
    /// What every card needs besides.
    pub fixed: u64,
}

/// Layers of each of the first cards, as few cards as hold a model of `layers` layers; `None` if all together do not.
///
/// `free` is the memory of each card; cards that could hold more get more.
pub fn divide(layers: u32, sizes: &Sizes, free: &[u64]) -> Option<Vec<Range<u32>>> {
    (1..=free.len()).find_map(|n| among(layers, sizes, &free[..n]))
}

fn among(layers: u32, sizes: &Sizes, free: &[u64]) -> Option<Vec<Range<u32>>> {
    let last = free.len() - 1;
    if free.len() > layers as usize {
        return None;
    }
    let rooms: Option<Vec<u64>> = (0..)
        .zip(free)
        .map(|(i, free)| {
            let embed = if i == 0 { sizes.embed } else { 0 };
            let tail = match i {
                0 if last == 0 => sizes.tail_beside_embed,
                _ if i == last => sizes.tail,
                _ => 0,
            };
            let left = free.checked_sub(sizes.fixed)?.checked_sub(embed)?.checked_sub(tail)?;
            Some((left / sizes.layer.max(1)).min(layers.into()))
        })
        .collect();
    let rooms = rooms?;
    let total: u64 = rooms.iter().sum();
    if total < u64::from(layers) || rooms.contains(&0) {
        return None;
    }
    // In proportion to what each could hold, the first cards rounded up; no card above its room, none without a layer.
    let (mut ranges, mut first, mut rest) = (Vec::new(), 0u64, total);
    for (i, room) in rooms.iter().enumerate() {
        let left = u64::from(layers) - first;
        let after: u64 = rooms[i + 1..].iter().sum();
        let behind = (rooms.len() - 1 - i) as u64;
        let share = (left * room).div_ceil(rest).max(left.saturating_sub(after)).min(*room).min(left - behind);
        ranges.push(first as u32..(first + share) as u32);
        first += share;
        rest -= room;
    }
    Some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { layer: 10, embed: 30, tail: 30, tail_beside_embed: 0, fixed: 5 };

    fn cut(at: &[u32]) -> Option<Vec<Range<u32>>> {
        Some(at.windows(2).map(|w| w[0]..w[1]).collect())
    }

    #[test]
    fn one_card_takes_all_if_it_can() {
        assert_eq!(divide(8, &SIZES, &[115, 1000]), cut(&[0, 8]));
    }

    #[test]
    fn a_larger_model_is_cut_by_what_each_card_holds() {
        assert_eq!(divide(8, &SIZES, &[75, 75]), cut(&[0, 4, 8]));
        assert_eq!(divide(8, &SIZES, &[105, 55, 55]), cut(&[0, 7, 8]));
        assert_eq!(divide(9, &SIZES, &[65, 65, 65]), cut(&[0, 3, 7, 9]));
        assert_eq!(divide(10, &SIZES, &[55, 55, 55]), None);
        assert_eq!(divide(8, &SIZES, &[30, 30]), None);
        assert_eq!(divide(2, &SIZES, &[]), None);
    }

    #[test]
    fn every_layer_has_one_card_and_no_card_is_overfull() {
        for layers in 1..40 {
            for seed in 0..60u64 {
                let free: Vec<u64> = (0..1 + seed % 5).map(|i| 20 + (seed * 37 + i * 53) % 190).collect();
                let Some(ranges) = divide(layers, &SIZES, &free) else { continue };
                assert_eq!(ranges[0].start, 0);
                assert_eq!(ranges.last().unwrap().end, layers);
                assert!(ranges.windows(2).all(|w| w[0].end == w[1].start));
                for (i, (range, free)) in ranges.iter().zip(&free).enumerate() {
                    let ends = if i == 0 { 30 } else { 0 } + if i > 0 && i + 1 == ranges.len() { 30 } else { 0 };
                    assert!(!range.is_empty() && 5 + ends + 10 * range.len() as u64 <= *free, "{ranges:?} {free}");
                }
            }
        }
    }
}
