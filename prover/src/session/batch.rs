//! Several jobs on one engine: prompts in shared batches, then one token of every sequence at a time.

use super::{Event, PREFILL_BATCH, ended, sampler};
use crate::backend::supply::{Supply, surely};
use crate::backend::{BackendError, Engine, Recorder, Run, SequenceId};
use crate::trace::recorder::TraceRecorder;
use assay_verifier::Job;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

/// Hears what becomes of jobs; they are numbered as they were given.
pub trait Events {
    /// Something happened to a job.
    fn event(&mut self, job: usize, event: Event) {
        let _ = (job, event);
    }

    /// A job is done, its trace whole and its engine attested; others may go on.
    fn finished(&mut self, job: usize, tokens: &[u32], recorder: Option<&TraceRecorder<'_>>) {
        let _ = (job, tokens, recorder);
    }
}

impl Events for () {}

/// Generates the tokens of `jobs`, each with its recorder, with up to `limit` of them in the making, or as many as the
/// engine has memory for. Every job gets the tokens and the trace that it gets alone.
///
/// When an engine fails and another takes over, the jobs in the making begin again with empty recorders, and what they
/// have told is not told twice.
///
/// # Errors
/// If an engine fails and nothing takes over; jobs whose end was told are done all the same. No sequence stays open.
///
/// # Panics
/// If there is not one place for a recorder a job.
pub fn generate_all(
    supply: &mut dyn Supply,
    limit: NonZeroUsize,
    jobs: &[&Job],
    recorders: &mut [Option<TraceRecorder<'_>>],
    events: &mut dyn Events,
) -> Result<Vec<Vec<u32>>, BackendError> {
    assert_eq!(jobs.len(), recorders.len(), "one place for a recorder a job");
    let mut schedule = Schedule {
        jobs,
        waiting: (0..jobs.len()).collect(),
        live: BTreeMap::new(),
        told: vec![Told::default(); jobs.len()],
        done: vec![Vec::new(); jobs.len()],
    };
    surely(supply, |engine| {
        let result = schedule.run(engine, limit, recorders, events);
        schedule.abandon(engine, recorders);
        result
    })?;
    Ok(schedule.done)
}

/// A job in the making.
struct Live {
    sequence: SequenceId,
    /// Prompt tokens whose positions are computed.
    fed: usize,
    /// The token to go on from, once the prompt is done; none when the job is.
    next: Option<u32>,
    tokens: Vec<u32>,
}

/// What of a job was told, also if it begins again.
#[derive(Clone, Default)]
struct Told {
    prompt: usize,
    tokens: Vec<u32>,
}

struct Schedule<'j> {
    jobs: &'j [&'j Job],
    /// Jobs that have not begun.
    waiting: BTreeSet<usize>,
    live: BTreeMap<usize, Live>,
    told: Vec<Told>,
    /// Tokens of finished jobs.
    done: Vec<Vec<u32>>,
}

