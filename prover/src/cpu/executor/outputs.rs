//! Where steps write: one tensor a step, for a run of positions, in the layout that is committed.

use assay_model::config::Config;
use assay_model::program::{Shape, Step, StepKind};

use crate::backend::{StepOutput, Tensor as Committed};
use crate::cpu::bytes::{self, Number};

/// Tensors and headers of one step.
pub struct Tensor<T> {
    data: Vec<T>,
    headers: Vec<u8>,
    shape: Shape,
}

impl<T: Number> Tensor<T> {
    fn new(config: &Config, kind: StepKind, positions: usize) -> Self {
        let shape = config.shape(kind);
        assert_eq!(shape.element.size(), size_of::<T>(), "element of {}", kind.name());
        Tensor { data: vec![T::default(); positions * shape.len], headers: vec![0; positions * shape.header], shape }
    }

    /// Elements of one position.
    pub fn stride(&self) -> usize {
        self.shape.len
    }

    /// The first `positions` positions.
    pub fn all(&self, positions: usize) -> &[T] {
        &self.data[..positions * self.shape.len]
    }

    /// As [`all`](Self::all).
    pub fn all_mut(&mut self, positions: usize) -> &mut [T] {
        &mut self.data[..positions * self.shape.len]
    }

    /// Position `i`.
    pub fn at(&self, i: usize) -> &[T] {
        &self.data[i * self.shape.len..][..self.shape.len]
    }

    /// Tensor and header of position `i`.
    pub fn at_mut(&mut self, i: usize) -> (&mut [T], &mut [u8]) {
        let Shape { len, header, .. } = self.shape;
        (&mut self.data[i * len..][..len], &mut self.headers[i * header..][..header])
    }

    fn output(&self, i: usize, position: u32, step: u32) -> StepOutput<'_> {
        let header = &self.headers[i * self.shape.header..][..self.shape.header];
        StepOutput { position, step, header, tensor: Committed::Bytes(bytes::of(self.at(i))) }
    }
}

/// Outputs of one layer's steps.
pub struct LayerOutputs {
    pub attn_norm: Tensor<i16>,
    pub qkv: Tensor<i32>,
    pub kv: Tensor<i16>,
    pub attention: Tensor<i32>,
    pub attn_pack: Tensor<i16>,
    pub o: Tensor<i32>,
    pub ffn_norm: Tensor<i16>,
    pub gate_up: Tensor<i32>,
    pub act: Tensor<i16>,
    pub down: Tensor<i32>,
}

impl LayerOutputs {
    /// Room for `positions` positions.
    pub fn new(c: &Config, positions: usize) -> LayerOutputs {
        LayerOutputs {
            attn_norm: Tensor::new(c, StepKind::AttnNorm, positions),
            qkv: Tensor::new(c, StepKind::Qkv, positions),
            kv: Tensor::new(c, StepKind::Kv, positions),
            attention: Tensor::new(c, StepKind::Attention, positions),
            attn_pack: Tensor::new(c, StepKind::AttnPack, positions),
            o: Tensor::new(c, StepKind::O, positions),
            ffn_norm: Tensor::new(c, StepKind::FfnNorm, positions),
            gate_up: Tensor::new(c, StepKind::GateUp, positions),
            act: Tensor::new(c, StepKind::Act, positions),
            down: Tensor::new(c, StepKind::Down, positions),
        }
    }

    /// Outputs of layer `layer` at place `i`, which is position `position`, in step order.
    pub fn outputs(&self, c: &Config, layer: u32, i: usize, position: u32) -> [StepOutput<'_>; 10] {
        let step = |kind| c.step_index(Step { kind, layer });
        [
            self.attn_norm.output(i, position, step(StepKind::AttnNorm)),
            self.qkv.output(i, position, step(StepKind::Qkv)),
            self.kv.output(i, position, step(StepKind::Kv)),
            self.attention.output(i, position, step(StepKind::Attention)),
            self.attn_pack.output(i, position, step(StepKind::AttnPack)),
            self.o.output(i, position, step(StepKind::O)),
            self.ffn_norm.output(i, position, step(StepKind::FfnNorm)),
            self.gate_up.output(i, position, step(StepKind::GateUp)),
            self.act.output(i, position, step(StepKind::Act)),
            self.down.output(i, position, step(StepKind::Down)),
        ]
    }
}

/// Outputs of embed.
pub struct EmbedOutputs(pub Tensor<i32>);

impl EmbedOutputs {
    /// Room for `positions` positions.
    pub fn new(c: &Config, positions: usize) -> EmbedOutputs {
        EmbedOutputs(Tensor::new(c, StepKind::Embed, positions))
    }

    /// Output at place `i`, which is position `position`.
    pub fn output(&self, i: usize, position: u32) -> StepOutput<'_> {
        self.0.output(i, position, 0)
    }
}

/// Outputs of final_norm, head and sample.
pub struct TailOutputs {
    pub final_norm: Tensor<i16>,
    pub head: Tensor<i32>,
    pub sample: Tensor<i32>,
}

impl TailOutputs {
    /// Room for `positions` positions.
    pub fn new(c: &Config, positions: usize) -> TailOutputs {
        TailOutputs {
            final_norm: Tensor::new(c, StepKind::FinalNorm, positions),
            head: Tensor::new(c, StepKind::Head, positions),
            sample: Tensor::new(c, StepKind::Sample, positions),
        }
    }

    /// Outputs at place `i`, which is position `position`, in step order.
    pub fn outputs(&self, c: &Config, i: usize, position: u32) -> [StepOutput<'_>; 3] {
        let step = |kind| c.step_index(Step { kind, layer: 0 });
        [
            self.final_norm.output(i, position, step(StepKind::FinalNorm)),
            self.head.output(i, position, step(StepKind::Head)),
            self.sample.output(i, position, step(StepKind::Sample)),
        ]
    }
}
