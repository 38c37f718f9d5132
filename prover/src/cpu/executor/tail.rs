//! final_norm, head and sample.

use assay_model::model::Model;
use assay_model::program::{CHUNK, StepKind};
use assay_model::reference::Sampler;
use assay_model::sampling::sample;
use assay_model::steps::linear::Rounding;

use super::elementwise;
use super::outputs::TailOutputs;
use super::product::Multiplier;
use crate::cpu::linear::Rounder;
use crate::cpu::platform::Tier;

/// Positions that share a reading of the output matrix: its outputs are the largest tensors by far.
pub const TAIL_POSITIONS: usize = 8;

/// The tail steps of up to [`TAIL_POSITIONS`] positions.
pub struct Tail {
    pub outputs: TailOutputs,
    capacity: usize,
    multiplier: Multiplier,
    scratch: elementwise::Scratch,
}

impl Tail {
    /// Uses up to `threads` threads.
    pub fn new(model: &Model, tier: Tier, threads: usize) -> Tail {
        Tail {
            outputs: TailOutputs::new(&model.config, 1),
            capacity: 1,
            multiplier: Multiplier::new(tier, threads),
            scratch: elementwise::Scratch::default(),
        }
    }

    /// Computes the tail of positions `(t, h)`; returns the token sampled at the last one.
    pub fn run(&mut self, model: &Model, positions: &[(u32, &[i32])], sampler: &Sampler) -> Option<u32> {
        if positions.len() > self.capacity {
            self.capacity = TAIL_POSITIONS.max(positions.len());
            self.outputs = TailOutputs::new(&model.config, self.capacity);
        }
        let (c, gains, w) = (&model.config, &model.final_norm, model.head());
        let TailOutputs { final_norm, head, sample: sampled } = &mut self.outputs;
        let mut rounders = Vec::with_capacity(positions.len());
        for (i, (_, h)) in positions.iter().enumerate() {
            let scale = elementwise::norm(h, gains, &model.tables, &mut self.scratch, final_norm.at_mut(i));
            rounders.push(Rounder::new(Rounding::after_norm(StepKind::Head, &scale, gains.k, w.k), w));
        }
        self.multiplier.set(final_norm.all(positions.len()), c.dim as usize);
        let stride = head.stride();
        self.multiplier.multiply(w, &rounders, head.all_mut(positions.len()), stride);
        let mut token = None;
        for (i, &(t, _)) in positions.iter().enumerate() {
            let (logits, header) = head.at_mut(i);
            for (header, logits) in header.as_chunks_mut::<4>().0.iter_mut().zip(logits.chunks(CHUNK)) {
                *header = logits.iter().copied().max().unwrap_or(0).to_le_bytes();
            }
            let drawn = sample(logits, &sampler.sampling, &sampler.seed, t, &model.tables);
            sampled.at_mut(i).0[0] = drawn.cast_signed();
            token = Some(drawn);
        }
        token
    }
}
