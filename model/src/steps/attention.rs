//! Softmax attention of one head at one position.
//!
//! ```text
//! z_j = Σ q_i·k_ji                     zf_j = z_j << sk_j
//! t_j = ((max zf − zf_j)·c) >> (38 − sq)          in 2^−8 nats; c = round(2^14/√hd)
//! e_j = EXP[t_j], 0 for t_j ≥ 2^12
//! P   = Σ e_j                          o_i = Σ e_j·(v_ji << sv_j)
//! out_i = ⌊(o_i + ⌊P/2⌋) / P⌋          Q16, saturated to i32
//! ```
//!
//! `P ≥ EXP[0] = 2^15`, so the division is defined. Sums stay inside 64 bits for up to 2^16 positions; i128 here keeps
//! the reference free of that argument.

use super::kv::{Block, KeyValue};
use crate::arith::{floor_div, saturate_i32};
use crate::tables::{TABLE_BITS, Tables};

/// Output of one head: hd values in Q16. `query` is rotated; `past` is every position up to and including this one.
pub fn head<'a>(query: &Block, past: impl IntoIterator<Item = &'a KeyValue> + Clone, tables: &Tables) -> Vec<i32> {
    let scores: Vec<i128> = past
        .clone()
        .into_iter()
        .map(|kv| {
            let z: i128 = query.x.iter().zip(&kv.key.x).map(|(&q, &k)| i128::from(q) * i128::from(k)).sum();
            z << kv.key.shift
        })
        .collect();
    let max = scores.iter().copied().max().unwrap_or(0);
    let mut total = 0i128;
    let mut mix = vec![0i128; query.x.len()];
    for (score, kv) in scores.iter().zip(past) {
        let e = weight(max - score, query.shift, tables);
        total += e;
        for (o, &v) in mix.iter_mut().zip(&kv.value.x) {
            *o += e * (i128::from(v) << kv.value.shift);
        }
    }
    mix.into_iter().map(|o| saturate_i32(floor_div(o + (total >> 1), total.max(1)))).collect()
}

/// Softmax weight of a score `below` the maximum, for a query of shift `sq`.
fn weight(below: i128, sq: u8, tables: &Tables) -> i128 {
    let scaled = below * i128::from(tables.score_scale);
    let shift = 38 - i32::from(sq);
    let t = if shift >= 0 { scaled >> shift } else { scaled << -shift };
    if t >= 1 << TABLE_BITS {
        return 0;
    }
    usize::try_from(t).ok().and_then(|t| tables.exp.get(t)).copied().map_or(0, i128::from)
}
