//! Cards that are lost, whose weights are damaged, or that are too small: another takes over, and never is a receipt wrong.

use crate::bench::{Told, gpus, job, model, processor, receipts};
use assay_gpu::stage::Stage;
use assay_model::Model;
use assay_model::testing::Toy;
use assay_prover::backend::supply::{Only, Supply};
use assay_prover::backend::{BackendError, Engine, Run, SequenceId};
use assay_prover::cli::vram::VramLimits;
use assay_prover::gpu::cards::choose;
use assay_prover::gpu::rig::{Processor, Rig};
use assay_prover::session::prove_surely;
use assay_verifier::audit::Claim;
use assay_verifier::challenge::{FULL_DENSITY, Policy};
use assay_verifier::{Challenge, Job};
use std::sync::Arc;

/// A rig whose first card comes to harm before its call number `after`.
struct Harmed {
    rig: Rig,
    after: usize,
    how: fn(&Stage),
}

impl Supply for Harmed {
    fn engine(&mut self) -> &mut dyn Engine {
        self
    }

    fn replace(&mut self, failure: BackendError) -> Result<(), BackendError> {
        self.rig.replace(failure)
    }
}

impl Engine for Harmed {
    fn open(&mut self, positions: u32) -> Result<SequenceId, BackendError> {
        self.rig.engine().open(positions)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.rig.engine().close(sequence);
    }

    fn forward(&mut self, runs: &mut [Run<'_>]) -> Result<Vec<Option<u32>>, BackendError> {
        if self.after == 0
            && let Some(engine) = self.rig.engine_of_cards()
        {
            engine.fleet().harm(0, self.how);
        }
        self.after = self.after.wrapping_sub(1);
        self.rig.engine().forward(runs)
    }

    fn attest(&mut self) -> Result<(), BackendError> {
        self.rig.engine().attest()
    }
}

fn toy() -> Arc<Model> {
    model(&Toy::default())
}

fn jobs(model: &Model) -> Vec<Job> {
    [(9, 5), (1, 12), (140, 9)].into_iter().zip(0..).map(|((prompt, max), n)| job(model, n, prompt, max)).collect()
}

/// The first adapter `count` times, and the processor behind it if `auto`.
fn rig(model: &Arc<Model>, count: usize, limits: &str, auto: bool) -> Result<Rig, BackendError> {
    let limits: VramLimits = if limits.is_empty() { VramLimits::default() } else { limits.parse().expect("sizes") };
    let cards = choose(Some(&vec!["0".to_owned(); count]), &limits, true).expect("an adapter");
    let make = Arc::clone(model);
    let processor = move || -> Box<dyn Engine> { Box::new(processor(&make)) };
    Rig::start(Arc::clone(model), cards, auto.then(|| Box::new(processor) as Processor))
}

/// All jobs, three at a time, on a rig that is harmed; compared with the processor's receipts.
fn redone(model: &Arc<Model>, harmed: &mut Harmed) {
    let jobs = jobs(model);
    let expected = receipts(&mut Only(processor(model)), model, &jobs, 1, &mut ()).expect("no fault");
    let mut told = Told::default();
    let got = receipts(harmed, model, &jobs, 3, &mut told).expect("another takes over");
    assert!(got == expected);
    for (n, (output, _)) in got.iter().enumerate() {
        let tokens = told.tokens.iter().filter(|(job, _)| *job == n).map(|(_, token)| *token);
        assert_eq!(tokens.collect::<Vec<_>>(), output.tokens, "each token of job {n} is told once");
    }
    assert_eq!(told.finished, jobs.len());
}

/// A kind of harm by name.
type Harm = (&'static str, fn(&Stage));

const HARM: [Harm; 2] = [("lost", Stage::lose), ("damaged", Stage::damage_weights)];

#[test]
fn the_processor_takes_over_from_a_card_that_fails() {
    if gpus(1).is_none() {
        return;
    }
    let model = toy();
    for (name, how) in HARM {
        for after in [0, 1, 6] {
            let mut harmed = Harmed { rig: rig(&model, 1, "", true).expect("a card"), after, how };
            redone(&model, &mut harmed);
            assert!(harmed.rig.engine_of_cards().is_none(), "{name} before call {after}");
        }
    }
}

#[test]
fn another_card_takes_over_from_a_card_that_fails() {
    if gpus(1).is_none() {
        return;
    }
    let model = toy();
    for (_, how) in HARM {
        let mut harmed = Harmed { rig: rig(&model, 2, "", false).expect("two cards"), after: 4, how };
        redone(&model, &mut harmed);
        assert!(harmed.rig.engine_of_cards().is_some());
        let left: Vec<&str> = harmed.rig.cards().map(|(name, _)| name).collect();
        assert!(left.len() == 1 && left[0].ends_with("no. 2"), "{left:?}");
    }
}

#[test]
fn without_anything_to_take_over_nothing_is_finished_and_the_card_is_named() {
    if gpus(1).is_none() {
        return;
    }
    let model = toy();
    for ((_, how), says) in HARM.into_iter().zip(["lost", "weights"]) {
        let mut harmed = Harmed { rig: rig(&model, 1, "", false).expect("a card"), after: 3, how };
        let mut told = Told::default();
        let error = receipts(&mut harmed, &model, &jobs(&model), 3, &mut told).expect_err("a fault").to_string();
        assert!(error.starts_with("GPU ") && error.contains(says), "{error}");
        assert_eq!(told.finished, 0);
    }
}

#[test]
fn an_answer_begun_on_a_card_that_fails_is_the_processor_s() {
    if gpus(1).is_none() {
        return;
    }
    let model = toy();
    let job = &jobs(&model)[2];
    let done = receipts(&mut Only(processor(&model)), &model, std::slice::from_ref(job), 1, &mut ());
    let (output, receipt) = done.expect("no fault").remove(0);
    let claim = Claim { receipt: &receipt, job, output: &output };
    let policy = Policy::Columns { count: 2, density: FULL_DENSITY };
    let challenge = Challenge { receipt: receipt.id(), policy, seed: [8; 32] };
    let answer = |supply: &mut dyn Supply| {
        prove_surely(supply, &model, &claim, &challenge, None, &mut |_, _| {}).expect("an answer").0.encode()
    };
    let expected = answer(&mut Only(processor(&model)));
    for (_, how) in HARM {
        let mut harmed = Harmed { rig: rig(&model, 1, "", true).expect("a card"), after: 1, how };
        assert!(answer(&mut harmed) == expected);
    }
}

#[test]
fn a_card_that_is_too_small_is_named_with_what_is_needed_and_allowed() {
    if gpus(1).is_none() {
        return;
    }
    let model = toy();
    let Err(error) = rig(&model, 1, "90K", false) else { panic!("too small") };
    let error = error.to_string();
    assert!(error.starts_with("GPU 0") && error.contains("the model needs"), "{error}");
    assert!(error.contains("MB are left") && error.contains("--vram-limit"), "{error}");
    let jobs = jobs(&model);
    let expected = receipts(&mut Only(processor(&model)), &model, &jobs, 1, &mut ()).expect("no fault");
    let mut auto = rig(&model, 1, "90K", true).expect("the processor");
    assert!(auto.engine_of_cards().is_none());
    assert!(receipts(&mut auto, &model, &jobs, 3, &mut ()).expect("no fault") == expected);
}
