//! A llama model in plain `f32`: what the integer model is measured against.
//!
//! For every layer, with RMSNorm `n(x) = γ·x/√(mean x² + ε)`:
//!
//! ```text
//! q, k, v = Wq n(x), Wk n(x), Wv n(x)                q, k rotated in pairs (2i, 2i+1) by t·θ_i
//! x += Wo concat_h( Σ_j softmax_j(q_h·k_j/√hd) v_j )   over j ≤ t, key/value head ⌊h·Hk/H⌋
//! x += Wdown( silu(Wgate n(x)) · Wup n(x) )
//! ```
//!
//! and `logits = Whead n(x)`. θ_i = base^(−2i/hd)/(s·f_i) with the linear scaling s and Llama 3's factors f_i, 1 where the
//! file has none. Names, shapes and bytes come from the GGUF reader; every number is read here once more
//! ([`dequantise`]), nothing comes from the integer weights.

mod dense;
pub mod dequantise;
mod load;

use rayon::prelude::*;

pub use dense::Dense;
use dense::dot;

/// Positions whose logits are held at a time.
const LOGITS: usize = 32;

/// A llama model. Fields are open so that tests can spoil them and see the difference.
#[derive(Clone)]
pub struct FloatModel {
    /// Query heads, H.
    pub heads: usize,
    /// Key/value heads, Hk.
    pub kv_heads: usize,
    /// Width of a head, hd.
    pub head_dim: usize,
    /// ε of the norms.
    pub eps: f32,
    /// θ_i, radians per position.
    pub speeds: Vec<f64>,
    /// Token embedding.
    pub embedding: Dense,
    /// Output matrix; the embedding in a tied model.
    pub output: Option<Dense>,
    /// γ of the norm before the head.
    pub final_norm: Vec<f32>,
    /// Layers.
    pub layers: Vec<Layer>,
    /// How finely it computes.
    pub precision: Precision,
}

/// How the residual stream is kept and e^−x and σ(x) are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As well as `f32` can.
    Full,
    /// In the integer model's steps: the residual stream in multiples of 2⁻¹²; x down to a multiple of 1/256 and to the
    /// middle of one of 1/128. What then still differs from the integers is finer: 16-bit vectors, weights and gains.
    Steps,
}

impl Precision {
    fn exp_minus(self, x: f32) -> f32 {
        match self {
            Precision::Full => (-x).exp(),
            Precision::Steps if x >= 16.0 => 0.0,
            Precision::Steps => (-(x * 256.0).floor() / 256.0).exp(),
        }
    }

    fn sigmoid(self, x: f32) -> f32 {
        let x = match self {
            Precision::Full => x,
            Precision::Steps => ((x * 128.0).floor().clamp(-2048.0, 2047.0) + 0.5) / 128.0,
        };
        1.0 / (1.0 + (-x).exp())
    }

    fn round(self, residual: &mut [f32]) {
        if self == Precision::Steps {
            residual.iter_mut().for_each(|x| *x = (*x * 4096.0 + 0.5).floor() / 4096.0);
        }
    }
}

/// One layer.
#[derive(Clone)]
pub struct Layer {
    /// γ before attention.
    pub attn_norm: Vec<f32>,
    /// γ before the feed-forward layer.
    pub ffn_norm: Vec<f32>,
    /// Wq, Wk, Wv, Wo, Wgate, Wup, Wdown.
    pub matrices: [Dense; 7],
}

impl FloatModel {
    /// Computes `tokens` as one sequence and shows the logits of every position from `from` on, in order.
    pub fn each_logits(&self, tokens: &[u32], from: usize, show: &mut dyn FnMut(usize, &[f32])) {
        let hidden = self.hidden(tokens);
        let dim = self.embedding.cols;
        let head = self.output.as_ref().unwrap_or(&self.embedding);
        for (n, x) in hidden[from * dim..].chunks(LOGITS * dim).enumerate() {
            for (i, logits) in head.apply(x).chunks_exact(head.rows).enumerate() {
                show(from + n * LOGITS + i, logits);
            }
        }
    }

    /// Logits of every position of `tokens`.
    pub fn logits(&self, tokens: &[u32]) -> Vec<Vec<f32>> {
        let mut all = Vec::with_capacity(tokens.len());
        self.each_logits(tokens, 0, &mut |_, logits| all.push(logits.to_vec()));
        all
    }

    /// −ln p of every token but the first, each predicted from those before it.
    pub fn nll(&self, tokens: &[u32]) -> Vec<f64> {
        let mut all = Vec::with_capacity(tokens.len());
        // The last token predicts nothing within the window.
        self.each_logits(&tokens[..tokens.len() - 1], 0, &mut |t, logits| {
            all.push(nll(logits, tokens[t + 1] as usize));
        });
        all
    }

