//! A run of neighbouring positions on its way through the layers.
//!
//! A layer has two halves: up to the keys and values, which every later position of the batch reads, and from attention
//! on. Blocks go through a half independently of each other.

use assay_model::model::{Gains, Layer, Model};
use assay_model::program::{Part, StepKind};
use assay_model::steps::linear::Rounding;
use assay_model::steps::{embed, norm};
use assay_model::tables::Rotation;
use rayon::prelude::*;

use super::elementwise;
use super::outputs::{EmbedOutputs, LayerOutputs, Tensor};
use super::product::Multiplier;
use crate::cpu::attention::{self, KeyValueHead, Query};
use crate::cpu::linear::Rounder;
use crate::cpu::platform::Tier;

/// Past positions from which the heads of one position are worth several threads.
const SPLIT_POSITIONS: usize = 512;

/// Positions `first..first + count`.
pub struct Block {
    pub first: u32,
    pub count: usize,
    tier: Tier,
    threads: usize,
    pub embed: EmbedOutputs,
    /// One entry a layer, or one for all layers.
    layers: Vec<LayerOutputs>,
    /// The residual stream, `[position][d]`.
    pub residual: Vec<i32>,
    rotations: Vec<Rotation>,
    queries: Vec<i16>,
    query_shifts: Vec<u8>,
    scales: Vec<norm::Scale>,
    rounders: Vec<Rounder>,
    shifts: Vec<u8>,
    multiplier: Multiplier,
    scratch: elementwise::Scratch,
    attention: attention::Scratch,
}

impl Block {
    /// Room for `capacity` positions whose outputs of `layers` layers are kept; uses up to `threads` threads.
    pub fn new(model: &Model, tier: Tier, threads: usize, capacity: usize, layers: usize) -> Block {
        let c = &model.config;
        Block {
            first: 0,
            count: 0,
            tier,
            threads,
            embed: EmbedOutputs::new(c, capacity),
            layers: (0..layers).map(|_| LayerOutputs::new(c, capacity)).collect(),
            residual: Vec::new(),
            rotations: Vec::new(),
            queries: Vec::new(),
            query_shifts: Vec::new(),
            scales: Vec::new(),
            rounders: Vec::new(),
            shifts: Vec::new(),
            multiplier: Multiplier::new(tier, threads),
            scratch: elementwise::Scratch::default(),
            attention: attention::Scratch::default(),
        }
    }

    /// Begins with `tokens` at position `first`.
    pub fn embed(&mut self, model: &Model, first: u32, tokens: &[u32]) {
        let c = &model.config;
        (self.first, self.count) = (first, tokens.len());
        let mut row = vec![0; model.embedding.cols];
        for (i, &token) in tokens.iter().enumerate() {
            model.embedding.decode_row(token as usize, &mut row);
            self.embed.0.at_mut(i).0.copy_from_slice(&embed::chunk(&row, model.embedding.k));
        }
        self.residual.clear();
        self.residual.extend(self.embed.0.all(self.count));
        let pairs = c.head_dim as usize / 2;
        self.rotations.resize(self.count * pairs, Rotation { cos: 0, sin: 0 });
        for (i, rotations) in self.rotations.chunks_mut(pairs).enumerate() {
            model.tables.rotation(first + i as u32, rotations);
        }
    }

    /// Outputs of layer `l`, for as long as they are kept.
    pub fn outputs(&self, l: usize) -> &LayerOutputs {
        &self.layers[l % self.layers.len()]
    }

    /// attn_norm, qkv and kv of layer `l`.
    pub fn before_attention(&mut self, model: &Model, l: usize) {
        let (c, layer) = (&model.config, &model.layers[l]);
        let slot = l % self.layers.len();
        self.norm(model, &layer.attn_norm, slot, |out| &mut out.attn_norm);
        let out = &mut self.layers[slot];
        self.multiplier.set(out.attn_norm.all(self.count), c.dim as usize);
        let parts = c.parts(StepKind::Qkv);
        for (w, part) in [&layer.q, &layer.k, &layer.v].into_iter().zip(&parts) {
            let rounding = |s: &norm::Scale| Rounding::after_norm(StepKind::Qkv, s, layer.attn_norm.k, w.k);
            self.rounders.clear();
            self.rounders.extend(self.scales.iter().map(|s| Rounder::new(rounding(s), w)));
            let stride = out.qkv.stride();
            let y = &mut out.qkv.all_mut(self.count)[part.first as usize..];
            self.multiplier.multiply(w, &self.rounders, y, stride);
        }
        self.rotate(model, slot, &parts);
    }

    /// Queries into their buffer, keys and values into the kv tensor.
    fn rotate(&mut self, model: &Model, slot: usize, parts: &[Part]) {
        let c = &model.config;
        let hd = c.head_dim as usize;
        let out = &mut self.layers[slot];
        self.queries.resize(self.count * c.q_dim() as usize, 0);
        self.query_shifts.clear();
        for (i, queries) in self.queries.chunks_mut(c.q_dim() as usize).enumerate() {
            let rotations = &self.rotations[i * hd / 2..][..hd / 2];
            let y = out.qkv.at(i);
            let of_part = |part: Part| y[part.first as usize..][..part.rows as usize].chunks(hd);
            for (y, q) in of_part(parts[0]).zip(queries.chunks_mut(hd)) {
                self.query_shifts.push(elementwise::rotary(y, rotations, q));
            }
            let (kv, header) = out.kv.at_mut(i);
            let heads = kv.chunks_mut(2 * hd).zip(header.as_chunks_mut::<2>().0);
            for ((k, v), (kv, header)) in of_part(parts[1]).zip(of_part(parts[2])).zip(heads) {
                let (key, value) = kv.split_at_mut(hd);
                *header = [elementwise::rotary(k, rotations, key), elementwise::value(v, value)];
            }
        }
    }

