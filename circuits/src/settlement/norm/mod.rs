//! Norms: the header from the partials of all chunks, and one chunk from its part of the residual stream.
//!
//! The three norms of a model share their circuits. Which of them it is, and which step made the residual stream, is said by
//! the places of the leaves, which a contract computes.
//!
//! - [`header`]: s1, s2, R and j follow from the partials;
//! - [`chunk`]: a chunk's partial and mantissas follow from its residual and gains.

pub mod chunk;
pub mod header;

pub use chunk::NormChunk;
pub use header::NormHeader;

use super::kv::belongs;
use super::leaf::Committed;
use assay_model::config::Config;
use assay_model::program::StepKind;

const NORMS: [StepKind; 3] = [StepKind::AttnNorm, StepKind::FfnNorm, StepKind::FinalNorm];
/// Steps whose tensor is the residual stream.
const RESIDUALS: [StepKind; 3] = [StepKind::Embed, StepKind::O, StepKind::Down];

/// Whether a leaf is one of these kinds of step.
fn is_one_of(leaf: &Committed, config: &Config, kinds: &[StepKind]) -> bool {
    kinds.iter().any(|kind| belongs(leaf, config, *kind))
}
