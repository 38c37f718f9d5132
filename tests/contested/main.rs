//! A contract draws a unit of a real job and decides it: on a local chain, from a proof that the rig makes of its own trace.
//!
//! Inference, trace, settlement tree, record, keys, draw, witness and proof are those of the product; the model is small, so that
//! a circuit takes seconds. The chain is anvil, with the contract as it is deployed. Nothing is paid here: there is no
//! escrow around it.

mod chain;
mod draws;
mod rig;
mod shop;

use assay_model::program::StepKind;
use assay_tests::rig::{Honest, run};
use assay_tests::trace::commit;
use rig::{Asked, MODEL, asked, job, proved};

/// What anvil says of a call that the contract refuses.
fn refused(call: &[u8], node: &chain::Node, reason: &str) {
    let answer = node.call(call).expect_err("a refusal");
    let selector = hex::encode(&assay_verifier::sign::keccak(reason.as_bytes())[..4]);
    assert!(answer.contains(reason.trim_end_matches("()")) || answer.contains(&selector), "{reason}: {answer}");
}

#[test]
fn a_drawn_chunk_of_a_real_job_is_decided_by_the_contract() {
    let Some(node) = chain::Node::start() else { return };
    let signed = commit(&MODEL.config, &job(), run(&MODEL, &job(), &mut Honest), &|_, _| {});
    let asked = asked(&signed);
    let answer = proved(&signed, &asked, |_| {}).unwrap();
    let gas = node.send(&asked.question.call(&answer)).unwrap();
    println!("decided {} at position {} for {gas} gas", asked.step, asked.t);
    assert!(gas <= 550_000, "{gas} gas");

    // The same answer to another draw, for another job, or under another root.
    let Asked { question, .. } = asked;
    let other = assay_verifier::settlement::question::Question { id: [1; 32], ..question };
    refused(&other.call(&answer), &node, "FalseProduct()");
    let other = assay_verifier::settlement::question::Question { settlement_root: [1; 32], ..question };
    refused(&other.call(&answer), &node, "NotInTree(bytes32,bytes32)");
    let other = assay_verifier::settlement::question::Question { record: [1; 32], ..question };
    refused(&other.call(&answer), &node, "WrongRecord(bytes32)");
}

#[test]
fn a_rig_that_lies_in_the_drawn_chunk_has_no_answer() {
    // One output of the drawn chunk is another: the draw is the same, since the lie is told where it is drawn.
    let honest = commit(&MODEL.config, &job(), run(&MODEL, &job(), &mut Honest), &|_, _| {});
    let asked = asked(&honest);
    let lied = proved(&honest, &asked, |witness| witness.output.elements[0] ^= 1);
    assert_eq!(lied.unwrap_err(), assay_circuits::settlement::Error::Unsatisfied);
    // With other accumulators, which round to the lie, the circuit would be satisfied; W·x is not them.
    let lied = proved(&honest, &asked, |witness| witness.accumulators[1] += 1 << 40);
    assert_eq!(lied.unwrap_err(), assay_circuits::settlement::Error::Unsatisfied);
}

#[test]
fn a_model_has_a_chunk_for_every_unit_of_its_linear_steps() {
    let chunks = &*rig::CHUNKS;
    let config = &MODEL.config;
    let linear = |kind: &StepKind| kind.is_linear();
    let a_layer: u32 =
        StepKind::ALL.iter().filter(|k| linear(k) && **k != StepKind::Head).map(|k| config.unit_count(*k)).sum();
    let all = a_layer * config.layers + config.unit_count(StepKind::Head);
    assert_eq!(chunks.len(), all as usize);
    assert!(chunks.is_sorted_by_key(|c| (c.step, c.chunk)));
}
