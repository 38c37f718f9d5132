//! Linear steps: exact accumulators `acc = W·X`, then an elementwise rounding.
//!
//! | step | output |
//! |---|---|
//! | qkv, gate_up, head | `y = RSR(acc·R, f + k − Fy)`, Fy the output's fraction bits; saturated |
//! | o | `h' = h + RSR(acc, k + 16 − s − F)`, s the shift of attn_pack; saturated |
//! | down | `h' = h + RSR(acc, k + 2·12 + 15 − s − F)`, s the shift of act; saturated |

use super::norm::Scale;
use crate::arith::{rsr, rsr_i32, saturate_i32};
use crate::config::{GATE_BITS, RESIDUAL_BITS, VALUE_BITS};
use crate::matrix::Matrix;
use crate::program::StepKind;
use crate::weights::par;
use std::ops::Range;

/// Rounding of one part of a linear step, fixed by its weights' exponent and the header of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// `RSR(acc·r, shift)`.
    Scaled {
        /// Reciprocal root of the norm.
        r: u32,
        /// f + k − Fy.
        shift: i32,
    },
    /// Added to the residual after `RSR(acc, shift)`.
    Residual {
        /// Shift of the product.
        shift: i32,
    },
}

impl Rounding {
    /// Rounding of a step that reads a norm with scale `scale` and gains' exponent `kg`; weights' exponent `k`.
    pub const fn after_norm(kind: StepKind, scale: &Scale, kg: i32, k: i32) -> Rounding {
        let y = if matches!(kind, StepKind::GateUp) { GATE_BITS } else { VALUE_BITS };
        Rounding::Scaled { r: scale.r, shift: scale.exponent(kg) + k - y }
    }

    /// Rounding of o: input shift `s`, weights' exponent `k`.
    pub const fn attention_output(s: u8, k: i32) -> Rounding {
        Rounding::Residual { shift: k + VALUE_BITS - s as i32 - RESIDUAL_BITS }
    }

    /// Rounding of down: input shift `s`, weights' exponent `k`.
    pub const fn ffn_output(s: u8, k: i32) -> Rounding {
        Rounding::Residual { shift: k + 2 * GATE_BITS + 15 - s as i32 - RESIDUAL_BITS }
    }

    /// The output of accumulator `acc`; `residual` is read by the additions only.
    pub const fn apply(&self, acc: i64, residual: i32) -> i32 {
        match *self {
            Rounding::Scaled { r, shift } => rsr_i32(acc as i128 * r as i128, shift),
            Rounding::Residual { shift } => {
                // Any non-zero acc·2^33 takes the sum out of i32, as every larger power does; those need not fit i128.
                let shift = if shift < -33 { -33 } else { shift };
                saturate_i32(residual as i128 + rsr(acc as i128, shift))
            }
        }
    }
}

/// Exact `Σ_j w_j·x_j`.
pub fn dot(w: &[i32], x: &[i16]) -> i64 {
    w.iter().zip(x).map(|(&w, &x)| i64::from(w) * i64::from(x)).sum()
}

/// Rows of one band: a band is decoded and multiplied on one thread.
const BAND: usize = 256;

/// Accumulators of rows `first..first + count` for several inputs: `[input][row]`.
pub fn accumulate(w: &Matrix, first: usize, count: usize, inputs: &[&[i16]]) -> Vec<Vec<i64>> {
    let bands: Vec<_> = (first..first + count).step_by(BAND).map(|row| row..(first + count).min(row + BAND)).collect();
    let mut acc = vec![Vec::with_capacity(count); inputs.len()];
    for band in par::map(&bands, |rows| accumulate_band(w, rows.clone(), inputs)) {
        for (acc, part) in acc.iter_mut().zip(band) {
            acc.extend(part);
        }
    }
    acc
}

/// A row is decoded once for all inputs.
fn accumulate_band(w: &Matrix, rows: Range<usize>, inputs: &[&[i16]]) -> Vec<Vec<i64>> {
    let mut row = vec![0; w.cols];
    let mut acc = vec![Vec::with_capacity(rows.len()); inputs.len()];
    for i in rows {
        w.decode_row(i, &mut row);
        for (acc, x) in acc.iter_mut().zip(inputs) {
            acc.push(dot(&row, x));
        }
    }
    acc
}

/// Bound on |acc| of any row of `w` for any input.
pub fn accumulator_bound(cols: usize, max_abs: u32) -> i64 {
    cols as i64 * i64::from(max_abs) * 32767
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_beyond_i32_saturates_on_both_sides() {
        let r = Rounding::Residual { shift: 0 };
        assert_eq!(r.apply(i64::MAX, 5), i32::MAX);
        assert_eq!(r.apply(-5, i32::MIN), i32::MIN);
        let far = Rounding::Residual { shift: -60 };
        assert_eq!([far.apply(1 << 48, 0), far.apply(-(1 << 48), 0), far.apply(0, 9)], [i32::MAX, i32::MIN, 9]);
    }

    #[test]
    fn a_shift_that_leaves_128_bits_saturates_instead_of_wrapping() {
        // With k = −24 the product has 2^(46 + 83), which i128 does not hold.
        let r = Rounding::attention_output(63, -24);
        for acc in [1, 1 << 44, (1 << 46) - 1, i64::MAX] {
            assert_eq!([r.apply(acc, i32::MIN), r.apply(-acc, i32::MAX)], [i32::MAX, i32::MIN], "acc {acc}");
        }
        assert_eq!(r.apply(0, -7), -7);
        // At −33 the clamp meets the exact value.
        let r = |shift| Rounding::Residual { shift };
        assert_eq!([r(-32).apply(1, i32::MIN), r(-33).apply(1, i32::MIN), r(-34).apply(1, i32::MIN)], [i32::MAX; 3]);
        assert_eq!(r(-31).apply(1, i32::MIN), 0);
    }

    #[test]
    fn the_residual_is_added_before_saturation() {
        // 2^31 does not fit, 2^31 − 5 does: saturating the product first would give i32::MAX − 5.
        let r = Rounding::Residual { shift: 0 };
        assert_eq!(r.apply(1 << 31, -5), i32::MAX - 4);
    }
}
