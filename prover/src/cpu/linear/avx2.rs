//! AVX2: a register holds two columns of eight rows, so a tile's pair of columns is two registers (*halves*).
//!
//! `madd(w, x)` multiplies both columns by a broadcast pair of mantissas and adds the two products. 64-bit sums are kept
//! apart for even and odd rows, because the widening multiply reads every other 32-bit lane.

use std::arch::asm;
use std::arch::x86_64::*;

use assay_model::matrix::TILE_ROWS;

use super::inputs::LANES;
use super::tile::{Factors, Tile, TileCodes};
use super::{Inputs, PANEL, PairOfColumns, Rows, portable};

/// Pairs of products whose low and high halves add up in i32 without overflow: 2^15 · (2^16 − 1) < 2^31.
const PLAIN_PAIRS: usize = 1 << 12;

/// Groups between a prefetch and its use.
const AHEAD: usize = 16;

/// Sixteen 32-bit values, `[half]`.
type Halves = [__m256i; 2];
/// Sixteen 64-bit values, `[half][parity of the row]`.
type Wide = [[__m256i; 2]; 2];

/// Adds the tile's products to `acc`, `[lane]`.
#[target_feature(enable = "avx2")]
pub fn accumulate(tile: &Tile<'_>, x: &Inputs, panel: &mut Vec<PairOfColumns>, acc: &mut [Rows]) {
    match (tile.codes, acc) {
        (TileCodes::U4(words), [acc]) => one_scaled(tile, x, acc, |g| nibbles(words, tile.group, g, x)),
        (TileCodes::I8(pairs), [acc]) => one_scaled(tile, x, acc, |g| bytes(pairs, tile.group, g, x)),
        (TileCodes::I16(codes), acc) => plain(codes, x, acc),
        (TileCodes::I32(codes), acc) => wide_codes(codes, x, acc),
        (_, acc) => many_scaled(tile, x, panel, acc),
    }
}

/// One position: `group_sum` gives p_g straight from the codes.
#[inline]
#[target_feature(enable = "avx2")]
fn one_scaled(tile: &Tile<'_>, x: &Inputs, acc: &mut Rows, group_sum: impl Fn(usize) -> Halves) {
    let mut wide = zero_wide();
    for (g, &sum) in x.sums(0, 0, tile.cols / tile.group).iter().enumerate() {
        prefetch_scales(tile.scale, g);
        prefetch_scales(tile.offset, g);
        let scale = GroupScale::of(tile, g);
        scale.add(&mut wide, group_sum(g), sum);
    }
    add_wide(acc, wide);
}

/// Fetches what stands where `group` does, [`AHEAD`] groups on: codes and scales are separate streams, each too slow for
/// the processor to run ahead of by itself.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn prefetch<T>(group: &[T]) {
    let bytes = size_of_val(group);
    let start = group.as_ptr().cast::<i8>().wrapping_add(bytes * AHEAD);
    for line in (0..bytes).step_by(64) {
        // A prefetch never faults, wherever it points.
        _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line));
    }
}

/// As [`prefetch`], for one group's multipliers or offsets.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn prefetch_scales(f: Factors<'_>, g: usize) {
    match f {
        Factors::None => {}
        Factors::I16(v) => prefetch(&v[g]),
        Factors::I32(v) => prefetch(&v[g]),
    }
}

