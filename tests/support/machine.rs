//! The step machine, one step at a time.
//!
//! Each function is one step of one position by the definitions in `assay_model::steps`. Multiply-accumulates are
//! counted as they are done; a product skips the columns whose input is zero, as a rig that profits from zeros would.

use assay_model::arith::{MANTISSA_BITS, block_shift};
use assay_model::config::Config;
use assay_model::matrix::Matrix;
use assay_model::model::{Gains, Layer, Model};
use assay_model::program::{CHUNK, Part, Step, StepKind};
use assay_model::sampling::sample;
use assay_model::steps::kv::KeyValue;
use assay_model::steps::linear::Rounding;
use assay_model::steps::{attention, embed, i16_bytes, i32_bytes, kv, norm, pack};
use assay_model::tables::Rotation;
use assay_verifier::Job;

/// What a step commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Header scalars.
    pub header: Vec<u8>,
    /// Tensor bytes.
    pub tensor: Vec<u8>,
}

impl Leaf {
    /// A tensor of i32 without header.
    pub fn wide(v: &[i32]) -> Leaf {
        Leaf { header: Vec::new(), tensor: i32_bytes(v) }
    }

    /// Logits, with the maximum of each chunk.
    pub fn logits(v: &[i32]) -> Leaf {
        let maxima: Vec<i32> = v.chunks(CHUNK).map(|c| c.iter().copied().max().unwrap_or(0)).collect();
        Leaf { header: i32_bytes(&maxima), tensor: i32_bytes(v) }
    }

    /// Key/value heads.
    pub fn key_values(kv: &[KeyValue]) -> Leaf {
        Leaf {
            header: kv.iter().flat_map(|kv| [kv.key.shift, kv.value.shift]).collect(),
            tensor: kv.iter().flat_map(KeyValue::encode).collect(),
        }
    }
}

/// A vector behind a norm.
#[derive(Clone, Debug)]
pub struct Normed {
    /// Its header.
    pub header: norm::Header,
    /// Mantissas.
    pub x: Vec<i16>,
}

impl Normed {
    /// What it commits.
    pub fn leaf(&self) -> Leaf {
        Leaf { header: self.header.encode(), tensor: i16_bytes(&self.x) }
    }
}

/// A vector under one block shift.
#[derive(Clone, Debug)]
pub struct Packed {
    /// Its header.
    pub header: pack::Header,
    /// Mantissas.
    pub x: Vec<i16>,
}

impl Packed {
    /// What it commits.
    pub fn leaf(&self) -> Leaf {
        Leaf { header: self.header.encode(), tensor: i16_bytes(&self.x) }
    }
}

/// A step at a position.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// Position.
    pub t: u32,
    /// Step.
    pub step: Step,
}

/// Model, key/value cache and meter.
pub struct Machine<'m> {
    /// The model.
    pub model: &'m Model,
    /// `[layer][key/value head][position]`.
    pub past: Vec<Vec<Vec<KeyValue>>>,
    /// Multiply-accumulates done so far.
    pub macs: u64,
}

impl<'m> Machine<'m> {
    /// Before the first position.
    pub fn new(model: &'m Model) -> Self {
        let heads = model.config.kv_heads as usize;
        Machine { model, past: vec![vec![Vec::new(); heads]; model.layers.len()], macs: 0 }
    }

