//! Vectors under one block shift: headers of attn_pack and act, chunks of attn_pack. [`act`](super::act) has chunks of act.
//!
//! - [`header`]: the shift is the largest of all chunks' own;
//! - [`chunk`]: a chunk's own shift and mantissas follow from its outputs of attention.

pub mod chunk;
pub mod header;

pub use chunk::PackChunk;
pub use header::PackHeader;

use super::scalars::{PackScalars, largest_shift};
use crate::r1cs::{Num, System, power_of_two};
use assay_model::arith::MANTISSA_BITS;
use assay_model::program::StepKind;

impl System {
    /// `values` have the shift of entry `chunk` as their own least one, and the mantissas x, of sixteen bits, under the shift of
    /// all; none is above 2^`magnitude` in magnitude.
    pub(super) fn packed_chunk(
        &mut self,
        kind: StepKind,
        scalars: &PackScalars,
        chunk: &Num,
        values: &[Num],
        x: &[Num],
        magnitude: usize,
    ) {
        let entries: Vec<[Num; 1]> = scalars.chunks.iter().map(|s| [s.clone()]).collect();
        let [own] = self.entry(chunk, &entries);
        let max = largest_shift(kind);
        self.least(values, &own, max, magnitude);
        let end = power_of_two(usize::try_from(MANTISSA_BITS).unwrap_or(0) - 1);
        x.iter().for_each(|x| self.differs(x, -end));
        self.under(values, x, &scalars.shift, max);
    }
}
