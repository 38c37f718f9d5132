//! The step machine: what is computed at a position, step by step, and into which units each step divides.
//!
//! ```text
//! embed
//! L times: attn_norm  qkv  kv  attention  attn_pack  o  ffn_norm  gate_up  act  down
//! from the last prompt position on: final_norm  head  sample
//! ```
//!
//! A step writes one tensor and a short *header* of scalars (block shifts, the reciprocal root of a norm, partials per
//! chunk). A *unit* is the smallest part of a step that is checked alone: the header, a chunk of 256 outputs, or a head.

use crate::config::Config;

/// Outputs of one chunk.
pub const CHUNK: usize = 256;
/// Steps of one layer.
pub const LAYER_STEPS: u32 = 10;
/// Steps after the last layer: final_norm, head, sample.
pub const TAIL_STEPS: u32 = 3;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum StepKind {
    /// Row of the embedding matrix, rescaled to the residual stream.
    Embed = 0,
    /// RMS norm before attention.
    AttnNorm = 1,
    /// Query, key and value projections.
    Qkv = 2,
    /// Keys rotated and blocked, values blocked: what later positions read.
    Kv = 3,
    /// Softmax attention, one unit a head.
    Attention = 4,
    /// Attention outputs of all heads under one block shift.
    AttnPack = 5,
    /// Attention output projection, added to the residual.
    O = 6,
    /// RMS norm before the feed-forward layer.
    FfnNorm = 7,
    /// Gate and up projections.
    GateUp = 8,
    /// SwiGLU under one block shift.
    Act = 9,
    /// Feed-forward output projection, added to the residual.
    Down = 10,
    /// RMS norm before the head.
    FinalNorm = 11,
    /// Logits.
    Head = 12,
    /// The next token.
    Sample = 13,
}

impl StepKind {
    /// All kinds in program order.
    pub const ALL: [StepKind; 14] = [
        StepKind::Embed,
        StepKind::AttnNorm,
        StepKind::Qkv,
        StepKind::Kv,
        StepKind::Attention,
        StepKind::AttnPack,
        StepKind::O,
        StepKind::FfnNorm,
        StepKind::GateUp,
        StepKind::Act,
        StepKind::Down,
        StepKind::FinalNorm,
        StepKind::Head,
        StepKind::Sample,
    ];

    /// Kinds of one layer in program order.
    pub const LAYER: [StepKind; LAYER_STEPS as usize] = [
        StepKind::AttnNorm,
        StepKind::Qkv,
        StepKind::Kv,
        StepKind::Attention,
        StepKind::AttnPack,
        StepKind::O,
        StepKind::FfnNorm,
        StepKind::GateUp,
        StepKind::Act,
        StepKind::Down,
    ];

    /// Name as users meet it.
    pub const fn name(self) -> &'static str {
        match self {
            StepKind::Embed => "embed",
            StepKind::AttnNorm => "attn_norm",
            StepKind::Qkv => "qkv",
            StepKind::Kv => "kv",
            StepKind::Attention => "attention",
            StepKind::AttnPack => "attn_pack",
            StepKind::O => "o",
            StepKind::FfnNorm => "ffn_norm",
            StepKind::GateUp => "gate_up",
            StepKind::Act => "act",
            StepKind::Down => "down",
            StepKind::FinalNorm => "final_norm",
            StepKind::Head => "head",
            StepKind::Sample => "sample",
        }
    }

    /// Whether the step is a matrix product followed by elementwise rounding.
    pub const fn is_linear(self) -> bool {
        matches!(self, StepKind::Qkv | StepKind::O | StepKind::GateUp | StepKind::Down | StepKind::Head)
    }
}

/// A step of a position: its kind, and its layer where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// Layer, 0 for steps outside the layers.
    pub layer: u32,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if StepKind::LAYER.contains(&self.kind) {
            write!(f, "layer {} {}", self.layer, self.kind.name())
        } else {
            f.write_str(self.kind.name())
        }
    }
}

