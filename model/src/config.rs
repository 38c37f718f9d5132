//! Dimensions of a model, as the step machine needs them.

/// Most positions of one job: keeps every attention sum inside 64 bits (`docs/arithmetic.md`, bounds).
pub const MAX_POSITIONS: u32 = 1 << 16;
/// Fraction bits of the residual stream.
pub const RESIDUAL_BITS: i32 = 12;
/// Fraction bits of queries, keys, values, attention outputs and logits.
pub const VALUE_BITS: i32 = 16;
/// Fraction bits of the gate and up projections.
pub const GATE_BITS: i32 = 12;

/// Shape of a decoder-only transformer of the `llama` family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Layers, L.
    pub layers: u32,
    /// Width of the residual stream, d.
    pub dim: u32,
    /// Query heads, H.
    pub heads: u32,
    /// Key/value heads; divides `heads`.
    pub kv_heads: u32,
    /// Width of one head, hd; even.
    pub head_dim: u32,
    /// Width of the feed-forward layer.
    pub ffn: u32,
    /// Vocabulary size, V.
    pub vocab: u32,
    /// Longest context the file declares, capped at [`MAX_POSITIONS`].
    pub context: u32,
}

impl Config {
    /// Width of all query heads together, `H·hd`.
    pub const fn q_dim(&self) -> u32 {
        self.heads * self.head_dim
    }

    /// Width of all key (or value) heads together.
    pub const fn kv_dim(&self) -> u32 {
        self.kv_heads * self.head_dim
    }

    /// The key/value head that query head `head` reads.
    pub const fn kv_head_of(&self, head: u32) -> u32 {
        head / (self.heads / self.kv_heads)
    }
}

/// Widest vector of the program: bounds every accumulator (`docs/arithmetic.md`, bounds).
pub const MAX_WIDTH: u32 = 1 << 16;
/// Most layers.
pub const MAX_LAYERS: u32 = 1 << 10;
/// Largest vocabulary.
pub const MAX_VOCAB: u32 = 1 << 20;
/// Widest head.
pub const MAX_HEAD_DIM: u32 = 512;

impl Config {
    /// Whether the shape is one that the step machine and its bounds are defined for.
    pub fn is_valid(&self) -> bool {
        let within = |v: u32, max: u32| (1..=max).contains(&v);
        let width = |heads: u32| heads.checked_mul(self.head_dim).is_some_and(|w| within(w, MAX_WIDTH));
        within(self.layers, MAX_LAYERS)
            && within(self.dim, MAX_WIDTH)
            && within(self.ffn, MAX_WIDTH)
            && within(self.head_dim, MAX_HEAD_DIM)
            && self.head_dim.is_multiple_of(2)
            && self.heads > 0
            && self.kv_heads > 0
            && self.heads.is_multiple_of(self.kv_heads)
            && width(self.heads)
            && within(self.vocab, MAX_VOCAB)
            && within(self.context, MAX_POSITIONS)
    }
}
