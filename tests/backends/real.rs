//! A real model; `ASSAY_MODEL` names its GGUF file.

use crate::bench::{copies, divided, gpus, job, processor, receipts, skipped};
use assay_model::open::open;
use assay_prover::backend::single::Single;
use assay_prover::backend::supply::Only;
use assay_prover::backend::{Backend, Recorder};
use assay_prover::meter::Meter;
use assay_prover::session::sampler;
use assay_prover::trace::recorder::TraceRecorder;
use std::sync::{Arc, Mutex};

/// Seconds that 64 tokens may take on the software adapter.
const SECONDS: f64 = 60.0;
/// Bytes that a traced token may read back.
const READ_BACK: u64 = 32 << 10;

/// One test at a time, so that each is measured alone.
static ALONE: Mutex<()> = Mutex::new(());

fn model() -> Option<Arc<assay_model::Model>> {
    let Some(path) = std::env::var_os("ASSAY_MODEL") else {
        skipped("ASSAY_MODEL does not name a model file (scripts/fetch-model.sh fetches one)");
        return None;
    };
    Some(Arc::new(open(std::path::Path::new(&path)).expect("a model").model))
}

#[test]
fn sixty_four_tokens_of_a_real_model_are_those_of_the_processor() {
    let _alone = ALONE.lock();
    let (Some(model), Some(gpus)) = (model(), gpus(3)) else { return };
    // 20 + 12 tokens twice, one job greedy and one drawn.
    let jobs = [0, 1].map(|n| job(&model, n, 20, 12));
    let expected = receipts(&mut Only(processor(&model)), &model, &jobs, 1, &mut ()).expect("no fault");
    let meter = Meter::start();
    let mut engine = copies(&model, &gpus[..1]);
    let got = receipts(&mut Only(&mut engine), &model, &jobs, 2, &mut ()).expect("no fault");
    let spent = meter.stop();
    println!("64 tokens with loading: {:.1} s by the wall, {:.1} CPU-seconds", spent.wall, spent.cpu);
    assert!(got == expected);
    // A machine that others use, too, takes longer by the wall than by its processors.
    assert!(spent.wall.min(spent.cpu) <= SECONDS, "{spent:?}");
}

#[test]
fn a_real_model_divided_among_devices_gives_the_same_receipts() {
    let _alone = ALONE.lock();
    let (Some(model), Some(gpus)) = (model(), gpus(3)) else { return };
    let jobs = [job(&model, 0, 5, 3), job(&model, 1, 3, 3)];
    let expected = receipts(&mut Only(processor(&model)), &model, &jobs, 1, &mut ()).expect("no fault");
    for count in [2, 3] {
        let mut engine = divided(&model, &gpus[..count]);
        let got = receipts(&mut Only(&mut engine), &model, &jobs, 2, &mut ()).expect("no fault");
        assert!(got == expected, "{count} devices");
    }
}

#[test]
fn a_traced_token_reads_back_little_and_at_once() {
    let _alone = ALONE.lock();
    let (Some(model), Some(gpus)) = (model(), gpus(1)) else { return };
    let mut engine = copies(&model, &gpus);
    for n in [0, 1] {
        let job = job(&model, n, 1, 4);
        let mut recorder = TraceRecorder::new(&model.config, &job, None);
        let mut backend = Single::open(&mut engine, 4).expect("room");
        let recorder: &mut dyn Recorder = &mut recorder;
        backend.extend(&job.prompt, &sampler(&job), Some(recorder)).expect("no fault");
        drop(backend);
        let traffic = engine.fleet().read_back();
        println!("read back: {traffic:?}");
        assert!(traffic.transfers == 1 && traffic.bytes <= READ_BACK, "{traffic:?}");
    }
}
