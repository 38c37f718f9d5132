//! An executor whose every step can be replaced.
//!
//! A cheat overrides the steps that it does not want to do. Whatever a method returns is what the rig commits *and* what
//! the following steps read, so a lie is consistent from there on. [`edit`](Rig::edit) changes a committed tensor without
//! telling the following steps, and [`whole`](Rig::whole) replaces a position altogether.

use crate::machine::{At, Leaf, Machine, Normed, Packed, packed};
use assay_model::Config;
use assay_model::model::Model;
use assay_model::program::{Step, StepKind};
use assay_model::steps::i16_values;
use assay_model::steps::kv::KeyValue;
use assay_verifier::Job;

/// Every step of a position, in order.
pub type Column = Vec<Leaf>;

/// The steps; each does its work honestly unless it is overridden.
#[allow(unused_variables, reason = "the defaults leave most of what a cheat may need aside")]
pub trait Rig {
    /// A position taken from elsewhere instead of being computed, and the token that it gives.
    fn whole(&mut self, m: &mut Machine<'_>, t: u32) -> Option<(Column, u32)> {
        None
    }
    /// embed.
    fn embed(&mut self, m: &mut Machine<'_>, t: u32, token: u32) -> Vec<i32> {
        m.embed(token)
    }
    /// attn_norm, ffn_norm, final_norm.
    fn norm(&mut self, m: &mut Machine<'_>, at: At, h: &[i32]) -> Normed {
        m.norm(at.step, h, None)
    }
    /// qkv, gate_up, head.
    fn project(&mut self, m: &mut Machine<'_>, at: At, x: &Normed) -> Vec<i32> {
        m.project(at.step, x)
    }
    /// kv.
    fn key_values(&mut self, m: &mut Machine<'_>, at: At, y: &[i32]) -> Vec<KeyValue> {
        m.key_values(at.t, y)
    }
    /// attention.
    fn attention(&mut self, m: &mut Machine<'_>, at: At, y: &[i32]) -> Vec<i32> {
        m.attention(at, y)
    }
    /// attn_pack, and act behind its products.
    fn pack(&mut self, m: &mut Machine<'_>, at: At, v: &[i128]) -> Packed {
        packed(v)
    }
    /// o, down.
    fn add(&mut self, m: &mut Machine<'_>, at: At, x: &Packed, h: &[i32]) -> Vec<i32> {
        m.add(at.step, x, h)
    }
    /// sample: what is committed and followed.
    fn sample(&mut self, m: &mut Machine<'_>, job: &Job, t: u32, logits: &[i32]) -> u32 {
        m.sample(job, t, logits)
    }
    /// Last hand on what a step commits.
    fn edit(&mut self, at: At, leaf: &mut Leaf) {}
}

/// Overrides nothing.
#[derive(Clone, Copy, Debug)]
pub struct Honest;

impl Rig for Honest {}

/// What a rig computed, or says that it did.
#[derive(Clone, Debug)]
pub struct Run {
    /// Positions.
    pub columns: Vec<Column>,
    /// Generated tokens.
    pub tokens: Vec<u32>,
    /// Multiply-accumulates that it really did.
    pub macs: u64,
}

/// Runs `job` on `rig`.
pub fn run(model: &Model, job: &Job, rig: &mut dyn Rig) -> Run {
    let m = &mut Machine::new(model);
    let (mut columns, mut tokens) = (Vec::new(), Vec::new());
    for t in 0.. {
        let token = job.prompt.get(t).or_else(|| tokens.get(t.wrapping_sub(job.prompt.len()))).copied();
        let tail = t + 1 >= job.prompt.len();
        let (column, sampled) = position(rig, m, job, t as u32, token.expect("a token for every position"), tail);
        columns.push(column);
        if tail {
            tokens.push(sampled);
            if tokens.len() == job.max_tokens as usize || job.stop.contains(&sampled) {
                break;
            }
        }
    }
    Run { columns, tokens, macs: m.macs }
}