    /// Shape of the model.
    pub const fn config(&self) -> &'m Config {
        &self.model.config
    }

    fn layer(&self, step: Step) -> &'m Layer {
        &self.model.layers[step.layer as usize]
    }

    /// Gains of the norm that `step` is, or reads.
    pub fn gains(&self, step: Step) -> &'m Gains {
        match step.kind {
            StepKind::AttnNorm | StepKind::Qkv => &self.layer(step).attn_norm,
            StepKind::FfnNorm | StepKind::GateUp => &self.layer(step).ffn_norm,
            _ => &self.model.final_norm,
        }
    }

    /// Row of `token`.
    pub fn embed(&self, token: u32) -> Vec<i32> {
        let w = &self.model.embedding;
        let mut row = vec![0; w.cols];
        w.decode_row(token as usize, &mut row);
        embed::chunk(&row, w.k)
    }

    /// Norm of `h`, or under shift `s1` where one is forced; its partials are true to that shift.
    pub fn norm(&self, step: Step, h: &[i32], forced: Option<u8>) -> Normed {
        let s1 = forced.unwrap_or_else(|| block_shift(h.iter().map(|&x| i128::from(x)), MANTISSA_BITS));
        let chunks: Vec<_> = h.chunks(CHUNK).zip(self.gains(step).gamma.chunks(CHUNK)).collect();
        let shift = |&(h, g): &(&[i32], &[i16])| norm::product_shift(&norm::products(h, g, s1).expect("s1 suffices").1);
        let s2 = chunks.iter().map(shift).max().unwrap_or(0);
        let (partials, x): (Vec<_>, Vec<_>) =
            chunks.iter().map(|(h, g)| norm::chunk(h, g, s1, s2).expect("s1 and s2 suffice")).unzip();
        let scale = norm::Header::derive(&partials, &self.model.tables.eps);
        Normed { header: norm::Header { partials, scale }, x: x.concat() }
    }

    /// qkv, gate_up or head.
    pub fn project(&mut self, step: Step, x: &Normed) -> Vec<i32> {
        let all: Vec<usize> = (0..self.config().parts(step.kind).len()).collect();
        self.project_parts(step, x, &all)
    }

    /// qkv, gate_up or head with only some of its parts; the others stay zero.
    pub fn project_parts(&mut self, step: Step, x: &Normed, parts: &[usize]) -> Vec<i32> {
        let mut out = vec![0; self.config().shape(step.kind).len];
        let (layout, kg) = (self.config().parts(step.kind), self.gains(step).k);
        for &i in parts {
            let w = self.weights(step)[i];
            let rounding = Rounding::after_norm(step.kind, &x.header.scale, kg, w.k);
            let acc = self.product(w, &x.x);
            for (y, acc) in out[layout[i].first as usize..].iter_mut().zip(acc) {
                *y = rounding.apply(acc, 0);
            }
        }
        out
    }

    fn weights(&self, step: Step) -> Vec<&'m Matrix> {
        match step.kind {
            StepKind::Qkv => vec![&self.layer(step).q, &self.layer(step).k, &self.layer(step).v],
            StepKind::GateUp => vec![&self.layer(step).gate, &self.layer(step).up],
            StepKind::O => vec![&self.layer(step).o],
            StepKind::Down => vec![&self.layer(step).down],
            _ => vec![self.model.head()],
        }
    }

    fn product(&mut self, w: &Matrix, x: &[i16]) -> Vec<i64> {
        let used: Vec<usize> = (0..x.len()).filter(|&j| x[j] != 0).collect();
        self.macs += (used.len() * w.rows) as u64;
        let dot = |row| used.iter().map(|&j| i64::from(w.weight(row, j)) * i64::from(x[j])).sum();
        (0..w.rows).map(dot).collect()
    }

    /// `h + W·x` for o or down.
    pub fn add(&mut self, step: Step, x: &Packed, h: &[i32]) -> Vec<i32> {
        let w = self.weights(step)[0];
        let rounding = match step.kind {
            StepKind::O => Rounding::attention_output(x.header.shift, w.k),
            _ => Rounding::ffn_output(x.header.shift, w.k),
        };
        self.product(w, &x.x).into_iter().zip(h).map(|(acc, &h)| rounding.apply(acc, h)).collect()
    }

    fn rotations(&self, t: u32) -> Vec<Rotation> {
        let mut out = vec![Rotation { cos: 0, sin: 0 }; self.config().head_dim as usize / 2];
        self.model.tables.rotation(t, &mut out);
        out
    }

    fn rows<'y>(&self, y: &'y [i32], part: Part, head: usize) -> &'y [i32] {
        let hd = self.config().head_dim as usize;
        &y[part.first as usize + head * hd..][..hd]
    }

    /// Key/value heads of the projections `y`.
    pub fn key_values(&self, t: u32, y: &[i32]) -> Vec<KeyValue> {
        let (parts, rotations) = (self.config().parts(StepKind::Qkv), self.rotations(t));
        let one = |g| KeyValue::new(self.rows(y, parts[1], g), self.rows(y, parts[2], g), &rotations);
        (0..self.config().kv_heads as usize).map(one).collect()
    }

    /// Appends a position's key/value heads to the cache.
    pub fn remember(&mut self, layer: u32, kv: &[KeyValue]) {
        for (past, kv) in self.past[layer as usize].iter_mut().zip(kv) {
            past.push(kv.clone());
        }
    }

    /// All heads over the cache, which holds this position already.
    pub fn attention(&mut self, at: At, y: &[i32]) -> Vec<i32> {
        let (c, rotations) = (self.config(), self.rotations(at.t));
        let part = c.parts(StepKind::Qkv)[0];
        self.macs += 2 * u64::from(c.q_dim()) * u64::from(at.t + 1);
        let head = |q: u32| {
            let past = &self.past[at.step.layer as usize][c.kv_head_of(q) as usize];
            attention::head(&kv::rotary(self.rows(y, part, q as usize), &rotations), past, &self.model.tables)
        };
        (0..c.heads).flat_map(head).collect()
    }

    /// SwiGLU of the projections `y`, before its block shift.
    pub fn gated(&self, y: &[i32]) -> Vec<i128> {
        let parts = self.config().parts(StepKind::GateUp);
        let rows = |p: Part| &y[p.first as usize..][..p.rows as usize];
        let pairs = rows(parts[0]).iter().zip(rows(parts[1]));
        pairs.map(|(&g, &u)| pack::swiglu(g, u, &self.model.tables)).collect()
    }

    /// The token that the logits give.
    pub fn sample(&self, job: &Job, t: u32, logits: &[i32]) -> u32 {
        sample(logits, &job.sampling, &job.seed, t, &self.model.tables)
    }
}

/// `v` under its block shift.
pub fn packed(v: &[i128]) -> Packed {
    let header = pack::Header::new(v.chunks(CHUNK).map(pack::shift).collect());
    let x = pack::mantissas(v, header.shift).expect("the block's own shift");
    Packed { header, x }
}