    /// What the head reads, for every position.
    fn hidden(&self, tokens: &[u32]) -> Vec<f32> {
        let mut x: Vec<f32> = tokens.iter().flat_map(|&t| self.embedding.row(t as usize)).copied().collect();
        self.precision.round(&mut x);
        for layer in &self.layers {
            let [wq, wk, wv, wo, w_gate, w_up, w_down] = &layer.matrices;
            let normed = self.norm(&x, &layer.attn_norm);
            let (mut q, mut k, v) = (wq.apply(&normed), wk.apply(&normed), wv.apply(&normed));
            self.rotate(&mut q, self.heads);
            self.rotate(&mut k, self.kv_heads);
            self.add(&mut x, &wo.apply(&self.attention(&q, &k, &v)));
            let normed = self.norm(&x, &layer.ffn_norm);
            let (mut gate, up) = (w_gate.apply(&normed), w_up.apply(&normed));
            gate.iter_mut().zip(up).for_each(|(g, u)| *g = *g * self.precision.sigmoid(*g) * u);
            self.add(&mut x, &w_down.apply(&gate));
        }
        self.norm(&x, &self.final_norm)
    }

    fn add(&self, residual: &mut [f32], y: &[f32]) {
        residual.iter_mut().zip(y).for_each(|(x, y)| *x += y);
        self.precision.round(residual);
    }

    fn norm(&self, x: &[f32], gains: &[f32]) -> Vec<f32> {
        let rows = x.chunks_exact(gains.len()).flat_map(|x| {
            // The sum in f64, as ggml has it.
            let squares: f64 = x.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
            let scale = 1.0 / (squares / gains.len() as f64 + f64::from(self.eps)).sqrt();
            x.iter().zip(gains).map(move |(v, g)| v * scale as f32 * g)
        });
        rows.collect()
    }

    fn rotate(&self, x: &mut [f32], heads: usize) {
        let width = heads * self.head_dim;
        x.par_chunks_exact_mut(width).enumerate().for_each(|(t, x)| {
            let turns: Vec<(f64, f64)> = self.speeds.iter().map(|s| (t as f64 * s).sin_cos()).collect();
            for head in x.chunks_exact_mut(self.head_dim) {
                for (pair, &(sin, cos)) in head.chunks_exact_mut(2).zip(&turns) {
                    let (a, b, sin, cos) = (pair[0], pair[1], sin as f32, cos as f32);
                    (pair[0], pair[1]) = (a * cos - b * sin, a * sin + b * cos);
                }
            }
        });
    }

    fn attention(&self, q: &[f32], k: &[f32], v: &[f32]) -> Vec<f32> {
        let (hd, q_dim, kv_dim) = (self.head_dim, self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let mut out = vec![0.0; q.len()];
        out.par_chunks_exact_mut(q_dim).zip(q.par_chunks_exact(q_dim)).enumerate().for_each(|(t, (out, q))| {
            for (h, (out, q)) in out.chunks_exact_mut(hd).zip(q.chunks_exact(hd)).enumerate() {
                let at = h * self.kv_heads / self.heads * hd;
                let past = |j: usize| j * kv_dim + at..j * kv_dim + at + hd;
                let scores: Vec<f32> = (0..=t).map(|j| dot(q, &k[past(j)]) / (hd as f32).sqrt()).collect();
                let max = scores.iter().copied().fold(f32::MIN, f32::max);
                let weights: Vec<f32> = scores.iter().map(|s| self.precision.exp_minus(max - s)).collect();
                let total: f32 = weights.iter().sum();
                for (j, w) in weights.iter().enumerate() {
                    out.iter_mut().zip(&v[past(j)]).for_each(|(o, v)| *o += w / total * v);
                }
            }
        });
        out
    }
}

/// `−ln softmax(logits)[token]`.
pub fn nll(logits: &[f32], token: usize) -> f64 {
    let max = f64::from(logits.iter().copied().fold(f32::MIN, f32::max));
    let sum: f64 = logits.iter().map(|&l| (f64::from(l) - max).exp()).sum();
    sum.ln() + max - f64::from(logits[token])
}

/// The index of the largest logit, the lowest of several, and its distance to the second largest.
pub fn top(logits: &[f32]) -> (usize, f32) {
    let (mut best, mut second) = (0, f32::MIN);
    for (i, &l) in logits.iter().enumerate().skip(1) {
        if l > logits[best] {
            (best, second) = (i, logits[best]);
        } else if l > second {
            second = l;
        }
    }
    (best, logits[best] - second)
}
