//! `tests/rederive` is a second implementation of everything between the files of an answer and the verdict on its fold
//! proof, in Python on big integers, without a line in common with these crates. Here both read `tests/vectors/answer` and
//! must derive the same.

#![allow(missing_docs, reason = "a test binary")]

use assay_circuits::fold::rounds::Challenges;
use assay_circuits::fold::{self, Scalars};
use assay_circuits::srs::points::encode_fr;
use assay_model::manifest::Manifest;
use assay_model::sampling::Sampling;
use assay_tests::client::{Files, pins, thinned, units};
use assay_tests::public::published;
use assay_tests::rig::Honest;
use assay_tests::rng::Rng;
use assay_tests::toy;
use assay_tests::trace::{Signed, signed};
use assay_verifier::audit::{self, Claim};
use assay_verifier::challenge::Policy;
use assay_verifier::needs::input;
use assay_verifier::public::PublicModel;
use assay_verifier::{Answer, Challenge, Job, Output, Receipt, Rejection, draw};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const NAMES: [&str; 6] = ["model.manifest", "job.job", "job.receipt", "job.output", "job.challenge", "job.proof"];
const CASES: [&str; 2] = ["columns", "units"];

fn directory(case: &str) -> PathBuf {
    Path::new(ROOT).join("vectors/answer").join(case)
}

fn read(directory: &Path) -> Files {
    let [manifest, job, receipt, output, challenge, proof] =
        NAMES.map(|name| std::fs::read(directory.join(name)).expect("a file of the vectors"));
    Files { manifest, job, receipt, output, challenge, proof }
}

fn write(directory: &Path, files: &Files) {
    std::fs::create_dir_all(directory).expect("a folder");
    let all = [&files.manifest, &files.job, &files.receipt, &files.output, &files.challenge, &files.proof];
    for (name, bytes) in NAMES.iter().zip(all) {
        std::fs::write(directory.join(name), bytes).expect("a file");
    }
}

/// Exit code and output of the script, or `None` without an interpreter.
fn script(arguments: &[&str]) -> Option<(i32, Value)> {
    let run = Command::new("python3").arg("-B").arg(Path::new(ROOT).join("rederive")).args(arguments).output();
    let run = match run {
        Ok(run) => run,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            println!("SKIPPED: the second implementation (there is no python3)");
            return None;
        }
        Err(e) => panic!("python3: {e}"),
    };
    let said = String::from_utf8_lossy(&run.stderr);
    let code = run.status.code().expect("an exit code");
    Some((code, serde_json::from_slice(&run.stdout).unwrap_or_else(|e| panic!("{code} {e}: {said}"))))
}

/// What the crates derive, in the script's form.
fn derived(files: &Files) -> Value {
    let manifest = Manifest::decode(&files.manifest).expect("a manifest");
    let public = PublicModel::new(&manifest).expect("a manifest to check with");
    let (job, receipt) = (Job::decode(&files.job).expect("a job"), Receipt::decode(&files.receipt).expect("a receipt"));
    let output = Output::decode(&files.output).expect("an output");
    let challenge = Challenge::decode(&files.challenge).expect("a challenge");
    let answer = Answer::decode(&files.proof).expect("an answer");
    let claim = Claim { receipt: &receipt, job: &job, output: &output };
    let (_, statement, proof) = audit::stated(&public, &claim, &challenge, &answer).expect("an answer that is stated");
    let drawn = draw::draw(&challenge, &claim.extent(&public.config));
    let k = Challenges::draw(&statement, &proof).expect("a statement");
    let s = Scalars::new(&statement, &proof, &k).expect("challenges");
    let number = |v: &ark_bn254::Fr| hex::encode(encode_fr(v));
    let list = |v: &[ark_bn254::Fr]| v.iter().map(number).collect::<Vec<_>>();
    let folds = statement.folds.iter().map(|f| {
        let blocks: Vec<_> = f.blocks.iter().map(|b| json!([b.chunk, b.rows])).collect();
        json!({ "matrix": f.matrix, "width": f.width, "tile": f.tile, "blocks": blocks })
    });
    let claims = statement.claims.iter().map(|c| json!({ "fold": c.fold, "x": c.x, "acc": c.acc }));
    let drawn = drawn.iter().flat_map(|(t, steps)| steps.iter().map(move |(s, units)| json!([t, s, units])));
    json!({
        "srs": hex::encode(public.key.id()),
        "manifest": hex::encode(public.id),
        "receipt": hex::encode(receipt.id()),
        "challenge": hex::encode(challenge.digest()),
        "job": hex::encode(job.digest()),
        "drawn": drawn.collect::<Vec<_>>(),
        "folds": folds.collect::<Vec<_>>(),
        "claims": claims.collect::<Vec<_>>(),
        "challenges": {
            "rho": number(&k.rho), "delta": number(&k.delta), "gamma": number(&k.gamma),
            "z": number(&k.z), "nu": number(&k.nu), "e": number(&k.e),
        },
        "scalars": {
            "sums": list(&s.sums), "degree_value": number(&s.degree_value), "generator": number(&s.generator),
            "product": number(&1.into()), "degree": number(&s.degree), "at_z": number(&s.at_z),
            "at_inverse": number(&s.at_inverse), "folds": list(&s.folds), "tiles": list(&s.tiles),
            "quotients": list(&s.quotients), "widths": list(&s.widths),
        },
        "equation": fold::verify(&statement, &|e| public.power(e), &proof).is_ok(),
    })
}

