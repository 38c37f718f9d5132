//! A job from end to end, and what becomes of it when something is altered on the way.

use super::support::Desk;

const SEED: &str = "0101010101010101010101010101010101010101010101010101010101010101";

/// A finished job in `rig/`, with the client's copy in `my.job`; gives the rig's address.
fn done(desk: &Desk) -> String {
    desk.prover(&["manifest", "--model", "toy.gguf", "--out", "toy.manifest"]).code(0);
    let order = ["job", "--manifest", "toy.manifest", "--prompt", "hello there", "--max-tokens", "5", "--ignore-stop"];
    desk.verifier(&[&order[..], &["--expires", "2000", "--out", "my.job"]].concat()).code(0);
    // The job has expired by any clock; only a client that says when the receipt came can tell.
    let refused = desk.prover(&["run", "--model", "toy.gguf", "--job", "my.job", "--key", "k", "--out", "rig"]).code(2);
    assert!(refused.error().contains("expired at 2000"), "{}", refused.error());
    desk.verifier(&[&order[..], &["--expires", "99999999999", "--out", "my.job"]].concat()).code(0);
    let run = ["--json", "run", "--model", "toy.gguf", "--manifest", "toy.manifest", "--job", "my.job", "--key", "k"];
    let report = desk.prover(&[&run[..], &["--out", "rig"]].concat()).code(0).json();
    assert_eq!(report["tokens"].as_array().unwrap().len(), 5);
    assert!(report["text"].is_string());
    assert_eq!(desk.list("rig"), ["job.job", "job.manifest", "job.output", "job.receipt"]);
    report["rig"].as_str().unwrap().to_owned()
}

fn challenged(desk: &Desk, policy: &[&str]) {
    let ask = ["challenge", "--receipt", "rig/job.receipt", "--seed", SEED, "--out", "c"];
    desk.verifier(&[&ask[..], policy].concat()).code(0);
    desk.prover(&["prove", "--model", "toy.gguf", "--receipt", "rig/job.receipt", "--challenge", "c", "--out", "p"])
        .code(0);
}

const AUDIT: [&str; 6] = ["--json", "audit", "--model", "toy.gguf", "--receipt", "rig/job.receipt"];
const PROOF: [&str; 4] = ["--challenge", "c", "--proof", "p"];

#[test]
fn an_honest_job_is_verified_under_every_policy() {
    let desk = Desk::new();
    let rig = done(&desk);
    for policy in [&[][..], &["--positions", "3"], &["--positions", "2", "--density", "1/4"], &["--units", "40"]] {
        challenged(&desk, policy);
        let pins = ["--job", "my.job", "--rig", &rig, "--now", "1000"];
        let report = desk.verifier(&[&AUDIT[..], &pins, &PROOF].concat()).code(0).json();
        assert_eq!(
            (report["verdict"].as_str(), report["pinned"].as_bool()),
            (Some("verified"), Some(true)),
            "{policy:?}"
        );
    }
    let full = desk.verifier(&[&AUDIT[..], &["--job", "my.job", "--rig", &rig, "--full"]].concat()).code(0).json();
    assert_eq!(full["positions_checked"], 15);
}

#[test]
fn without_pins_the_verdict_is_consistent_only() {
    let desk = Desk::new();
    let rig = done(&desk);
    challenged(&desk, &[]);
    let ran = desk.verifier(&[&AUDIT[1..], &PROOF].concat()).code(3);
    assert!(ran.stdout().contains("NOT PINNED"), "{}", ran.stdout());
    desk.verifier(&[&AUDIT[..], &PROOF, &["--rig", &rig]].concat()).code(3);
    desk.verifier(&[&AUDIT[..], &PROOF, &["--job", "my.job"]].concat()).code(3);
}

