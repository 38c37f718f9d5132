//! Random small llama models as GGUF files, for tests.

use crate::config::Config;
use crate::gguf::write::Writer;
use crate::gguf::{TensorType, Value};

/// Recipe of a random model; the same recipe gives the same file.
#[derive(Clone, Debug)]
pub struct Toy {
    /// Dimensions; widths must be multiples of the types' blocks.
    pub config: Config,
    /// Types of the layers' matrices, dealt out in turn.
    pub kinds: Vec<TensorType>,
    /// Type of the embedding.
    pub embedding: TensorType,
    /// Type of the output matrix; a tied model has none.
    pub output: Option<TensorType>,
    /// Factors of the rotation speeds as in Llama 3, hd/2 of them.
    pub rope_factors: Option<Vec<f32>>,
    /// Start of the random numbers.
    pub seed: u64,
    /// Further metadata, as a tokenizer's; replaces what the recipe writes under the same key.
    pub metadata: Vec<(String, Value)>,
}

impl Default for Toy {
    /// Two layers of width 64, tied, Q4_1 with a Q8_0 embedding as small models usually are.
    fn default() -> Self {
        Toy {
            config: Config {
                layers: 2,
                dim: 64,
                heads: 4,
                kv_heads: 2,
                head_dim: 16,
                ffn: 96,
                vocab: 300,
                context: 256,
            },
            kinds: vec![TensorType::Q4_1],
            embedding: TensorType::Q8_0,
            output: None,
            rope_factors: None,
            seed: 1,
            metadata: Vec::new(),
        }
    }
}

impl Toy {
    /// The file's bytes.
    pub fn gguf(&self) -> Vec<u8> {
        self.writer().bytes()
    }

    /// The file before it is written, for tests that damage it.
    pub fn writer(&self) -> Writer {
        let c = &self.config;
        let mut w = Writer::default();
        w.entry("general.architecture", &Value::String("llama".into()));
        for (key, value) in [
            ("block_count", c.layers),
            ("context_length", c.context),
            ("embedding_length", c.dim),
            ("feed_forward_length", c.ffn),
            ("attention.head_count", c.heads),
            ("attention.head_count_kv", c.kv_heads),
            ("attention.key_length", c.head_dim),
            ("attention.value_length", c.head_dim),
            ("rope.dimension_count", c.head_dim),
            ("vocab_size", c.vocab),
        ] {
            w.entry(&format!("llama.{key}"), &Value::U32(value));
        }
        w.entry("llama.attention.layer_norm_rms_epsilon", &Value::F32(1e-5));
        w.entry("llama.rope.freq_base", &Value::F32(10_000.0));
        for (key, value) in &self.metadata {
            w.set(key, value);
        }
        self.tensors(&mut w);
        w
    }

    fn tensors(&self, w: &mut Writer) {
        let c = &self.config;
        let (dim, ffn, q, kv, vocab) = (c.dim, c.ffn, c.q_dim(), c.kv_dim(), c.vocab);
        let mut random = Random::new(self.seed);
        let mut kinds = self.kinds.iter().copied().cycle();
        // Small next to what the layers add, or a tied model would repeat its input for ever.
        matrix(w, "token_embd.weight", self.embedding, [dim, vocab], random.normals(dim, vocab, 0.1));
        if let Some(kind) = self.output {
            matrix(w, "output.weight", kind, [dim, vocab], random.normals(dim, vocab, 0.1));
        }
        if let Some(factors) = &self.rope_factors {
            w.tensor("rope_freqs.weight", &[factors.len() as u64], TensorType::F32, factors);
        }
        for layer in 0..c.layers {
            for part in ["attn_norm", "ffn_norm"] {
                gains(w, &format!("blk.{layer}.{part}.weight"), dim, 1.0, &mut random);
            }
            for (part, cols, rows) in [
                ("attn_q", dim, q),
                ("attn_k", dim, kv),
                ("attn_v", dim, kv),
                ("attn_output", q, dim),
                ("ffn_gate", dim, ffn),
                ("ffn_up", dim, ffn),
                ("ffn_down", ffn, dim),
            ] {
                // Outputs get about the magnitude of the inputs; scores a little more, to make attention selective.
                let gain = if matches!(part, "attn_q" | "attn_k") { 1.5 } else { 1.0 };
                let weights = random.normals(cols, rows, gain / (cols as f32).sqrt());
                let Some(kind) = kinds.next() else { return };
                matrix(w, &format!("blk.{layer}.{part}.weight"), kind, [cols, rows], weights);
            }
        }
        gains(w, "output_norm.weight", dim, 4.0, &mut random);
    }
}

fn matrix(w: &mut Writer, name: &str, kind: TensorType, dims: [u32; 2], weights: Vec<f32>) {
    w.tensor(name, &dims.map(u64::from), kind, &weights);
}

fn gains(w: &mut Writer, name: &str, dim: u32, mean: f32, random: &mut Random) {
    let gains: Vec<f32> = (0..dim).map(|_| mean * (1.0 + 0.2 * random.normal())).collect();
    w.tensor(name, &[dim.into()], TensorType::F32, &gains);
}

/// Deterministic random numbers (xorshift64*); for tests only.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers that depend on `seed` alone.
    pub const fn new(seed: u64) -> Self {
        // An odd multiple spreads small seeds; the state must not be 0.
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 64 random bits.
    pub const fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Close to the standard normal distribution: twelve uniform numbers, so that no libm is involved.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f32>() - 6.0
    }

    fn normals(&mut self, cols: u32, rows: u32, deviation: f32) -> Vec<f32> {
        (0..u64::from(cols) * u64::from(rows)).map(|_| deviation * self.normal()).collect()
    }
}
