//! From a job to a signed receipt, and from a challenge back to the opened trace.

mod batch;
#[cfg(test)]
mod tests;

use crate::backend::single::Single;
use crate::backend::supply::{Failure, Supply, surely};
use crate::backend::{Backend, BackendError, Recorder};
use crate::commitments::Committed;
use crate::cpu::platform::Tier;
use crate::disclose::{DiscloseError, disclose, products};
use crate::meter::{Meter, Spent};
use crate::trace::recorder::{Kept, TraceRecorder};
use assay_model::Model;
use assay_model::domain::Digest;
use assay_model::program::Step;
use assay_model::reference::Sampler;
use assay_verifier::audit::Claim;
use assay_verifier::needs::Needs;
use assay_verifier::parameters::Parameters;
use assay_verifier::sign::RigKey;
use assay_verifier::{Answer, Challenge, Job, Output, Receipt, answer, draw, trace};
use rayon::prelude::*;
use std::collections::HashMap;
use std::time::Instant;

pub use batch::{Events, generate_all};

/// Positions of one batch while a prompt is computed: enough to share each decoded weight, few enough to stay in cache.
pub const PREFILL_BATCH: usize = 128;

/// How the sample steps of a job draw.
pub fn sampler(job: &Job) -> Sampler {
    Sampler { sampling: job.sampling, seed: job.seed, tail_from: job.tail_from() }
}

/// What happens while a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// So many prompt positions are done.
    Prompt(usize),
    /// A token was generated.
    Token(u32),
    /// The tokens told so far were computed wrongly; those of the job follow from the first.
    Wrong,
}

/// Whether a job's last token was its last.
fn ended(job: &Job, tokens: &[u32]) -> bool {
    tokens.len() >= job.max_tokens as usize || tokens.last().is_some_and(|t| job.stop.binary_search(t).is_ok())
}

/// Generates the tokens of a job.
///
/// # Errors
/// If the backend fails; what was recorded is of no use then.
pub fn generate(
    backend: &mut dyn Backend,
    job: &Job,
    mut recorder: Option<&mut TraceRecorder<'_>>,
    on_event: &mut dyn FnMut(Event),
) -> Result<Vec<u32>, BackendError> {
    let sampler = sampler(job);
    let mut extend = |tokens: &[u32]| {
        let recorder = recorder.as_mut().map(|r| &mut **r as &mut dyn Recorder);
        backend.extend(tokens, &sampler, recorder)
    };
    let mut next = None;
    for (i, batch) in job.prompt.chunks(PREFILL_BATCH).enumerate() {
        next = extend(batch)?;
        on_event(Event::Prompt(i * PREFILL_BATCH + batch.len()));
    }
    let mut tokens = Vec::new();
    while let Some(token) = next {
        tokens.push(token);
        on_event(Event::Token(token));
        next = if ended(job, &tokens) { None } else { extend(&[token])? };
    }
    Ok(tokens)
}

/// Output and signed receipt of a finished job.
pub fn seal(job: &Job, tokens: Vec<u32>, recorder: &TraceRecorder<'_>, key: &RigKey) -> (Output, Receipt) {
    let (output, receipt, _) = seal_measured(job, tokens, recorder, key);
    (output, receipt)
}

/// What a settlement root took.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// Leaves of its tree.
    pub leaves: u64,
    /// Time.
    pub spent: Spent,
}

/// As [`seal`], with what the settlement root took if the job asks for one.
pub fn seal_measured(
    job: &Job,
    tokens: Vec<u32>,
    recorder: &TraceRecorder<'_>,
    key: &RigKey,
) -> (Output, Receipt, Option<Settled>) {
    let output = Output { tokens, positions: recorder.roots() };
    let meter = Meter::start();
    let settlement = recorder.settlement(&|t| output.token_in(job, t));
    let spent = meter.stop();
    let links = output.links(job);
    let mut receipt = Receipt {
        job: job.digest(),
        settlement: job.settlement,
        tokens_root: trace::tokens_root(&output.tokens),
        token_count: output.tokens.len() as u32,
        tip: links.last().copied().unwrap_or_default(),
        positions_root: trace::links_root(&links),
        settlement_root: settlement.map_or([0; 32], |(root, _)| root),
        rig: key.address(),
        signature: [0; 65],
    };
    key.sign(&mut receipt);
    (output, receipt, settlement.map(|(_, leaves)| Settled { leaves, spent }))
}

/// The replayed trace is not the one in the receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("replaying position {0} gives another root than the one committed: the weights or the machine have changed")]
pub struct ReplayError(pub u32);

/// Why a challenge has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The replay was not finished.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The replay gave another trace.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// It has no disclosure.
    #[error(transparent)]
    Disclose(#[from] DiscloseError),
}

impl Failure for AnswerError {
    /// A replay that gives another trace is the fault of what computed it, as far as anyone can tell.
    fn of_device(self) -> Result<BackendError, AnswerError> {
        match self {
            AnswerError::Backend(error) => error.of_device().map_err(AnswerError::Backend),
            AnswerError::Replay(error) => Ok(BackendError::Device(Box::new(error))),
            other => Err(other),
        }
    }
}

