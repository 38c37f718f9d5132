//! What can be wrong with a GGUF file.

use crate::shown::Shown;
use thiserror::Error;

/// A refusal of a GGUF file; [`GgufError::code`] is stable.
#[derive(Debug, Error)]
pub enum GgufError {
    /// The operating system could not open, read or map the file.
    #[error("cannot read {path}; check the path and its permissions: {source}")]
    Io {
        /// The file.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The first four bytes are not `GGUF`.
    #[error(
        "not a GGUF file: it starts with {found:02x?}; pass the .gguf file itself, not an archive or a safetensors file"
    )]
    Magic {
        /// The first four bytes.
        found: [u8; 4],
    },
    /// Written on, and for, a big-endian machine.
    #[error("big-endian GGUF is not supported; convert it with gguf-convert-endian from the gguf Python package")]
    BigEndian,
    /// A container version other than 3.
    #[error("GGUF version {found} is not supported, only version 3; convert the model again with a current llama.cpp")]
    Version {
        /// The version found.
        found: u32,
    },
    /// The file ends inside a part that its own lengths promise.
    #[error("the file ends early: {what} at byte {at} needs {need} bytes and {have} are left; download it again")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Where it starts.
        at: u64,
        /// Bytes that it needs.
        need: u64,
        /// Bytes that are left.
        have: u64,
    },
    /// A key or name that is empty or too long.
    #[error("{what} at byte {at} has {length} bytes, allowed are 1 to {max}; the file is damaged")]
    NameLength {
        /// What was being read.
        what: &'static str,
        /// Where its length stands.
        at: u64,
        /// Its length.
        length: u64,
        /// The longest allowed.
        max: u64,
    },
    /// A string that is not UTF-8.
    #[error("{what} at byte {at} is not UTF-8; the file is damaged or its converter is at fault")]
    Utf8 {
        /// What was being read.
        what: &'static str,
        /// Where the text starts.
        at: u64,
    },
    /// A metadata type number that does not exist.
    #[error("metadata key `{key}` has the unknown type {found}; the file is damaged", key = Shown(.key))]
    ValueType {
        /// The key.
        key: String,
        /// The type number found.
        found: u32,
    },
    /// An array of arrays.
    #[error("metadata key `{key}` is an array of arrays, which is not supported; remove it with gguf-new-metadata", key = Shown(.key))]
    NestedArray {
        /// The key.
        key: String,
    },
    /// A boolean other than 0 and 1.
    #[error("metadata key `{key}` holds the boolean {found}, allowed are 0 and 1; the file is damaged", key = Shown(.key))]
    Bool {
        /// The key.
        key: String,
        /// The byte found.
        found: u8,
    },
    /// A metadata key that occurs twice.
    #[error("metadata key `{key}` occurs twice; the file is ambiguous", key = Shown(.key))]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A metadata key that is needed and absent.
    #[error("metadata key `{key}` is missing; convert the model again with a current llama.cpp", key = Shown(.key))]
    MissingKey {
        /// The key.
        key: String,
    },
    /// A metadata value of another type than the key's.
    #[error("metadata key `{key}` must be {expected}, it is {found}", key = Shown(.key))]
    KeyType {
        /// The key.
        key: String,
        /// The type that the key has by its definition.
        expected: &'static str,
        /// The type found.
        found: &'static str,
    },
    /// An alignment that is no power of two within bounds.
    #[error("general.alignment is {found}, allowed are powers of two from 8 to {max}", max = super::MAX_ALIGNMENT)]
    Alignment {
        /// The alignment found.
        found: u32,
    },
    /// A tensor name that occurs twice.
    #[error("tensor `{tensor}` occurs twice; the file is ambiguous", tensor = Shown(.tensor))]
    DuplicateTensor {
        /// The tensor.
        tensor: String,
    },
    /// A number of dimensions outside 1 to 4.
    #[error("tensor `{tensor}` has {found} dimensions, allowed are 1 to {max}", max = super::MAX_DIMS, tensor = Shown(.tensor))]
    DimCount {
        /// The tensor.
        tensor: String,
        /// The number found.
        found: u32,
    },
    /// Dimensions that are zero, overflow, or do not divide into blocks.
    #[error("tensor `{tensor}` has dimensions {dims:?}: {why}", tensor = Shown(.tensor))]
    Dims {
        /// The tensor.
        tensor: String,
        /// Its dimensions.
        dims: Vec<u64>,
        /// What is wrong with them.
        why: &'static str,
    },
    /// A tensor type that has no exact integer form here.
    #[error(
        "tensor `{tensor}` has type {name}, which is not supported; use a file of F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K or Q6_K tensors", tensor = Shown(.tensor))]
    UnsupportedType {
        /// The tensor.
        tensor: String,
        /// Name of its type.
        name: String,
    },
    /// A tensor that does not start where the previous one ends.
    #[error("tensor `{tensor}` starts at offset {found} of the data, expected {expected}; the file is damaged", tensor = Shown(.tensor))]
    Offset {
        /// The tensor.
        tensor: String,
        /// Offset that the order of tensors gives.
        expected: u64,
        /// Offset found.
        found: u64,
    },
    /// A tensor that reaches past the end of the file.
    #[error("tensor `{tensor}` ends at byte {end}, the file at byte {size}; download it again", tensor = Shown(.tensor))]
    TensorBounds {
        /// The tensor.
        tensor: String,
        /// First byte after the tensor.
        end: u64,
        /// Size of the file.
        size: u64,
    },
}

impl GgufError {
    /// Stable short code of the kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            GgufError::Io { .. } => "gguf.io",
            GgufError::Magic { .. } => "gguf.magic",
            GgufError::BigEndian => "gguf.big_endian",
            GgufError::Version { .. } => "gguf.version",
            GgufError::Truncated { .. } => "gguf.truncated",
            GgufError::NameLength { .. } => "gguf.name_length",
            GgufError::Utf8 { .. } => "gguf.utf8",
            GgufError::ValueType { .. } => "gguf.value_type",
            GgufError::NestedArray { .. } => "gguf.nested_array",
            GgufError::Bool { .. } => "gguf.bool",
            GgufError::DuplicateKey { .. } => "gguf.duplicate_key",
            GgufError::MissingKey { .. } => "gguf.missing_key",
            GgufError::KeyType { .. } => "gguf.key_type",
            GgufError::Alignment { .. } => "gguf.alignment",
            GgufError::DuplicateTensor { .. } => "gguf.duplicate_tensor",
            GgufError::DimCount { .. } => "gguf.dim_count",
            GgufError::Dims { .. } => "gguf.dims",
            GgufError::UnsupportedType { .. } => "gguf.unsupported_type",
            GgufError::Offset { .. } => "gguf.offset",
            GgufError::TensorBounds { .. } => "gguf.tensor_bounds",
        }
    }
}