/// p_g of 4-bit codes. Nibbles 1 and 5 are multiplied where they stand, sixteen times too large, and summed apart.
#[inline]
#[target_feature(enable = "avx2")]
fn nibbles(words: &[[u32; TILE_ROWS]], group: usize, g: usize, x: &Inputs) -> Halves {
    let (low, high) = (_mm256_set1_epi32(0x000f_000f), _mm256_set1_epi32(0x00f0_00f0));
    let mut p = [_mm256_setzero_si256(); 2];
    let mut p16 = p;
    let pairs = x.pairs(0, g * group, group).as_chunks::<4>().0;
    let words = &words[g * group / 8..][..group / 8];
    prefetch(words);
    for (words, pairs) in words.iter().zip(pairs) {
        let x = [broadcast(pairs[0]), broadcast(pairs[1]), broadcast(pairs[2]), broadcast(pairs[3])];
        for (half, w) in load_rows(words).into_iter().enumerate() {
            let v = _mm256_srli_epi32(w, 8);
            let a = _mm256_madd_epi16(_mm256_and_si256(w, low), x[0]);
            let b = _mm256_madd_epi16(_mm256_and_si256(w, high), x[1]);
            let c = _mm256_madd_epi16(_mm256_and_si256(v, low), x[2]);
            let d = _mm256_madd_epi16(_mm256_and_si256(v, high), x[3]);
            p[half] = _mm256_add_epi32(p[half], _mm256_add_epi32(a, c));
            p16[half] = _mm256_add_epi32(p16[half], _mm256_add_epi32(b, d));
        }
    }
    [_mm256_add_epi32(p[0], _mm256_srai_epi32(p16[0], 4)), _mm256_add_epi32(p[1], _mm256_srai_epi32(p16[1], 4))]
}

/// p_g of 8-bit codes.
#[inline]
#[target_feature(enable = "avx2")]
fn bytes(pairs: &[[[i8; 2]; TILE_ROWS]], group: usize, g: usize, x: &Inputs) -> Halves {
    let mut p = [_mm256_setzero_si256(); 2];
    let pairs = &pairs[g * group / 2..][..group / 2];
    prefetch(pairs);
    for (w, &pair) in pairs.iter().zip(x.pairs(0, g * group, group)) {
        let x = broadcast(pair);
        let w = load_bytes(w);
        let w = [_mm256_castsi256_si128(w), _mm256_extracti128_si256(w, 1)];
        for (half, w) in w.into_iter().enumerate() {
            let w = _mm256_cvtepi8_epi16(w);
            p[half] = _mm256_add_epi32(p[half], _mm256_madd_epi16(w, x));
        }
    }
    p
}

/// Several positions: panels of columns are unpacked once and used for all blocks of positions.
#[target_feature(enable = "avx2")]
fn many_scaled(tile: &Tile<'_>, x: &Inputs, panel: &mut Vec<PairOfColumns>, acc: &mut [Rows]) {
    let groups = tile.cols / tile.group;
    let step = (PANEL / tile.group).max(1);
    for first in (0..groups).step_by(step) {
        let count = step.min(groups - first);
        portable::unpack(tile.codes, first * tile.group, count * tile.group, panel);
        for (block, acc) in acc.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            block_scaled(tile, x, panel, block, first, acc);
        }
    }
}

/// One panel times one block of four positions.
#[target_feature(enable = "avx2")]
fn block_scaled(
    tile: &Tile<'_>,
    x: &Inputs,
    panel: &[PairOfColumns],
    block: usize,
    first: usize,
    acc: &mut [Rows; LANES],
) {
    let count = panel.len() * 2 / tile.group;
    let mut wide = [zero_wide(); LANES];
    let pairs = x.pairs(block, first * tile.group, count * tile.group).as_chunks::<LANES>().0;
    let sums = x.sums(block, first, count).as_chunks::<LANES>().0;
    let half_group = tile.group / 2;
    let groups = panel.chunks_exact(half_group).zip(pairs.chunks_exact(half_group)).zip(sums);
    for (g, ((panel, pairs), sums)) in groups.enumerate() {
        let p = block_sums(panel, pairs);
        let scale = GroupScale::of(tile, first + g);
        for lane in 0..LANES {
            scale.add(&mut wide[lane], p[lane], sums[lane]);
        }
    }
    for (acc, wide) in acc.iter_mut().zip(wide) {
        add_wide(acc, wide);
    }
}

