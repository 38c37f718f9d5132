//! Why a file cannot be loaded as a model.

use thiserror::Error;

use crate::gguf::GgufError;
use crate::shown::Shown;
use crate::tables::TableError;
use crate::weights::WeightError;

/// A refusal of a model file; [`LoadError::code`] is stable.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The container is at fault.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// A tensor's contents are at fault.
    #[error(transparent)]
    Weights(#[from] WeightError),
    /// The integer tables cannot be made for these parameters.
    #[error(transparent)]
    Tables(#[from] TableError),
    /// An architecture other than `llama`.
    #[error("architecture `{found}` is not supported; use a model of architecture `llama`, such as SmolLM2, Llama 3 or Mistral", found = Shown(.found))]
    Architecture {
        /// The architecture found.
        found: String,
    },
    /// A hyperparameter that is not known, and so might change the computation.
    #[error("metadata key `{key}` is not known for architecture llama; what it asks for is not supported", key = Shown(.key))]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A hyperparameter out of bounds.
    #[error("metadata key `{key}` is {found}; {need}", key = Shown(.key))]
    Bounds {
        /// The key.
        key: String,
        /// Its value.
        found: String,
        /// What it would have to be.
        need: String,
    },
    /// A rotary scaling other than none, linear and the factors of Llama 3.
    #[error("rope scaling `{found}` is not supported, only none, linear and llama3 factors", found = Shown(.found))]
    RopeScaling {
        /// The scaling found.
        found: String,
    },
    /// A tensor that the architecture does not have.
    #[error("tensor `{tensor}` is not part of a llama model without biases and experts; it is not supported", tensor = Shown(.tensor))]
    UnexpectedTensor {
        /// The tensor.
        tensor: String,
    },
    /// A tensor that the architecture needs.
    #[error("tensor `{tensor}` is missing; convert the model again or merge its split files with gguf-split", tensor = Shown(.tensor))]
    MissingTensor {
        /// The tensor.
        tensor: String,
    },
    /// A tensor whose dimensions are not those that the hyperparameters give.
    #[error("tensor `{tensor}` has dimensions {found:?}, expected {expected:?}", tensor = Shown(.tensor))]
    TensorDims {
        /// The tensor.
        tensor: String,
        /// Dimensions that the hyperparameters give, the fastest first.
        expected: Vec<u64>,
        /// Dimensions found.
        found: Vec<u64>,
    },
}

impl LoadError {
    /// Stable short code of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            LoadError::Gguf(e) => e.code(),
            LoadError::Weights(e) => e.code(),
            LoadError::Tables(e) => e.code(),
            LoadError::Architecture { .. } => "load.architecture",
            LoadError::UnknownKey { .. } => "load.unknown_key",
            LoadError::Bounds { .. } => "load.bounds",
            LoadError::RopeScaling { .. } => "load.rope_scaling",
            LoadError::UnexpectedTensor { .. } => "load.unexpected_tensor",
            LoadError::MissingTensor { .. } => "load.missing_tensor",
            LoadError::TensorDims { .. } => "load.tensor_dims",
        }
    }
}
