//! Hyperparameters of a llama file, checked against the bounds that the arithmetic needs.

use super::LoadError;
use crate::config::{Config, MAX_HEAD_DIM, MAX_LAYERS, MAX_POSITIONS, MAX_VOCAB, MAX_WIDTH};
use crate::gguf::{File, Metadata};

/// Every hyperparameter that may stand under `llama.`; another one might change the computation, so it is refused.
const KNOWN: [&str; 20] = [
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.layer_norm_rms_epsilon",
    "attention.value_length",
    "block_count",
    "context_length",
    "embedding_length",
    "expert_count",
    "expert_used_count",
    "feed_forward_length",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scale_linear",
    "rope.scaling.factor",
    "rope.scaling.finetuned",
    "rope.scaling.original_context_length",
    "rope.scaling.type",
    "tensor_data_layout",
    "vocab_size",
];

/// What the metadata says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Params {
    pub config: Config,
    pub eps: f32,
    pub rope_base: f32,
    /// Positions are divided by this; 1 for none.
    pub rope_linear: f32,
}

/// Reads and checks the hyperparameters.
pub(super) fn read(file: &File<'_>) -> Result<Params, LoadError> {
    let meta = Keys(file.metadata());
    let architecture: &str = meta.0.required("general.architecture")?;
    if architecture != "llama" {
        return Err(LoadError::Architecture { found: architecture.to_owned() });
    }
    meta.check_known()?;
    for key in ["expert_count", "expert_used_count"] {
        meta.bounded(key, meta.u32(key)?.unwrap_or(0), 0, 0)?;
    }
    Ok(Params {
        config: config(&meta, file)?,
        eps: meta.positive("attention.layer_norm_rms_epsilon", None)?,
        rope_base: meta.positive("rope.freq_base", Some(10_000.0))?,
        rope_linear: linear_scaling(&meta)?,
    })
}

fn config(meta: &Keys<'_>, file: &File<'_>) -> Result<Config, LoadError> {
    let width = |key| meta.bounded(key, meta.required(key)?, 1, MAX_WIDTH);
    let layers = meta.bounded("block_count", meta.required("block_count")?, 1, MAX_LAYERS)?;
    let (dim, ffn, heads) = (width("embedding_length")?, width("feed_forward_length")?, width("attention.head_count")?);
    let kv_heads = meta.u32("attention.head_count_kv")?.unwrap_or(heads);
    if kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
        return Err(meta.bounds("attention.head_count_kv", kv_heads, format!("it must divide the {heads} heads")));
    }
    let head_dim = head_dim(meta, dim, heads)?;
    // At most 2^16 · 2^9.
    let q_dim = heads * head_dim;
    if q_dim > MAX_WIDTH {
        return Err(meta.bounds(
            "attention.head_count",
            heads,
            format!("all heads may have {MAX_WIDTH} elements together"),
        ));
    }
    let context = meta.bounded("context_length", meta.required("context_length")?, 1, u32::MAX)?.min(MAX_POSITIONS);
    let vocab = vocab(meta, file)?;
    Ok(Config { layers, dim, heads, kv_heads, head_dim, ffn, vocab, context })
}

fn head_dim(meta: &Keys<'_>, dim: u32, heads: u32) -> Result<u32, LoadError> {
    let key_length = match meta.u32("attention.key_length")? {
        Some(length) => length,
        None if dim.is_multiple_of(heads) => dim / heads,
        None => return Err(meta.bounds("attention.head_count", heads, format!("it must divide the width {dim}"))),
    };
    if !key_length.is_multiple_of(2) || !(2..=MAX_HEAD_DIM).contains(&key_length) {
        let need = format!("heads must have an even number of elements up to {MAX_HEAD_DIM}");
        return Err(meta.bounds("attention.key_length", key_length, need));
    }
    for key in ["attention.value_length", "rope.dimension_count"] {
        meta.bounded(key, meta.u32(key)?.unwrap_or(key_length), key_length, key_length)?;
    }
    Ok(key_length)
}

/// Rows of the embedding.
fn vocab(meta: &Keys<'_>, file: &File<'_>) -> Result<u32, LoadError> {
    let embedding = file.tensors().iter().find(|t| t.name == crate::names::EMBEDDING);
    let embedding = embedding.ok_or_else(|| LoadError::MissingTensor { tensor: crate::names::EMBEDDING.to_owned() })?;
    let rows = embedding.dims.get(1).copied().unwrap_or(1);
    let rows = u32::try_from(rows).unwrap_or(u32::MAX);
    meta.bounded("vocab_size", rows, 1, MAX_VOCAB)?;
    meta.bounded("vocab_size", meta.u32("vocab_size")?.unwrap_or(rows), rows, rows)
}

/// The divisor of positions. As in llama.cpp a factor without a type is linear, and 0 means none.
fn linear_scaling(meta: &Keys<'_>) -> Result<f32, LoadError> {
    let factor = match meta.0.optional::<f32>(&key("rope.scaling.factor"))? {
        None | Some(0.0) => meta.0.optional::<f32>(&key("rope.scale_linear"))?.filter(|&f| f != 0.0).unwrap_or(1.0),
        Some(factor) => factor,
    };
    match meta.0.optional::<&str>(&key("rope.scaling.type"))? {
        Some("none") => Ok(1.0),
        None | Some("linear") if factor.is_finite() && factor > 0.0 => Ok(factor),
        None | Some("linear") => {
            Err(meta.bounds("rope.scaling.factor", factor, "it must be positive and finite".to_owned()))
        }
        Some(found) => Err(LoadError::RopeScaling { found: found.to_owned() }),
    }
}

fn key(name: &str) -> String {
    format!("llama.{name}")
}

/// Access to the keys under `llama.`.
struct Keys<'a>(&'a Metadata);

impl Keys<'_> {
    fn check_known(&self) -> Result<(), LoadError> {
        let mut names = self.0.iter().filter_map(|(k, _)| k.strip_prefix("llama."));
        match names.find(|name| !KNOWN.contains(name)) {
            Some(name) => Err(LoadError::UnknownKey { key: key(name) }),
            None => Ok(()),
        }
    }

    fn u32(&self, name: &str) -> Result<Option<u32>, LoadError> {
        Ok(self.0.optional(&key(name))?)
    }

    fn required(&self, name: &str) -> Result<u32, LoadError> {
        Ok(self.0.required(&key(name))?)
    }

    fn positive(&self, name: &str, default: Option<f32>) -> Result<f32, LoadError> {
        let found: f32 = match (self.0.optional(&key(name))?, default) {
            (Some(found), _) | (None, Some(found)) => found,
            (None, None) => self.0.required(&key(name))?,
        };
        if found.is_finite() && found > 0.0 {
            return Ok(found);
        }
        Err(self.bounds(name, found, "it must be positive and finite".to_owned()))
    }

    fn bounded(&self, name: &str, found: u32, lo: u32, hi: u32) -> Result<u32, LoadError> {
        if (lo..=hi).contains(&found) {
            return Ok(found);
        }
        Err(self.bounds(
            name,
            found,
            if lo == hi { format!("it must be {lo}") } else { format!("it must be from {lo} to {hi}") },
        ))
    }

    fn bounds(&self, name: &str, found: impl ToString, need: String) -> LoadError {
        LoadError::Bounds { key: key(name), found: found.to_string(), need }
    }
}