fn position(rig: &mut dyn Rig, m: &mut Machine<'_>, job: &Job, t: u32, token: u32, tail: bool) -> (Column, u32) {
    if let Some((column, token)) = rig.whole(m, t) {
        recall(m, &column);
        return (column, token);
    }
    let mut out = Column::new();
    let mut commit = |rig: &mut dyn Rig, at: At, mut leaf: Leaf| {
        rig.edit(at, &mut leaf);
        out.push(leaf);
    };
    let single = |kind| At { t, step: Step { kind, layer: 0 } };
    let mut h = rig.embed(m, t, token);
    commit(rig, single(StepKind::Embed), Leaf::wide(&h));
    for layer in 0..m.config().layers {
        let at = |kind| At { t, step: Step { kind, layer } };
        let x = rig.norm(m, at(StepKind::AttnNorm), &h);
        commit(rig, at(StepKind::AttnNorm), x.leaf());
        let y = rig.project(m, at(StepKind::Qkv), &x);
        commit(rig, at(StepKind::Qkv), Leaf::wide(&y));
        let kv = rig.key_values(m, at(StepKind::Kv), &y);
        m.remember(layer, &kv);
        commit(rig, at(StepKind::Kv), Leaf::key_values(&kv));
        let mix = rig.attention(m, at(StepKind::Attention), &y);
        commit(rig, at(StepKind::Attention), Leaf::wide(&mix));
        let x = rig.pack(m, at(StepKind::AttnPack), &mix.iter().map(|&v| i128::from(v)).collect::<Vec<_>>());
        commit(rig, at(StepKind::AttnPack), x.leaf());
        h = rig.add(m, at(StepKind::O), &x, &h);
        commit(rig, at(StepKind::O), Leaf::wide(&h));
        let x = rig.norm(m, at(StepKind::FfnNorm), &h);
        commit(rig, at(StepKind::FfnNorm), x.leaf());
        let y = rig.project(m, at(StepKind::GateUp), &x);
        commit(rig, at(StepKind::GateUp), Leaf::wide(&y));
        let x = rig.pack(m, at(StepKind::Act), &m.gated(&y));
        commit(rig, at(StepKind::Act), x.leaf());
        h = rig.add(m, at(StepKind::Down), &x, &h);
        commit(rig, at(StepKind::Down), Leaf::wide(&h));
    }
    if !tail {
        return (out, 0);
    }
    let x = rig.norm(m, single(StepKind::FinalNorm), &h);
    commit(rig, single(StepKind::FinalNorm), x.leaf());
    let logits = rig.project(m, single(StepKind::Head), &x);
    commit(rig, single(StepKind::Head), Leaf::logits(&logits));
    let sampled = rig.sample(m, job, t, &logits);
    commit(rig, single(StepKind::Sample), Leaf::wide(&[sampled.cast_signed()]));
    (out, sampled)
}

/// Puts the key/value heads of a ready column into the cache.
fn recall(m: &mut Machine<'_>, column: &Column) {
    let (c, size) = (m.config(), m.config().head_dim as usize);
    for layer in 0..c.layers {
        let leaf = &column[c.step_index(Step { kind: StepKind::Kv, layer }) as usize];
        let heads: Vec<KeyValue> = leaf
            .tensor
            .chunks(4 * size)
            .zip(leaf.header.as_chunks::<2>().0)
            .map(|(bytes, shifts)| KeyValue::decode(bytes, *shifts).unwrap_or_else(|_| zero_head(size)))
            .collect();
        m.remember(layer, &heads);
    }
}

/// A key/value head of zeros.
pub fn zero_head(size: usize) -> KeyValue {
    KeyValue::new(&vec![0; size], &vec![0; size], &vec![assay_model::tables::Rotation { cos: 0, sin: 0 }; size / 2])
}

/// Leaves of zeros for a position that was not computed.
pub fn blank(config: &Config, tail: bool) -> Column {
    (0..config.step_count(tail))
        .map(|i| config.shape(config.step(i).expect("a step").kind))
        .map(|shape| Leaf { header: vec![0; shape.header], tensor: vec![0; shape.bytes()] })
        .collect()
}

/// i16 values of a committed vector, changed in place.
pub fn edit_i16(leaf: &mut Leaf, at: usize, change: impl Fn(i16) -> i16) {
    let value = change(i16_values(&leaf.tensor[2 * at..2 * at + 2])[0]);
    leaf.tensor[2 * at..2 * at + 2].copy_from_slice(&value.to_le_bytes());
}

/// An i32 value of a committed vector, changed in place.
pub fn edit_i32(leaf: &mut Leaf, at: usize, change: impl Fn(i32) -> i32) {
    let bytes = &mut leaf.tensor.as_chunks_mut::<4>().0[at];
    *bytes = change(i32::from_le_bytes(*bytes)).to_le_bytes();
}
