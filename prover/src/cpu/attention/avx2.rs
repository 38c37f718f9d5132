//! Scores and mixes with AVX2; what keeps the 32-bit sums exact is in the parent's documentation.

use std::arch::x86_64::*;

use super::cache::{BLOCK, VALUE_LANES};

/// Vectors of values that are summed in one pass.
const PASS: usize = 4;

/// `Σ q·k` of the positions of one block, `[pair of dimensions][position]`.
#[target_feature(enable = "avx2")]
pub fn scores(keys: &[[u32; BLOCK]], query: &[u32]) -> [i64; BLOCK] {
    let (mut low, mut high) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    let (keys, last_key) = keys.as_chunks::<2>();
    let (query, last_query) = query.as_chunks::<2>();
    let mut add = |p| {
        low = _mm256_add_epi32(low, _mm256_and_si256(p, _mm256_set1_epi32(0xffff)));
        high = _mm256_add_epi32(high, _mm256_srai_epi32(p, 16));
    };
    for (k, q) in keys.iter().zip(query) {
        add(_mm256_add_epi32(product(&k[0], q[0]), product(&k[1], q[1])));
    }
    for (k, &q) in last_key.iter().zip(last_query) {
        add(product(k, q));
    }
    let (low, high) = (lanes_of(low), lanes_of(high));
    std::array::from_fn(|i| i64::from(low[i]) + (i64::from(high[i]) << 16))
}

/// Adds `Σ (high·2^split + low)·v` to `mix`.
#[target_feature(enable = "avx2")]
pub fn mix(values: &[[u32; VALUE_LANES]], low: &[u32], high: &[u32], split: u32, mix: &mut [i64]) {
    let vectors = mix.len() / VALUE_LANES;
    let mut done = 0;
    while done + PASS <= vectors {
        pass::<PASS>(values, vectors, done, (low, high, split), &mut mix[done * VALUE_LANES..]);
        done += PASS;
    }
    while done < vectors {
        pass::<1>(values, vectors, done, (low, high, split), &mut mix[done * VALUE_LANES..]);
        done += 1;
    }
}

/// Vectors `first..first + N` of all pairs of positions.
#[inline]
#[target_feature(enable = "avx2")]
fn pass<const N: usize>(
    values: &[[u32; VALUE_LANES]],
    vectors: usize,
    first: usize,
    (low, high, split): (&[u32], &[u32], u32),
    mix: &mut [i64],
) {
    let (mut lows, mut highs) = ([_mm256_setzero_si256(); N], [_mm256_setzero_si256(); N]);
    for ((v, &low), &high) in values.chunks_exact(vectors).zip(low).zip(high) {
        let (low, high) = (_mm256_set1_epi32(low as i32), _mm256_set1_epi32(high as i32));
        for ((v, lows), highs) in v[first..][..N].iter().zip(&mut lows).zip(&mut highs) {
            let v = load(v);
            *lows = _mm256_add_epi32(*lows, _mm256_madd_epi16(v, low));
            *highs = _mm256_add_epi32(*highs, _mm256_madd_epi16(v, high));
        }
    }
    for ((mix, low), high) in mix.as_chunks_mut::<VALUE_LANES>().0.iter_mut().zip(lows).zip(highs) {
        for ((o, low), high) in mix.iter_mut().zip(lanes_of(low)).zip(lanes_of(high)) {
            *o += i64::from(low) + (i64::from(high) << split);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn product(k: &[u32; BLOCK], q: u32) -> __m256i {
    _mm256_madd_epi16(load(k), _mm256_set1_epi32(q as i32))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(v: &[u32; 8]) -> __m256i {
    // SAFETY: `v` is 32 readable bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(v.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn lanes_of(v: __m256i) -> [i32; 8] {
    let mut out = [0; 8];
    // SAFETY: `out` is 32 writable bytes, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), v) };
    out
}
