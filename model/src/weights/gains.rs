//! Gains of a norm with √d folded in.

use super::float::{Float, extremes, f32_bits};
use super::{MIN_K, WeightError};
use crate::arith::rsr;
use crate::gguf::TensorType;
use crate::model::Gains;

/// Largest scale exponent of gains.
const MAX_KG: i32 = 30;
/// |γ'| stays below this.
const BOUND: i128 = 1 << 15;

/// Integer gains of a norm over `d` elements, from the bytes of its `F32`, `F16` or `BF16` tensor.
///
/// With γ = m·2^e and `r = isqrt(d·2^40)`, which is √d·2^20, `γ' = RSR(m·r, 20 − e − kg)`; kg is the largest kg ≤ 30
/// with every |γ'| < 2^15.
pub fn gains(name: &str, kind: TensorType, bytes: &[u8], d: u32) -> Result<Gains, WeightError> {
    let count = d as usize;
    if kind.block_len() != 1 {
        return Err(WeightError::NotFloat { tensor: name.to_owned(), kind: kind.name() });
    }
    if d == 0 || bytes.len() as u64 != u64::from(d) * kind.block_bytes() as u64 {
        return Err(WeightError::Size { tensor: name.to_owned(), rows: 1, cols: count, bytes: bytes.len() });
    }
    let (lo, hi) =
        extremes(kind, bytes, count).map_err(|i| WeightError::NonFinite { tensor: name.to_owned(), row: 0, col: i })?;
    let root = (u128::from(d) << 40).isqrt() as i128;
    // γ' grows with γ, so the smallest and the largest gain decide.
    let k = (MIN_K..=MAX_KG)
        .rev()
        .find(|&k| [lo, hi].iter().all(|&g| scaled(g, root, k).abs() < BOUND))
        .ok_or_else(|| WeightError::TooLarge { tensor: name.to_owned() })?;
    let gamma = (0..count)
        .map(|i| Float::from_f32_bits(f32_bits(kind, bytes, i)).map_or(0, |g| scaled(g, root, k) as i16))
        .collect();
    Ok(Gains { gamma, k })
}

/// `RSR(m·r, 20 − e − k)`. |m·r| < 2^60, so every shift right past 120 gives 0; one left past 60 gives at least 2^60
/// for m ≠ 0, out of bounds like the exact value.
fn scaled(g: Float, root: i128, k: i32) -> i128 {
    rsr(i128::from(g.mantissa) * root, (20 - g.exponent - k).clamp(-60, 120))
}
