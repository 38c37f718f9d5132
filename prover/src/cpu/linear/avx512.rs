//! AVX-512 with VNNI: as the AVX2 tier, with a whole tile's pair of columns in one register.
//!
//! `vpdpwssd` multiplies both columns, adds the two products and accumulates, without saturation.

use std::arch::asm;
use std::arch::x86_64::*;

use assay_model::matrix::TILE_ROWS;

use super::inputs::LANES;
use super::tile::{Factors, Tile, TileCodes};
use super::{Inputs, PANEL, PairOfColumns, Rows, avx2, portable};

/// Sixteen 64-bit values, `[parity of the row]`.
type Wide = [__m512i; 2];

/// Adds the tile's products to `acc`, `[lane]`.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
pub fn accumulate(tile: &Tile<'_>, x: &Inputs, panel: &mut Vec<PairOfColumns>, acc: &mut [Rows]) {
    match (tile.codes, acc) {
        (TileCodes::U4(words), [acc]) => one_scaled(tile, x, acc, |g| nibbles(words, tile.group, g, x)),
        (TileCodes::I8(pairs), [acc]) => one_scaled(tile, x, acc, |g| bytes(pairs, tile.group, g, x)),
        // Unscaled weights wait for memory, not for instructions.
        (TileCodes::I16(_) | TileCodes::I32(_), acc) => avx2::accumulate(tile, x, panel, acc),
        (_, acc) => many_scaled(tile, x, panel, acc),
    }
}

/// One position: `group_sum` gives p_g straight from the codes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn one_scaled(tile: &Tile<'_>, x: &Inputs, acc: &mut Rows, group_sum: impl Fn(usize) -> __m512i) {
    let mut wide = [_mm512_setzero_si512(); 2];
    for (g, &sum) in x.sums(0, 0, tile.cols / tile.group).iter().enumerate() {
        avx2::prefetch_scales(tile.scale, g);
        avx2::prefetch_scales(tile.offset, g);
        add_group(&mut wide, tile, g, group_sum(g), sum);
    }
    add_wide(acc, wide);
}

/// p_g of 4-bit codes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn nibbles(words: &[[u32; TILE_ROWS]], group: usize, g: usize, x: &Inputs) -> __m512i {
    let low = _mm512_set1_epi32(0x000f_000f);
    let mut p = [_mm512_setzero_si512(); 2];
    let pairs = x.pairs(0, g * group, group).as_chunks::<4>().0;
    let words = &words[g * group / 8..][..group / 8];
    avx2::prefetch(words);
    for (words, pairs) in words.iter().zip(pairs) {
        let w = load_rows(words);
        p[0] = _mm512_dpwssd_epi32(p[0], _mm512_and_si512(w, low), broadcast(pairs[0]));
        p[1] = _mm512_dpwssd_epi32(p[1], _mm512_and_si512(_mm512_srli_epi32(w, 4), low), broadcast(pairs[1]));
        p[0] = _mm512_dpwssd_epi32(p[0], _mm512_and_si512(_mm512_srli_epi32(w, 8), low), broadcast(pairs[2]));
        p[1] = _mm512_dpwssd_epi32(p[1], _mm512_srli_epi16(w, 12), broadcast(pairs[3]));
    }
    _mm512_add_epi32(p[0], p[1])
}

/// p_g of 8-bit codes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn bytes(pairs: &[[[i8; 2]; TILE_ROWS]], group: usize, g: usize, x: &Inputs) -> __m512i {
    let mut p = _mm512_setzero_si512();
    let pairs = &pairs[g * group / 2..][..group / 2];
    avx2::prefetch(pairs);
    for (w, &pair) in pairs.iter().zip(x.pairs(0, g * group, group)) {
        p = _mm512_dpwssd_epi32(p, _mm512_cvtepi8_epi16(load_half(w)), broadcast(pair));
    }
    p
}