/// Element type of a committed tensor; little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Element {
    /// Signed 16-bit mantissas.
    I16 = 2,
    /// Signed 32-bit values.
    I32 = 4,
}

impl Element {
    /// Bytes of one element.
    pub const fn size(self) -> usize {
        self as usize
    }
}

/// Shape of a committed tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Element type.
    pub element: Element,
    /// Elements, padding included.
    pub len: usize,
    /// Bytes of the header of scalars.
    pub header: usize,
}

impl Shape {
    /// Bytes of the tensor.
    pub const fn bytes(&self) -> usize {
        self.len * self.element.size()
    }
}

/// One unit of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// The scalars derived from the partials of all chunks.
    Header,
    /// 256 consecutive outputs (fewer at the end of an unpadded vector).
    Chunk(u32),
    /// One attention head, or one key/value head.
    Head(u32),
    /// The whole step.
    Whole,
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unit::Header => f.write_str("header"),
            Unit::Chunk(c) => write!(f, "chunk {c}"),
            Unit::Head(h) => write!(f, "head {h}"),
            Unit::Whole => f.write_str("whole"),
        }
    }
}

/// Rows of a linear step's part, padded to whole chunks.
pub const fn padded(rows: u32) -> u32 {
    rows.div_ceil(CHUNK as u32) * CHUNK as u32
}

/// A part of a linear step: rows of one weight matrix and where they stand in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// First output element; a multiple of 256.
    pub first: u32,
    /// Rows of the matrix.
    pub rows: u32,
}

impl Config {
    /// Steps of a position; `tail` says whether it has final_norm, head and sample.
    pub const fn step_count(&self, tail: bool) -> u32 {
        1 + self.layers * LAYER_STEPS + if tail { TAIL_STEPS } else { 0 }
    }

    /// Step number `index` of a position, if there is one.
    pub fn step(&self, index: u32) -> Option<Step> {
        let body = self.layers * LAYER_STEPS;
        let (kind, layer) = match index {
            0 => (StepKind::Embed, 0),
            i if i <= body => (StepKind::LAYER[((i - 1) % LAYER_STEPS) as usize], (i - 1) / LAYER_STEPS),
            i if i == body + 1 => (StepKind::FinalNorm, 0),
            i if i == body + 2 => (StepKind::Head, 0),
            i if i == body + 3 => (StepKind::Sample, 0),
            _ => return None,
        };
        Some(Step { kind, layer })
    }

    /// Number of `step` within its position.
    pub const fn step_index(&self, step: Step) -> u32 {
        let body = self.layers * LAYER_STEPS;
        match step.kind {
            StepKind::Embed => 0,
            StepKind::FinalNorm => body + 1,
            StepKind::Head => body + 2,
            StepKind::Sample => body + 3,
            kind => step.layer * LAYER_STEPS + kind as u32,
        }
    }

    /// The step whose tensor is the residual stream that `step` reads (norms and the two additions).
    pub const fn residual_source(&self, step: Step) -> Step {
        match step.kind {
            StepKind::FfnNorm | StepKind::Down => Step { kind: StepKind::O, layer: step.layer },
            StepKind::FinalNorm => Step { kind: StepKind::Down, layer: self.layers - 1 },
            _ if step.layer == 0 => Step { kind: StepKind::Embed, layer: 0 },
            _ => Step { kind: StepKind::Down, layer: step.layer - 1 },
        }
    }

    /// Parts of a linear step; empty for the others.
    pub fn parts(&self, kind: StepKind) -> Vec<Part> {
        let rows: &[u32] = match kind {
            StepKind::Qkv => &[self.q_dim(), self.kv_dim(), self.kv_dim()],
            StepKind::GateUp => &[self.ffn, self.ffn],
            StepKind::O | StepKind::Down => &[self.dim],
            StepKind::Head => &[self.vocab],
            _ => &[],
        };
        let mut first = 0;
        rows.iter()
            .map(|&rows| {
                let part = Part { first, rows };
                first += padded(rows);
                part
            })
            .collect()
    }

