//! What a circuit depends on.

use crate::r1cs::rounding::Widths;
use crate::{chunks, tree};
use assay_model::config::Config;
use assay_model::program::{CHUNK, Element, Shape as Tensor, StepKind};

/// Bound on |W| of any model: its bits.
const WEIGHT_BITS: u32 = 20;
/// Bits of |x|.
const MANTISSA_BITS: u32 = 15;

/// A chunk of a linear step, up to what a circuit is the same for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Which step: qkv, gate_up, head, o or down.
    pub kind: StepKind,
    /// Inputs D.
    pub width: usize,
    /// Elements of the output tensor, padding included.
    pub len: usize,
    /// Elements of the chunk: 256, or fewer in the last of a tensor.
    pub rows: usize,
    /// Parents between the chunk and the root of its tensor's tree.
    pub depth: usize,
}

impl Shape {
    /// Shape of chunk `chunk` of the linear step `kind`; `None` if there is no such chunk, or the step is not linear.
    pub fn new(config: &Config, kind: StepKind, chunk: u32) -> Option<Shape> {
        let tensor = config.shape(kind);
        let count = chunks::count(tensor.bytes());
        if !kind.is_linear() || chunk >= count {
            return None;
        }
        let rows = chunks::range(tensor.bytes(), chunk).len() / tensor.element.size();
        let width = usize::try_from(config.inputs(kind)).ok()?;
        Some(Shape { kind, width, len: tensor.len, rows, depth: path(count, chunk).len() })
    }

    /// All shapes of a model, in the order of their steps and chunks.
    pub fn all(config: &Config) -> Vec<Shape> {
        let mut all = Vec::new();
        for kind in StepKind::ALL {
            for shape in (0..config.unit_count(kind)).filter_map(|chunk| Shape::new(config, kind, chunk)) {
                if !all.contains(&shape) {
                    all.push(shape);
                }
            }
        }
        all
    }

    /// Whether the output is added to a residual.
    pub const fn has_residual(&self) -> bool {
        matches!(self.kind, StepKind::O | StepKind::Down)
    }

    /// The step that makes x.
    pub const fn input_kind(&self) -> StepKind {
        match self.kind {
            StepKind::O => StepKind::AttnPack,
            StepKind::Down => StepKind::Act,
            StepKind::GateUp => StepKind::FfnNorm,
            StepKind::Head => StepKind::FinalNorm,
            _ => StepKind::AttnNorm,
        }
    }

    /// Tensor and header of the step that makes x.
    pub const fn input(&self) -> Tensor {
        let chunks = self.width.div_ceil(CHUNK);
        let header = if self.has_residual() { chunks + 1 } else { 10 * chunks + 7 };
        Tensor { element: Element::I16, len: self.width, header }
    }

    /// Tensor and header of the step itself.
    pub const fn output(&self) -> Tensor {
        let header = if matches!(self.kind, StepKind::Head) { 4 * self.len.div_ceil(CHUNK) } else { 0 };
        Tensor { element: Element::I32, len: self.len, header }
    }

    /// Tensor and header of the residual.
    pub const fn residual(&self) -> Tensor {
        Tensor { element: Element::I32, len: self.len, header: 0 }
    }

    /// How wide the integers of the rounding are.
    pub fn widths(&self) -> Widths {
        let inputs = usize::BITS.saturating_sub(self.width.leading_zeros());
        let bits = usize::try_from(inputs.saturating_add(WEIGHT_BITS).saturating_add(MANTISSA_BITS)).unwrap_or(0);
        if self.has_residual() { Widths::residual(bits) } else { Widths::scaled(bits) }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Shape { kind, width, len, rows, depth } = self;
        write!(f, "{} {width} to {len}, {rows} rows, depth {depth}", kind.name())
    }
}

/// The turns from chunk `index` of `count` up to the root: true where it is a right child.
pub fn path(count: u32, index: u32) -> Vec<bool> {
    let mut turns = Vec::new();
    let (mut count, mut index) = (count, index);
    while count > 1 {
        let split = tree::left_len(count);
        let right = index >= split;
        (count, index) =
            if right { (count.saturating_sub(split), index.saturating_sub(split)) } else { (split, index) };
        turns.push(right);
    }
    turns.reverse();
    turns
}
