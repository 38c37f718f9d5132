//! From a job to a signed receipt, and from a challenge back to the opened trace.

use crate::backend::Backend;
use crate::trace::recorder::TraceRecorder;
use assay_model::config::Config;
use assay_model::reference::Sampler;
use assay_verifier::audit::Claim;
use assay_verifier::sign::RigKey;
use assay_verifier::{Answer, Challenge, Job, Output, Receipt, answer, draw, trace};

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
}

/// Generates the tokens of a job.
pub fn generate(
    backend: &mut dyn Backend,
    job: &Job,
    mut recorder: Option<&mut TraceRecorder<'_>>,
    on_event: &mut dyn FnMut(Event),
) -> Vec<u32> {
    let sampler = sampler(job);
    let mut extend = |tokens: &[u32]| match &mut recorder {
        Some(recorder) => backend.extend(tokens, &sampler, Some(*recorder)),
        None => backend.extend(tokens, &sampler, None),
    };
    let mut next = None;
    for (i, batch) in job.prompt.chunks(PREFILL_BATCH).enumerate() {
        next = extend(batch);
        on_event(Event::Prompt(i * PREFILL_BATCH + batch.len()));
    }
    let mut tokens = Vec::new();
    while let Some(token) = next {
        tokens.push(token);
        on_event(Event::Token(token));
        let done = tokens.len() >= job.max_tokens as usize || job.stop.binary_search(&token).is_ok();
        next = if done { None } else { extend(&[token]) };
    }
    tokens
}

/// Output and signed receipt of a finished job.
pub fn seal(job: &Job, tokens: Vec<u32>, recorder: &TraceRecorder<'_>, key: &RigKey) -> (Output, Receipt) {
    let output = Output { tokens, positions: recorder.roots() };
    let links = output.links(job);
    let mut receipt = Receipt {
        job: job.digest(),
        settlement: job.settlement,
        tokens_root: trace::tokens_root(&output.tokens),
        token_count: output.tokens.len() as u32,
        tip: links.last().copied().unwrap_or_default(),
        positions_root: trace::links_root(&links),
        settlement_root: [0; 32],
        rig: key.address(),
        signature: [0; 65],
    };
    key.sign(&mut receipt);
    (output, receipt)
}

/// The replayed trace is not the one in the receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("replaying position {0} gives another root than the one committed: the weights or the machine have changed")]
pub struct ReplayError(pub u32);

/// Answers a challenge by computing the positions that it needs once more.
///
/// # Errors
/// [`ReplayError`] if the replay does not give the committed trace.
pub fn prove(
    backend: &mut dyn Backend,
    config: &Config,
    claim: &Claim<'_>,
    challenge: &Challenge,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<Answer, ReplayError> {
    let drawn = draw::draw(challenge, &claim.extent(config));
    let needs = claim.needs(config, &drawn);
    let mut recorder = TraceRecorder::new(config, claim.job, Some(&needs));
    let until = needs.keys().next_back().map_or(0, |t| t + 1);
    let tokens: Vec<u32> = (0..until).map_while(|t| claim.output.token_in(claim.job, t)).collect();
    for batch in tokens.chunks(PREFILL_BATCH) {
        backend.extend(batch, &sampler(claim.job), Some(&mut recorder));
        progress(backend.position(), until);
    }
    for (t, (replayed, committed)) in recorder.roots().iter().zip(&claim.output.positions).enumerate() {
        if replayed != committed {
            return Err(ReplayError(t as u32));
        }
    }
    Ok(answer::build(challenge.digest(), &needs, &recorder))
}
