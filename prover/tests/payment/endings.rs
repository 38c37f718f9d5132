//! How a job ends: who has the money.

use crate::node::{Deal, PRICE, STAKE, TOKENS};
use assay_verifier::Receipt;
use assay_verifier::sign::RigKey;

#[test]
fn a_job_is_paid_and_every_command_run_twice_does_nothing_the_second_time() {
    let Some(deal) = Deal::agreed() else { return };
    let before = ["--terms", "terms", "--job", "my.job"];
    assert_eq!(deal.rig("settle", &before).code(1).json()["reason"], "not-now", "nobody has paid in");

    let opened = deal.open().code(0).json();
    assert_eq!((&opened["sent"], &opened["state"]), (&true.into(), &"open".into()));
    deal.rig("settle", &before).code(0);
    let again = deal.open().code(0).json();
    assert_eq!((&again["sent"], &again["id"]), (&false.into(), &opened["id"]));

    let done = deal.work();
    assert_eq!(done["tokens"].as_array().unwrap().len() as u128, TOKENS);
    assert!(done["settlement"]["leaves"].as_u64().unwrap() > 100, "{done}");

    let committed = deal.settle(&["--bond"]).code(0).json();
    assert_eq!((&committed["state"], &committed["tokens"]), (&"committed".into(), &5.into()));
    assert_eq!(deal.settle(&["--bond"]).code(0).json()["sent"], false);

    // The client looks before it pays.
    let audit =
        ["audit", "--model", "toy.gguf", "--manifest", "toy.manifest", "--receipt", "rig/job.receipt", "--full"];
    deal.desk.verifier(&[&audit[..], &["--job", "my.job", "--rig", &deal.rig]].concat()).code(0);
    let paid = deal.acknowledge().code(0).json();
    assert_eq!(paid["state"], "acknowledged");
    assert_eq!(deal.acknowledge().code(0).json()["sent"], false);
    assert!(deal.settle(&[]).code(0).json()["said"].as_str().unwrap().contains("withdraw"));

    let status = deal.status();
    assert_eq!(status["rig_credit"], (PRICE * TOKENS).to_string());
    assert_eq!(status["client_credit"], "0", "the job took all its tokens");
    assert_eq!(status["rig_free_stake"], STAKE.to_string());

    let payee = "0x00000000000000000000000000000000000a55a7";
    let withdraw = [&deal.place()[..], &["--to", payee]].concat();
    assert_eq!(deal.rig("withdraw", &withdraw).code(0).json()["withdrawn"], (PRICE * TOKENS).to_string());
    assert_eq!(deal.rig("withdraw", &withdraw).code(0).json()["sent"], false);
    assert_eq!(deal.node.balance(payee), PRICE * TOKENS);
    // One transaction for each step that was needed: open, acknowledge; bond, commit, withdraw.
    assert_eq!((deal.node.sent(&deal.client), deal.node.sent(&deal.rig)), (2, 3));
}

#[test]
fn a_silent_client_has_its_money_back_and_the_rig_its_stake() {
    let Some(deal) = Deal::agreed() else { return };
    deal.open().code(0);
    deal.work();
    deal.rig("stake", &[&deal.place()[..], &["--at-least", &STAKE.to_string()]].concat()).code(0);
    let again = deal.rig("stake", &[&deal.place()[..], &["--at-least", "7"]].concat()).code(0).json();
    assert_eq!(again["sent"], false);
    deal.settle(&[]).code(0);
    let early = deal.client("refund", &["--terms", "terms"]).code(1).json();
    assert!(early["message"].as_str().unwrap().contains("not before"), "{early}");
    deal.node.pass(7200);
    let late = deal.acknowledge().code(1).json();
    assert!(late["message"].as_str().unwrap().contains("has passed"), "{late}");
    let ended = deal.settle(&["--wait"]).code(0).json();
    assert_eq!((&ended["state"], &ended["sent"]), (&"expired".into(), &true.into()));
    let status = deal.status();
    assert_eq!(status["rig_free_stake"], STAKE.to_string());
    assert_eq!(status["client_credit"], (PRICE * TOKENS).to_string());
}

#[test]
fn a_silent_rig_is_paid_nothing_and_a_late_one_is_told() {
    let Some(deal) = Deal::agreed() else { return };
    deal.open().code(0);
    assert_eq!(deal.client("refund", &["--terms", "terms"]).code(1).json()["reason"], "not-now");
    deal.work();
    deal.node.pass(3600);
    let late = deal.settle(&["--bond"]).code(1).json();
    assert!(late["message"].as_str().unwrap().contains("deadline to commit"), "{late}");
    assert_eq!(deal.client("refund", &["--terms", "terms"]).code(0).json()["state"], "refunded");
    assert_eq!(deal.client("refund", &["--terms", "terms"]).code(0).json()["sent"], false);
    let back = deal.client("withdraw", &deal.place()).code(0).json();
    assert_eq!(back["withdrawn"], (PRICE * TOKENS).to_string());
}

#[test]
fn two_receipts_cost_the_stake_and_the_second_is_not_committed() {
    let Some(deal) = Deal::agreed() else { return };
    deal.open().code(0);
    deal.work();
    deal.settle(&["--bond"]).code(0);
    let mut other = Receipt::decode(&std::fs::read(deal.desk.path("rig/job.receipt")).unwrap()).unwrap();
    other.settlement_root[0] ^= 1;
    let key = std::fs::read_to_string(deal.desk.path("rig.key")).unwrap();
    let mut bytes = [0; 32];
    (0..32).for_each(|i| bytes[i] = u8::from_str_radix(&key[2 * i..2 * i + 2], 16).unwrap());
    RigKey::from_bytes(&bytes).unwrap().sign(&mut other);
    for name in ["job.job", "job.output"] {
        std::fs::create_dir_all(deal.desk.path("other")).unwrap();
        std::fs::copy(deal.desk.path("rig").join(name), deal.desk.path("other").join(name)).unwrap();
    }
    std::fs::write(deal.desk.path("other/job.receipt"), other.encode()).unwrap();

    let two = deal.rig("settle", &["--terms", "terms", "--receipt", "other/job.receipt"]).code(2);
    assert!(two.error().contains("NOBODY"), "{}", two.error());
    let stranger = ["--terms", "terms", "--job", "my.job", "--receipt", "other/job.receipt"];
    let refused = deal.client("acknowledge", &stranger).code(1).json();
    assert!(refused["message"].as_str().unwrap().contains("do NOT acknowledge"), "{refused}");

    let same = ["--terms", "terms", "--receipt", "rig/job.receipt", "--receipt", "rig/job.receipt"];
    assert!(deal.client("slash", &same).code(2).error().contains("nothing is shown"));
    let both = ["--terms", "terms", "--receipt", "rig/job.receipt", "--receipt", "other/job.receipt"];
    assert_eq!(deal.client("slash", &both).code(0).json()["state"], "slashed");
    assert_eq!(deal.client("slash", &both).code(0).json()["sent"], false);
    let status = deal.status();
    assert_eq!(status["client_credit"], (PRICE * TOKENS + STAKE / 2).to_string());
    assert_eq!(status["rig_free_stake"], "0");
}