/// Several positions: panels of columns are unpacked once and used for all blocks of positions.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn many_scaled(tile: &Tile<'_>, x: &Inputs, panel: &mut Vec<PairOfColumns>, acc: &mut [Rows]) {
    let (groups, half_group) = (tile.cols / tile.group, tile.group / 2);
    let step = (PANEL / tile.group).max(1);
    for first in (0..groups).step_by(step) {
        let count = step.min(groups - first);
        portable::unpack(tile.codes, first * tile.group, count * tile.group, panel);
        for (block, acc) in acc.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let mut wide = [[_mm512_setzero_si512(); 2]; LANES];
            let pairs = x.pairs(block, first * tile.group, count * tile.group).as_chunks::<LANES>().0;
            let sums = x.sums(block, first, count).as_chunks::<LANES>().0;
            let groups = panel.chunks_exact(half_group).zip(pairs.chunks_exact(half_group)).zip(sums);
            for (g, ((panel, pairs), sums)) in groups.enumerate() {
                let mut p = [_mm512_setzero_si512(); LANES];
                for (w, x) in panel.iter().zip(pairs) {
                    let w = load_rows(w);
                    for lane in 0..LANES {
                        p[lane] = _mm512_dpwssd_epi32(p[lane], w, broadcast(x[lane]));
                    }
                }
                for lane in 0..LANES {
                    add_group(&mut wide[lane], tile, first + g, p[lane], sums[lane]);
                }
            }
            for (acc, wide) in acc.iter_mut().zip(wide) {
                add_wide(acc, wide);
            }
        }
    }
}

/// `wide += D·p + M·sum`.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_group(wide: &mut Wide, tile: &Tile<'_>, g: usize, p: __m512i, sum: i32) {
    let d = factors(tile.scale, g).unwrap_or(_mm512_set1_epi32(1));
    add_product(wide, p, d);
    if let Some(m) = factors(tile.offset, g) {
        add_product(wide, m, _mm512_set1_epi64(i64::from(sum) << 32 | i64::from(sum as u32)));
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn factors(f: Factors<'_>, g: usize) -> Option<__m512i> {
    match f {
        Factors::None => None,
        Factors::I16(v) => Some(_mm512_cvtepi16_epi32(load_half(&v[g]))),
        Factors::I32(v) => Some(load_rows(&v[g])),
    }
}

/// Adds 32 × 32 bit products of even and odd rows.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_product(wide: &mut Wide, a: __m512i, b: __m512i) {
    wide[0] = _mm512_add_epi64(wide[0], mul_wide(a, b));
    let (a, b) = (_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32));
    wide[1] = _mm512_add_epi64(wide[1], mul_wide(a, b));
}

/// 32 × 32 bit products of the even lanes; the AVX2 tier says why this is not the intrinsic.
#[inline]
#[target_feature(enable = "avx512f")]
fn mul_wide(a: __m512i, b: __m512i) -> __m512i {
    let product;
    // SAFETY: one AVX-512F instruction on registers.
    unsafe {
        asm!("vpmuldq {}, {}, {}", lateout(zmm_reg) product, in(zmm_reg) a, in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    product
}

/// Brings even and odd rows back into order and adds them to `acc`.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_wide(acc: &mut Rows, wide: Wide) {
    let mut sums = [[0i64; 8]; 2];
    for (sums, wide) in sums.iter_mut().zip(wide) {
        // SAFETY: `sums` is 64 writable bytes, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), wide) };
    }
    for (i, acc) in acc.iter_mut().enumerate() {
        *acc += sums[i % 2][i / 2];
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn broadcast(pair: u32) -> __m512i {
    _mm512_set1_epi32(pair as i32)
}

/// Sixteen elements of four bytes each.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_rows<T: Copy>(rows: &[T; TILE_ROWS]) -> __m512i {
    const { assert!(size_of::<[T; TILE_ROWS]>() == 64) };
    // SAFETY: `rows` is 64 readable bytes, and the load needs no alignment.
    unsafe { _mm512_loadu_si512(std::ptr::from_ref(rows).cast()) }
}

/// Sixteen elements of two bytes each.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_half<T: Copy>(rows: &[T; TILE_ROWS]) -> __m256i {
    const { assert!(size_of::<[T; TILE_ROWS]>() == 32) };
    // SAFETY: `rows` is 32 readable bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(std::ptr::from_ref(rows).cast()) }
}