    /// Inputs D of a linear step; 0 for the others.
    pub const fn inputs(&self, kind: StepKind) -> u32 {
        match kind {
            StepKind::Qkv | StepKind::GateUp | StepKind::Head => self.dim,
            StepKind::O => self.q_dim(),
            StepKind::Down => self.ffn,
            _ => 0,
        }
    }

    /// Shape of what a step commits.
    ///
    /// | step | header, little-endian |
    /// |---|---|
    /// | norms | per chunk: s1 `u8`, s2 `u8`, Σa² `u64`; then s1 `u8`, s2 `u8`, R `u32`, j `i8` |
    /// | kv | per key/value head: sk `u8`, sv `u8` |
    /// | attn_pack, act | per chunk: s `u8`; then s `u8` |
    /// | head | per chunk: largest logit `i32` |
    pub const fn shape(&self, kind: StepKind) -> Shape {
        const fn chunks(len: u32) -> usize {
            len.div_ceil(CHUNK as u32) as usize
        }
        let (element, len, header) = match kind {
            StepKind::Embed | StepKind::O | StepKind::Down => (Element::I32, self.dim, 0),
            StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm => {
                (Element::I16, self.dim, 10 * chunks(self.dim) + 7)
            }
            StepKind::Qkv => (Element::I32, padded(self.q_dim()) + 2 * padded(self.kv_dim()), 0),
            StepKind::Kv => (Element::I16, 2 * self.kv_dim(), 2 * self.kv_heads as usize),
            StepKind::Attention => (Element::I32, self.q_dim(), 0),
            StepKind::AttnPack => (Element::I16, self.q_dim(), chunks(self.q_dim()) + 1),
            StepKind::GateUp => (Element::I32, 2 * padded(self.ffn), 0),
            StepKind::Act => (Element::I16, self.ffn, chunks(self.ffn) + 1),
            StepKind::Head => (Element::I32, self.vocab, 4 * chunks(self.vocab)),
            StepKind::Sample => (Element::I32, 1, 0),
        };
        Shape { element, len: len as usize, header }
    }

    /// Number of units of a step.
    pub const fn unit_count(&self, kind: StepKind) -> u32 {
        let chunks = self.shape(kind).len.div_ceil(CHUNK) as u32;
        match kind {
            StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm | StepKind::AttnPack | StepKind::Act => {
                chunks + 1
            }
            StepKind::Kv => self.kv_heads,
            StepKind::Attention => self.heads,
            StepKind::Sample => 1,
            _ => chunks,
        }
    }

    /// Unit number `index` of a step, header first; `None` past the last.
    pub const fn unit(&self, kind: StepKind, index: u32) -> Option<Unit> {
        if index >= self.unit_count(kind) {
            return None;
        }
        Some(match kind {
            StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm | StepKind::AttnPack | StepKind::Act => {
                if index == 0 {
                    Unit::Header
                } else {
                    Unit::Chunk(index - 1)
                }
            }
            StepKind::Kv | StepKind::Attention => Unit::Head(index),
            StepKind::Sample => Unit::Whole,
            _ => Unit::Chunk(index),
        })
    }