/// p_g of four positions: the inner loop of every prefill.
#[inline]
#[target_feature(enable = "avx2")]
fn block_sums(panel: &[PairOfColumns], pairs: &[[u32; LANES]]) -> [Halves; LANES] {
    let mut p = [[_mm256_setzero_si256(); 2]; LANES];
    for (w, x) in panel.iter().zip(pairs) {
        let w = load_rows(w);
        for lane in 0..LANES {
            let x = broadcast(x[lane]);
            p[lane][0] = _mm256_add_epi32(p[lane][0], _mm256_madd_epi16(w[0], x));
            p[lane][1] = _mm256_add_epi32(p[lane][1], _mm256_madd_epi16(w[1], x));
        }
    }
    p
}

/// 16-bit weights without scales. A sum of two products needs all of an i32, so its halves are summed apart.
#[target_feature(enable = "avx2")]
fn plain(codes: &[PairOfColumns], x: &Inputs, acc: &mut [Rows]) {
    let lanes = x.lanes();
    for (first, codes) in codes.chunks(PLAIN_PAIRS).enumerate() {
        for (lane, acc) in acc.iter_mut().enumerate() {
            let pairs = x.pairs(lane / lanes, first * PLAIN_PAIRS * 2, codes.len() * 2);
            let (mut low, mut high) = ([_mm256_setzero_si256(); 2], [_mm256_setzero_si256(); 2]);
            for (w, pairs) in codes.iter().zip(pairs.chunks_exact(lanes)) {
                let x = broadcast(pairs[lane % lanes]);
                for (half, w) in load_rows(w).into_iter().enumerate() {
                    let p = _mm256_madd_epi16(w, x);
                    low[half] = _mm256_add_epi32(low[half], _mm256_and_si256(p, _mm256_set1_epi32(0xffff)));
                    high[half] = _mm256_add_epi32(high[half], _mm256_srai_epi32(p, 16));
                }
            }
            for (half, acc) in acc.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                for ((acc, low), high) in acc.iter_mut().zip(lanes_of(low[half])).zip(lanes_of(high[half])) {
                    *acc += i64::from(low) + (i64::from(high) << 16);
                }
            }
        }
    }
}

/// 20-bit weights without scales: every product is widened.
#[target_feature(enable = "avx2")]
fn wide_codes(codes: &[[i32; TILE_ROWS]], x: &Inputs, acc: &mut [Rows]) {
    let lanes = x.lanes();
    for (lane, acc) in acc.iter_mut().enumerate() {
        let mut wide = zero_wide();
        let pairs = x.pairs(lane / lanes, 0, x.cols()).chunks_exact(lanes);
        for (w, pairs) in codes.as_chunks::<2>().0.iter().zip(pairs) {
            for (w, x) in w.iter().zip(super::inputs::unword(pairs[lane % lanes])) {
                let x = _mm256_set1_epi32(i32::from(x));
                for (half, w) in load_rows(w).into_iter().enumerate() {
                    add_product(&mut wide[half], w, [x, x]);
                }
            }
        }
        add_wide(acc, wide);
    }
}

/// D and M of one group, ready for the widening multiply: `[half][parity]`.
struct GroupScale {
    d: Wide,
    m: Option<Wide>,
}

impl GroupScale {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn of(tile: &Tile<'_>, g: usize) -> GroupScale {
        let one = [[_mm256_set1_epi32(1); 2]; 2];
        GroupScale { d: factors(tile.scale, g).unwrap_or(one), m: factors(tile.offset, g) }
    }

