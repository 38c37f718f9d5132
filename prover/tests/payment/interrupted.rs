//! Proving that stops between its steps and goes on, and what is refused before any stake is at risk.

use crate::node::{DRAWS, Deal};
use crate::rig::Fault;
use assay_prover::settlement::answerer::CannotProve;
use assay_verifier::chain::agreement::TermsError;

/// A job whose draws are known.
fn drawn() -> Option<Deal> {
    let deal = Deal::contested()?;
    deal.open().code(0);
    deal.work();
    deal.proven(&["--bond"]);
    deal.decide();
    Some(deal)
}

#[test]
fn a_rig_that_stopped_between_seed_and_proof_or_in_a_draw_goes_on_from_the_chain() {
    let Some(deal) = drawn() else { return };
    let left = |deal: &Deal| deal.status()["contest"]["left"].clone();
    deal.proves(Fault::Stops(0), &[]).unwrap_err();
    assert_eq!(left(&deal), serde_json::json!([0, 1, 2, 3, 4]), "seeded, and nothing answered");
    // Draw 0 takes one answer, draw 1 two: this one stops between them.
    deal.proves(Fault::Stops(2), &[]).unwrap_err();
    assert_eq!(left(&deal), serde_json::json!([1, 2, 3, 4]));
    assert_eq!(deal.proven(&[])["state"], "proven");
    // Nothing was answered twice: bond, commit, seed, and the answers.
    assert_eq!(deal.node.sent(&deal.rig), 3 + (DRAWS + 1) + DRAWS / 2);
}

#[test]
fn a_draw_whose_progress_the_rig_does_not_know_is_begun_anew() {
    let Some(deal) = drawn() else { return };
    deal.proves(Fault::Stops(2), &[]).unwrap_err();
    let report = deal.proves(Fault::Forgets, &[]).unwrap();
    assert_eq!(report.json["state"], "proven");
    assert!(report.json["said"].as_str().unwrap().contains("draw 1 is begun anew"), "{}", report.text);
    // Besides what every job takes: the restart, and the first answer to draw 1 once more.
    assert_eq!(deal.node.sent(&deal.rig), 3 + (DRAWS + 1) + DRAWS / 2 + 2);
}

#[test]
fn an_answer_that_the_verifier_refuses_is_not_sent() {
    let Some(deal) = drawn() else { return };
    deal.client("seed", &["--terms", "terms"]).code(0);
    let sent = deal.node.sent(&deal.rig);
    let report = deal.proves(Fault::Lies, &[]).unwrap();
    assert_eq!(report.json["reason"], "reverted", "{}", report.text);
    assert_eq!(deal.node.sent(&deal.rig), sent);
}

#[test]
fn a_rig_that_cannot_prove_does_not_commit() {
    let Some(deal) = Deal::contested() else { return };
    deal.open().code(0);
    // The program as it is built has nothing to prove with.
    let trusted = ["--verifier", &deal.node.verifier];
    let before = deal.rig("settle", &[&["--terms", "terms", "--job", "my.job"][..], &trusted].concat()).code(2).error();
    assert!(before.contains("nothing to prove with"), "{before}");
    let other = deal.looks(Fault::OtherRecord).unwrap_err();
    assert!(matches!(other.downcast_ref(), Some(CannotProve::Record { .. })), "{other:#}");
    deal.looks(Fault::None).unwrap();
    let slow = deal.looks_at(Fault::None, &["--seconds-per-answer", "100000"]).unwrap_err();
    assert!(slow.to_string().contains("the stake could be lost"), "{slow:#}");
    deal.work();
    assert!(deal.settle(&["--bond"]).code(2).error().contains("nothing to prove with"));
    deal.proves(Fault::OtherRecord, &["--bond"]).unwrap_err();
    let cheap = deal.proves(Fault::None, &["--bond", "--min-proof-fee", "70000000008"]).unwrap_err();
    assert!(cheap.to_string().contains("less than --min-proof-fee"), "{cheap:#}");
    let foreign = deal.trusts(Fault::None, Some(&"01".repeat(20)), &["--receipt", "rig/job.receipt"]).unwrap_err();
    assert!(foreign.to_string().contains("not by the trusted --verifier"), "{foreign:#}");
    let anyone = deal.trusts(Fault::None, None, &["--receipt", "rig/job.receipt"]).unwrap_err();
    assert!(anyone.to_string().contains("which contract you trust"), "{anyone:#}");
    assert_eq!(deal.node.sent(&deal.rig), 0, "no stake is at risk");
}

#[test]
fn terms_of_another_prompt_are_refused_before_any_work() {
    let Some(deal) = Deal::contested() else { return };
    let text = std::fs::read_to_string(deal.desk.path("terms")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let prompt = value["prompt"].as_str().unwrap();
    std::fs::write(deal.desk.path("terms"), text.replace(prompt, &"01".repeat(32))).unwrap();
    // A contract sees only that there is a commitment, so it takes them.
    let open = deal.open().code(2).error();
    assert!(open.contains("the terms commit to the prompt"), "{open}");
    let refused = deal.looks(Fault::None).unwrap_err();
    assert!(matches!(refused.downcast_ref(), Some(TermsError::Prompt { .. })), "{refused:#}");
}

#[test]
fn terms_that_could_not_be_kept_are_not_written() {
    let Some(deal) = Deal::contested() else { return };
    let lane = Deal::lane();
    let lane: Vec<&str> = lane.iter().map(String::as_str).collect();
    deal.job("drawn.job", &["--temperature", "0.8"]).code(0);
    let drawn = deal.terms("drawn.job", "drawn.terms", &lane).code(2).error();
    assert!(drawn.contains("only greedy jobs"), "{drawn}");
    deal.terms("drawn.job", "drawn.terms", &[]).code(0);
    let short = deal.terms("my.job", "short.terms", &[&lane[..], &["--prove-in", "86399"]].concat()).code(2).error();
    assert!(short.contains("the rig can prove until"), "{short}");
    let unaware: Vec<&str> = lane.iter().copied().filter(|w| *w != "--accept-insecure-keys").collect();
    assert!(
        deal.terms("my.job", "unaware.terms", &unaware).code(2).error().contains("a rig could be paid for nothing")
    );
    let many = lane.iter().map(|w| if *w == "4" { "65" } else { *w }).collect::<Vec<_>>();
    // Usage errors.
    deal.terms("my.job", "many.terms", &many).code(2);
    deal.terms("my.job", "half.terms", &lane[..4]).code(2);
    assert!(!deal.desk.path("many.terms").exists() && !deal.desk.path("half.terms").exists());

    // The escrow's router has no such verifier: told before anything is paid.
    let unknown = lane.iter().map(|w| if *w == lane[3] { "0x00000001" } else { *w }).collect::<Vec<_>>();
    deal.terms("my.job", "terms", &unknown).code(0);
    let refused = deal.open().code(1).json();
    assert_eq!(refused["reason"], "NoVerifier", "{refused}");
    assert_eq!(deal.node.sent(&deal.client), 0);
}
