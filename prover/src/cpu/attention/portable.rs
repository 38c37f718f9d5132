//! Scores and mixes in plain Rust.

use super::cache::{BLOCK, VALUE_LANES};
use crate::cpu::linear::unword;

/// zf of every block of positions; keys are `[block][pair of dimensions][position]`.
pub fn scores(keys: &[[u32; BLOCK]], shifts: &[[u8; BLOCK]], query: &[u32], zf: &mut [[i64; BLOCK]]) {
    for ((keys, shifts), zf) in keys.chunks_exact(query.len()).zip(shifts).zip(zf) {
        let mut z = [0i64; BLOCK];
        for (k, &q) in keys.iter().zip(query) {
            let q = unword(q).map(i32::from);
            for (z, &k) in z.iter_mut().zip(k) {
                let k = unword(k).map(i32::from);
                *z += i64::from(q[0] * k[0] + q[1] * k[1]);
            }
        }
        for ((zf, z), s) in zf.iter_mut().zip(z).zip(shifts) {
            *zf = z << s;
        }
    }
}

/// Adds `Σ (high·2^split + low)·v` to `mix`.
pub fn mix(values: &[[u32; VALUE_LANES]], low: &[u32], high: &[u32], split: u32, mix: &mut [i64]) {
    let pairs = values.chunks_exact(mix.len() / VALUE_LANES);
    for ((v, &low), &high) in pairs.zip(low).zip(high) {
        let (low, high) = (unword(low).map(i64::from), unword(high).map(i64::from));
        let w = [(high[0] << split) + low[0], (high[1] << split) + low[1]];
        add(v, w, mix);
    }
}

/// Adds `Σ w·v` to `mix`, for any weights.
pub fn mix_wide(values: &[[u32; VALUE_LANES]], w: &[u64], mix: &mut [i64]) {
    for (v, w) in values.chunks_exact(mix.len() / VALUE_LANES).zip(w.as_chunks::<2>().0) {
        add(v, w.map(|w| w as i64), mix);
    }
}

fn add(v: &[[u32; VALUE_LANES]], w: [i64; 2], mix: &mut [i64]) {
    for (o, &v) in mix.iter_mut().zip(v.as_flattened()) {
        let v = unword(v).map(i64::from);
        *o += w[0] * v[0] + w[1] * v[1];
    }
}
