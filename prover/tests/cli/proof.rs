//! A client without weights: manifests with commitments, answers with fold proofs, and what becomes of both when altered.

use super::support::Desk;
use ark_bn254::Fr;
use assay_circuits::srs::{development, ptau::write::Recipe};
use assay_model::manifest::Manifest;
use assay_verifier::cli::hex;
use std::fs;

const RUN: [&str; 7] = ["--json", "run", "--model", "toy.gguf", "--job", "my.job", "--key"];
const PROVE: [&str; 9] =
    ["--json", "prove", "--model", "toy.gguf", "--receipt", "rig/job.receipt", "--challenge", "c", "--out"];
const CHECK: [&str; 9] =
    ["--json", "check", "--manifest", "toy.manifest", "--receipt", "rig/job.receipt", "--challenge", "c", "--proof"];

/// A job under a manifest that was made with `srs`, done in `rig/`; gives the rig's address.
fn done(desk: &Desk, srs: &str) -> String {
    desk.prover(&["manifest", "--model", "toy.gguf", "--srs", srs, "--out", "toy.manifest"]).code(0);
    let order = ["job", "--manifest", "toy.manifest", "--prompt", "hello", "--max-tokens", "4", "--ignore-stop"];
    desk.verifier(&[&order[..], &["--out", "my.job"]].concat()).code(0);
    let report = desk.prover(&[&RUN[..], &["k", "--manifest", "toy.manifest", "--out", "rig"]].concat()).code(0).json();
    report["rig"].as_str().unwrap().to_owned()
}

fn ask(desk: &Desk, policy: &[&str]) {
    let challenge = ["challenge", "--receipt", "rig/job.receipt", "--out", "c"];
    desk.verifier(&[&challenge[..], policy].concat()).code(0);
}

/// A client's folder: what it has after a job, and nothing of the rig's.
fn without_weights(desk: &Desk) {
    fs::remove_file(desk.path("toy.gguf")).unwrap();
}

#[test]
fn an_honest_job_is_verified_without_weights_under_every_policy() {
    let desk = Desk::new();
    let rig = done(&desk, "insecure-development");
    for (n, policy) in [&[][..], &["--positions", "4", "--density", "1/4"], &["--units", "30"]].iter().enumerate() {
        ask(&desk, policy);
        let out = format!("p{n}");
        let made = desk.prover(&[&PROVE[..], &[&out]].concat()).code(0).json();
        assert_eq!(made["fold_proof"], true);
        let pins = ["--job", "my.job", "--rig", &rig, "--now", "1000"];
        let report = desk.verifier(&[&CHECK[..], &[&out], &pins].concat()).code(0).json();
        assert_eq!((report["verdict"].as_str(), report["mode"].as_str()), (Some("verified"), Some("proof")));
        assert_eq!(
            (report["srs"]["insecure"].as_bool(), report["srs"]["name"].as_str()),
            (Some(true), Some("insecure-development"))
        );
        let manifest = Manifest::decode(&fs::read(desk.path("toy.manifest")).unwrap()).unwrap();
        assert_eq!(report["manifest"], hex(&manifest.id()));
        assert_eq!(report["srs"]["named"], false);
        let units = report["units"].as_array().unwrap();
        assert_eq!(units.len() as u64, report["units_checked"].as_u64().unwrap());
        for unit in units {
            let linear = ["qkv", "o", "gate_up", "down", "head"].contains(&unit["step"].as_str().unwrap());
            assert_eq!(unit["how"].as_str().unwrap().contains("fold proof"), linear, "{unit}");
        }
        // The owner of the weights comes to the same verdict on the same answer.
        let audit = [
            "--json",
            "audit",
            "--model",
            "toy.gguf",
            "--receipt",
            "rig/job.receipt",
            "--challenge",
            "c",
            "--proof",
            &out,
        ];
        desk.verifier(&[&audit[..], &pins].concat()).code(0);
    }
    without_weights(&desk);
    let text = desk.verifier(&[&CHECK[1..], &["p2"]].concat()).code(3).stdout();
    assert!(text.contains("NOT PINNED") && text.contains("INSECURE"), "{text}");
}

