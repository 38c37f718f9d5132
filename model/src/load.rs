//! From a GGUF file of architecture `llama` to a [`Model`].
//!
//! Whatever the integer program does not compute (biases, experts, other rotary scalings, other architectures) is refused
//! by name: a tensor or hyperparameter is either used or an error, never ignored. Tensors are loaded independently of each
//! other; each is mapped, packed, hashed and unmapped.

mod error;
mod params;
mod plan;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use error::LoadError;
use params::Params;
use plan::Role;

use crate::domain::{Digest, Domain};
use crate::gguf::{File, Metadata, Tensor, TensorType};
use crate::matrix::Matrix;
use crate::model::{Gains, Layer, Model};
use crate::names;
use crate::rows;
use crate::tables::{TableParams, Tables};
use crate::weights::{self, WeightError, Width, par};

/// A loaded model and what its manifest says about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The integer program.
    pub model: Model,
    /// Tensors in file order.
    pub tensors: Vec<TensorInfo>,
    /// The file's metadata.
    pub metadata: Metadata,
}

/// A tensor as the manifest describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Name.
    pub name: String,
    /// Type.
    pub kind: TensorType,
    /// Dimensions, the fastest first.
    pub dims: Vec<u64>,
    /// Scale exponent: k of a matrix, kg of gains, 0 of rotary factors.
    pub k: i32,
    /// [`weights_digest`] of the tensor.
    pub digest: Digest,
    /// Largest magnitude of a matrix' integers; 0 for the others.
    pub max_abs: u32,
    /// Root over the integer rows of what answers open, embedding and gains; zero for the others.
    pub rows: Digest,
}

/// Hash of a tensor under [`Domain::Weights`]: name, type, dimensions, k and the bytes as they stand in the file.
pub fn weights_digest(tensor: &Tensor, k: i32, bytes: &[u8]) -> Digest {
    let mut hasher = Domain::Weights.hasher();
    hasher.framed(tensor.name.as_bytes()).u32(tensor.kind.id()).u32(tensor.dims.len() as u32);
    for &d in &tensor.dims {
        hasher.u64(d);
    }
    hasher.fixed(&k.to_le_bytes()).framed(bytes).digest()
}

/// Loads a model.
pub fn load(file: &File<'_>) -> Result<Loaded, LoadError> {
    let params = params::read(file)?;
    let roles = plan::plan(&params.config, file.tensors())?;
    let jobs: Vec<(&Tensor, Role)> = file.tensors().iter().zip(roles).collect();
    let mut parts = Parts::default();
    let mut tensors = Vec::with_capacity(jobs.len());
    for (result, (tensor, _)) in
        par::map(&jobs, |&(tensor, role)| load_tensor(file, tensor, role)).into_iter().zip(&jobs)
    {
        let (part, info) = result?;
        parts.0.insert(tensor.name.clone(), part);
        tensors.push(info);
    }
    Ok(Loaded { model: assemble(&params, parts)?, tensors, metadata: file.metadata().clone() })
}

/// A tensor in the form in which the model holds it.
enum Part {
    Matrix(Matrix),
    Gains(Gains),
    RopeFactors(Vec<f32>),
}