#[test]
fn what_is_altered_is_rejected_with_its_code_and_place() {
    let desk = Desk::new();
    let rig = done(&desk);
    challenged(&desk, &[]);
    let audit =
        |extra: &[&str]| desk.verifier(&[&AUDIT[..], &PROOF, extra].concat()).code(1).json()["rejection"].clone();
    let other = format!("0x{}", "11".repeat(20));
    assert_eq!(audit(&["--rig", &other])["code"], "wrong-rig");
    assert_eq!(audit(&["--now", "99999999999"])["code"], "expired");
    let order =
        ["job", "--manifest", "toy.manifest", "--prompt", "hello there", "--max-tokens", "5", "--out", "other.job"];
    desk.verifier(&order).code(0);
    assert_eq!(audit(&["--job", "other.job", "--rig", &rig])["code"], "wrong-job");
    let proof = std::fs::read(desk.path("p")).unwrap();
    let mut altered = proof.clone();
    altered[200] ^= 4;
    std::fs::write(desk.path("p"), &altered).unwrap();
    let rejection = audit(&[]);
    assert_eq!(rejection["code"], "opening");
    assert!(rejection["place"]["position"].is_u64());
    std::fs::write(desk.path("p"), &proof[..proof.len() - 1]).unwrap();
    assert_eq!(audit(&[])["code"], "malformed-proof");
    std::fs::write(desk.path("toy.gguf"), super::support::toy(2)).unwrap();
    assert_eq!(audit(&[])["code"], "wrong-model");
}

#[test]
fn the_same_job_gives_the_same_trace_and_a_rig_keeps_its_key() {
    let desk = Desk::new();
    let rig = done(&desk);
    let run =
        ["--json", "run", "--model", "toy.gguf", "--job", "my.job", "--key", "k", "--threads", "1", "--out", "again"];
    assert_eq!(desk.prover(&run).code(0).json()["rig"], rig.as_str());
    for name in ["job.output", "job.receipt"] {
        let read = |folder: &str| std::fs::read(desk.path(folder).join(name)).unwrap();
        assert_eq!(read("rig"), read("again"), "{name}");
    }
}

#[test]
fn a_job_issued_to_oneself_streams_its_text_and_no_trace_writes_no_receipt() {
    let desk = Desk::new();
    let run = [
        "run",
        "--model",
        "toy.gguf",
        "--prompt",
        "abc",
        "--chat",
        "--system",
        "short",
        "--max-tokens",
        "4",
        "--key",
        "k",
    ];
    let ran =
        desk.prover(&[&run[..], &["--temperature", "0.8", "--top-k", "9", "--top-p", "0.9", "--out", "mine"]].concat());
    assert!(ran.code(0).stdout().contains("receipt "));
    desk.prover(&[&run[..], &["--no-trace", "--out", "bare"]].concat()).code(0);
    assert!(desk.list("bare").is_empty());
}

#[test]
fn every_file_can_be_inspected() {
    let desk = Desk::new();
    done(&desk);
    challenged(&desk, &[]);
    for (file, kind) in [
        ("toy.manifest", "manifest"),
        ("my.job", "job"),
        ("rig/job.receipt", "receipt"),
        ("rig/job.output", "output"),
        ("c", "challenge"),
        ("p", "proof"),
    ] {
        let report = desk.verifier(&["--json", "inspect", file]).code(0).json();
        assert_eq!(report["kind"], kind);
        assert!(desk.verifier(&["inspect", file]).code(0).stdout().starts_with(kind));
    }
    let shown = desk.verifier(&["inspect", "my.job"]).code(0).stdout();
    assert!(shown.contains("(not shown)"), "a secret is not printed");
}

#[test]
fn perplexity_and_bench_report_their_figures() {
    let desk = Desk::new();
    std::fs::write(desk.path("text"), "It is a truth universally acknowledged. ".repeat(8)).unwrap();
    let ask = ["--json", "perplexity", "--model", "toy.gguf", "--text", "text", "--context", "64"];
    let report = desk.prover(&ask).code(0).json();
    assert_eq!((report["windows"].as_u64(), report["predictions"].as_u64()), (Some(5), Some(5 * 63)));
    assert!(report["nll"].as_f64().unwrap() > 0.0);
    let bench = ["--json", "bench", "--model", "toy.gguf", "--context", "16", "--decode", "4", "--rounds", "1"];
    let report = desk.prover(&bench).code(0).json();
    assert!(report["rates"]["decode_traced"]["tokens_per_cpu_second"].as_f64().unwrap() > 0.0);
}
