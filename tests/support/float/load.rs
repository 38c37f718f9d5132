//! A [`FloatModel`] from a GGUF file. The file is one that the integer loader has accepted: anything else panics.

use assay_model::gguf::{File, FromValue};

use super::{Dense, FloatModel, Layer, Precision};

impl FloatModel {
    /// Reads all weights.
    pub fn load(file: &File<'_>) -> FloatModel {
        let heads = number(file, "attention.head_count").expect("heads");
        let embedding = matrix(file, "token_embd");
        let head_dim = number(file, "attention.key_length").unwrap_or(embedding.cols as u32 / heads) as usize;
        FloatModel {
            heads: heads as usize,
            kv_heads: number(file, "attention.head_count_kv").unwrap_or(heads) as usize,
            head_dim,
            eps: get(file, "attention.layer_norm_rms_epsilon").expect("an epsilon"),
            speeds: speeds(file, head_dim),
            embedding,
            output: Dense::read(file, "output.weight"),
            final_norm: gains(file, "output_norm"),
            layers: (0..number(file, "block_count").expect("layers")).map(|l| layer(file, l)).collect(),
            precision: Precision::Full,
        }
    }
}

fn layer(file: &File<'_>, l: u32) -> Layer {
    let name = |part: &str| format!("blk.{l}.{part}");
    Layer {
        attn_norm: gains(file, &name("attn_norm")),
        ffn_norm: gains(file, &name("ffn_norm")),
        matrices: ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
            .map(|part| matrix(file, &name(part))),
    }
}

/// θ_i of every pair.
fn speeds(file: &File<'_>, head_dim: usize) -> Vec<f64> {
    let base: f32 = get(file, "rope.freq_base").unwrap_or(10_000.0);
    let linear = match get::<&str>(file, "rope.scaling.type") {
        Some("linear") => get(file, "rope.scaling.factor").unwrap_or(1.0),
        _ => 1.0,
    };
    let factors = Dense::read(file, "rope_freqs.weight");
    let speed = |i: usize| {
        let factor = factors.as_ref().map_or(1.0, |f| f64::from(f.row(0)[i]));
        f64::from(base).powf(-2.0 * i as f64 / head_dim as f64) / (f64::from(linear) * factor)
    };
    (0..head_dim / 2).map(speed).collect()
}

fn get<'a, T: FromValue<'a>>(file: &'a File<'_>, key: &str) -> Option<T> {
    file.metadata().optional(&format!("llama.{key}")).expect("a value of the right type")
}

fn number(file: &File<'_>, key: &str) -> Option<u32> {
    get(file, key)
}

fn matrix(file: &File<'_>, name: &str) -> Dense {
    Dense::read(file, &format!("{name}.weight")).unwrap_or_else(|| panic!("no {name}"))
}

fn gains(file: &File<'_>, name: &str) -> Vec<f32> {
    let vector = matrix(file, name);
    vector.row(0).to_vec()
}
