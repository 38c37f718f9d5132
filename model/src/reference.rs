//! The scalar reference executor: every step of every position, in order, by the functions of [`steps`](crate::steps).
//!
//! It is the definition that faster executors answer to, so it does nothing clever. Positions of one call are taken
//! layer by layer together, so that a weight row is decoded once for all of them.

use crate::arith::{MANTISSA_BITS, block_shift};
use crate::config::Config;
use crate::matrix::Matrix;
use crate::model::{Gains, Layer, Model};
use crate::program::{CHUNK, Part, Step, StepKind};
use crate::sampling::{Sampling, sample};
use crate::steps::kv::KeyValue;
use crate::steps::linear::Rounding;
use crate::steps::{attention, embed, i16_bytes, i32_bytes, kv, linear, norm, pack};
use crate::tables::Rotation;

/// What one step commits at one position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Position t.
    pub position: u32,
    /// The step.
    pub step: Step,
    /// Header scalars, wire bytes.
    pub header: Vec<u8>,
    /// Tensor, little-endian.
    pub tensor: Vec<u8>,
}

/// How the sample step draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampler {
    /// Greedy or drawn.
    pub sampling: Sampling,
    /// The client's seed.
    pub seed: [u8; 32],
    /// First position that has the tail steps: the last one of the prompt.
    pub tail_from: u32,
}

/// A sequence in the making.
pub struct Reference<'m> {
    model: &'m Model,
    /// `[layer][key/value head][position]`.
    past: Vec<Vec<Vec<KeyValue>>>,
    position: u32,
}

/// A vector under one block scale, ready for a matrix product.
struct Mantissas<S> {
    x: Vec<i16>,
    scale: S,
}

impl<'m> Reference<'m> {
    /// An empty sequence.
    pub fn new(model: &'m Model) -> Self {
        let heads = model.config.kv_heads as usize;
        Reference { model, past: vec![vec![Vec::new(); heads]; model.layers.len()], position: 0 }
    }

    /// Shape of the model.
    pub fn config(&self) -> &'m Config {
        &self.model.config
    }

    /// Next position to be computed.
    pub fn position(&self) -> u32 {
        self.position
    }

    /// Computes one position for each of `tokens`, giving every step's output to `emit`.
    ///
    /// Returns the token sampled at the last position, if it has a sample step.
    ///
    /// # Panics
    /// If a token is outside the vocabulary.
    pub fn extend(&mut self, tokens: &[u32], sampler: &Sampler, emit: &mut dyn FnMut(Output)) -> Option<u32> {
        let first = self.position;
        self.position += tokens.len() as u32;
        let model = self.model;
        let mut emit = |i: usize, step: Step, header: Vec<u8>, tensor: Vec<u8>| {
            emit(Output { position: first + i as u32, step, header, tensor });
        };
        let mut residual: Vec<Vec<i32>> = tokens.iter().map(|&token| embedding(model, token)).collect();
        for (i, h) in residual.iter().enumerate() {
            emit(i, Step { kind: StepKind::Embed, layer: 0 }, Vec::new(), i32_bytes(h));
        }
        for (l, layer) in model.layers.iter().enumerate() {
            let mut emit = |i, kind, header, tensor| emit(i, Step { kind, layer: l as u32 }, header, tensor);
            attention_half(model, layer, &mut self.past[l], first, &mut residual, &mut emit);
            ffn_half(model, layer, &mut residual, &mut emit);
        }
        let mut sampled = None;
        for (i, h) in residual.iter().enumerate() {
            let position = first + i as u32;
            if position < sampler.tail_from {
                continue;
            }
            let mut emit = |kind, header, tensor| emit(i, Step { kind, layer: 0 }, header, tensor);
            let logits = tail(model, h, &mut emit);
            let token = sample(&logits, &sampler.sampling, &sampler.seed, position, &model.tables);
            emit(StepKind::Sample, Vec::new(), token.to_le_bytes().to_vec());
            sampled = Some(token);
        }
        sampled
    }
}

