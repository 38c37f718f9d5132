//! AVX2: 4 lanes a register.

use std::arch::asm;
use std::arch::x86_64::*;

use super::{Block, SPAN, Scratch, spans, walk};
use crate::fold::limbs::LIMBS;
use assay_model::matrix::TILE_ROWS;

/// 64-bit lanes of a register.
const WIDTH: usize = 4;

/// See [`super::add_block`].
#[target_feature(enable = "avx2")]
pub fn add_block(block: &Block<'_>, scratch: &mut Scratch, sums: &mut [i64]) {
    walk(block, scratch, sums, |panel, weights, column, first, step, products| {
        for part in 0..TILE_ROWS / WIDTH {
            let mut acc = [_mm256_setzero_si256(); LIMBS];
            let mut g = first;
            while let (Some(panel), Some(weights)) = (panel.get(g), weights.get(g)) {
                let w = widen(&panel[column].as_chunks().0[part]);
                for (acc, limb) in acc.iter_mut().zip(weights) {
                    *acc = _mm256_add_epi64(*acc, multiply(w, load(&limb.as_chunks().0[part])));
                }
                g += step;
            }
            for (products, acc) in products.iter_mut().zip(acc) {
                store(&mut products.as_chunks_mut().0[part], acc);
            }
        }
    });
}

/// See [`super::convolve`].
#[target_feature(enable = "avx2")]
pub fn convolve(u: &[i64], x: &[i16], out: &mut [i64]) {
    spans(u, x, out, |u, x, sums| {
        let sums = sums.as_chunks_mut::<WIDTH>().0;
        let mut acc = [_mm256_setzero_si256(); SPAN / WIDTH];
        acc.iter_mut().zip(sums.iter()).for_each(|(acc, sums)| *acc = load(sums));
        for (u, x) in u.array_windows::<SPAN>().rev().zip(x) {
            let x = _mm256_set1_epi64x(i64::from(*x));
            for (acc, u) in acc.iter_mut().zip(u.as_chunks().0) {
                *acc = _mm256_add_epi64(*acc, multiply(x, load(u)));
            }
        }
        acc.into_iter().zip(sums).for_each(|(acc, sums)| store(sums, acc));
    });
}

/// 32 × 32 bit products of the even 32-bit lanes; `cpu/linear/avx2.rs` says why this is not the intrinsic.
#[inline]
#[target_feature(enable = "avx2")]
fn multiply(a: __m256i, b: __m256i) -> __m256i {
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
fn widen(lanes: &[i32; WIDTH]) -> __m256i {
    // SAFETY: `lanes` is 16 readable bytes, and the load needs no alignment.
    _mm256_cvtepi32_epi64(unsafe { _mm_loadu_si128(std::ptr::from_ref(lanes).cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(lanes: &[i64; WIDTH]) -> __m256i {
    // SAFETY: `lanes` is 32 readable bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(std::ptr::from_ref(lanes).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(lanes: &mut [i64; WIDTH], v: __m256i) {
    // SAFETY: `lanes` is 32 writable bytes, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(std::ptr::from_mut(lanes).cast(), v) }
}
