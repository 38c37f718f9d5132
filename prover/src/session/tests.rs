//! Several jobs at once against each job alone, and executors that hash for themselves.

use super::*;
use crate::backend::separate::Separate;
use crate::backend::single::Single;
use crate::backend::supply::{Only, Supply};
use crate::backend::{Engine, Run, SequenceId, StepOutput, Tensor, Withheld};
use crate::cpu::Executor;
use assay_model::config::Config;
use assay_model::gguf::File;
use assay_model::load;
use assay_model::sampling::Sampling;
use assay_model::testing::{Random, Toy};
use assay_verifier::challenge::Policy;
use assay_verifier::job::Settlement;
use std::num::NonZeroUsize;
use std::sync::Arc;

fn model() -> Arc<Model> {
    let config = Config { layers: 2, dim: 96, heads: 3, kv_heads: 1, head_dim: 32, ffn: 160, vocab: 300, context: 512 };
    let bytes = Toy { config, seed: 4, ..Toy::default() }.gguf();
    Arc::new(load::load(&File::parse(&bytes).unwrap()).unwrap().model)
}

fn job(n: u64, prompt: usize, max_tokens: u32) -> Job {
    let mut random = Random::new(n);
    let drawn = Sampling::Draw { temperature: 1 << 16, top_k: 40, top_p: 60_000 };
    Job {
        manifest: [1; 32],
        settlement: if n.is_multiple_of(3) {
            Settlement { chain: 1, contract: [4; 20] }
        } else {
            Settlement::default()
        },
        prompt: (0..prompt).map(|_| (random.next() % 300) as u32).collect(),
        sampling: if n.is_multiple_of(2) { drawn } else { Sampling::Greedy },
        seed: [n as u8; 32],
        max_tokens,
        stop: Vec::new(),
        nonce: [2; 32],
        secret: [3; 32],
        expires: u64::MAX,
        previous: [0; 32],
    }
}

/// Prompts below, at and above a batch, different limits and kinds of sampling, and one that a token stops.
fn jobs(model: &Arc<Model>) -> Vec<Job> {
    let sizes =
        [(1, 6), (PREFILL_BATCH, 1), (PREFILL_BATCH + 45, 9), (3, 17), (60, 2), (2 * PREFILL_BATCH, 4), (70, 12)];
    let mut jobs: Vec<Job> = sizes.into_iter().zip(0..).map(|((prompt, max), n)| job(n, prompt, max)).collect();
    let stopped = &mut jobs[3];
    stopped.stop = vec![alone(model, stopped).0.tokens[5]];
    jobs
}

fn executor(model: &Arc<Model>) -> Executor {
    Executor::new(Arc::clone(model), Tier::detect(), 1).unwrap()
}

fn key() -> RigKey {
    RigKey::from_bytes(&[5; 32]).unwrap()
}

fn alone(model: &Arc<Model>, job: &Job) -> (Output, Receipt) {
    let mut recorder = TraceRecorder::new(&model.config, job, None);
    let tokens = generate(&mut executor(model), job, Some(&mut recorder), &mut |_| {}).unwrap();
    seal(job, tokens, &recorder, &key())
}

/// What a card does: digests where bytes are not wanted, everything else left to the engine inside.
struct Hashing<E> {
    inner: E,
    /// Most sequences at a time.
    room: usize,
    open: usize,
    /// The most there were.
    most: usize,
    /// Positions of the largest call.
    largest: usize,
    /// Calls until it fails.
    fails_after: usize,
    /// Whether it says that it is as it was.
    sound: bool,
}

struct Digests<'a>(&'a mut dyn Recorder);

impl Recorder for Digests<'_> {
    fn record(&mut self, outputs: &[StepOutput<'_>]) -> Result<(), Withheld> {
        let mut given = Vec::new();
        for out in outputs {
            // Every seventh is left as it is, so that both kinds come in one call.
            let leave = self.0.wants(out.position, out.step) || (out.position + out.step).is_multiple_of(7);
            let digest = *blake3::hash(out.bytes()?).as_bytes();
            given.push(if leave { *out } else { StepOutput { tensor: Tensor::Digest(digest), ..*out } });
        }
        self.0.record(&given)
    }
}

impl<E: Engine> Hashing<E> {
    fn new(inner: E) -> Self {
        Hashing { inner, room: usize::MAX, open: 0, most: 0, largest: 0, fails_after: usize::MAX, sound: true }
    }
}