fn embedding(model: &Model, token: u32) -> Vec<i32> {
    let mut row = vec![0; model.embedding.cols];
    model.embedding.decode_row(token as usize, &mut row);
    embed::chunk(&row, model.embedding.k)
}

type Emit<'a> = dyn FnMut(usize, StepKind, Vec<u8>, Vec<u8>) + 'a;

fn attention_half(
    model: &Model,
    layer: &Layer,
    past: &mut [Vec<KeyValue>],
    first: u32,
    residual: &mut [Vec<i32>],
    emit: &mut Emit<'_>,
) {
    let c = &model.config;
    let x = normed(residual, &layer.attn_norm, model, &mut |i, h, t| emit(i, StepKind::AttnNorm, h, t));
    let qkv = projections(c, StepKind::Qkv, &[&layer.q, &layer.k, &layer.v], layer.attn_norm.k, &x);
    let parts = c.parts(StepKind::Qkv);
    let mut rotations = vec![Rotation { cos: 0, sin: 0 }; c.head_dim as usize / 2];
    let mut packed = Vec::with_capacity(qkv.len());
    for (i, y) in qkv.iter().enumerate() {
        model.tables.rotation(first + i as u32, &mut rotations);
        emit(i, StepKind::Qkv, Vec::new(), i32_bytes(y));
        let (mut header, mut tensor) = (Vec::new(), Vec::new());
        for (g, past) in past.iter_mut().enumerate() {
            let kv = KeyValue::new(head(c, y, parts[1], g), head(c, y, parts[2], g), &rotations);
            header.extend([kv.key.shift, kv.value.shift]);
            tensor.extend(kv.encode());
            past.push(kv);
        }
        emit(i, StepKind::Kv, header, tensor);
        let seen = (first as usize) + i + 1;
        let out: Vec<i32> = (0..c.heads)
            .flat_map(|q| {
                let query = kv::rotary(head(c, y, parts[0], q as usize), &rotations);
                attention::head(&query, &past[c.kv_head_of(q) as usize][..seen], &model.tables)
            })
            .collect();
        emit(i, StepKind::Attention, Vec::new(), i32_bytes(&out));
        let wide: Vec<i128> = out.iter().map(|&v| i128::from(v)).collect();
        packed.push(pack_vector(&wide, &mut |h, t| emit(i, StepKind::AttnPack, h, t)));
    }
    add_product(&layer.o, Rounding::attention_output, &packed, residual);
    for (i, h) in residual.iter().enumerate() {
        emit(i, StepKind::O, Vec::new(), i32_bytes(h));
    }
}

fn ffn_half(model: &Model, layer: &Layer, residual: &mut [Vec<i32>], emit: &mut Emit<'_>) {
    let c = &model.config;
    let x = normed(residual, &layer.ffn_norm, model, &mut |i, h, t| emit(i, StepKind::FfnNorm, h, t));
    let gate_up = projections(c, StepKind::GateUp, &[&layer.gate, &layer.up], layer.ffn_norm.k, &x);
    let parts = c.parts(StepKind::GateUp);
    let mut packed = Vec::with_capacity(gate_up.len());
    for (i, y) in gate_up.iter().enumerate() {
        emit(i, StepKind::GateUp, Vec::new(), i32_bytes(y));
        let (gate, up) = (rows(y, parts[0]), rows(y, parts[1]));
        let w: Vec<i128> = gate.iter().zip(up).map(|(&g, &u)| pack::swiglu(g, u, &model.tables)).collect();
        packed.push(pack_vector(&w, &mut |h, t| emit(i, StepKind::Act, h, t)));
    }
    add_product(&layer.down, Rounding::ffn_output, &packed, residual);
    for (i, h) in residual.iter().enumerate() {
        emit(i, StepKind::Down, Vec::new(), i32_bytes(h));
    }
}

