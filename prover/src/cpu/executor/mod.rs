//! A sequence in the making, on the CPU.
//!
//! Positions are computed in batches, layer by layer; a batch is split into blocks, one a thread, that meet once a layer:
//! when its keys and values are in place. A single position (decoding) is split inside its matrix products instead. Each
//! split gives the same bits, because every output is an exact function of committed tensors.
//!
//! With a recorder, a batch is recorded layer by layer and a single position all at once, so that hashing always finds
//! many tensors; without one, nothing is kept.

mod block;
mod elementwise;
mod outputs;
mod product;
mod tail;
mod vector;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use assay_model::config::MAX_POSITIONS;
use assay_model::matrix::Codes;
use assay_model::model::Model;
use assay_model::reference::Sampler;
use rayon::prelude::*;

use super::attention::KeyValueHead;
use super::linear::MAX_GROUP;
use super::platform::Tier;
use crate::backend::{Backend, BackendError, Recorder, StepOutput, Withheld};
use block::Block;
use tail::{TAIL_POSITIONS, Tail};

/// Positions of one block: enough to share each unpacked weight, few enough for their vectors to stay in cache.
const BLOCK_POSITIONS: usize = 64;
/// Layers of a single position that are recorded together: enough tensors to fill the hash's lanes, few enough to be
/// hashed before they leave the second-level cache.
const RECORDED_LAYERS: usize = 8;
/// Growth of the keys and values, in positions.
const RESERVE: usize = 256;

/// A model and one sequence.
pub struct Executor {
    model: Arc<Model>,
    tier: Tier,
    pool: Option<rayon::ThreadPool>,
    threads: usize,
    /// `[layer][key/value head]`.
    past: Vec<Vec<KeyValueHead>>,
    position: u32,
    /// Buffers of batches; made on first use.
    blocks: Vec<Block>,
    /// Buffers of a single position, with and without a recorder.
    single: [Option<Block>; 2],
    tail: Tail,
}

impl Executor {
    /// An empty sequence on `threads` threads.
    ///
    /// # Errors
    /// If the threads cannot be started.
    ///
    /// # Panics
    /// If a matrix has groups of more than 256 columns, which no format that is loaded has.
    pub fn new(model: Arc<Model>, tier: Tier, threads: usize) -> Result<Executor, rayon::ThreadPoolBuildError> {
        let threads = threads.max(1);
        let pool = match threads {
            1 => None,
            n => Some(rayon::ThreadPoolBuilder::new().num_threads(n).build()?),
        };
        let matrices = model.layers.iter().flat_map(|l| [&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down]);
        for w in matrices.chain([&model.embedding, model.head()]) {
            assert!(
                matches!(w.codes, Codes::I16(_) | Codes::I32(_)) || w.group <= MAX_GROUP,
                "groups of {} columns",
                w.group
            );
        }
        let heads = vec![KeyValueHead::new(model.config.head_dim as usize); model.config.kv_heads as usize];
        Ok(Executor {
            past: vec![heads; model.layers.len()],
            tail: Tail::new(&model, tier, threads),
            model,
            tier,
            pool,
            threads,
            position: 0,
            blocks: Vec::new(),
            single: [None, None],
        })
    }