/// A replayed trace with the accumulators of its products.
struct Replayed<'a> {
    recorder: TraceRecorder<'a>,
    accumulators: HashMap<(u32, Step, u32), Vec<i64>>,
}

impl answer::Source for Replayed<'_> {
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]) {
        self.recorder.step(t, index)
    }

    fn leaves(&self, t: u32) -> &[Digest] {
        answer::Source::leaves(&self.recorder, t)
    }

    fn accumulators(&self, _: &dyn Parameters, t: u32, step: Step, chunk: u32) -> Vec<i64> {
        self.accumulators.get(&(t, step, chunk)).cloned().unwrap_or_default()
    }
}

/// Computes the positions that a challenge needs once more.
fn replay<'a>(
    backend: &mut dyn Backend,
    model: &'a Model,
    claim: &Claim<'_>,
    needs: &'a Needs,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<TraceRecorder<'a>, AnswerError> {
    let mut recorder = TraceRecorder::new(&model.config, claim.job, Some(needs));
    let until = needs.keys().next_back().map_or(0, |t| t + 1);
    let tokens: Vec<u32> = (0..until).map_while(|t| claim.output.token_in(claim.job, t)).collect();
    for batch in tokens.chunks(PREFILL_BATCH) {
        backend.extend(batch, &sampler(claim.job), Some(&mut recorder))?;
        progress(backend.position(), until);
    }
    for (t, (replayed, committed)) in recorder.roots().iter().zip(&claim.output.positions).enumerate() {
        if replayed != committed {
            return Err(ReplayError(t as u32).into());
        }
    }
    Ok(recorder)
}

/// Seconds that the parts of an answer took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// Computing the positions once more.
    pub replay: f64,
    /// Accumulators, openings and the fold proof.
    pub prove: f64,
}

/// Answers a challenge by computing the positions that it needs once more; with commitments, for clients without weights
/// too.
///
/// # Errors
/// [`AnswerError`].
pub fn prove(
    backend: &mut dyn Backend,
    model: &Model,
    claim: &Claim<'_>,
    challenge: &Challenge,
    committed: Option<(&Committed, Tier)>,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<(Answer, Timing), AnswerError> {
    let config = &model.config;
    let started = Instant::now();
    let drawn = draw::draw(challenge, &claim.extent(config));
    let needs = claim.needs(config, &drawn);
    let recorder = replay(backend, model, claim, &needs, progress)?;
    let mut timing = Timing { replay: started.elapsed().as_secs_f64(), prove: 0.0 };
    let started = Instant::now();
    let accumulators = accumulators(model, &needs, &recorder);
    let source = Replayed { recorder, accumulators };
    let mut answer = answer::build(challenge.digest(), &needs, &source, model);
    if let Some((committed, tier)) = committed {
        answer.disclosure = disclose(tier, model, committed, claim, challenge, &source)?;
    }
    timing.prove = started.elapsed().as_secs_f64();
    Ok((answer, timing))
}

/// As [`prove`], with what takes over if an engine fails or gives another trace than the one committed.
///
/// # Errors
/// [`AnswerError`].
pub fn prove_surely(
    supply: &mut dyn Supply,
    model: &Model,
    claim: &Claim<'_>,
    challenge: &Challenge,
    committed: Option<(&Committed, Tier)>,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<(Answer, Timing), AnswerError> {
    surely(supply, |engine| {
        let mut backend = Single::open(&mut *engine, claim.job.positions(claim.receipt.token_count))?;
        let answer = prove(&mut backend, model, claim, challenge, committed, progress);
        drop(backend);
        if matches!(answer, Err(AnswerError::Replay(_))) {
            // Which says more, if the engine knows of a fault.
            engine.attest()?;
        }
        answer
    })
}

/// Computes the steps that `needs` names once more, with what takes over if an engine fails or gives another trace than the one
/// committed.
///
/// # Errors
/// [`AnswerError`].
pub fn replay_surely(
    supply: &mut dyn Supply,
    model: &Model,
    claim: &Claim<'_>,
    needs: &Needs,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<Kept, AnswerError> {
    surely(supply, |engine| {
        let mut backend = Single::open(&mut *engine, claim.job.positions(claim.receipt.token_count))?;
        let recorder = replay(&mut backend, model, claim, needs, progress);
        drop(backend);
        if matches!(recorder, Err(AnswerError::Replay(_))) {
            // Which says more, if the engine knows of a fault.
            engine.attest()?;
        }
        Ok(recorder?.into_kept())
    })
}

fn accumulators(model: &Model, needs: &Needs, recorder: &TraceRecorder<'_>) -> HashMap<(u32, Step, u32), Vec<i64>> {
    let one = |(t, step, chunk): (u32, Step, u32)| {
        ((t, step, chunk), answer::Source::accumulators(recorder, model, t, step, chunk))
    };
    products(&model.config, needs).into_par_iter().map(one).collect()
}