impl Schedule<'_> {
    fn run(
        &mut self,
        engine: &mut dyn Engine,
        limit: NonZeroUsize,
        recorders: &mut [Option<TraceRecorder<'_>>],
        events: &mut dyn Events,
    ) -> Result<(), BackendError> {
        loop {
            self.admit(engine, limit)?;
            self.retire(engine, recorders, events)?;
            if self.live.is_empty() && self.waiting.is_empty() {
                return Ok(());
            }
            self.forward(engine, recorders, events)?;
        }
    }

    /// Starts waiting jobs while there is room.
    fn admit(&mut self, engine: &mut dyn Engine, limit: NonZeroUsize) -> Result<(), BackendError> {
        while self.live.len() < limit.get()
            && let Some(&number) = self.waiting.first()
        {
            let job = self.jobs[number];
            let sequence = match engine.open(job.positions(job.max_tokens)) {
                Err(BackendError::NoRoom { .. }) if !self.live.is_empty() => break,
                opened => opened?,
            };
            self.live.insert(number, Live { sequence, fed: 0, next: None, tokens: Vec::new() });
            self.waiting.remove(&number);
        }
        Ok(())
    }

    /// Ends the jobs that have nothing left to compute. A trace may be signed then, so what computed it must be sound.
    fn retire(
        &mut self,
        engine: &mut dyn Engine,
        recorders: &[Option<TraceRecorder<'_>>],
        events: &mut dyn Events,
    ) -> Result<(), BackendError> {
        let over = |job: usize, live: &Live| live.next.is_none() && live.fed == self.jobs[job].prompt.len();
        if self.live.iter().any(|(&job, live)| over(job, live) && recorders[job].is_some()) {
            engine.attest()?;
        }
        for (job, live) in self.live.extract_if(.., |job, live| over(*job, live)) {
            engine.close(live.sequence);
            events.finished(job, &live.tokens, recorders[job].as_ref());
            self.done[job] = live.tokens;
        }
        Ok(())
    }

    /// Gives up what is in the making, so that it can begin again.
    fn abandon(&mut self, engine: &mut dyn Engine, recorders: &mut [Option<TraceRecorder<'_>>]) {
        for (job, live) in std::mem::take(&mut self.live) {
            engine.close(live.sequence);
            if let Some(recorder) = &mut recorders[job] {
                *recorder = recorder.anew();
            }
            self.waiting.insert(job);
        }
    }

    /// One call: what is left of prompts, up to [`PREFILL_BATCH`] positions of any of them, or else a token of each job.
    fn forward(
        &mut self,
        engine: &mut dyn Engine,
        recorders: &mut [Option<TraceRecorder<'_>>],
        events: &mut dyn Events,
    ) -> Result<(), BackendError> {
        let reading = self.live.iter().any(|(job, live)| live.fed < self.jobs[*job].prompt.len());
        let mut room = PREFILL_BATCH;
        let (mut numbers, mut runs) = (Vec::new(), Vec::new());
        for (number, recorder) in recorders.iter_mut().enumerate() {
            let Some(live) = self.live.get(&number) else { continue };
            let job = self.jobs[number];
            let tokens = if reading {
                let left = &job.prompt[live.fed..];
                &left[..left.len().min(room)]
            } else {
                live.next.as_slice()
            };
            if tokens.is_empty() {
                continue;
            }
            room = room.saturating_sub(tokens.len());
            let recorder = recorder.as_mut().map(|r| r as &mut dyn Recorder);
            runs.push(Run { sequence: live.sequence, tokens, sampler: sampler(job), recorder });
            numbers.push((number, tokens.len()));
        }
        let sampled = engine.forward(&mut runs)?;
        for ((number, count), sampled) in numbers.into_iter().zip(sampled) {
            if let Some(live) = self.live.get_mut(&number) {
                let job = (number, self.jobs[number]);
                live.take(job, reading.then_some(count), sampled, &mut self.told[number], events);
            }
        }
        Ok(())
    }
}

impl Told {
    /// Tells of the last of `tokens` unless that was told before.
    fn token(&mut self, tokens: &[u32], tell: &mut dyn FnMut(Event)) {
        if self.tokens.get(..tokens.len()) == Some(tokens) {
            return;
        }
        if !tokens.starts_with(&self.tokens) {
            self.tokens.clear();
            tell(Event::Wrong);
        }
        tokens[self.tokens.len()..].iter().for_each(|token| tell(Event::Token(*token)));
        self.tokens = tokens.to_vec();
    }
}

impl Live {
    /// What a call gave: so many positions of the `prompt`, and the token sampled at the last one.
    fn take(
        &mut self,
        (number, job): (usize, &Job),
        prompt: Option<usize>,
        sampled: Option<u32>,
        told: &mut Told,
        events: &mut dyn Events,
    ) {
        if let Some(count) = prompt {
            self.fed += count;
            if self.fed > told.prompt {
                told.prompt = self.fed;
                events.event(number, Event::Prompt(self.fed));
            }
            if self.fed < job.prompt.len() {
                return;
            }
        }
        if let Some(token) = sampled {
            self.tokens.push(token);
            told.token(&self.tokens, &mut |event| events.event(number, event));
        }
        self.next = sampled.filter(|_| !ended(job, &self.tokens));
    }
}
