//! Commands that are stopped between their steps, and run again.

use crate::node::Deal;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const SHORT: [&str; 2] = ["--block-wait", "1"];

#[test]
fn a_transaction_that_waits_is_gone_on_with_and_never_sent_twice() {
    let Some(deal) = Deal::agreed() else { return };
    deal.node.automatic(false);
    let open = ["--terms", "terms", "--job", "my.job"];
    let waits = deal.client("open", &[&open[..], &SHORT].concat()).code(2).error();
    assert!(waits.contains("run the same command again"), "{waits}");
    let kept = std::fs::read(deal.desk.path("terms.open.sent")).unwrap();

    // As if the program had ended after it wrote the transaction down and before it sent it.
    let hash = serde_json::from_slice::<serde_json::Value>(&kept).unwrap()["hash"].as_str().unwrap().to_owned();
    deal.node.cast(&["rpc", "anvil_dropTransaction", &format!("0x{hash}")]);
    deal.client("open", &[&open[..], &SHORT].concat()).code(2);
    assert_eq!(std::fs::read(deal.desk.path("terms.open.sent")).unwrap(), kept, "the same bytes");
    deal.client("open", &[&open[..], &SHORT].concat()).code(2);

    // It is mined while nobody watches.
    deal.node.mine();
    let seen = deal.open().code(0).json();
    assert_eq!((&seen["resumed"], &seen["state"]), (&true.into(), &"open".into()));
    assert_eq!(deal.open().code(0).json()["sent"], false);
    assert!(!deal.desk.path("terms.open.sent").exists());
    assert_eq!(deal.node.sent(&deal.client), 1);
}

#[test]
fn a_transaction_whose_number_another_took_is_made_anew() {
    let Some(deal) = Deal::agreed() else { return };
    deal.node.automatic(false);
    let open = ["--terms", "terms", "--job", "my.job"];
    deal.client("open", &[&open[..], &SHORT].concat()).code(2);
    deal.node.cast(&["rpc", "anvil_dropAllTransactions"]);
    deal.node.automatic(true);
    let key = std::fs::read_to_string(deal.desk.path("client.key")).unwrap();
    deal.node.cast(&["send", "--private-key", &key, &deal.rig, "--value", "1"]);
    let opened = deal.open().code(0).json();
    assert_eq!((&opened["sent"], &opened["resumed"]), (&true.into(), &false.into()));
    assert_eq!(deal.node.sent(&deal.client), 2);
}

#[test]
fn a_rig_that_is_killed_while_it_waits_settles_when_it_is_run_again() {
    let Some(deal) = Deal::agreed() else { return };
    deal.open().code(0);
    deal.work();
    let terms = deal.desk.path("terms");
    let mut waiting = Command::new(env!("CARGO_BIN_EXE_assay-prover"))
        .args(["settle", "--rpc", &deal.node.url, "--key", "rig.key", "--terms", "terms", "--receipt"])
        .args(["rig/job.receipt", "--bond", "--wait"])
        .current_dir(terms.parent().unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains("waiting for the client")));
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    let again = deal.settle(&["--bond"]).code(0).json();
    assert_eq!((&again["state"], &again["sent"]), (&"committed".into(), &false.into()));
    deal.acknowledge().code(0);
    assert_eq!(deal.settle(&["--wait"]).code(0).json()["state"], "acknowledged");
    assert_eq!(deal.node.sent(&deal.rig), 2, "bond and commit, once each");
}