#[test]
fn what_is_altered_is_rejected_with_its_code() {
    let desk = Desk::new();
    let rig = done(&desk, "insecure-development");
    ask(&desk, &[]);
    desk.prover(&[&PROVE[..], &["p"]].concat()).code(0);
    let proof = fs::read(desk.path("p")).unwrap();
    let disclosure = u32::from_le_bytes(proof[39..43].try_into().unwrap()) as usize;
    let body = 43 + disclosure;
    let check = |at: usize, with: fn(u8) -> u8| {
        let mut altered = proof.clone();
        altered[at] = with(altered[at]);
        fs::write(desk.path("q"), altered).unwrap();
        desk.verifier(&[&CHECK[..], &["q", "--job", "my.job", "--rig", &rig]].concat()).code(1).json()["rejection"]
            .clone()
    };
    assert_eq!(check(43, |b| b ^ 1)["code"], "wrong-weights");
    assert_eq!(check(body - 1, |_| 0xff)["code"], "fold-element");
    // The last scalar before the two witnesses.
    assert_eq!(check(body - 96, |b| b ^ 1)["code"], "fold-equation");
    assert_eq!(check(body + 9, |b| b ^ 1)["code"], "opening");
    let other_rig = "11".repeat(20);
    let other_rig = [&CHECK[..], &["p", "--job", "my.job", "--rig", &other_rig]].concat();
    assert_eq!(desk.verifier(&other_rig).code(1).json()["rejection"]["code"], "wrong-rig");
    fs::write(desk.path("q"), &proof[..proof.len() - 1]).unwrap();
    let cut = desk.verifier(&[&CHECK[..], &["q"]].concat()).code(1).json();
    assert_eq!(cut["rejection"]["code"], "malformed-proof");
    // An answer for those who have the weights is none for those who do not.
    let core = ["manifest", "--model", "toy.gguf", "--out", "core.manifest"];
    desk.prover(&core).code(0);
    let check = [
        "--json",
        "check",
        "--manifest",
        "core.manifest",
        "--receipt",
        "rig/job.receipt",
        "--challenge",
        "c",
        "--proof",
        "p",
    ];
    let error = desk.verifier(&check).code(2).json();
    assert!(error["message"].as_str().unwrap().contains("manifest-no-commitments"), "{error}");
}

#[test]
fn a_manifest_is_the_same_file_every_time_and_an_interrupted_one_is_continued() {
    let desk = Desk::new();
    let make = |out: &str| {
        let made = ["--json", "manifest", "--model", "toy.gguf", "--srs", "insecure-development", "--out", out];
        desk.prover(&made).code(0).json()
    };
    let first = make("a.manifest");
    assert_eq!(first["resumed_tensors"], 0);
    make("b.manifest");
    assert_eq!(fs::read(desk.path("a.manifest")).unwrap(), fs::read(desk.path("b.manifest")).unwrap());
    // What is left of a run that was stopped belongs to this model and these powers, or is not used.
    fs::write(desk.path("c.manifest.partial"), [7; 500]).unwrap();
    let third = make("c.manifest");
    assert_eq!(third["resumed_tensors"], 0);
    assert_eq!(third["manifest"], first["manifest"]);
    assert!(!desk.path("c.manifest.partial").exists());
}

#[test]
fn a_rig_refuses_a_manifest_whose_commitments_are_not_those_of_its_weights() {
    let desk = Desk::new();
    done(&desk, "insecure-development");
    let mut manifest = Manifest::decode(&fs::read(desk.path("toy.manifest")).unwrap()).unwrap();
    let tiles = &mut manifest.commitments.as_mut().unwrap().tiles;
    let (i, j) = (0..tiles.len())
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .find(|&(i, j)| tiles[i].points.len() == 1 && tiles[j].points.len() == 1)
        .unwrap();
    let other = tiles[i].points[0];
    tiles[i].points[0] = tiles[j].points[0];
    tiles[j].points[0] = other;
    fs::write(desk.path("false.manifest"), manifest.encode()).unwrap();
    let order = ["job", "--manifest", "false.manifest", "--prompt", "hello", "--max-tokens", "4", "--out", "my.job"];
    desk.verifier(&order).code(0);
    let error =
        desk.prover(&[&RUN[1..], &["k", "--manifest", "false.manifest", "--out", "other"]].concat()).code(2).error();
    assert!(error.contains("not those of the weights"), "{error}");
    assert!(desk.list("other").is_empty());
}