impl<E: Engine> Engine for Hashing<E> {
    fn open(&mut self, positions: u32) -> Result<SequenceId, BackendError> {
        if self.open == self.room {
            return Err(BackendError::NoRoom { positions });
        }
        self.open += 1;
        self.most = self.most.max(self.open);
        self.inner.open(positions)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.open -= 1;
        self.inner.close(sequence);
    }

    fn attest(&mut self) -> Result<(), BackendError> {
        if self.sound { Ok(()) } else { Err(BackendError::Device("the weights have changed".into())) }
    }

    fn forward(&mut self, runs: &mut [Run<'_>]) -> Result<Vec<Option<u32>>, BackendError> {
        if self.fails_after == 0 {
            return Err(BackendError::Device("the card is gone".into()));
        }
        self.fails_after -= 1;
        self.largest = self.largest.max(runs.iter().map(|r| r.tokens.len()).sum());
        let mut sampled = Vec::new();
        for Run { sequence, tokens, sampler, recorder } in runs {
            let mut digests = recorder.as_mut().map(|r| Digests(&mut **r));
            let recorder = digests.as_mut().map(|d| d as &mut dyn Recorder);
            sampled.extend(self.inner.forward(&mut [Run {
                sequence: *sequence,
                tokens,
                sampler: sampler.clone(),
                recorder,
            }])?);
        }
        Ok(sampled)
    }
}

/// Keeps what is told.
#[derive(Default)]
struct Told {
    tokens: Vec<(usize, u32)>,
    finished: Vec<(usize, Vec<u32>)>,
    corrected: usize,
}

impl Events for Told {
    fn event(&mut self, job: usize, event: Event) {
        match event {
            Event::Prompt(_) => {}
            Event::Token(token) => self.tokens.push((job, token)),
            Event::Wrong => {
                self.corrected += 1;
                self.tokens.retain(|(other, _)| *other != job);
            }
        }
    }