    /// Work of a unit at position `t`, in multiply-accumulates; at least 1. Frozen: draws depend on it.
    ///
    /// Linear chunks count `rows · D`, attention heads `2·hd·(t+1)`, every other unit the elements that it writes.
    pub fn unit_work(&self, kind: StepKind, unit: Unit, t: u32) -> u64 {
        let chunk = CHUNK as u64;
        match (kind, unit) {
            (_, Unit::Header | Unit::Whole) => 1,
            (StepKind::Attention, Unit::Head(_)) => 2 * u64::from(self.head_dim) * (u64::from(t) + 1),
            (_, Unit::Head(_)) => 2 * u64::from(self.head_dim),
            (_, Unit::Chunk(c)) if kind.is_linear() => {
                let first = u64::from(c) * chunk;
                let rows = self
                    .parts(kind)
                    .iter()
                    .map(|p| {
                        let (lo, hi) = (u64::from(p.first), u64::from(p.first) + u64::from(p.rows));
                        hi.min(first + chunk).saturating_sub(lo.max(first))
                    })
                    .sum::<u64>();
                (rows * u64::from(self.inputs(kind))).max(1)
            }
            (_, Unit::Chunk(c)) => (self.shape(kind).len as u64).saturating_sub(u64::from(c) * chunk).clamp(1, chunk),
        }
    }

    /// Work of a whole step at position `t`.
    pub fn step_work(&self, kind: StepKind, t: u32) -> u64 {
        (0..self.unit_count(kind)).filter_map(|u| self.unit(kind, u)).map(|u| self.unit_work(kind, u, t)).sum()
    }

    /// Work of a whole position.
    pub fn position_work(&self, t: u32, tail: bool) -> u64 {
        self.works().position(t, tail)
    }

    /// Works of all steps and positions at once: only attention depends on the position, and that linearly.
    pub fn works(&self) -> Works {
        let kinds = StepKind::ALL.map(|k| {
            let first = self.step_work(k, 0);
            [first, self.step_work(k, 1) - first]
        });
        Works { kinds, layers: u64::from(self.layers) }
    }
}

/// Work of steps and positions as functions of the position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Works {
    /// Work at position 0 and its growth, by kind.
    kinds: [[u64; 2]; StepKind::ALL.len()],
    layers: u64,
}

impl Works {
    /// Work of a step at position `t`.
    pub const fn step(&self, kind: StepKind, t: u32) -> u64 {
        let [first, growth] = self.kinds[kind as usize];
        first + growth * t as u64
    }

    /// Work of position `t`; `tail` says whether it has final_norm, head and sample.
    pub fn position(&self, t: u32, tail: bool) -> u64 {
        let sum = |kinds: &[StepKind]| kinds.iter().map(|&k| self.step(k, t)).sum::<u64>();
        let tail = if tail { sum(&[StepKind::FinalNorm, StepKind::Head, StepKind::Sample]) } else { 0 };
        self.step(StepKind::Embed, t) + self.layers * sum(&StepKind::LAYER) + tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smollm2() -> Config {
        Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 }
    }

    #[test]
    fn step_indices_round_trip() {
        let c = smollm2();
        for i in 0..c.step_count(true) {
            assert_eq!(c.step_index(c.step(i).unwrap()), i);
        }
        assert_eq!(c.step(c.step_count(true)), None);
        assert_eq!(c.step_count(true), 304);
    }

    #[test]
    fn chunks_cover_exactly_the_rows_of_a_linear_step() {
        let c = smollm2();
        assert_eq!(c.step_work(StepKind::Qkv, 0), 960 * 576);
        assert_eq!(c.step_work(StepKind::GateUp, 7), 2 * 1536 * 576);
        assert_eq!(c.step_work(StepKind::Head, 0), 49152 * 576);
        assert_eq!(c.shape(StepKind::Qkv).len, 768 + 256 + 256);
    }

    #[test]
    fn a_positions_work_is_that_of_its_steps() {
        let c = smollm2();
        for (t, tail) in [(0, false), (1, true), (77, false), (8191, true)] {
            let steps: u64 = (0..c.step_count(tail)).map(|i| c.step_work(c.step(i).unwrap().kind, t)).sum();
            assert_eq!(c.position_work(t, tail), steps);
        }
    }

    #[test]
    fn every_unit_has_work() {
        let c = smollm2();
        for kind in StepKind::ALL {
            for u in 0..c.unit_count(kind) {
                assert!(c.unit_work(kind, c.unit(kind, u).unwrap(), 0) > 0, "{kind:?} {u}");
            }
        }
    }
}