    /// `wide += D·p + M·sum`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn add(&self, wide: &mut Wide, p: Halves, sum: i32) {
        for half in 0..2 {
            add_product(&mut wide[half], p[half], self.d[half]);
        }
        if let Some(m) = &self.m {
            let sum = _mm256_set1_epi32(sum);
            for half in 0..2 {
                for parity in 0..2 {
                    let product = mul_wide(m[half][parity], sum);
                    wide[half][parity] = _mm256_add_epi64(wide[half][parity], product);
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn factors(f: Factors<'_>, g: usize) -> Option<Wide> {
    let halves = match f {
        Factors::None => return None,
        Factors::I16(v) => {
            let v = load_i16(&v[g]);
            [_mm256_cvtepi16_epi32(_mm256_castsi256_si128(v)), _mm256_cvtepi16_epi32(_mm256_extracti128_si256(v, 1))]
        }
        Factors::I32(v) => load_rows(&v[g]),
    };
    Some([[halves[0], _mm256_srli_epi64(halves[0], 32)], [halves[1], _mm256_srli_epi64(halves[1], 32)]])
}

/// Adds 32 × 32 bit products; `b` is given for even and odd rows.
#[inline]
#[target_feature(enable = "avx2")]
fn add_product(wide: &mut [__m256i; 2], a: __m256i, b: [__m256i; 2]) {
    wide[0] = _mm256_add_epi64(wide[0], mul_wide(a, b[0]));
    wide[1] = _mm256_add_epi64(wide[1], mul_wide(_mm256_srli_epi64(a, 32), b[1]));
}

/// 32 × 32 bit products of the even lanes.
///
/// As an intrinsic this is a 64-bit product of sign-extended lanes to the compiler, which then moves the extension out of
/// the loop, no longer sees that 32 bits suffice, and multiplies in six instructions.
#[inline]
#[target_feature(enable = "avx2")]
fn mul_wide(a: __m256i, b: __m256i) -> __m256i {
    let product;
    // SAFETY: one AVX2 instruction on registers.
    unsafe {
        asm!("vpmuldq {}, {}, {}", lateout(ymm_reg) product, in(ymm_reg) a, in(ymm_reg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    product
}

#[inline]
#[target_feature(enable = "avx2")]
fn zero_wide() -> Wide {
    [[_mm256_setzero_si256(); 2]; 2]
}

/// Brings even and odd rows back into order and adds them to `acc`.
#[inline]
#[target_feature(enable = "avx2")]
fn add_wide(acc: &mut Rows, wide: Wide) {
    for (acc, [even, odd]) in acc.as_chunks_mut::<8>().0.iter_mut().zip(wide) {
        let (even, odd) = (quads_of(even), quads_of(odd));
        for (i, acc) in acc.iter_mut().enumerate() {
            *acc += if i % 2 == 0 { even[i / 2] } else { odd[i / 2] };
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn broadcast(pair: u32) -> __m256i {
    _mm256_set1_epi32(pair as i32)
}

/// Sixteen elements of four bytes each.
#[inline]
#[target_feature(enable = "avx2")]
fn load_rows<T: Copy>(rows: &[T; TILE_ROWS]) -> Halves {
    const { assert!(size_of::<[T; TILE_ROWS]>() == 64) };
    let p = std::ptr::from_ref(rows).cast::<__m256i>();
    // SAFETY: `rows` is 64 readable bytes, and the loads need no alignment.
    unsafe { [_mm256_loadu_si256(p), _mm256_loadu_si256(p.add(1))] }
}

/// Sixteen pairs of bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn load_bytes(rows: &[[i8; 2]; TILE_ROWS]) -> __m256i {
    // SAFETY: `rows` is 32 readable bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(std::ptr::from_ref(rows).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_i16(rows: &[i16; TILE_ROWS]) -> __m256i {
    // SAFETY: `rows` is 32 readable bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(std::ptr::from_ref(rows).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn lanes_of(v: __m256i) -> [i32; 8] {
    let mut out = [0; 8];
    // SAFETY: `out` is 32 writable bytes, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), v) };
    out
}

#[inline]
#[target_feature(enable = "avx2")]
fn quads_of(v: __m256i) -> [i64; 4] {
    let mut out = [0; 4];
    // SAFETY: `out` is 32 writable bytes, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), v) };
    out
}