#[test]
fn powers_that_a_client_names_are_required() {
    let desk = Desk::new();
    let rig = done(&desk, "insecure-development");
    ask(&desk, &["--units", "4"]);
    desk.prover(&[&PROVE[..], &["p"]].concat()).code(0);
    let check = |srs: &str| [&CHECK[..], &["p", "--job", "my.job", "--rig", &rig, "--srs", srs]].concat().join(" ");
    let run = |srs: &str| desk.verifier(&check(srs).split(' ').collect::<Vec<_>>());
    assert_eq!(run("insecure-development").code(0).json()["srs"]["named"], true);
    let other = "11".repeat(32);
    let message = run(&other).code(2).json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("not with those that --srs names"), "{message}");
    for (name, tau, code) in [("same.ptau", development::tau(), 0), ("other.ptau", Fr::from(5), 2)] {
        let recipe = Recipe { power: 4, tau, alpha: Fr::from(6), beta: Fr::from(7) };
        fs::write(desk.path(name), recipe.sections().bytes()).unwrap();
        run(name).code(code);
    }
    let message = run("missing.ptau").code(2).json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("missing.ptau"), "{message}");
}

#[test]
fn a_file_of_snarkjs_is_used_from_end_to_end_and_one_with_an_altered_power_refused() {
    let Some(file) = std::env::var_os("ASSAY_PTAU_14") else {
        eprintln!(
            "SKIPPED: a fresh file of snarkjs of power 14 (ASSAY_PTAU_14 names none; scripts/ptau-fixture.sh 14 makes one)"
        );
        return;
    };
    let bytes = fs::read(file).unwrap();
    let desk = Desk::new();
    fs::write(desk.path("s.ptau"), &bytes).unwrap();
    let rig = done(&desk, "s.ptau");
    assert!(desk.path("toy.powers").exists(), "what proofs need of the file is kept beside the manifest");
    ask(&desk, &[]);
    let mut altered = bytes;
    // Two powers of tauG1 exchanged: all points are on the curve.
    altered[2000..2128].rotate_left(64);
    fs::write(desk.path("altered.ptau"), &altered).unwrap();
    let commands = ["manifest", "--model", "toy.gguf", "--srs", "altered.ptau", "--out", "other.manifest"];
    let error = desk.prover(&commands).code(2).error();
    assert!(error.contains("altered.ptau"), "{error}");
    assert!(!desk.path("other.manifest").exists());
    // From here on nobody needs the file.
    fs::remove_file(desk.path("s.ptau")).unwrap();
    desk.prover(&[&PROVE[..], &["p"]].concat()).code(0);
    let kept = fs::read(desk.path("toy.powers")).unwrap();
    without_weights(&desk);
    let report = desk.verifier(&[&CHECK[..], &["p", "--job", "my.job", "--rig", &rig]].concat()).code(0).json();
    assert_eq!((report["srs"]["name"].is_null(), report["srs"]["insecure"].as_bool()), (true, Some(false)));
    let text = desk.verifier(&[&CHECK[1..], &["p"]].concat()).code(3).stdout();
    assert!(text.contains("UNKNOWN powers of tau"), "{text}");
    // Beside the manifest: other powers under a digest that fits them.
    fs::write(desk.path("toy.gguf"), super::support::toy(1)).unwrap();
    let mut other = kept[..kept.len() - 32].to_vec();
    let points = 13 + 64 + 4;
    other[points + 640..points + 768].rotate_left(64);
    let digest = *blake3::hash(&other).as_bytes();
    other.extend(digest);
    fs::write(desk.path("toy.powers"), other).unwrap();
    fs::remove_file(desk.path("rig/job.powers")).unwrap();
    let again = [&RUN[1..], &["k", "--manifest", "toy.manifest", "--out", "again"]].concat();
    let error = desk.prover(&again).code(2).error();
    assert!(error.contains("does not hold powers of tau"), "{error}");
}