/// final_norm and head; returns the logits.
fn tail(model: &Model, h: &[i32], emit: &mut dyn FnMut(StepKind, Vec<u8>, Vec<u8>)) -> Vec<i32> {
    let gains = &model.final_norm;
    let x = normed(&[h.to_vec()], gains, model, &mut |_, h, t| emit(StepKind::FinalNorm, h, t));
    let logits = projections(&model.config, StepKind::Head, &[model.head()], gains.k, &x).remove(0);
    let maxima = logits.chunks(CHUNK).flat_map(|c| c.iter().copied().max().unwrap_or(0).to_le_bytes()).collect();
    emit(StepKind::Head, maxima, i32_bytes(&logits));
    logits
}

/// Norm of every position.
fn normed(
    residual: &[Vec<i32>],
    gains: &Gains,
    model: &Model,
    emit: &mut dyn FnMut(usize, Vec<u8>, Vec<u8>),
) -> Vec<Mantissas<norm::Scale>> {
    let one = |(i, h): (usize, &Vec<i32>)| {
        let s1 = block_shift(h.iter().map(|&x| i128::from(x)), MANTISSA_BITS);
        let chunks: Vec<_> = h.chunks(CHUNK).zip(gains.gamma.chunks(CHUNK)).collect();
        let u = |(h, g): (&[i32], &[i16])| norm::products(h, g, s1).expect("s1 is the block's own shift").1;
        let s2 = chunks.iter().map(|&c| norm::product_shift(&u(c))).max().unwrap_or(0);
        let (partials, x): (Vec<_>, Vec<_>) = chunks
            .into_iter()
            .map(|(h, g)| norm::chunk(h, g, s1, s2).expect("s1 and s2 are the block's own shifts"))
            .unzip();
        let scale = norm::Header::derive(&partials, &model.tables.eps);
        let x = x.concat();
        emit(i, norm::Header { partials, scale }.encode(), i16_bytes(&x));
        Mantissas { x, scale }
    };
    residual.iter().enumerate().map(one).collect()
}

/// Output vectors of a linear step after a norm, parts padded with zeros to whole chunks.
fn projections(
    c: &Config,
    kind: StepKind,
    weights: &[&Matrix],
    kg: i32,
    inputs: &[Mantissas<norm::Scale>],
) -> Vec<Vec<i32>> {
    let mut out = vec![vec![0; c.shape(kind).len]; inputs.len()];
    let xs: Vec<&[i16]> = inputs.iter().map(|m| m.x.as_slice()).collect();
    for (w, part) in weights.iter().zip(c.parts(kind)) {
        let acc = linear::accumulate(w, 0, w.rows, &xs);
        for ((out, acc), input) in out.iter_mut().zip(acc).zip(inputs) {
            let rounding = Rounding::after_norm(kind, &input.scale, kg, w.k);
            for (y, acc) in out[part.first as usize..].iter_mut().zip(acc) {
                *y = rounding.apply(acc, 0);
            }
        }
    }
    out
}

/// `h ← h + W·X` of every position.
fn add_product(w: &Matrix, rounding: fn(u8, i32) -> Rounding, inputs: &[Mantissas<u8>], residual: &mut [Vec<i32>]) {
    let xs: Vec<&[i16]> = inputs.iter().map(|m| m.x.as_slice()).collect();
    for ((h, acc), input) in residual.iter_mut().zip(linear::accumulate(w, 0, w.rows, &xs)).zip(inputs) {
        let rounding = rounding(input.scale, w.k);
        for (h, acc) in h.iter_mut().zip(acc) {
            *h = rounding.apply(acc, *h);
        }
    }
}

fn pack_vector(v: &[i128], emit: &mut dyn FnMut(Vec<u8>, Vec<u8>)) -> Mantissas<u8> {
    let header = pack::Header::new(v.chunks(CHUNK).map(pack::shift).collect());
    let x = pack::mantissas(v, header.shift).expect("the shift is the block's own");
    emit(header.encode(), i16_bytes(&x));
    Mantissas { x, scale: header.shift }
}

fn rows(y: &[i32], part: Part) -> &[i32] {
    &y[part.first as usize..][..part.rows as usize]
}

fn head<'a>(c: &Config, y: &'a [i32], part: Part, head: usize) -> &'a [i32] {
    &rows(y, part)[head * c.head_dim as usize..][..c.head_dim as usize]
}