    /// Appends the keys and values of layer `l` to `past`, one entry a key/value head.
    pub fn push_key_values(&mut self, l: usize, past: &mut [KeyValueHead]) {
        let slot = l % self.layers.len();
        for i in 0..self.count {
            let (kv, header) = self.layers[slot].kv.at_mut(i);
            let heads = kv.chunks(kv.len() / past.len()).zip(header.as_chunks::<2>().0);
            for (past, (kv, [sk, sv])) in past.iter_mut().zip(heads) {
                let (key, value) = kv.split_at(kv.len() / 2);
                past.push(key, *sk, value, *sv);
            }
        }
    }

    /// Attention to down of layer `l`.
    pub fn attention_onward(&mut self, model: &Model, l: usize, past: &[KeyValueHead]) {
        let (c, layer) = (&model.config, &model.layers[l]);
        let slot = l % self.layers.len();
        self.shifts.clear();
        for i in 0..self.count {
            self.attend(model, slot, i, past);
            let out = &mut self.layers[slot];
            self.shifts.push(elementwise::attn_pack(out.attention.at(i), out.attn_pack.at_mut(i)));
        }
        let rounding = Rounding::attention_output;
        self.multiplier.set(self.layers[slot].attn_pack.all(self.count), c.q_dim() as usize);
        self.add_product(&layer.o, rounding, slot, |out| &mut out.o);
        self.feed_forward(model, layer, slot);
    }

    /// All heads of the position at place `i`.
    fn attend(&mut self, model: &Model, slot: usize, i: usize, past: &[KeyValueHead]) {
        let c = &model.config;
        let (hd, q_dim) = (c.head_dim as usize, c.q_dim() as usize);
        let heads_per_kv = (c.heads / c.kv_heads) as usize;
        let seen = self.first as usize + i + 1;
        let queries = &self.queries[i * q_dim..][..q_dim];
        let shifts = &self.query_shifts[i * c.heads as usize..][..c.heads as usize];
        let tier = self.tier;
        let group = |(g, out): (usize, &mut [i32]), scratch: &mut attention::Scratch| {
            for (h, out) in (g * heads_per_kv..).zip(out.chunks_mut(hd)) {
                let query = Query { x: &queries[h * hd..][..hd], shift: shifts[h] };
                attention::head(tier, query, &past[g], seen, &model.tables, scratch, out);
            }
        };
        let out = self.layers[slot].attention.at_mut(i).0;
        if self.threads > 1 && seen >= SPLIT_POSITIONS {
            out.par_chunks_mut(heads_per_kv * hd)
                .enumerate()
                .for_each(|out| group(out, &mut attention::Scratch::default()));
        } else {
            for out in out.chunks_mut(heads_per_kv * hd).enumerate() {
                group(out, &mut self.attention);
            }
        }
    }

    /// ffn_norm, gate_up, act and down.
    fn feed_forward(&mut self, model: &Model, layer: &Layer, slot: usize) {
        let c = &model.config;
        self.norm(model, &layer.ffn_norm, slot, |out| &mut out.ffn_norm);
        let out = &mut self.layers[slot];
        self.multiplier.set(out.ffn_norm.all(self.count), c.dim as usize);
        let parts = c.parts(StepKind::GateUp);
        for (w, part) in [&layer.gate, &layer.up].into_iter().zip(&parts) {
            let rounding = |s: &norm::Scale| Rounding::after_norm(StepKind::GateUp, s, layer.ffn_norm.k, w.k);
            self.rounders.clear();
            self.rounders.extend(self.scales.iter().map(|s| Rounder::new(rounding(s), w)));
            let stride = out.gate_up.stride();
            let y = &mut out.gate_up.all_mut(self.count)[part.first as usize..];
            self.multiplier.multiply(w, &self.rounders, y, stride);
        }
        self.shifts.clear();
        for i in 0..self.count {
            let y = out.gate_up.at(i);
            let [gate, up] = [parts[0], parts[1]].map(|p| &y[p.first as usize..][..p.rows as usize]);
            self.shifts.push(elementwise::act(gate, up, &model.tables, &mut self.scratch, out.act.at_mut(i)));
        }
        self.multiplier.set(out.act.all(self.count), c.ffn as usize);
        self.add_product(&layer.down, Rounding::ffn_output, slot, |out| &mut out.down);
    }

    /// A norm of the residual stream; leaves its scales behind.
    fn norm(&mut self, model: &Model, gains: &Gains, slot: usize, of: fn(&mut LayerOutputs) -> &mut Tensor<i16>) {
        let out = of(&mut self.layers[slot]);
        self.scales.clear();
        for (i, h) in self.residual.chunks(model.config.dim as usize).enumerate() {
            self.scales.push(elementwise::norm(h, gains, &model.tables, &mut self.scratch, out.at_mut(i)));
        }
    }

    /// `h ← h + W·X` of the inputs that were set, whose block shifts are in `shifts`.
    fn add_product(
        &mut self,
        w: &assay_model::Matrix,
        rounding: fn(u8, i32) -> Rounding,
        slot: usize,
        of: fn(&mut LayerOutputs) -> &mut Tensor<i32>,
    ) {
        let out = of(&mut self.layers[slot]);
        let stride = out.stride();
        let y = out.all_mut(self.count);
        y.copy_from_slice(&self.residual);
        self.rounders.clear();
        self.rounders.extend(self.shifts.iter().map(|&s| Rounder::new(rounding(s, w.k), w)));
        self.multiplier.multiply(w, &self.rounders, y, stride);
        self.residual.copy_from_slice(y);
    }
}
