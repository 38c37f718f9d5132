//! The same receipts for every weight format, in any batch, on any division of the model among devices.

use crate::bench::{copies, divided, executor, gpus, job, model, processor, receipts};
use crate::toys::cases;
use assay_model::Model;
use assay_prover::backend::Engine;
use assay_prover::backend::supply::Only;
use assay_prover::session::{prove, prove_surely};
use assay_verifier::audit::{self, Claim};
use assay_verifier::challenge::{FULL_DENSITY, Policy};
use assay_verifier::{Challenge, Job, Output, Receipt};

/// Greedy and drawn, prompts shorter and longer than each other and than what is generated.
fn jobs(model: &Model) -> Vec<Job> {
    [(9, 5), (1, 7), (22, 3)].into_iter().zip(0..).map(|((prompt, max), n)| job(model, n, prompt, max)).collect()
}

#[test]
fn cards_sign_what_the_processor_signs() {
    let Some(gpus) = gpus(3) else { return };
    for (n, case) in cases().iter().enumerate() {
        let model = model(&case.toy);
        let jobs = jobs(&model);
        let expected = receipts(&mut Only(processor(&model)), &model, &jobs, 1, &mut ()).expect("no fault");
        assert!(expected[0].1.tip != expected[1].1.tip);
        // One device for every case, two or three for every other.
        for count in [1, 2 + n % 2] {
            let mut engine = divided(&model, &gpus[..count]);
            for batch in [1, 3].into_iter().skip(usize::from(count > 1)) {
                let got = receipts(&mut Only(&mut engine), &model, &jobs, batch, &mut ()).expect("no fault");
                assert!(got == expected, "{} on {count} devices, {batch} jobs at a time", case.name);
            }
        }
    }
}

#[test]
fn copies_of_the_model_share_the_jobs() {
    let Some(gpus) = gpus(2) else { return };
    let model = model(&cases()[0].toy);
    let jobs = jobs(&model);
    let expected = receipts(&mut Only(processor(&model)), &model, &jobs, 1, &mut ()).expect("no fault");
    let mut engine = copies(&model, &gpus);
    assert_eq!(engine.fleet().cards().count(), 2);
    assert!(receipts(&mut Only(&mut engine), &model, &jobs, 3, &mut ()).expect("no fault") == expected);
    assert!(engine.attest().is_ok());
}

#[test]
fn an_answer_from_a_card_is_that_of_the_processor_and_passes_the_audit() {
    let Some(gpus) = gpus(2) else { return };
    for case in [&cases()[1], &cases()[6]] {
        let model = model(&case.toy);
        let jobs = jobs(&model);
        let mut engine = divided(&model, &gpus);
        let done = receipts(&mut Only(&mut engine), &model, &jobs, 3, &mut ()).expect("no fault");
        for (job, (output, receipt)) in jobs.iter().zip(&done) {
            answers(&model, &mut engine, job, output, receipt);
        }
    }
}

fn answers(model: &std::sync::Arc<Model>, engine: &mut dyn Engine, job: &Job, output: &Output, receipt: &Receipt) {
    let claim = Claim { receipt, job, output };
    for policy in [Policy::Columns { count: 2, density: FULL_DENSITY }, Policy::Units { count: 20 }] {
        let challenge = Challenge { receipt: receipt.id(), policy, seed: [8; 32] };
        let mut cpu = executor(model).expect("threads");
        let (expected, _) = prove(&mut cpu, model, &claim, &challenge, None, &mut |_, _| {}).expect("no fault");
        let (got, _) =
            prove_surely(&mut Only(&mut *engine), model, &claim, &challenge, None, &mut |_, _| {}).expect("no fault");
        assert!(got.encode() == expected.encode(), "{policy:?}");
        assert!(audit::challenge(model, &claim, &challenge, &got).is_ok(), "{policy:?}");
    }
}
