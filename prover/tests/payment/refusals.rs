//! What is refused, with what to do about it, before anything is spent.

use crate::node::{Deal, write_key};

#[test]
fn who_is_not_the_party_and_what_is_not_the_jobs_is_refused() {
    let Some(deal) = Deal::agreed() else { return };
    let open = ["--terms", "terms", "--job", "my.job"];
    let wrong = deal.client_as("rig.key", "open", &open).code(2).error();
    assert!(wrong.contains("the client of these terms") && wrong.contains("--key"), "{wrong}");
    deal.open().code(0);
    deal.work();
    let wrong =
        ["settle", "--rpc", &deal.node.url, "--key", "client.key", "--terms", "terms", "--receipt", "rig/job.receipt"];
    assert!(deal.desk.prover(&wrong).code(2).error().contains("the rig of these terms"));

    // Another job's terms, and a receipt of another job.
    deal.order("other.job", "other.terms");
    let mixed = deal.client("open", &["--terms", "other.terms", "--job", "my.job"]).code(2).error();
    assert!(mixed.contains("the terms name job"), "{mixed}");
    deal.client("open", &["--terms", "other.terms", "--job", "other.job"]).code(0);
    let stale = ["--terms", "other.terms", "--job", "other.job", "--receipt", "rig/job.receipt"];
    assert!(deal.rig("settle", &stale).code(2).error().contains("answers job"));

    // Terms that were changed after they were paid for are other terms: nobody has paid for those.
    let text = std::fs::read_to_string(deal.desk.path("terms")).unwrap();
    std::fs::write(deal.desk.path("cheap.terms"), text.replace("3000000000", "3000000001")).unwrap();
    let dear = deal.rig("settle", &["--terms", "cheap.terms", "--receipt", "rig/job.receipt"]).code(1).json();
    assert!(dear["message"].as_str().unwrap().contains("not opened"), "{dear}");

    // An output that is not the one that was signed.
    let output = deal.desk.path("rig/job.output");
    let bytes = std::fs::read(&output).unwrap();
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&output, changed).unwrap();
    assert!(deal.settle(&["--bond"]).code(2).error().contains("chain-tip"));
    std::fs::write(&output, bytes).unwrap();

    let cheap = deal.settle(&["--min-price", "3000000001"]).code(2).error();
    assert!(cheap.contains("less than --min-price"), "{cheap}");
    let much = deal.settle(&["--max-stake", "7"]).code(2).error();
    assert!(much.contains("more than --max-stake"), "{much}");
    let poor = deal.settle(&[]).code(1).json();
    assert_eq!(poor["reason"], "InsufficientStake");
    assert!(poor["message"].as_str().unwrap().contains("assay-prover stake"), "{poor}");
    let early = deal.acknowledge().code(1).json();
    assert!(early["message"].as_str().unwrap().contains("has not committed"), "{early}");
    assert_eq!(deal.node.sent(&deal.rig), 0, "nothing was spent");
}

#[test]
fn a_node_that_is_not_the_right_one_and_an_empty_purse_are_told() {
    let Some(deal) = Deal::agreed() else { return };
    let at = |url: &str, terms: &str| deal.desk.verifier(&["status", "--terms", terms, "--rpc", url]).code(2).error();
    let text = std::fs::read_to_string(deal.desk.path("terms")).unwrap();
    let other = |name: &str, from: &str, to: &str| {
        assert!(text.contains(from));
        std::fs::write(deal.desk.path(name), text.replace(from, to)).unwrap();
    };
    other("chain.terms", "31337", "1");
    other("nowhere.terms", &deal.node.escrow, &format!("0x{}", "77".repeat(20)));
    let url = &deal.node.url;
    assert!(at("http://127.0.0.1:1", "terms").contains("gives no answer"));
    assert!(at("file:///x", "terms").contains("no http or https URL"));
    assert!(at(url, "chain.terms").contains("the node is on chain 31337, the job is for chain 1"));
    assert!(at(url, "nowhere.terms").contains("there is no contract at"));

    let open = ["--terms", "terms", "--job", "my.job"];
    let dear = deal.client("open", &[&open[..], &["--max-fee-per-gas", "1"]].concat()).code(2).error();
    assert!(dear.contains("more than --max-fee-per-gas 1"), "{dear}");
    deal.node.cast(&["rpc", "anvil_setBalance", &deal.client, "0x1"]);
    let poor = deal.open().code(2).error();
    assert!(poor.contains("has 1 wei and needs 15000000000"), "{poor}");

    write_key(&deal.desk.path("bad.key"), "00");
    assert!(deal.client_as("bad.key", "open", &open).code(2).error().contains("damaged"));
    assert!(deal.client_as("no.key", "open", &open).code(2).error().contains("cannot read"));
}