    /// Computes on this executor's threads; a single one is the caller's.
    fn on_threads<R: Send>(&mut self, work: impl FnOnce(&mut Parts<'_>) -> R + Send) -> R {
        let Executor { model, pool, past, blocks, single, tail, .. } = self;
        let mut parts = Parts { model, past, blocks, single, tail };
        match pool {
            Some(pool) => pool.install(|| work(&mut parts)),
            None => work(&mut parts),
        }
    }

    /// One position, split inside its products.
    fn step(
        &mut self,
        token: u32,
        sampler: &Sampler,
        mut recorder: Option<&mut dyn Recorder>,
    ) -> Result<Option<u32>, Withheld> {
        let (which, slots) = if recorder.is_some() { (1, RECORDED_LAYERS) } else { (0, 1) };
        let (tier, threads, position) = (self.tier, self.threads, self.position);
        let layers = self.model.layers.len();
        for first in (0..layers).step_by(RECORDED_LAYERS) {
            let group = first..layers.min(first + RECORDED_LAYERS);
            self.on_threads(|p| {
                let block = p.single[which].get_or_insert_with(|| Block::new(p.model, tier, threads, 1, slots));
                if first == 0 {
                    block.embed(p.model, position, &[token]);
                }
                for l in group.clone() {
                    block.before_attention(p.model, l);
                    block.push_key_values(l, &mut p.past[l]);
                    block.attention_onward(p.model, l, &p.past[l]);
                }
            });
            if let (Some(recorder), Some(block)) = (&mut recorder, &self.single[which]) {
                let mut outputs = Vec::with_capacity(10 * group.len() + 1);
                if first == 0 {
                    outputs.push(block.embed.output(0, position));
                }
                for l in group {
                    outputs.extend(block.outputs(l).outputs(&self.model.config, l as u32, 0, position));
                }
                recorder.record(&outputs)?;
            }
        }
        if position < sampler.tail_from {
            return Ok(None);
        }
        let token = self.on_threads(|p| {
            let block = p.single[which].as_ref()?;
            p.tail.run(p.model, &[(position, &block.residual)], sampler)
        });
        if let Some(recorder) = recorder {
            recorder.record(&self.tail.outputs.outputs(&self.model.config, 0, position))?;
        }
        Ok(token)
    }

    /// Several positions, split into blocks.
    fn batch(
        &mut self,
        tokens: &[u32],
        sampler: &Sampler,
        mut recorder: Option<&mut dyn Recorder>,
    ) -> Result<Option<u32>, Withheld> {
        let first = self.position;
        let each = tokens.len().div_ceil(self.threads).next_multiple_of(4).min(BLOCK_POSITIONS);
        let count = tokens.len().div_ceil(each);
        while self.blocks.len() < count {
            self.blocks.push(Block::new(&self.model, self.tier, 1, BLOCK_POSITIONS, 1));
        }
        for (i, (block, tokens)) in self.blocks.iter_mut().zip(tokens.chunks(each)).enumerate() {
            block.embed(&self.model, first + (i * each) as u32, tokens);
        }
        self.record(&mut recorder, count, |block, i, t, out| out.push(block.embed.output(i, t)))?;
        for l in 0..self.model.layers.len() {
            self.on_threads(|p| {
                let (model, past, blocks) = (p.model, &mut p.past[l], &mut p.blocks[..count]);
                each_block(blocks, |block| block.before_attention(model, l));
                blocks.iter_mut().for_each(|block| block.push_key_values(l, past));
                each_block(blocks, |block| block.attention_onward(model, l, past));
            });
            let c = &self.model.config;
            self.record(&mut recorder, count, |block, i, t, out| {
                out.extend(block.outputs(l).outputs(c, l as u32, i, t));
            })?;
        }
        self.tails(count, sampler, recorder)
    }

    /// Hands what `outputs` collects over all positions of the first `count` blocks to the recorder.
    fn record<'s>(
        &'s self,
        recorder: &mut Option<&mut dyn Recorder>,
        count: usize,
        outputs: impl Fn(&'s Block, usize, u32, &mut Vec<StepOutput<'s>>),
    ) -> Result<(), Withheld> {
        if let Some(recorder) = recorder {
            let mut all = Vec::new();
            for block in &self.blocks[..count] {
                for i in 0..block.count {
                    outputs(block, i, block.first + i as u32, &mut all);
                }
            }
            recorder.record(&all)?;
        }
        Ok(())
    }

    /// The tail of every position of the first `count` blocks that has one.
    fn tails(
        &mut self,
        count: usize,
        sampler: &Sampler,
        mut recorder: Option<&mut dyn Recorder>,
    ) -> Result<Option<u32>, Withheld> {
        let d = self.model.config.dim as usize;
        let end = self.position + self.blocks[..count].iter().map(|b| b.count as u32).sum::<u32>();
        let mut next = self.position.max(sampler.tail_from);
        let mut token = None;
        while next < end {
            let last = end.min(next + TAIL_POSITIONS as u32);
            token = self.on_threads(|p| {
                let positions = p.blocks[..count].iter().flat_map(|b| (b.first..).zip(b.residual.chunks(d)));
                let positions: Vec<_> = positions.filter(|(t, _)| (next..last).contains(t)).collect();
                p.tail.run(p.model, &positions, sampler)
            });
            if let Some(recorder) = &mut recorder {
                let outputs =
                    (next..last).zip(0..).flat_map(|(t, i)| self.tail.outputs.outputs(&self.model.config, i, t));
                recorder.record(&outputs.collect::<Vec<_>>())?;
            }
            next = last;
        }
        Ok(token)
    }
}

/// What the work of one call is done with.
struct Parts<'a> {
    model: &'a Model,
    past: &'a mut [Vec<KeyValueHead>],
    blocks: &'a mut [Block],
    single: &'a mut [Option<Block>; 2],
    tail: &'a mut Tail,
}

/// Every block, on as many threads as there are; a single block on this one.
fn each_block(blocks: &mut [Block], work: impl Fn(&mut Block) + Send + Sync) {
    match blocks {
        [block] => work(block),
        _ => blocks.par_iter_mut().for_each(work),
    }
}

impl Backend for Executor {
    fn position(&self) -> u32 {
        self.position
    }

    /// Fails only if the recorder does, which gets bytes.
    ///
    /// # Panics
    /// If a token is outside the vocabulary, or the sequence grows beyond [`MAX_POSITIONS`].
    fn extend(
        &mut self,
        tokens: &[u32],
        sampler: &Sampler,
        mut recorder: Option<&mut dyn Recorder>,
    ) -> Result<Option<u32>, BackendError> {
        let room = (MAX_POSITIONS - self.position) as usize;
        assert!(tokens.len() <= room, "{} tokens, {room} positions left", tokens.len());
        let mut sampled = None;
        for tokens in tokens.chunks(BLOCK_POSITIONS * self.threads) {
            for head in self.past.iter_mut().flatten() {
                if head.room() < tokens.len() {
                    head.reserve_exact(tokens.len().max(RESERVE));
                }
            }
            let recorder = recorder.as_mut().map(|r| &mut **r as &mut dyn Recorder);
            sampled = match tokens {
                [token] => self.step(*token, sampler, recorder),
                _ => self.batch(tokens, sampler, recorder),
            }?;
            self.position += tokens.len() as u32;
        }
        Ok(sampled)
    }
}
