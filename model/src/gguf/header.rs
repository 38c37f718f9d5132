//! The header: metadata and descriptions of the tensors.

use std::collections::BTreeSet;
use std::ops::Range;

use super::cursor::Cursor;
use super::{DEFAULT_ALIGNMENT, GgufError, MAX_ALIGNMENT, MAX_DIMS, MAX_NAME, Metadata, TensorType, VERSION};

/// Fewest bytes of a metadata entry: key length, one byte of key, type, one byte of value.
const MIN_ENTRY: u64 = 8 + 1 + 4 + 1;
/// Fewest bytes of a tensor's description: name length, one byte of name, dimension count, one dimension, type, offset.
const MIN_TENSOR: u64 = 8 + 1 + 4 + 8 + 4 + 8;

/// A tensor as the header describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Name.
    pub name: String,
    /// Element type.
    pub kind: TensorType,
    /// Dimensions, the fastest first: a matrix is `[cols, rows]`.
    pub dims: Vec<u64>,
    /// First byte in the file.
    pub start: u64,
    /// Length in bytes.
    pub bytes: u64,
}

impl Tensor {
    /// Bytes of the tensor in the file.
    pub const fn range(&self) -> Range<u64> {
        self.start..self.start + self.bytes
    }
}

/// Everything before the tensors' bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Metadata.
    pub metadata: Metadata,
    /// Tensors in file order.
    pub tensors: Vec<Tensor>,
}

impl Header {
    /// Parses the header of the file `bytes`, which holds the whole file.
    pub fn parse(bytes: &[u8]) -> Result<Header, GgufError> {
        let mut cursor = Cursor::new(bytes);
        let magic = cursor.array("magic")?;
        if magic != *b"GGUF" {
            return Err(GgufError::Magic { found: magic });
        }
        match cursor.u32("version")? {
            VERSION => {}
            // A small number written the other way round.
            found if found != 0 && found & 0xffff == 0 => return Err(GgufError::BigEndian),
            found => return Err(GgufError::Version { found }),
        }
        let tensor_count = cursor.count(MIN_TENSOR, "tensor count")?;
        let entry_count = cursor.count(MIN_ENTRY, "metadata count")?;
        let metadata = Metadata::read(&mut cursor, entry_count)?;
        let alignment = alignment(&metadata)?;

        let mut names = BTreeSet::new();
        let mut tensors = Vec::new();
        let mut offset = 0;
        for _ in 0..tensor_count {
            let tensor = read_tensor(&mut cursor, offset)?;
            if !names.insert(tensor.name.clone()) {
                return Err(GgufError::DuplicateTensor { tensor: tensor.name });
            }
            offset = tensor.start.saturating_add(tensor.bytes).checked_next_multiple_of(alignment).unwrap_or(u64::MAX);
            tensors.push(tensor);
        }
        place(&mut tensors, cursor.at().next_multiple_of(alignment), bytes.len() as u64)?;
        Ok(Header { metadata, tensors })
    }
}

fn alignment(metadata: &Metadata) -> Result<u64, GgufError> {
    let found = metadata.optional("general.alignment")?.unwrap_or(DEFAULT_ALIGNMENT);
    if !found.is_power_of_two() || !(8..=MAX_ALIGNMENT).contains(&found) {
        return Err(GgufError::Alignment { found });
    }
    Ok(found.into())
}

/// Reads one description; `start` is relative to the data until [`place`] makes it absolute.
fn read_tensor(cursor: &mut Cursor<'_>, expected: u64) -> Result<Tensor, GgufError> {
    let name = cursor.name(MAX_NAME, "tensor name")?.to_owned();
    let found = cursor.u32("tensor dimension count")?;
    if found == 0 || found > MAX_DIMS {
        return Err(GgufError::DimCount { tensor: name, found });
    }
    let mut dims = Vec::with_capacity(found as usize);
    for _ in 0..found {
        dims.push(cursor.u64("tensor dimension")?);
    }
    let kind = match TensorType::from_id(cursor.u32("tensor type")?) {
        Ok(kind) => kind,
        Err(type_name) => return Err(GgufError::UnsupportedType { tensor: name, name: type_name }),
    };
    let bytes = match size_in_bytes(kind, &dims) {
        Ok(bytes) => bytes,
        Err(why) => return Err(GgufError::Dims { tensor: name, dims, why }),
    };
    let start = cursor.u64("tensor offset")?;
    if start != expected {
        return Err(GgufError::Offset { tensor: name, expected, found: start });
    }
    Ok(Tensor { name, kind, dims, start, bytes })
}

fn size_in_bytes(kind: TensorType, dims: &[u64]) -> Result<u64, &'static str> {
    if dims.contains(&0) {
        return Err("a dimension is zero");
    }
    let block = kind.block_len() as u64;
    if !dims[0].is_multiple_of(block) {
        return Err("the first is not a multiple of the type's block");
    }
    let blocks = dims[1..].iter().try_fold(dims[0] / block, |n, &d| n.checked_mul(d));
    blocks
        .and_then(|n| n.checked_mul(kind.block_bytes() as u64))
        .filter(|&n| n <= i64::MAX as u64)
        .ok_or("their product is too large")
}

/// Moves the tensors to their place in the file and checks that they lie inside it.
fn place(tensors: &mut [Tensor], data: u64, size: u64) -> Result<(), GgufError> {
    for tensor in tensors {
        tensor.start = tensor.start.saturating_add(data);
        let end = tensor.start.saturating_add(tensor.bytes);
        if end > size {
            return Err(GgufError::TensorBounds { tensor: tensor.name.clone(), end, size });
        }
    }
    Ok(())
}