/// What the crates say of the files, whose manifest must have the id that the vector has.
fn verdict(files: &Files, id: &assay_model::domain::Digest) -> Result<(), Rejection> {
    files.check(id, &pins()).map(|_| ())
}

fn id(files: &Files) -> assay_model::domain::Digest {
    Manifest::decode(&files.manifest).expect("a manifest").id()
}

#[test]
fn a_second_implementation_derives_the_same_from_the_same_files() {
    for case in CASES {
        let Some((code, theirs)) = script(&["answer", &directory(case).to_string_lossy()]) else { return };
        let files = read(&directory(case));
        let ours = derived(&files);
        assert_eq!(verdict(&files, &id(&files)), Ok(()), "{case}");
        for name in ours.as_object().expect("an object").keys() {
            assert_eq!(theirs[name], ours[name], "{case}: {name}");
        }
        assert_eq!((code, theirs.as_object().map(serde_json::Map::len)), (0, ours.as_object().map(|o| o.len())));
        assert_eq!(ours["equation"], true);
    }
}

#[test]
fn both_refuse_the_files_when_any_byte_of_them_differs() {
    let folder = tempfile::tempdir().expect("a folder");
    let honest = read(&directory("units"));
    let id = id(&honest);
    type Part = (&'static str, fn(&mut Files) -> &mut Vec<u8>);
    let parts: [Part; 6] = [
        ("manifest", |f| &mut f.manifest),
        ("job", |f| &mut f.job),
        ("receipt", |f| &mut f.receipt),
        ("output", |f| &mut f.output),
        ("challenge", |f| &mut f.challenge),
        ("proof", |f| &mut f.proof),
    ];
    for (name, part) in parts {
        let len = part(&mut honest.clone()).len();
        // The signature, which is not the script's business, is the last 65 bytes of a receipt.
        let end = if name == "receipt" { len - 65 } else { len };
        let places = (0..8).map(|i| 7 + i * (end - 8) / 7).chain([0, 6]);
        for at in places {
            let mut files = honest.clone();
            part(&mut files)[at] ^= 1;
            write(folder.path(), &files);
            assert!(verdict(&files, &id).is_err(), "byte {at} of the {name}");
            let Some((code, theirs)) = script(&["answer", &folder.path().to_string_lossy()]) else { return };
            assert_eq!((code, &theirs["equation"]), (1, &Value::Bool(false)), "byte {at} of the {name}: {theirs}");
        }
    }
}

#[test]
fn every_element_of_a_fold_proof_is_decided_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let honest = read(&directory("units"));
    let answer = Answer::decode(&honest.proof).expect("an answer");
    let s = derived(&honest)["scalars"].clone();
    let len = |name: &str| s[name].as_array().expect("a list").len();
    for element in (0..2 * len("folds") + len("quotients") + 5).step_by(3) {
        let mut other = answer.clone();
        let at = other.disclosure.len() - 32 * (element + 1);
        other.disclosure[at] ^= 1;
        let files = Files { proof: other.encode(), ..honest.clone() };
        write(folder.path(), &files);
        assert!(verdict(&files, &id(&files)).is_err(), "element {element} from the end");
        let Some((code, theirs)) = script(&["answer", &folder.path().to_string_lossy()]) else { return };
        assert_eq!((code, &theirs["equation"]), (1, &Value::Bool(false)), "element {element} from the end");
    }
}

