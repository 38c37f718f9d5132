//! A loaded model: packed weights, gains and tables, all integers.

use crate::config::Config;
use crate::matrix::Matrix;
use crate::tables::Tables;

/// Gains of a norm with √d folded in: `γ' = round(γ·√d·2^kg)`, |γ'| < 2^15.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gains {
    /// γ', length d.
    pub gamma: Vec<i16>,
    /// Scale exponent kg.
    pub k: i32,
}

/// Weights of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Gains of the norm before attention.
    pub attn_norm: Gains,
    /// Query projection, `H·hd × d`.
    pub q: Matrix,
    /// Key projection, `Hk·hd × d`.
    pub k: Matrix,
    /// Value projection, `Hk·hd × d`.
    pub v: Matrix,
    /// Output projection, `d × H·hd`.
    pub o: Matrix,
    /// Gains of the norm before the feed-forward layer.
    pub ffn_norm: Gains,
    /// Gate projection, `ffn × d`.
    pub gate: Matrix,
    /// Up projection, `ffn × d`.
    pub up: Matrix,
    /// Down projection, `d × ffn`.
    pub down: Matrix,
}

/// A model as an exact integer program.
#[derive(Clone, Debug)]
pub struct Model {
    /// Dimensions.
    pub config: Config,
    /// Token embedding, `V × d`, 20-bit weights.
    pub embedding: Matrix,
    /// Output matrix of an untied model, `V × d`, 20-bit weights; tied models use the embedding.
    pub output: Option<Matrix>,
    /// Layers in order.
    pub layers: Vec<Layer>,
    /// Gains of the norm before the head.
    pub final_norm: Gains,
    /// Integer tables.
    pub tables: Tables,
}

impl Model {
    /// The matrix that makes logits.
    pub fn head(&self) -> &Matrix {
        self.output.as_ref().unwrap_or(&self.embedding)
    }
}
