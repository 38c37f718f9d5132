//! Consecutive elements of a tensor, as its chunks of bytes hold them: rows of a head may begin anywhere in a chunk, and end in
//! another; 256 mantissas are half of one.

use super::leaf::Chunk;
use super::shape::path;
use crate::chunks;
use crate::r1cs::Bit;
use assay_model::config::Config;
use assay_model::program::{CHUNK, Shape as Tensor, StepKind};

/// Where some elements of a tensor stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Chunks that hold them, in order.
    pub chunks: Vec<u32>,
    /// Bytes before them in the first chunk.
    pub start: usize,
    /// How many bytes they are.
    pub len: usize,
    /// How many elements they are.
    pub elements: usize,
    /// Bytes of the last chunk; every other has 1,024.
    last: usize,
    /// Parents between each chunk and the root.
    depths: Vec<usize>,
}

impl Span {
    /// Elements `first..first + len` of a tensor; there is at least one.
    pub fn new(tensor: &Tensor, first: u32, len: u32) -> Span {
        let size = tensor.element.size();
        let [first, elements] = [first, len].map(|n| usize::try_from(n).unwrap_or(0));
        let (begin, len) = (first * size, elements * size);
        let [from, to] =
            [begin, (begin + len).saturating_sub(1)].map(|byte| u32::try_from(byte / chunks::CHUNK_BYTES).unwrap_or(0));
        let count = chunks::count(tensor.bytes());
        Span {
            chunks: (from..=to).collect(),
            start: begin % chunks::CHUNK_BYTES,
            len,
            elements,
            last: chunks::range(tensor.bytes(), to).len(),
            depths: (from..=to).map(|chunk| path(count, chunk).len()).collect(),
        }
    }

    /// Outputs `256·chunk..` of a step that commits this tensor, up to 256 of them.
    pub fn of_chunk(tensor: &Tensor, chunk: u32) -> Span {
        let first = usize::try_from(chunk).unwrap_or(usize::MAX).saturating_mul(CHUNK).min(tensor.len);
        let len = (tensor.len - first).min(CHUNK);
        let [first, len] = [first, len].map(|n| u32::try_from(n).unwrap_or(0));
        Span::new(tensor, first, len)
    }

    /// Rows of head `head` in part `part` of qkv: 0 for queries, 1 for keys, 2 for values.
    pub fn of_rows(config: &Config, part: usize, head: u32) -> Span {
        let first = config.parts(StepKind::Qkv).get(part).map_or(0, |p| p.first);
        Span::new(&config.shape(StepKind::Qkv), first + head * config.head_dim, config.head_dim)
    }

    /// Key and value of a key/value head in the tensor of kv.
    pub fn of_key_value(config: &Config, head: u32) -> Span {
        let len = 2 * config.head_dim;
        Span::new(&config.shape(StepKind::Kv), head * len, len)
    }

    /// Outputs of a query head in the tensor of attention.
    pub fn of_output(config: &Config, head: u32) -> Span {
        Span::new(&config.shape(StepKind::Attention), head * config.head_dim, config.head_dim)
    }

    /// All that a circuit depends on of it, the length apart: bits 0..16 start, bits 16..32 bytes of the last chunk, then eight bits
    /// for each chunk, 128 + its depth. There are at most three chunks, as a head has at most 2,048 bytes.
    pub fn word(&self) -> u64 {
        let depths = self.depths.iter().rev().fold(0, |word, depth| word << 8 | 128 | number(*depth));
        number(self.start) | number(self.last) << 16 | depths << 32
    }

    /// Elements, as a word of a circuit's shape.
    pub fn rows(&self) -> u64 {
        number(self.elements)
    }

    /// The bytes, of the whole tensor's.
    pub fn bytes<'a>(&self, tensor: &'a [u8]) -> &'a [u8] {
        let first = self.chunks.first().map_or(0, |chunk| chunks::range(tensor.len(), *chunk).start) + self.start;
        tensor.get(first..first + self.len).unwrap_or_default()
    }

    /// Their bits, of chunks opened as `self.chunks` names them.
    pub fn bits(&self, opened: &[Chunk]) -> Vec<Bit> {
        let bits = opened.iter().flat_map(|chunk| &chunk.bits).copied();
        bits.skip(8 * self.start).take(8 * self.len).collect()
    }
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