    fn finished(&mut self, job: usize, tokens: &[u32], recorder: Option<&TraceRecorder<'_>>) {
        assert!(recorder.is_none_or(|r| r.roots().len() >= tokens.len()), "the trace is whole");
        self.finished.push((job, tokens.to_vec()));
    }
}

fn limit(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

#[test]
fn jobs_together_give_the_receipts_that_they_give_alone() {
    let model = model();
    let jobs = jobs(&model);
    let expected: Vec<_> = jobs.iter().map(|job| alone(&model, job)).collect();
    assert_eq!(expected[3].0.tokens.len(), 6, "the stop token ends it");
    let jobs: Vec<&Job> = jobs.iter().collect();
    for (batch, room) in [(1, 9), (3, 9), (16, 9), (16, 2), (16, 1)] {
        let mut engine = Hashing::new(Separate::new(|| Ok(executor(&model))));
        engine.room = room;
        let mut recorders: Vec<_> = jobs.iter().map(|job| Some(TraceRecorder::new(&model.config, job, None))).collect();
        let mut told = Told::default();
        let tokens = generate_all(&mut Only(&mut engine), limit(batch), &jobs, &mut recorders, &mut told).unwrap();
        assert_eq!((engine.open, engine.most), (0, batch.min(room).min(jobs.len())));
        assert!(engine.largest <= PREFILL_BATCH);
        told.finished.sort();
        assert_eq!(told.finished, tokens.iter().cloned().enumerate().collect::<Vec<_>>());
        for (n, (tokens, recorder)) in tokens.into_iter().zip(recorders).enumerate() {
            let of_job = told.tokens.iter().filter(|(job, _)| *job == n).map(|(_, token)| *token);
            assert_eq!(of_job.collect::<Vec<_>>(), tokens);
            let got = seal(jobs[n], tokens, &recorder.unwrap(), &key());
            assert!(got == expected[n], "job {n}, {batch} at a time, room for {room}");
        }
    }
}

#[test]
fn without_recorders_the_tokens_are_the_same() {
    let model = model();
    let jobs = jobs(&model);
    let expected: Vec<_> = jobs.iter().map(|job| alone(&model, job).0.tokens).collect();
    let mut recorders: Vec<_> = jobs.iter().map(|_| None).collect();
    let mut engine = Separate::new(|| Ok(executor(&model)));
    let jobs: Vec<&Job> = jobs.iter().collect();
    assert_eq!(generate_all(&mut Only(&mut engine), limit(4), &jobs, &mut recorders, &mut ()).unwrap(), expected);
    assert!(generate_all(&mut Only(&mut engine), limit(4), &[], &mut [], &mut ()).unwrap().is_empty());
}

#[test]
fn an_engine_that_fails_ends_all_jobs_and_leaves_no_sequence_open() {
    let model = model();
    let jobs = jobs(&model);
    let jobs: Vec<&Job> = jobs.iter().collect();
    let mut finished = Vec::new();
    for calls in [0, 3, 9, 15] {
        let mut engine = Hashing::new(Separate::new(|| Ok(executor(&model))));
        engine.fails_after = calls;
        let mut recorders: Vec<_> = jobs.iter().map(|_| None).collect();
        let mut told = Told::default();
        let error = generate_all(&mut Only(&mut engine), limit(3), &jobs, &mut recorders, &mut told).unwrap_err();
        assert!(matches!(error, BackendError::Device(_)), "{error}");
        assert_eq!(engine.open, 0);
        finished.push(told.finished.len());
    }
    assert!(finished.is_sorted() && finished[0] == 0 && finished[3] > 0, "{finished:?}");
    let mut none = Hashing::new(Separate::new(|| Ok(executor(&model))));
    none.room = 0;
    let error = generate_all(&mut Only(&mut none), limit(3), &jobs[..1], &mut [None], &mut ()).unwrap_err();
    assert!(matches!(error, BackendError::NoRoom { .. }), "{error}");
}

/// An engine in the place of one that fails.
struct Two<A, B> {
    first: Option<A>,
    second: B,
}

impl<A: Engine, B: Engine> Supply for Two<A, B> {
    fn engine(&mut self) -> &mut dyn Engine {
        match &mut self.first {
            Some(first) => first,
            None => &mut self.second,
        }
    }

    fn replace(&mut self, failure: BackendError) -> Result<(), BackendError> {
        self.first.take().map(|_| ()).ok_or(failure)
    }
}

#[test]
fn what_takes_over_from_an_engine_that_fails_gives_the_same_receipts_and_tells_nothing_twice() {
    let model = model();
    // With one weight changed: what a card with a damaged memory computes.
    let mut other = Model::clone(&model);
    other.final_norm.gamma.iter_mut().step_by(3).for_each(|g| *g /= 4);
    let other = Arc::new(other);
    let jobs = jobs(&model);
    let expected: Vec<_> = jobs.iter().map(|job| alone(&model, job)).collect();
    let jobs: Vec<&Job> = jobs.iter().collect();
    for (weights, sound, fails_after) in [(&model, true, 0), (&model, true, 9), (&other, false, usize::MAX)] {
        let mut first = Hashing::new(Separate::new(|| Ok(executor(weights))));
        (first.sound, first.fails_after) = (sound, fails_after);
        let mut supply = Two { first: Some(first), second: Separate::new(|| Ok(executor(&model))) };
        let mut recorders: Vec<_> = jobs.iter().map(|job| Some(TraceRecorder::new(&model.config, job, None))).collect();
        let mut told = Told::default();
        let tokens = generate_all(&mut supply, limit(4), &jobs, &mut recorders, &mut told).unwrap();
        assert!(supply.first.is_none());
        assert_eq!(told.corrected > 0, !sound, "wrong tokens were told, and that they are");
        assert_eq!(told.finished.len(), jobs.len());
        for (n, (tokens, recorder)) in tokens.into_iter().zip(recorders).enumerate() {
            let of_job = told.tokens.iter().filter(|(job, _)| *job == n).map(|(_, token)| *token);
            assert_eq!(of_job.collect::<Vec<_>>(), tokens, "job {n}");
            assert!(seal(jobs[n], tokens, &recorder.unwrap(), &key()) == expected[n], "job {n}");
        }
    }
}

#[test]
fn an_answer_from_a_changed_model_is_redone_by_what_takes_over() {
    let model = model();
    let mut other = Model::clone(&model);
    other.final_norm.gamma.iter_mut().step_by(3).for_each(|g| *g /= 4);
    let other = Arc::new(other);
    let job = job(2, 20, 7);
    let (output, receipt) = alone(&model, &job);
    let claim = Claim { receipt: &receipt, job: &job, output: &output };
    let policy = Policy::Columns { count: 2, density: 1 << 16 };
    let challenge = Challenge { receipt: receipt.id(), policy, seed: [8; 32] };
    let (expected, _) = prove(&mut executor(&model), &model, &claim, &challenge, None, &mut |_, _| {}).unwrap();
    let first = Some(Separate::new(|| Ok(executor(&other))));
    let mut supply = Two { first, second: Separate::new(|| Ok(executor(&model))) };
    let (got, _) = prove_surely(&mut supply, &model, &claim, &challenge, None, &mut |_, _| {}).unwrap();
    assert!(got.encode() == expected.encode() && supply.first.is_none());
    let mut alone = Only(Separate::new(|| Ok(executor(&other))));
    let error = prove_surely(&mut alone, &model, &claim, &challenge, None, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("gives another root"), "{error}");
}

#[test]
fn an_answer_is_the_same_when_only_what_is_asked_for_comes_as_bytes() {
    let model = model();
    let job = job(2, 20, 7);
    let (output, receipt) = alone(&model, &job);
    let claim = Claim { receipt: &receipt, job: &job, output: &output };
    for policy in [Policy::Columns { count: 2, density: 1 << 16 }, Policy::Units { count: 30 }] {
        let challenge = Challenge { receipt: receipt.id(), policy, seed: [8; 32] };
        let answer = |backend: &mut dyn Backend| {
            prove(backend, &model, &claim, &challenge, None, &mut |_, _| {}).unwrap().0.encode()
        };
        let expected = answer(&mut executor(&model));
        let mut engine = Hashing::new(Separate::new(|| Ok(executor(&model))));
        let got = answer(&mut Single::open(&mut engine, job.positions(7)).unwrap());
        assert!(got == expected, "{policy:?}");
        assert_eq!(engine.open, 0);
    }
}

#[test]
fn bytes_that_are_wanted_and_withheld_are_an_error() {
    let model = model();
    let job = job(2, 4, 1);
    let steps = [(2, [(0, Default::default())].into_iter().collect())];
    let needs: Needs = steps.into_iter().collect();
    let mut recorder = TraceRecorder::new(&model.config, &job, Some(&needs));
    assert!(recorder.wants(2, 0) && !recorder.wants(2, 1) && !recorder.wants(1, 0));
    let digest = |position| StepOutput { position, step: 0, header: &[], tensor: Tensor::Digest([0; 32]) };
    assert_eq!(recorder.record(&[digest(1)]), Ok(()));
    assert_eq!(recorder.record(&[digest(0), digest(2)]), Err(Withheld { position: 2, step: 0 }));
}

#[test]
fn sequences_of_a_separate_engine_keep_to_what_they_were_opened_for() {
    let model = model();
    let mut engine = Separate::new(|| Ok(executor(&model)));
    let (a, b) = (engine.open(3).unwrap(), engine.open(2).unwrap());
    let sampler = sampler(&job(1, 1, 1));
    let run = |sequence, tokens| Run { sequence, tokens, sampler: sampler.clone(), recorder: None };
    let full = engine.forward(&mut [run(a, &[1, 2]), run(b, &[1, 2, 3])]).unwrap_err();
    assert!(matches!(full, BackendError::Full { end: 3, positions: 2 }), "{full}");
    // The call before computed nothing.
    assert_eq!(engine.forward(&mut [run(a, &[1, 2, 3]), run(b, &[1, 2])]).unwrap().len(), 2);
    engine.close(a);
    engine.close(a);
    let closed = engine.forward(&mut [run(a, &[1])]).unwrap_err();
    assert!(matches!(closed, BackendError::Closed(id) if id == a), "{closed}");
}

#[test]
fn a_job_that_names_a_contract_has_the_settlement_root_that_a_full_audit_computes_and_no_other_has_one() {
    let model = model();
    let jobs = jobs(&model);
    let mut named = 0;
    for job in &jobs {
        let (output, receipt) = alone(&model, job);
        assert_eq!(receipt.settlement_root != [0; 32], job.settlement.is_named());
        named += usize::from(job.settlement.is_named());
        let claim = Claim { receipt: &receipt, job, output: &output };
        assert_eq!(assay_verifier::audit::full(&model, &claim, &mut |_| {}), Ok(()));
    }
    assert!(named > 1 && named < jobs.len());
}
