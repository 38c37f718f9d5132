//! Random models and jobs for them.
//!
//! Weights are uniform with a scale exponent that keeps every vector of the program at about unit size, so that
//! softmax, SwiGLU and the block shifts are exercised; no dimension of [`large`] is a multiple of 256.

use crate::public;
use crate::rng::Rng;
use assay_model::config::Config;
use assay_model::matrix::{Codes, Matrix, Scales, TILE_ROWS};
use assay_model::model::{Gains, Layer, Model};
use assay_model::sampling::Sampling;
use assay_model::tables::{TableParams, Tables};
use assay_verifier::Job;
use assay_verifier::job::Settlement;

/// Several chunks in every vector, none of them full at the end.
pub const fn large() -> Config {
    Config { layers: 3, dim: 320, heads: 4, kv_heads: 2, head_dim: 32, ffn: 600, vocab: 700, context: 64 }
}

/// Cheap enough for a thousand audits per cheat and policy.
pub const fn small() -> Config {
    Config { layers: 2, dim: 64, heads: 4, kv_heads: 2, head_dim: 8, ffn: 272, vocab: 272, context: 64 }
}

/// A model of random weights.
pub fn model(config: Config, seed: u64) -> Model {
    let rng = &mut Rng::new(seed);
    let [d, q, kv, ffn, vocab] =
        [config.dim, config.q_dim(), config.kv_dim(), config.ffn, config.vocab].map(|v| v as usize);
    let params = TableParams {
        dim: config.dim,
        head_dim: config.head_dim,
        eps: 1e-5,
        rope_base: 10_000.0,
        rope_linear: 1.0,
        rope_factors: None,
    };
    let layers = (0..config.layers)
        .map(|_| Layer {
            attn_norm: gains(rng, d, 0),
            q: weights(rng, q, d),
            k: weights(rng, kv, d),
            v: weights(rng, kv, d),
            o: weights(rng, d, q),
            ffn_norm: gains(rng, d, 0),
            gate: weights(rng, ffn, d),
            up: weights(rng, ffn, d),
            down: weights(rng, d, ffn),
        })
        .collect();
    Model {
        embedding: vocabulary(rng, vocab, d, 15),
        output: Some(vocabulary(rng, vocab, d, 18)),
        layers,
        final_norm: gains(rng, d, 2),
        tables: Tables::new(&params).expect("ordinary parameters"),
        config,
    }
}

/// Entries uniform in ±4095 with a standard deviation of about `1/√cols`.
fn weights(rng: &mut Rng, rows: usize, cols: usize) -> Matrix {
    let dense: Vec<i32> = (0..rows * cols).map(|_| rng.signed(4095)).collect();
    let k = 12 + (cols as i32 / 3).ilog2().div_ceil(2) as i32;
    pack(rows, cols, k, |row, col| dense[row * cols + col] as i16)
}

/// A matrix of plain 16-bit weights.
pub fn pack(rows: usize, cols: usize, k: i32, entry: impl Fn(usize, usize) -> i16) -> Matrix {
    let mut codes = vec![[0; 2]; rows.div_ceil(TILE_ROWS) * TILE_ROWS * cols / 2];
    let mut max_abs = 0;
    for row in 0..rows {
        for col in 0..cols {
            let w = entry(row, col);
            max_abs = max_abs.max(u32::from(w.unsigned_abs()));
            codes[(row / TILE_ROWS * cols / 2 + col / 2) * TILE_ROWS + row % TILE_ROWS][col % 2] = w;
        }
    }
    Matrix { rows, cols, k, group: cols, codes: Codes::I16(codes), scale: Scales::None, offset: Scales::None, max_abs }
}

/// A 20-bit matrix. With `k` = 18 entries are of about unit size, with 15 the residual needs a block shift from the start.
fn vocabulary(rng: &mut Rng, rows: usize, cols: usize, k: i32) -> Matrix {
    const MAX: i32 = 400_000;
    let mut codes = vec![0; rows.div_ceil(TILE_ROWS) * TILE_ROWS * cols];
    for row in 0..rows {
        for col in 0..cols {
            codes[(row / TILE_ROWS * cols + col) * TILE_ROWS + row % TILE_ROWS] = rng.signed(MAX);
        }
    }
    Matrix {
        rows,
        cols,
        k,
        group: cols,
        codes: Codes::I32(codes),
        scale: Scales::None,
        offset: Scales::None,
        max_abs: MAX as u32,
    }
}

/// Gains of about `2^−less`.
fn gains(rng: &mut Rng, d: usize, less: i32) -> Gains {
    let k = 13 - (d.isqrt().ilog2() as i32) + less;
    Gains { gamma: (0..d).map(|_| 9_000 + rng.signed(2_500) as i16).collect(), k }
}

/// A greedy job of `prompt` random tokens and `generated` more, without a stop set.
pub fn job(model: &Model, prompt: u32, generated: u32, seed: u64) -> Job {
    let rng = &mut Rng::new(seed);
    Job {
        manifest: public::manifest(model).id(),
        settlement: Settlement { chain: 31_337, contract: [0x5a; 20] },
        prompt: (0..prompt).map(|_| rng.below(u64::from(model.config.vocab)) as u32).collect(),
        sampling: Sampling::Greedy,
        seed: rng.bytes(),
        max_tokens: generated,
        stop: Vec::new(),
        nonce: rng.bytes(),
        secret: rng.bytes(),
        expires: 2_000_000_000,
        previous: [0; 32],
    }
}

/// A sampling that draws from several candidates.
pub const DRAWN: Sampling = Sampling::Draw { temperature: 3 << 16, top_k: 40, top_p: 60_000 };
