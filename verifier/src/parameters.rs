//! What the checks read of a model, whoever has it: all of it, or a manifest and what an answer opens.

use crate::needs::{input, to_usize};
use crate::reject::Code;
use assay_model::config::Config;
use assay_model::matrix::Matrix;
use assay_model::model::Gains;
use assay_model::names;
use assay_model::program::{Step, StepKind};
use assay_model::steps::linear::{Rounding, accumulate, accumulator_bound};
use assay_model::steps::{norm, pack};
use assay_model::tables::Tables;
use assay_model::{Model, matrix};
use std::borrow::Cow;

/// What is public of one matrix of a linear step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartInfo {
    /// Scale exponent.
    pub k: i32,
    /// Bound on the magnitude of an accumulator: D·max|W|·32767.
    pub bound: i64,
}

impl PartInfo {
    /// Of a matrix with `cols` inputs.
    pub fn new(k: i32, cols: usize, max_abs: u32) -> Self {
        PartInfo { k, bound: accumulator_bound(cols, max_abs) }
    }
}

/// Rows `first..first + count` of part `part` of a linear step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Number of the part.
    pub part: usize,
    /// First row.
    pub first: usize,
    /// Rows: up to 256, 0 for a chunk of padding.
    pub count: usize,
}

impl Rows {
    /// Rows of chunk `chunk` of a linear step.
    pub fn of_chunk(config: &Config, kind: StepKind, chunk: u32) -> Option<Rows> {
        let first = to_usize(chunk).checked_mul(assay_model::program::CHUNK)?;
        let parts = config.parts(kind);
        let (part, p) = parts.iter().enumerate().rev().find(|(_, p)| to_usize(p.first) <= first)?;
        let first = first.checked_sub(to_usize(p.first))?;
        let count = to_usize(p.rows).saturating_sub(first).min(assay_model::program::CHUNK);
        Some(Rows { part, first, count })
    }
}

/// A model as checks see it. What a stranger's answer does not disclose is `opening`.
pub trait Parameters {
    /// Shape.
    fn config(&self) -> &Config;
    /// Integer tables.
    fn tables(&self) -> &Tables;
    /// Row of the embedding, and the matrix' scale exponent.
    fn embedding(&self, token: u32) -> Result<(Cow<'_, [i32]>, i32), Code>;
    /// Gains of a norm.
    fn gains(&self, norm: Step) -> Result<&Gains, Code>;
    /// Scale exponent of a norm's gains.
    fn gains_k(&self, norm: Step) -> Option<i32>;
    /// A part of a linear step.
    fn part(&self, step: Step, part: usize) -> Option<PartInfo>;
    /// Exact accumulators of some rows; `None` where the weights are not at hand and a proof stands for them.
    fn product(&self, step: Step, rows: &Rows, x: &[i16]) -> Option<Vec<i64>>;
}

/// How part `part` of a linear step rounds, given the header of its input.
///
/// # Errors
/// `out-of-range` if a scalar of the header is; `opening` if the model has no such part.
pub fn rounding(model: &dyn Parameters, step: Step, part: usize, header: &[u8]) -> Result<Rounding, Code> {
    let k = model.part(step, part).ok_or(Code::Opening)?.k;
    let shift = |max| pack::Header::decode(header, max).map(|h| h.shift).map_err(|_| Code::OutOfRange);
    Ok(match step.kind {
        StepKind::O => Rounding::attention_output(shift(pack::MAX_ATTN_SHIFT)?, k),
        StepKind::Down => Rounding::ffn_output(shift(pack::MAX_ACT_SHIFT)?, k),
        kind => {
            let scale = norm::Header::decode(header).map_err(|_| Code::OutOfRange)?.scale;
            let gains = model.gains_k(Step { kind: input(step), ..step }).ok_or(Code::Opening)?;
            Rounding::after_norm(kind, &scale, gains, k)
        }
    })
}

/// The matrix of part `part` of a linear step.
pub fn matrix(model: &Model, step: Step, part: usize) -> Option<&Matrix> {
    let layer = || model.layers.get(to_usize(step.layer));
    Some(match (step.kind, part) {
        (StepKind::Qkv, 0) => &layer()?.q,
        (StepKind::Qkv, 1) => &layer()?.k,
        (StepKind::Qkv, 2) => &layer()?.v,
        (StepKind::O, 0) => &layer()?.o,
        (StepKind::GateUp, 0) => &layer()?.gate,
        (StepKind::GateUp, 1) => &layer()?.up,
        (StepKind::Down, 0) => &layer()?.down,
        (StepKind::Head, 0) => model.head(),
        _ => return None,
    })
}

impl Parameters for Model {
    fn config(&self) -> &Config {
        &self.config
    }

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn embedding(&self, token: u32) -> Result<(Cow<'_, [i32]>, i32), Code> {
        let w: &matrix::Matrix = &self.embedding;
        if to_usize(token) >= w.rows {
            return Err(Code::TokenRange);
        }
        let mut row = vec![0; w.cols];
        w.decode_row(to_usize(token), &mut row);
        Ok((Cow::Owned(row), w.k))
    }

    fn gains(&self, norm: Step) -> Result<&Gains, Code> {
        let layer = || self.layers.get(to_usize(norm.layer)).ok_or(Code::Opening);
        Ok(match norm.kind {
            StepKind::AttnNorm => &layer()?.attn_norm,
            StepKind::FfnNorm => &layer()?.ffn_norm,
            _ => &self.final_norm,
        })
    }

    fn gains_k(&self, norm: Step) -> Option<i32> {
        self.gains(norm).ok().map(|g| g.k)
    }

    fn part(&self, step: Step, part: usize) -> Option<PartInfo> {
        matrix(self, step, part).map(|w| PartInfo::new(w.k, w.cols, w.max_abs))
    }

    fn product(&self, step: Step, rows: &Rows, x: &[i16]) -> Option<Vec<i64>> {
        let w = matrix(self, step, rows.part)?;
        accumulate(w, rows.first, rows.count, &[x]).into_iter().next()
    }
}

/// Name of the tensor of part `part` of a linear step; `tied` says that the head is the embedding.
pub(crate) fn tensor_name(step: Step, part: usize, tied: bool) -> Option<String> {
    if step.kind == StepKind::Head && tied {
        return (part == 0).then(|| names::EMBEDDING.to_owned());
    }
    names::of_step(step).into_iter().nth(part)
}