fn load_tensor(file: &File<'_>, tensor: &Tensor, role: Role) -> Result<(Part, TensorInfo), LoadError> {
    let bytes = file.tensor_bytes(tensor)?;
    let cols = tensor.dims[0] as usize;
    let mut info = TensorInfo {
        name: tensor.name.clone(),
        kind: tensor.kind,
        dims: tensor.dims.clone(),
        k: 0,
        digest: [0; 32],
        max_abs: 0,
        rows: [0; 32],
    };
    let part = match role {
        Role::Ends | Role::Layer => {
            let width = if role == Role::Ends { Width::Bits20 } else { Width::of_layer(tensor.kind) };
            let rows = tensor.dims.get(1).map_or(1, |&rows| rows as usize);
            let source = weights::Source { name: &tensor.name, kind: tensor.kind, rows, cols, bytes: &bytes };
            let matrix = weights::pack(&source, width)?;
            (info.k, info.max_abs) = (matrix.k, matrix.max_abs);
            if tensor.name == names::EMBEDDING {
                info.rows = rows::of_matrix(&matrix);
            }
            Part::Matrix(matrix)
        }
        Role::Gains => {
            let gains = weights::gains(&tensor.name, tensor.kind, &bytes, cols as u32)?;
            (info.k, info.rows) = (gains.k, rows::of_gains(&gains));
            Part::Gains(gains)
        }
        Role::RopeFactors => Part::RopeFactors(rope_factors(tensor, &bytes)?),
    };
    info.digest = weights_digest(tensor, info.k, &bytes);
    Ok((part, info))
}

fn rope_factors(tensor: &Tensor, bytes: &[u8]) -> Result<Vec<f32>, LoadError> {
    if tensor.kind != TensorType::F32 {
        return Err(WeightError::NotFloat { tensor: tensor.name.clone(), kind: tensor.kind.name() }.into());
    }
    let factors: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    match factors.iter().position(|f| !f.is_finite()) {
        Some(col) => Err(WeightError::NonFinite { tensor: tensor.name.clone(), row: 0, col }.into()),
        None => Ok(factors),
    }
}

/// Loaded tensors by name.
#[derive(Default)]
struct Parts(BTreeMap<String, Part>);

impl Parts {
    fn matrix(&mut self, name: &str) -> Result<Matrix, LoadError> {
        match self.0.remove(name) {
            Some(Part::Matrix(matrix)) => Ok(matrix),
            _ => Err(LoadError::MissingTensor { tensor: name.to_owned() }),
        }
    }

    fn gains(&mut self, name: &str) -> Result<Gains, LoadError> {
        match self.0.remove(name) {
            Some(Part::Gains(gains)) => Ok(gains),
            _ => Err(LoadError::MissingTensor { tensor: name.to_owned() }),
        }
    }
}

fn assemble(params: &Params, mut parts: Parts) -> Result<Model, LoadError> {
    let rope_factors = match parts.0.remove(names::ROPE_FACTORS) {
        Some(Part::RopeFactors(factors)) => Some(factors),
        _ => None,
    };
    let output = match parts.0.remove(names::OUTPUT) {
        Some(Part::Matrix(matrix)) => Some(matrix),
        _ => None,
    };
    let layer = |parts: &mut Parts, layer: u32| {
        let name = |part| names::of_layer(layer, part);
        Ok(Layer {
            attn_norm: parts.gains(&name("attn_norm"))?,
            q: parts.matrix(&name("attn_q"))?,
            k: parts.matrix(&name("attn_k"))?,
            v: parts.matrix(&name("attn_v"))?,
            o: parts.matrix(&name("attn_output"))?,
            ffn_norm: parts.gains(&name("ffn_norm"))?,
            gate: parts.matrix(&name("ffn_gate"))?,
            up: parts.matrix(&name("ffn_up"))?,
            down: parts.matrix(&name("ffn_down"))?,
        })
    };
    let layers = (0..params.config.layers).map(|l| layer(&mut parts, l)).collect::<Result<_, LoadError>>()?;
    Ok(Model {
        embedding: parts.matrix(names::EMBEDDING)?,
        output,
        layers,
        final_norm: parts.gains(names::FINAL_NORM)?,
        tables: tables(params, rope_factors)?,
        config: params.config.clone(),
    })
}

fn tables(params: &Params, rope_factors: Option<Vec<f32>>) -> Result<Tables, LoadError> {
    Ok(Tables::new(&TableParams {
        dim: params.config.dim,
        head_dim: params.config.head_dim,
        eps: params.eps,
        rope_base: params.rope_base,
        rope_linear: params.rope_linear,
        rope_factors,
    })?)
}
