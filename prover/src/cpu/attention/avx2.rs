//! Scores and mixes with AVX2; what keeps the 32-bit sums exact is in the parent's documentation.

use std::arch::x86_64::*;

use super::cache::{BLOCK, VALUE_LANES};
use super::{Call, Scratch};

/// Vectors of values that are summed in one pass.
const PASS: usize = 4;

/// One head.
#[target_feature(enable = "avx2")]
pub fn head(call: &Call<'_>, scratch: &mut Scratch, out: &mut [i32]) {
    call.run(
        scratch,
        out,
        |keys, shifts, query, zf| scores(keys, shifts, query, zf),
        |values, low, high, split, o| mix(values, low, high, split, o),
    );
}

/// zf of every block of positions; keys are `[block][pair of dimensions][position]`.
#[target_feature(enable = "avx2")]
fn scores(keys: &[[u32; BLOCK]], shifts: &[[u8; BLOCK]], query: &[u32], zf: &mut [[i64; BLOCK]]) {
    let (quads, last) = query.as_chunks::<2>();
    for ((keys, shifts), zf) in keys.chunks_exact(query.len()).zip(shifts).zip(zf) {
        let (mut low, mut high) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        let mut add = |p| {
            low = _mm256_add_epi32(low, _mm256_and_si256(p, _mm256_set1_epi32(0xffff)));
            high = _mm256_add_epi32(high, _mm256_srai_epi32(p, 16));
        };
        let (key_quads, last_key) = keys.as_chunks::<2>();
        for (k, q) in key_quads.iter().zip(quads) {
            add(_mm256_add_epi32(product(&k[0], q[0]), product(&k[1], q[1])));
        }
        for (k, &q) in last_key.iter().zip(last) {
            add(product(k, q));
        }
        let (low, high) = (widen(low), widen(high));
        for (half, zf) in zf.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let z = _mm256_add_epi64(low[half], _mm256_slli_epi64(high[half], 16));
            let s = &shifts[half * 4..][..4];
            let s = _mm256_set_epi64x(s[3].into(), s[2].into(), s[1].into(), s[0].into());
            store(zf, _mm256_sllv_epi64(z, s));
        }
    }
}

/// Adds `Σ (high·2^split + low)·v` to `mix`.
#[target_feature(enable = "avx2")]
fn mix(values: &[[u32; VALUE_LANES]], low: &[u32], high: &[u32], split: u32, mix: &mut [i64]) {
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
    let split = _mm_cvtsi32_si128(split as i32);
    for ((mix, low), high) in mix.as_chunks_mut::<VALUE_LANES>().0.iter_mut().zip(lows).zip(highs) {
        let (low, high) = (widen(low), widen(high));
        for (half, mix) in mix.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let sum = _mm256_add_epi64(low[half], _mm256_sll_epi64(high[half], split));
            store(mix, _mm256_add_epi64(load_wide(mix), sum));
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

/// Eight 32-bit lanes as twice four 64-bit ones.
#[inline]
#[target_feature(enable = "avx2")]
fn widen(v: __m256i) -> [__m256i; 2] {
    [_mm256_cvtepi32_epi64(_mm256_castsi256_si128(v)), _mm256_cvtepi32_epi64(_mm256_extracti128_si256(v, 1))]
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_wide(v: &[i64; 4]) -> __m256i {
    // SAFETY: `v` is 32 readable bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(v.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(out: &mut [i64; 4], v: __m256i) {
    // SAFETY: `out` is 32 writable bytes, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), v) };
}
