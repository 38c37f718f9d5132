//! A GGUF file: its header, and the bytes of its tensors on demand.

use std::ops::Deref;

use super::{GgufError, Header, Metadata, Tensor};

/// A parsed GGUF file.
#[derive(Debug)]
pub struct File<'a> {
    header: Header,
    source: Source<'a>,
}

#[derive(Debug)]
enum Source<'a> {
    Bytes(&'a [u8]),
    #[cfg(feature = "files")]
    Path {
        path: String,
        file: std::fs::File,
    },
}

/// Bytes of one tensor; a mapped tensor leaves memory when this is dropped.
pub struct TensorBytes<'a>(Held<'a>);

enum Held<'a> {
    Slice(&'a [u8]),
    #[cfg(feature = "files")]
    Map(memmap2::Mmap),
}

impl Deref for TensorBytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Held::Slice(bytes) => bytes,
            #[cfg(feature = "files")]
            Held::Map(map) => map,
        }
    }
}

impl<'a> File<'a> {
    /// Parses a file that is in memory.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, GgufError> {
        Ok(File { header: Header::parse(bytes)?, source: Source::Bytes(bytes) })
    }

    /// Opens a file; its tensors are mapped one by one when they are asked for.
    #[cfg(feature = "files")]
    pub fn open(path: impl AsRef<std::path::Path>) -> Result<File<'static>, GgufError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let io = |source| GgufError::Io { path: name.clone(), source };
        let file = std::fs::File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let size = usize::try_from(size).map_err(|_| io(std::io::ErrorKind::FileTooLarge.into()))?;
        let header = if size == 0 {
            // An empty range cannot be mapped.
            Header::parse(&[])?
        } else {
            // Only the header's pages are touched, and the map ends here.
            Header::parse(&super::map::map(&file, 0, size).map_err(io)?)?
        };
        Ok(File { header, source: Source::Path { path: name, file } })
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Metadata.
    pub const fn metadata(&self) -> &Metadata {
        &self.header.metadata
    }

    /// Tensors in file order.
    pub fn tensors(&self) -> &[Tensor] {
        &self.header.tensors
    }

    /// Bytes of `tensor`, which must be one of this file's.
    pub fn tensor_bytes(&self, tensor: &Tensor) -> Result<TensorBytes<'_>, GgufError> {
        let outside = |size| GgufError::TensorBounds { tensor: tensor.name.clone(), end: tensor.range().end, size };
        match &self.source {
            Source::Bytes(bytes) => {
                let range = tensor.range();
                let range = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
                let held = range.and_then(|(start, end)| bytes.get(start..end));
                held.map(|b| TensorBytes(Held::Slice(b))).ok_or_else(|| outside(bytes.len() as u64))
            }
            #[cfg(feature = "files")]
            Source::Path { path, file } => {
                let io = |source| GgufError::Io { path: path.clone(), source };
                // A map past the end of a file that has shrunk since would fault when it is read.
                let size = file.metadata().map_err(io)?.len();
                match usize::try_from(tensor.bytes) {
                    Ok(len) if tensor.range().end <= size => {
                        Ok(TensorBytes(Held::Map(super::map::map(file, tensor.start, len).map_err(io)?)))
                    }
                    _ => Err(outside(size)),
                }
            }
        }
    }
}
