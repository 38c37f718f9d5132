//! What is measured, on any engine.

use crate::backend::single::Single;
use crate::backend::{Backend, BackendError, Engine, Recorder, Run, SequenceId};
use crate::meter::{Meter, Spent};
use crate::session::{PREFILL_BATCH, sampler};
use crate::trace::recorder::TraceRecorder;
use anyhow::Result;
use assay_model::config::Config;
use assay_model::sampling::Sampling;
use assay_verifier::Job;
use assay_verifier::job::Settlement;

/// A job over arbitrary tokens that never stops early.
pub fn job(config: &Config, prompt: u32, tokens: u32) -> Job {
    Job {
        manifest: [0; 32],
        settlement: Settlement::default(),
        prompt: (0..prompt).map(|i| i.wrapping_mul(7919) % config.vocab).collect(),
        sampling: Sampling::Greedy,
        seed: [0; 32],
        max_tokens: tokens,
        stop: Vec::new(),
        nonce: [0; 32],
        secret: [0; 32],
        expires: u64::MAX,
        previous: [0; 32],
    }
}

pub fn best(rounds: u32, mut measure: impl FnMut() -> Result<Spent>) -> Result<Spent> {
    let mut best = measure()?;
    for _ in 1..rounds {
        let spent = measure()?;
        if spent.cpu < best.cpu {
            best = spent;
        }
    }
    Ok(best)
}

pub fn prefill(engine: &mut dyn Engine, config: &Config, job: &Job, traced: bool) -> Result<Spent> {
    let mut recorder = TraceRecorder::new(config, job, None);
    let mut backend = Single::open(engine, job.positions(job.max_tokens))?;
    let meter = Meter::start();
    feed(&mut backend, job, traced.then_some(&mut recorder))?;
    Ok(meter.stop())
}

fn feed(
    backend: &mut dyn Backend,
    job: &Job,
    mut recorder: Option<&mut TraceRecorder<'_>>,
) -> Result<Option<u32>, BackendError> {
    let mut next = None;
    for batch in job.prompt.chunks(PREFILL_BATCH) {
        let recorder = recorder.as_mut().map(|r| &mut **r as &mut dyn Recorder);
        next = backend.extend(batch, &sampler(job), recorder)?;
    }
    Ok(next)
}

/// Decodes with and without the trace in turn, so that both meet the same context and the same neighbours.
pub fn decode(engine: &mut dyn Engine, config: &Config, job: &Job) -> Result<(Spent, Spent)> {
    let mut backend = Single::open(engine, job.positions(job.max_tokens + 1))?;
    let mut next = feed(&mut backend, job, None)?.unwrap_or(0);
    let mut recorder = TraceRecorder::new(config, job, None);
    let (mut bare, mut traced) = (Spent::default(), Spent::default());
    for i in 0..job.max_tokens {
        let meter = Meter::start();
        let (into, token) = if i % 2 == 0 {
            (&mut bare, backend.extend(&[next], &sampler(job), None)?)
        } else {
            (&mut traced, backend.extend(&[next], &sampler(job), Some(&mut recorder))?)
        };
        *into += meter.stop();
        next = token.unwrap_or(0);
    }
    Ok((bare, traced))
}

/// Decodes `batch` sequences together, with and without the trace in turn.
pub fn decode_together(engine: &mut dyn Engine, config: &Config, job: &Job, batch: u32) -> Result<(Spent, Spent)> {
    let mut open: Vec<SequenceId> = Vec::new();
    let spent = together(engine, config, job, batch, &mut open);
    open.into_iter().for_each(|sequence| engine.close(sequence));
    spent
}

fn together(
    engine: &mut dyn Engine,
    config: &Config,
    job: &Job,
    batch: u32,
    open: &mut Vec<SequenceId>,
) -> Result<(Spent, Spent)> {
    let mut next = Vec::new();
    for _ in 0..batch {
        let sequence = engine.open(job.positions(job.max_tokens + 1))?;
        open.push(sequence);
        let mut token = None;
        for tokens in job.prompt.chunks(PREFILL_BATCH) {
            let run = Run { sequence, tokens, sampler: sampler(job), recorder: None };
            token = engine.forward(&mut [run])?.into_iter().next().flatten();
        }
        next.push([token.unwrap_or(0)]);
    }
    let mut recorders: Vec<_> = (0..batch).map(|_| TraceRecorder::new(config, job, None)).collect();
    let (mut bare, mut traced) = (Spent::default(), Spent::default());
    for i in 0..job.max_tokens {
        let with = i % 2 == 1;
        let meter = Meter::start();
        let mut runs: Vec<Run<'_>> = Vec::with_capacity(open.len());
        for ((&sequence, tokens), recorder) in open.iter().zip(&next).zip(&mut recorders) {
            let recorder = with.then_some(recorder as &mut dyn Recorder);
            runs.push(Run { sequence, tokens, sampler: sampler(job), recorder });
        }
        let sampled = engine.forward(&mut runs)?;
        *(if with { &mut traced } else { &mut bare }) += meter.stop();
        next = sampled.into_iter().map(|token| [token.unwrap_or(0)]).collect();
    }
    Ok((bare, traced))
}

/// One traced token, for what it reads back.
#[cfg(feature = "gpu")]
pub fn one_token(engine: &mut dyn Engine, config: &Config) -> Result<()> {
    let job = job(config, 1, 1);
    let mut recorder = TraceRecorder::new(config, &job, None);
    Single::open(engine, 1)?.extend(&job.prompt, &sampler(&job), Some(&mut recorder))?;
    Ok(())
}