#[test]
fn the_frozen_fold_proof_is_accepted_by_the_second_implementation() {
    let frozen = Path::new(ROOT).join("vectors/fold/v1.json");
    let Some((code, theirs)) = script(&["fold", &frozen.to_string_lossy()]) else { return };
    assert_eq!((code, &theirs["equation"]), (0, &Value::Bool(true)));
    let folder = tempfile::tempdir().expect("a folder");
    let text = std::fs::read_to_string(&frozen).expect("the frozen proof");
    for (from, to) in [("\"matrix\":0", "\"matrix\":5"), ("\"chunk\":1", "\"chunk\":2"), ("\"tile\":2,", "\"tile\":1,")]
    {
        let path = folder.path().join("other.json");
        assert!(text.contains(from));
        std::fs::write(&path, text.replacen(from, to, 1)).expect("a file");
        let Some((code, theirs)) = script(&["fold", &path.to_string_lossy()]) else { return };
        assert_eq!((code, &theirs["equation"]), (1, &Value::Bool(false)), "{to}");
    }
}

#[test]
fn the_second_implementation_knows_blake3_and_the_pairing() {
    let Some((code, theirs)) = script(&["self-test"]) else { return };
    let cycle: Vec<u8> = (0..5120u32).map(|i| (i % 251) as u8).collect();
    let derived = blake3::derive_key("BLAKE3 2019-12-27 16:29:52 test vectors context", &cycle);
    assert_eq!(code, 0);
    assert_eq!(theirs["empty"], blake3::hash(b"").to_hex().as_str());
    assert_eq!(theirs["cycle"], blake3::hash(&cycle).to_hex().as_str());
    assert_eq!(theirs["derived"], hex::encode(derived));
}

/// A challenge that opens every input of a product instead of deriving it, as the script asks, and that has several claims
/// on one fold.
fn open_inputs(signed: &Signed, policy: Policy) -> Challenge {
    let config = toy::small();
    let claim = signed.claim();
    let rng = &mut Rng::new(2026);
    let fits = |challenge: &Challenge| {
        let drawn = draw::draw(challenge, &claim.extent(&config));
        let needs = claim.needs(&config, &drawn);
        let mut products = 0;
        for (t, steps) in &drawn {
            for step in steps.keys().filter_map(|&i| config.step(i)).filter(|s| s.kind.is_linear()) {
                let from = config.step_index(assay_model::program::Step { kind: input(step), ..step });
                if !needs[t][&from].derived.is_empty() {
                    return false;
                }
                products += 1;
            }
        }
        products >= 8
    };
    let mut ask = || Challenge { receipt: signed.receipt.id(), seed: rng.bytes(), policy };
    std::iter::repeat_with(&mut ask).take(1_000_000).find(|c| fits(c)).expect("a seed")
}

/// Writes the vectors anew: on purpose only, with a new version of the protocol.
#[test]
#[ignore = "writes tests/vectors/answer"]
fn make_the_vectors() {
    let model = toy::model(toy::small(), 2026);
    for (case, sampling, policy) in [("columns", Sampling::Greedy, thinned(3, 4)), ("units", toy::DRAWN, units(24))] {
        let job = Job { sampling, ..toy::job(&model, 4, 5, 2026) };
        let signed = signed(&model, &job, &mut Honest);
        let challenge = open_inputs(&signed, policy);
        write(&directory(case), &Files::new(&model, &signed, &challenge));
    }
    assert_eq!(id(&read(&directory("units"))), published(&model).manifest.id());
}
