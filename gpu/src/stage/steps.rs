//! The program as dispatches.

use assay_model::program::StepKind;

use super::Stage;
use super::buffers::{Buffers, RowBinds};
use super::kernels::RowKernels;
use crate::ops::linear::{Places, Slab};
use crate::ops::{act, attention, embed, kv, norm, pack, sample};
use crate::variant::Tokens;

/// Adds steps of `rows` rows to a pass.
pub struct Steps<'s, 'p, 'e> {
    stage: &'s Stage,
    b: &'s Buffers,
    pass: &'p mut wgpu::ComputePass<'e>,
    rows: u32,
    tokens: Tokens,
}

const fn tokens(rows: u32) -> Tokens {
    if rows == 1 { Tokens::One } else { Tokens::Four }
}

impl Stage {
    pub(super) fn steps<'s, 'p, 'e>(
        &'s self,
        b: &'s Buffers,
        pass: &'p mut wgpu::ComputePass<'e>,
        rows: u32,
    ) -> Steps<'s, 'p, 'e> {
        Steps { stage: self, b, pass, rows, tokens: tokens(rows) }
    }
}

/// Kernels of rows, and what they are bound to.
const fn of_rows<'s>(stage: &'s Stage, b: &'s Buffers, tokens: Tokens) -> (&'s RowKernels, &'s RowBinds) {
    let bound = match tokens {
        Tokens::One => &b.of_rows[0],
        Tokens::Four => &b.of_rows[1],
    };
    (stage.kernels.of_rows(tokens), bound)
}

