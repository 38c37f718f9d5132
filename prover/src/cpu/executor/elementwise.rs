//! The non-linear steps of one position: the reference's formulas in the narrowest width that is exact.

use assay_model::arith::{MANTISSA_BITS, ROTARY_BITS};
use assay_model::config::GATE_BITS;
use assay_model::model::Gains;
use assay_model::program::CHUNK;
use assay_model::steps::{norm, pack};
use assay_model::tables::{Rotation, TABLE_BITS, Tables};

use super::vector::{block_shift_i32, block_shift_i64, mantissas_i32, mantissas_i64, rsr_i32};

/// Scratch of one thread.
#[derive(Default)]
pub struct Scratch {
    products: Vec<i32>,
    wide: Vec<i64>,
}

/// RMS norm: mantissas into `x`, the wire bytes of the header into `header`.
pub fn norm(
    h: &[i32],
    gains: &Gains,
    tables: &Tables,
    scratch: &mut Scratch,
    (x, header): (&mut [i16], &mut [u8]),
) -> norm::Scale {
    let u = &mut scratch.products;
    let mut partials: Vec<norm::Partial> =
        h.chunks(CHUNK).map(|h| norm::Partial { s1: block_shift_i32(h, MANTISSA_BITS), s2: 0, sum: 0 }).collect();
    let s1 = partials.iter().map(|p| p.s1).max().unwrap_or(0);
    u.clear();
    for ((h, gamma), partial) in h.chunks(CHUNK).zip(gains.gamma.chunks(CHUNK)).zip(&mut partials) {
        let first = u.len();
        u.extend(h.iter().zip(gamma).map(|(&h, &g)| rsr_i32(h, s1) * i32::from(g)));
        partial.sum = h.iter().map(|&h| i64::from(rsr_i32(h, s1)).pow(2) as u64).sum();
        partial.s2 = block_shift_i32(&u[first..], MANTISSA_BITS);
    }
    let scale = norm::Header::derive(&partials, &tables.eps);
    mantissas_i32(u, scale.s2, x);
    header.copy_from_slice(&norm::Header { partials, scale }.encode());
    scale
}

/// One head of queries or keys, blocked and rotated; returns its shift.
pub fn rotary(y: &[i32], rotations: &[Rotation], out: &mut [i16]) -> u8 {
    let s = block_shift_i32(y, ROTARY_BITS);
    for ((out, y), r) in out.as_chunks_mut::<2>().0.iter_mut().zip(y.as_chunks::<2>().0).zip(rotations) {
        let [x0, x1] = y.map(|y| rsr_i32(y, s));
        let (cos, sin) = (i32::from(r.cos), i32::from(r.sin));
        *out = [((x0 * cos - x1 * sin + 8192) >> 14) as i16, ((x0 * sin + x1 * cos + 8192) >> 14) as i16];
    }
    s
}

/// One head of values, blocked; returns its shift.
pub fn value(y: &[i32], out: &mut [i16]) -> u8 {
    let s = block_shift_i32(y, MANTISSA_BITS);
    mantissas_i32(y, s, out);
    s
}

/// Attention outputs under one block shift, which is returned.
pub fn attn_pack(v: &[i32], (x, header): (&mut [i16], &mut [u8])) -> u8 {
    let s = pack_header(v.chunks(CHUNK).map(|v| block_shift_i32(v, MANTISSA_BITS)), header);
    mantissas_i32(v, s, x);
    s
}

/// SwiGLU under one block shift, which is returned.
pub fn act(
    gate: &[i32],
    up: &[i32],
    tables: &Tables,
    scratch: &mut Scratch,
    (x, header): (&mut [i16], &mut [u8]),
) -> u8 {
    let largest = |v: &[i32]| v.iter().map(|v| v.unsigned_abs()).max().unwrap_or(0);
    // SIG ≤ 2^15, so this keeps products below 2^62.
    if u64::from(largest(gate)) * u64::from(largest(up)) >= 1 << 47 {
        return act_wide(gate, up, tables, (x, header));
    }
    let sigmoid: &[u16; 1 << TABLE_BITS] = tables.sigmoid.as_slice().try_into().expect("the table has 2^12 entries");
    let half = 1 << (TABLE_BITS - 1);
    let w = &mut scratch.wide;
    w.clear();
    w.extend(gate.iter().zip(up).map(|(&g, &u)| {
        let i = (g >> (GATE_BITS - 7)).clamp(-half, half - 1) + half;
        i64::from(g) * i64::from(u) * i64::from(sigmoid[i as usize])
    }));
    let s = pack_header(w.chunks(CHUNK).map(|w| block_shift_i64(w, MANTISSA_BITS)), header);
    mantissas_i64(w, s, x);
    s
}

/// [`act`] where a product may need more than 64 bits, which no sensible activation does.
fn act_wide(gate: &[i32], up: &[i32], tables: &Tables, (x, header): (&mut [i16], &mut [u8])) -> u8 {
    let w: Vec<i128> = gate.iter().zip(up).map(|(&g, &u)| pack::swiglu(g, u, tables)).collect();
    let s = pack_header(w.chunks(CHUNK).map(pack::shift), header);
    x.copy_from_slice(&pack::mantissas(&w, s).expect("the shift is the block's own"));
    s
}

/// Writes each chunk's shift and their maximum, which is returned.
fn pack_header(shifts: impl Iterator<Item = u8>, header: &mut [u8]) -> u8 {
    let Some((last, chunks)) = header.split_last_mut() else { return 0 };
    for (chunk, shift) in chunks.iter_mut().zip(shifts) {
        *chunk = shift;
    }
    *last = chunks.iter().copied().max().unwrap_or(0);
    *last
}
