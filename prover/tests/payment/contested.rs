//! How a contested job ends: on proofs, by the client's word, or without either.

use crate::node::{DRAWS, Deal, FEE, PRICE, STAKE, TOKENS};
use crate::rig::Fault;

const DAY: u64 = 86_400;

/// A committed job.
fn committed() -> Option<Deal> {
    let deal = Deal::contested()?;
    deal.open().code(0);
    deal.work();
    let done = deal.proven(&["--bond"]);
    assert_eq!((&done["state"], &done["lane"]), (&"committed".into(), &"contested".into()));
    Some(deal)
}

#[test]
fn an_honest_rig_is_paid_on_proofs_though_its_client_is_silent() {
    let Some(deal) = committed() else { return };
    let early = deal.client("seed", &["--terms", "terms"]).code(1).json();
    assert!(early["message"].as_str().unwrap().contains("the deciding round"), "{early}");
    assert_eq!(deal.proven(&[])["sent"], false, "there is nothing to do before the round");

    let round = deal.decide();
    let paid = deal.proven(&[]);
    assert_eq!(paid["state"], "proven");
    assert!(paid["said"].as_str().unwrap().contains(&format!("round {round} decided the draws")), "{paid}");
    assert_eq!(deal.proven(&[])["sent"], false);

    let status = deal.status();
    assert_eq!(status["rig_credit"], (PRICE * TOKENS + FEE).to_string());
    assert_eq!(status["client_credit"], "0");
    assert_eq!(status["rig_free_stake"], STAKE.to_string());
    assert_eq!(
        (&status["contest"]["decided"], &status["contest"]["left"]),
        (&(DRAWS + 1).into(), &serde_json::json!([]))
    );
    for command in ["seed", "forfeit", "refund"] {
        assert_eq!(deal.client(command, &["--terms", "terms"]).code(0).json()["sent"], false, "{command}");
    }
    // bond, commit, seed; an answer to each draw, and a second one to the odd ones.
    assert_eq!(deal.node.sent(&deal.rig), 3 + (DRAWS + 1) + DRAWS / 2);
}

#[test]
fn a_rig_waits_for_the_round_and_proves_when_it_comes() {
    let Some(deal) = committed() else { return };
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| deal.proven(&["--wait"]));
        std::thread::sleep(std::time::Duration::from_secs(1));
        assert!(!waiting.is_finished());
        deal.decide();
        assert_eq!(waiting.join().unwrap()["state"], "proven");
    });
}

#[test]
fn a_rig_that_does_not_prove_loses_its_stake() {
    let Some(deal) = committed() else { return };
    deal.decide();
    let unseeded = deal.client("refund", &["--terms", "terms"]).code(1).json();
    assert!(unseeded["message"].as_str().unwrap().contains("`seed` first"), "{unseeded}");
    let forfeit = deal.client("forfeit", &["--terms", "terms"]).code(1).json();
    assert!(forfeit["message"].as_str().unwrap().contains("the draws are not known"), "{forfeit}");
    let seeded = deal.client("seed", &["--terms", "terms"]).code(0).json();
    assert_eq!(seeded["sent"], true);
    assert_eq!(deal.status()["contest"]["seed"], seeded["seed"]);
    assert_eq!(deal.client("seed", &["--terms", "terms"]).code(0).json()["sent"], false);
    for command in ["refund", "forfeit"] {
        let early = deal.client(command, &["--terms", "terms"]).code(1).json();
        assert!(early["message"].as_str().unwrap().contains("the rig can prove until"), "{early}");
    }
    deal.node.pass(3 * DAY);
    let late = deal.proves(Fault::None, &[]).unwrap().json;
    assert!(late["message"].as_str().unwrap().contains("the deadline to prove"), "{late}");
    assert_eq!(deal.client("refund", &["--terms", "terms"]).code(0).json()["state"], "slashed");
    assert_eq!(deal.client("forfeit", &["--terms", "terms"]).code(0).json()["sent"], false);
    let status = deal.status();
    assert_eq!(status["client_credit"], (PRICE * TOKENS + FEE + STAKE / 2).to_string());
    assert_eq!((&status["rig_credit"], &status["rig_free_stake"]), (&"0".into(), &"0".into()));
}

#[test]
fn a_client_that_wakes_up_pays_by_its_word_and_the_fee_if_it_is_late() {
    let Some(deal) = committed() else { return };
    deal.decide();
    let stopped = deal.proves(Fault::Stops(2), &[]).unwrap_err();
    assert!(format!("{stopped:#}").contains("the power failed"), "{stopped:#}");
    deal.node.pass(7200);
    let paid = deal.acknowledge().code(0).json();
    assert_eq!(paid["state"], "acknowledged");
    assert!(paid["said"].as_str().unwrap().contains("the proof fee"), "{paid}");
    let done = deal.proven(&[]);
    assert_eq!((&done["state"], &done["sent"]), (&"acknowledged".into(), &false.into()));
    assert_eq!(deal.status()["rig_credit"], (PRICE * TOKENS + FEE).to_string());
}

#[test]
fn a_client_in_time_pays_no_fee_and_a_rig_may_leave_it_that_time() {
    let Some(deal) = committed() else { return };
    deal.decide();
    assert_eq!(deal.proven(&["--client-first"])["sent"], false, "the client may still spare both the proofs");
    deal.acknowledge().code(0);
    let status = deal.status();
    assert_eq!(
        (&status["rig_credit"], &status["client_credit"]),
        (&(PRICE * TOKENS).to_string().into(), &FEE.to_string().into())
    );
}

#[test]
fn a_beacon_that_stays_silent_costs_nobody_anything() {
    let Some(deal) = committed() else { return };
    deal.node.pass(4 * DAY);
    let early = deal.client("refund", &["--terms", "terms"]).code(1).json();
    assert!(early["message"].as_str().unwrap().contains("the beacon does not have the round"), "{early}");
    deal.node.pass(7 * DAY);
    let ended = deal.proven(&[]);
    assert_eq!((&ended["state"], &ended["sent"]), (&"expired".into(), &true.into()));
    let status = deal.status();
    assert_eq!(status["client_credit"], (PRICE * TOKENS + FEE).to_string());
    assert_eq!(status["rig_free_stake"], STAKE.to_string());
}