impl Steps<'_, '_, '_> {
    /// embed, if the share has it.
    pub fn embed(&mut self) {
        let Some((_, kernel)) = &self.stage.kernels.embed else { return };
        let config = &self.stage.model.config;
        for (slab, bound) in self.stage.weights.embedding.iter().zip(&self.b.embed) {
            let at = slab.lookup();
            let p = embed::Parameters {
                arena_row: self.b.layout.arena_row,
                output: self.b.layout.place(StepKind::Embed, 0).tensor,
                columns: config.dim,
                shift: self.stage.weights.embedding_k - assay_model::config::RESIDUAL_BITS,
                first_token: at.first,
                tokens: at.rows,
                high: at.high,
                blocks: at.blocks,
            };
            kernel.dispatch(self.pass, bound, &p.words(), p.groups(self.rows));
        }
    }

    /// All steps of layer `l`.
    pub fn layer(&mut self, l: u32) {
        let layout = &self.b.layout;
        let c = &self.stage.model.config;
        let local = l - layout.share().layers.start;
        let residual = if local == 0 { layout.residual_in() } else { layout.place(StepKind::Down, l - 1).tensor };
        let gain_words = c.dim / 2;
        self.norm(StepKind::AttnNorm, l, residual, 2 * local * gain_words, 0, self.rows);
        self.product(StepKind::Qkv, l, StepKind::AttnNorm, 0);
        self.key_values(l, local as usize);
        self.pack(l);
        self.product(StepKind::O, l, StepKind::AttnPack, residual);
        let residual = self.b.layout.place(StepKind::O, l).tensor;
        self.norm(StepKind::FfnNorm, l, residual, (2 * local + 1) * gain_words, 0, self.rows);
        self.product(StepKind::GateUp, l, StepKind::FfnNorm, 0);
        self.act(l);
        self.product(StepKind::Down, l, StepKind::Act, residual);
    }

    /// A norm of rows `first..first + rows`, whose vectors stand in front of what its product reads.
    fn norm(&mut self, kind: StepKind, l: u32, input: u32, gains: u32, first: u32, rows: u32) {
        let layout = &self.b.layout;
        let place = layout.place(kind, l);
        let (arena_row, report_row) = (layout.arena_row, layout.report_row);
        let p = norm::Parameters {
            arena_row,
            report_row,
            input: input + first * arena_row,
            output: place.tensor + first * arena_row,
            header: place.header + first * report_row,
            columns: self.stage.model.config.dim,
            gains,
            eps: self.stage.weights.eps(),
        };
        let (kernels, bound) = of_rows(self.stage, self.b, tokens(rows));
        kernels.norm.dispatch(self.pass, &bound.norm, &p.words(), norm::groups(rows));
    }

    /// A linear step of layer `l` that reads the output of `input`.
    fn product(&mut self, kind: StepKind, l: u32, input: StepKind, residual: u32) {
        let local = (l - self.b.layout.share().layers.start) as usize;
        let places = self.places(kind, l, input, residual);
        let slabs = self.stage.weights.layers[local].of(kind);
        let bound = self.b.layers[local].of(kind, self.tokens);
        self.slabs(kind, slabs, bound, &places, (0, self.rows));
    }

    fn places(&self, kind: StepKind, l: u32, input: StepKind, residual: u32) -> Places {
        let layout = &self.b.layout;
        let from = layout.place(input, l);
        // The scalars of a norm are its header's last two words, the shift of a pack its last one.
        let last = if matches!(kind, StepKind::O | StepKind::Down) { 1 } else { 2 };
        let header = from.header + crate::layout::header_words(&self.stage.model.config, input) - last;
        let out = layout.place(kind, l).tensor;
        Places { arena_row: layout.arena_row, report_row: layout.report_row, header, residual, out }
    }

    fn slabs(
        &mut self,
        kind: StepKind,
        slabs: &[Slab],
        bound: &[wgpu::BindGroup],
        places: &Places,
        (first, rows): (u32, u32),
    ) {
        let tokens = tokens(rows);
        for (slab, bound) in slabs.iter().zip(bound) {
            let (kernel, key) = self.stage.kernels.product(slab.class, kind, tokens);
            let groups = slab.groups(key.variant, tokens, rows);
            kernel.dispatch(self.pass, bound, &slab.parameters(places, first, rows), groups);
        }
    }

    /// kv and attention.
    fn key_values(&mut self, l: u32, local: usize) {
        let layout = &self.b.layout;
        let c = &self.stage.model.config;
        let (qkv, out) = (layout.place(StepKind::Qkv, l), layout.place(StepKind::Kv, l));
        let p = kv::Parameters::new(c, [layout.arena_row, layout.report_row], qkv.tensor, out.tensor, out.header);
        let bound = &self.b.layers[local];
        self.stage.kernels.kv.dispatch(self.pass, &bound.kv, &p.words(), p.groups(self.rows));
        let p = attention::Parameters {
            arena_row: layout.arena_row,
            offset: layout.place(StepKind::Attention, l).tensor,
            capacity: self.stage.room.positions,
            scale: self.stage.model.tables.score_scale as u32,
        };
        self.stage.kernels.attention.dispatch(self.pass, &bound.attention, &p, self.rows);
    }

    fn pack(&mut self, l: u32) {
        let p = self.block(l, StepKind::Attention, StepKind::AttnPack, self.stage.model.config.q_dim());
        let (kernels, bound) = of_rows(self.stage, self.b, self.tokens);
        kernels.pack.dispatch(self.pass, &bound.pack, &p.words(), pack::groups(self.rows));
    }

    fn act(&mut self, l: u32) {
        let p = self.block(l, StepKind::GateUp, StepKind::Act, self.stage.model.config.ffn);
        let (kernels, bound) = of_rows(self.stage, self.b, self.tokens);
        kernels.act.dispatch(self.pass, &bound.act, &p.words(), act::groups(self.rows));
    }

    fn block(&self, l: u32, input: StepKind, output: StepKind, columns: u32) -> pack::Parameters {
        let layout = &self.b.layout;
        let out = layout.place(output, l);
        pack::Parameters {
            arena_row: layout.arena_row,
            report_row: layout.report_row,
            input: layout.place(input, l).tensor,
            output: out.tensor,
            header: out.header,
            columns,
        }
    }

    /// final_norm, head, and what sampling needs, for the rows from `first` on.
    pub fn tail(&mut self, first: u32) {
        let rows = self.rows - first;
        if rows == 0 || !self.stage.share.tail {
            return;
        }
        let layout = &self.b.layout;
        let layers = layout.share().layers.clone();
        let residual = match layers.end.checked_sub(1) {
            Some(last) if !layers.is_empty() => layout.place(StepKind::Down, last).tensor,
            _ => layout.residual_in(),
        };
        let gains = 2 * (layers.end - layers.start) * (self.stage.model.config.dim / 2);
        self.norm(StepKind::FinalNorm, 0, residual, gains, first, rows);
        let places = self.places(StepKind::Head, 0, StepKind::FinalNorm, 0);
        let (_, bound) = of_rows(self.stage, self.b, tokens(rows));
        self.slabs(StepKind::Head, self.stage.weights.head(), &bound.head, &places, (first, rows));
        let (layout, head) = (&self.b.layout, self.b.layout.place(StepKind::Head, 0));
        let p = sample::Parameters {
            arena_row: layout.arena_row,
            logits: head.tensor,
            vocab: self.stage.model.config.vocab,
            report_row: layout.report_row,
            sample: layout.sample,
            header: head.header,
        };
        self.stage.kernels.sample.dispatch(self.pass, &self.b.sample, &p, rows);
    }

    /// The digests, if there is a trace.
    pub fn hash(&mut self, tail_first: u32) {
        if let Some((hasher, bound)) = &self.b.hash {
            hasher.encode(self.pass, bound, self.rows, tail_first);
        }
    }
}
