//! GGUF v3 files, read with every count, length and offset checked against the file before it is believed.
//!
//! A file is a header (magic, version, metadata, tensor descriptions) and, from the next multiple of
//! `general.alignment` on, the tensors one after the other, each padded to that alignment. As in llama.cpp the offsets
//! must be exactly the ones that this order gives, so tensors neither overlap nor leave room for hidden bytes; what
//! follows the last tensor is ignored.
//!
//! [`File`] holds the parsed header and hands out the bytes of one tensor at a time ([`File::tensor_bytes`]). A file
//! opened from a path is mapped tensor by tensor, so that its pages leave memory once a tensor is packed.

mod cursor;
mod error;
mod file;
mod header;
#[cfg(feature = "files")]
mod map;
#[cfg(any(test, feature = "testing"))]
pub mod quantise;
mod types;
mod value;
#[cfg(any(test, feature = "testing"))]
pub mod write;

#[cfg(test)]
mod tests;

pub use error::GgufError;
pub use file::{File, TensorBytes};
pub use header::{Header, Tensor};
pub use types::TensorType;
pub use value::{Array, FromValue, Metadata, Value};

/// Version of the container that is read.
pub const VERSION: u32 = 3;
/// Alignment of tensors where the file declares none.
pub const DEFAULT_ALIGNMENT: u32 = 32;
/// Largest alignment that is accepted.
pub const MAX_ALIGNMENT: u32 = 1 << 16;
/// Longest metadata key in bytes.
pub const MAX_KEY: u64 = 65_535;
/// Longest tensor name in bytes.
pub const MAX_NAME: u64 = 63;
/// Most dimensions of a tensor.
pub const MAX_DIMS: u32 = 4;
