//! Models, jobs and engines, for all tests of this suite.

use assay_gpu::Gpu;
use assay_gpu::fleet::{Card, Fleet};
use assay_gpu::plan::Plan;
use assay_gpu::testing;
use assay_model::gguf::File;
use assay_model::sampling::Sampling;
use assay_model::testing::{Random, Toy};
use assay_model::{Model, load};
use assay_prover::backend::separate::Separate;
use assay_prover::backend::supply::Supply;
use assay_prover::backend::{BackendError, Engine};
use assay_prover::cpu::Executor;
use assay_prover::cpu::platform::Tier;
use assay_prover::gpu::engine::GpuEngine;
use assay_prover::session::{Event, Events, generate_all, seal};
use assay_prover::trace::recorder::TraceRecorder;
use assay_verifier::job::Settlement;
use assay_verifier::sign::RigKey;
use assay_verifier::{Job, Output, Receipt};
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

pub const DRAWN: Sampling = Sampling::Draw { temperature: 60_000, top_k: 40, top_p: 62_000 };

/// Says that a test has not run; past the test harness, which would swallow it.
pub fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "\nSKIPPED: {why}");
}

/// `count` logical devices, or a note that there is no adapter.
pub fn gpus(count: usize) -> Option<Vec<Gpu>> {
    let gpus = testing::gpus(count);
    if gpus.is_none() {
        skipped("tests on graphics cards (no Vulkan adapter)");
    }
    gpus
}

pub fn model(toy: &Toy) -> Arc<Model> {
    Arc::new(load::load(&File::parse(&toy.gguf()).expect("a file")).expect("a model").model)
}

/// The model once, its layers dealt out evenly to `gpus`.
pub fn divided(model: &Arc<Model>, gpus: &[Gpu]) -> GpuEngine {
    let (layers, count) = (model.config.layers, gpus.len() as u32);
    let cuts: Vec<Range<u32>> = (0..count).map(|i| i * layers / count..(i + 1) * layers / count).collect();
    GpuEngine::new(Fleet::divided(model, cards(gpus), cuts).expect("room for it"))
}

/// As many copies of the model as `gpus`.
pub fn copies(model: &Arc<Model>, gpus: &[Gpu]) -> GpuEngine {
    GpuEngine::new(Fleet::load(model, cards(gpus)).expect("room for it"))
}

fn cards(gpus: &[Gpu]) -> Vec<Card> {
    gpus.iter().map(|gpu| Card { gpu: gpu.clone(), limit: None, plan: Plan::PORTABLE }).collect()
}

pub fn executor(model: &Arc<Model>) -> Result<Executor, BackendError> {
    Executor::new(Arc::clone(model), Tier::detect(), 1).map_err(BackendError::Threads)
}

/// The processor.
pub fn processor(model: &Arc<Model>) -> impl Engine + use<> {
    let model = Arc::clone(model);
    Separate::new(move || executor(&model))
}

/// A job over arbitrary tokens; every other one draws.
pub fn job(model: &Model, n: u64, prompt: usize, max_tokens: u32) -> Job {
    let mut random = Random::new(n + 1);
    Job {
        manifest: [1; 32],
        settlement: Settlement::default(),
        prompt: (0..prompt).map(|_| (random.next() % u64::from(model.config.vocab)) as u32).collect(),
        sampling: if n.is_multiple_of(2) { Sampling::Greedy } else { DRAWN },
        seed: [n as u8; 32],
        max_tokens,
        stop: Vec::new(),
        nonce: [2; 32],
        secret: [3; 32],
        expires: 1 << 40,
        previous: [0; 32],
    }
}

/// Keeps the tokens that were told.
#[derive(Default)]
pub struct Told {
    pub tokens: Vec<(usize, u32)>,
    pub finished: usize,
}

impl Events for Told {
    fn event(&mut self, job: usize, event: Event) {
        match event {
            Event::Prompt(_) => {}
            Event::Token(token) => self.tokens.push((job, token)),
            Event::Wrong => self.tokens.retain(|(other, _)| *other != job),
        }
    }

    fn finished(&mut self, _: usize, _: &[u32], _: Option<&TraceRecorder<'_>>) {
        self.finished += 1;
    }
}

/// Outputs and receipts of jobs, up to `batch` of them at a time.
pub fn receipts(
    supply: &mut dyn Supply,
    model: &Model,
    jobs: &[Job],
    batch: usize,
    told: &mut dyn Events,
) -> Result<Vec<(Output, Receipt)>, BackendError> {
    let mut recorders: Vec<_> = jobs.iter().map(|job| Some(TraceRecorder::new(&model.config, job, None))).collect();
    let named: Vec<&Job> = jobs.iter().collect();
    let batch = NonZeroUsize::new(batch).expect("a batch");
    let tokens = generate_all(supply, batch, &named, &mut recorders, told)?;
    let key = RigKey::from_bytes(&[5; 32]).expect("a key");
    let done = jobs.iter().zip(tokens).zip(recorders);
    Ok(done.map(|((job, tokens), recorder)| seal(job, tokens, &recorder.expect("one a job"), &key)).collect())
}
