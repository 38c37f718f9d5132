//! Which tensors a llama file has, with which dimensions, and what becomes of each.

use std::collections::BTreeMap;

use super::LoadError;
use crate::config::Config;
use crate::gguf::Tensor;
use crate::names::{EMBEDDING, FINAL_NORM, OUTPUT, ROPE_FACTORS, of_layer};

/// What a tensor is loaded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A matrix of 20-bit weights.
    Ends,
    /// A layer's matrix; its type decides the width of its weights.
    Layer,
    Gains,
    RopeFactors,
}

/// A tensor that a file may have.
#[derive(Clone, Debug)]
struct Expected {
    role: Role,
    dims: Vec<u64>,
    required: bool,
}

/// The roles of `tensors`, in their order; everything that is missing, superfluous or of other dimensions is refused.
pub(super) fn plan(config: &Config, tensors: &[Tensor]) -> Result<Vec<Role>, LoadError> {
    let mut expected = expected(config);
    let mut roles = Vec::with_capacity(tensors.len());
    let mut mismatch = None;
    for t in tensors {
        let Some(e) = expected.remove(&t.name) else {
            return Err(LoadError::UnexpectedTensor { tensor: t.name.clone() });
        };
        if e.dims != t.dims {
            let error = LoadError::TensorDims { tensor: t.name.clone(), expected: e.dims, found: t.dims.clone() };
            mismatch.get_or_insert(error);
        }
        roles.push(e.role);
    }
    match (mismatch, expected.into_iter().find(|(_, e)| e.required)) {
        (Some(error), _) => Err(error),
        (None, Some((tensor, _))) => Err(LoadError::MissingTensor { tensor }),
        (None, None) => Ok(roles),
    }
}

fn expected(c: &Config) -> BTreeMap<String, Expected> {
    let [dim, ffn, vocab, q, kv] = [c.dim, c.ffn, c.vocab, c.q_dim(), c.kv_dim()].map(u64::from);
    let mut all = BTreeMap::new();
    let mut add = |name: String, role, dims: &[u64], required| {
        all.insert(name, Expected { role, dims: dims.to_vec(), required });
    };
    add(EMBEDDING.to_owned(), Role::Ends, &[dim, vocab], true);
    add(OUTPUT.to_owned(), Role::Ends, &[dim, vocab], false);
    add(FINAL_NORM.to_owned(), Role::Gains, &[dim], true);
    add(ROPE_FACTORS.to_owned(), Role::RopeFactors, &[u64::from(c.head_dim / 2)], false);
    for layer in 0..c.layers {
        for part in ["attn_norm", "ffn_norm"] {
            add(of_layer(layer, part), Role::Gains, &[dim], true);
        }
        for (part, inputs, outputs) in [
            ("attn_q", dim, q),
            ("attn_k", dim, kv),
            ("attn_v", dim, kv),
            ("attn_output", q, dim),
            ("ffn_gate", dim, ffn),
            ("ffn_up", dim, ffn),
            ("ffn_down", ffn, dim),
        ] {
            add(of_layer(layer, part), Role::Layer, &[inputs, outputs], true);
        }
    }
    all
}
