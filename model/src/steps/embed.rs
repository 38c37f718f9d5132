//! Embedding: `h = RSR(W_emb[token], k − F)`.

use crate::arith::rsr_i32;
use crate::config::RESIDUAL_BITS;

/// Residual of weights `row` (any run of one embedding row) whose matrix has scale exponent `k`.
pub fn chunk(row: &[i32], k: i32) -> Vec<i32> {
    row.iter().map(|&w| rsr_i32(i128::from(w), k - RESIDUAL_BITS)).collect()
}
