//! Softmax attention: the query heads of one position that share a key/value head.
//!
//! The reference's `assay_model::steps::attention`, in 64 bits and by blocks:
//!
//! - *Scores.* |q|, |k| ≤ 23170, so a sum of two pairs of products fits an i32; low and high halves of those sums are
//!   added apart. |zf| ≤ hd·2^(30 + 18) stays in 64 bits.
//! - *Weights.* Δ = max − zf_j ≥ 2^49 gives t_j ≥ 2^12, thus e_j = 0, because c ≥ 2 and 38 − sq ≤ 38; below it Δ·c fits
//!   64 bits. sq ≤ 18, so the shift is to the right.
//! - *Mix.* w_j = e_j << sv_j of 32 positions is split at bit b, `w = high·2^b + low`, b the least with
//!   Σ high ≤ 2^15. While b ≤ 11, Σ low < 2^16 too, and sums of either half times |v| < 2^15 fit an i32. Flat
//!   attention over huge values goes beyond that; such a segment is summed in 64 bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod cache;
mod portable;

#[cfg(test)]
mod tests;

use assay_model::tables::{TABLE_BITS, Tables};

use super::linear::word;
use crate::cpu::platform::{Kind, Tier};

pub use cache::KeyValueHead;
use cache::{BLOCK, VALUE_LANES};

/// Positions whose values are mixed under one split of the weights.
const SEGMENT: usize = 32;
/// Largest split: SEGMENT·(2^11 − 1) < 2^16.
const MAX_SPLIT: u32 = 11;

/// One query head: rotated mantissas and their shift.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// Mantissas, hd.
    pub x: &'a [i16],
    /// Shift sq.
    pub shift: u8,
}

/// What attention keeps between calls.
#[derive(Default)]
pub struct Scratch {
    query: Vec<u32>,
    scores: Vec<[i64; BLOCK]>,
    weights: Vec<u32>,
    mix: Vec<i64>,
}

/// Attention of `query` over the first `seen` positions of `past`, into `out` (hd values, Q16).
///
/// # Panics
/// If `seen` is 0 or more than `past` has, or a length is not hd.
pub fn head(
    tier: Tier,
    query: Query<'_>,
    past: &KeyValueHead,
    seen: usize,
    tables: &Tables,
    scratch: &mut Scratch,
    out: &mut [i32],
) {
    assert!(0 < seen && seen <= past.len() && query.x.len() == past.head_dim() && out.len() == past.head_dim());
    let call = Call { query, past, seen, tables };
    match tier.0 {
        Kind::Portable => call.run(scratch, out, portable::scores, portable::mix),
        // SAFETY: a `Tier` of this kind exists only where the processor has AVX2.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 | Kind::Avx512 => unsafe { avx2::head(&call, scratch, out) },
    }
}

/// What one head reads.
struct Call<'a> {
    query: Query<'a>,
    past: &'a KeyValueHead,
    seen: usize,
    tables: &'a Tables,
}

impl Call<'_> {
    /// The whole head; inlined, so that each tier compiles it for its registers.
    ///
    /// `scores(keys, shifts, query, zf)` and `mix(values, low, high, split, mix)` are the tier's inner loops.
    #[inline(always)]
    fn run(
        &self,
        scratch: &mut Scratch,
        out: &mut [i32],
        scores_of: impl Fn(&[[u32; BLOCK]], &[[u8; BLOCK]], &[u32], &mut [[i64; BLOCK]]),
        mix_of: impl Fn(&[[u32; VALUE_LANES]], &[u32], &[u32], u32, &mut [i64]),
    ) {
        let Scratch { query, scores, weights, mix } = scratch;
        query.clear();
        query.extend(self.query.x.as_chunks::<2>().0.iter().map(|x| word(*x)));
        scores.resize(self.seen.div_ceil(BLOCK), [0; BLOCK]);
        let (keys, shifts) = self.past.keys(scores.len());
        scores_of(keys, shifts, query, scores);
        let total = softmax(&scores.as_flattened()[..self.seen], self.query.shift, self.tables, weights);
        mix.clear();
        mix.resize(self.past.head_dim().next_multiple_of(VALUE_LANES), 0);
        for (segment, e) in weights.chunks(SEGMENT).enumerate() {
            mix_segment(e, self.past, segment * SEGMENT, mix, &mix_of);
        }
        let divisor = total.max(1);
        for (out, o) in out.iter_mut().zip(mix) {
            let quotient = (*o + (total >> 1)).div_euclid(divisor);
            *out = quotient.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        }
    }
}

/// Weights e_j of scores zf_j; returns their sum P.
#[inline(always)]
fn softmax(scores: &[i64], sq: u8, tables: &Tables, weights: &mut Vec<u32>) -> i64 {
    let max = scores.iter().copied().max().unwrap_or(0);
    let scale = tables.score_scale & 0xffff;
    let shift = 38 - u32::from(sq);
    let exp: &[u16; 1 << TABLE_BITS] = tables.exp.as_slice().try_into().expect("the table has 2^12 entries");
    weights.clear();
    weights.extend(scores.iter().map(|zf| {
        let below = (max - zf).min(1 << 49) as u64;
        ((below * scale) >> shift).min(1 << TABLE_BITS) as u32
    }));
    let mut total = 0;
    for w in weights {
        *w = exp.get(*w as usize).copied().map_or(0, u32::from);
        total += i64::from(*w);
    }
    total
}

/// Adds `Σ e_j·(v_j << sv_j)` of positions `first..` to `mix`.
#[inline(always)]
fn mix_segment(
    e: &[u32],
    past: &KeyValueHead,
    first: usize,
    mix: &mut [i64],
    mix_of: impl Fn(&[[u32; VALUE_LANES]], &[u32], &[u32], u32, &mut [i64]),
) {
    let mut w = [0u64; SEGMENT];
    for ((w, &e), &sv) in w.iter_mut().zip(e).zip(past.value_shifts(first)) {
        *w = u64::from(e) << sv;
    }
    let total: u64 = w.iter().sum();
    if total == 0 {
        return;
    }
    let split = (64 - total.leading_zeros()).saturating_sub(15);
    let values = past.values(first, e.len());
    if split > MAX_SPLIT {
        portable::mix_wide(values, &w, mix);
        return;
    }
    let (mut low, mut high) = ([0; SEGMENT / 2], [0; SEGMENT / 2]);
    for ((low, high), &[a, b]) in low.iter_mut().zip(&mut high).zip(w.as_chunks::<2>().0) {
        let mask = (1 << split) - 1;
        *low = word([(a & mask) as i16, (b & mask) as i16]);
        *high = word([(a >> split) as i16, (b >> split) as i16]);
    }
    mix_of(values, &low, &high, split, mix);
}
