//! Input that cannot be used: one line that says what to do, exit code 2, nothing left behind.

use super::support::{Desk, Ran, toy};

#[track_caller]
fn refused(desk: &Desk, args: &[&str], says: &str) {
    let error = desk.prover(args).code(2).error();
    assert!(error.starts_with("error: ") && error.contains(says), "{error}");
    assert!(desk.list("out").is_empty(), "{:?}", desk.list("out"));
}

fn run<'a>(model: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "--model", model, "--key", "k", "--out", "out"], more].concat()
}

#[test]
fn files_that_are_no_usable_model_are_named_with_their_fault() {
    let desk = Desk::new();
    let whole = toy(1);
    std::fs::write(desk.path("text.gguf"), "hello").unwrap();
    std::fs::write(desk.path("short.gguf"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(desk.path("empty.gguf"), "").unwrap();
    let mamba: Vec<u8> = replace(&whole, b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0mamba");
    std::fs::write(desk.path("mamba.gguf"), mamba).unwrap();
    std::fs::create_dir(desk.path("folder")).unwrap();
    for (model, says) in [
        ("text.gguf", "not a GGUF file"),
        ("short.gguf", "download it again"),
        ("empty.gguf", "the file ends early"),
        ("mamba.gguf", "use a model of architecture `llama`"),
        ("none.gguf", "check the path and its permissions: No such file"),
        ("folder", "directory"),
    ] {
        refused(&desk, &run(model, &["--prompt", "hi"]), says);
        refused(&desk, &["manifest", "--model", model, "--out", "m"], says);
        refused(&desk, &["bench", "--model", model], says);
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

#[test]
fn prompts_that_cannot_be_done_are_refused() {
    let desk = Desk::new();
    std::fs::write(desk.path("latin1"), [0x68, 0xe9]).unwrap();
    for (more, says) in [
        (&["--prompt", ""][..], "the prompt is empty: give some text"),
        (&[], "no prompt"),
        (&["--prompt", "hi", "--max-tokens", "0"], "at least 1"),
        (&["--prompt", "hi", "--max-tokens", "128"], "context of 128"),
        (&["--prompt", "hi", "--max-tokens", "4294967295"], "needs 4294967296 positions"),
        (&["--prompt", "hi", "--max-tokens", "4", "--temperature=-1"], "--temperature"),
        (&["--prompt", "hi", "--max-tokens", "4", "--temperature", "-1"], "is not a decimal number"),
        (&["--prompt", "hi", "--max-tokens", "4", "--top-p", "1.5"], "--top-p"),
        (&["--prompt-file", "none"], "cannot read none; check the path"),
        (&["--prompt-file", "latin1"], "not UTF-8"),
        (&["--job", "toy.gguf"], "not an assay job file"),
        (&["--manifest", "toy.gguf", "--prompt", "hi"], "not an assay manifest file"),
    ] {
        refused(&desk, &run("toy.gguf", more), says);
    }
}

#[test]
fn a_manifest_or_job_of_another_model_is_refused() {
    let desk = Desk::new();
    std::fs::write(desk.path("other.gguf"), toy(2)).unwrap();
    desk.prover(&["manifest", "--model", "other.gguf", "--out", "m"]).code(0);
    refused(
        &desk,
        &run("toy.gguf", &["--manifest", "m", "--prompt", "hi", "--max-tokens", "4"]),
        "use the weights it was made from",
    );
    desk.verifier(&["job", "--manifest", "m", "--prompt", "hi", "--max-tokens", "4", "--out", "j"]).code(0);
    refused(&desk, &run("toy.gguf", &["--job", "j"]), "these weights are model");
}

#[test]
fn output_that_cannot_be_written_is_an_error_before_any_work() {
    let desk = Desk::new();
    std::fs::write(desk.path("out"), "a file").unwrap();
    let error = desk.prover(&run("toy.gguf", &["--prompt", "hi", "--max-tokens", "4"])).code(2).error();
    assert!(error.contains("cannot make out"), "{error}");
    let error = desk.prover(&["manifest", "--model", "toy.gguf", "--out", "no/such/folder/m"]).code(2).error();
    assert!(error.contains("check space and permissions"), "{error}");
    // Neither commitments nor a replay are made for a place that cannot take them: not even the model is opened.
    std::fs::create_dir(desk.path("taken")).unwrap();
    let commit = ["manifest", "--model", "none.gguf", "--srs", "insecure-development", "--out", "taken"];
    assert!(desk.prover(&commit).code(2).error().contains("it is a directory"));
    desk.prover(&["run", "--model", "toy.gguf", "--prompt", "hi", "--max-tokens", "4", "--key", "k", "--out", "rig"])
        .code(0);
    desk.verifier(&["challenge", "--receipt", "rig/job.receipt", "--out", "c"]).code(0);
    let prove = ["prove", "--model", "none.gguf", "--receipt", "rig/job.receipt", "--challenge", "c", "--out", "taken"];
    assert!(desk.prover(&prove).code(2).error().contains("it is a directory"));
}

#[test]
fn a_usage_error_is_the_one_json_object_too() {
    let desk = Desk::new();
    let message = |ran: Ran| ran.code(2).json()["message"].as_str().unwrap().to_owned();
    assert_eq!(message(desk.prover(&["--json", "run", "--frob"])), "unexpected argument '--frob' found");
    let missing = message(desk.verifier(&["audit", "--json"]));
    assert!(missing.contains("required arguments were not provided: --model <FILE>"), "{missing}");
    assert_eq!(desk.prover(&["run", "--frob"]).code(2).stdout(), "", "not asked for");
    assert!(desk.verifier(&["--json", "--help"]).code(0).stdout().starts_with("Orders work"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_printed_is_an_error_that_says_so() {
    let desk = Desk::new();
    desk.prover(&["manifest", "--model", "toy.gguf", "--out", "m"]).code(0);
    for args in [&["inspect", "m"][..], &["--json", "inspect", "m"], &["--json", "inspect", "none"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let error = desk.verifier_printing_to(full, args).code(2).stderr();
        assert!(error.contains("cannot write to standard output"), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_partial_output() {
    let desk = Desk::new();
    let job = ["--prompt", "hi", "--max-tokens", "120", "--ignore-stop"];
    let Some((ran, left)) = run_on_a_disk_of("4k", &desk, &job) else { return };
    assert!(ran.code(2).error().contains("No space left"));
    assert!(left.is_empty(), "{left:?}");
    // Room for the results, a page each, but not for the manifest that is kept beside them as a convenience.
    desk.prover(&["manifest", "--model", "toy.gguf", "--srs", "insecure-development", "--out", "m"]).code(0);
    assert!(std::fs::metadata(desk.path("m")).unwrap().len() > 4096);
    let job = ["--manifest", "m", "--prompt", "hi", "--max-tokens", "4"];
    let Some((ran, left)) = run_on_a_disk_of("16k", &desk, &job) else { return };
    ran.code(0);
    assert_eq!(left, ["job.job", "job.output", "job.receipt"]);
}

/// What becomes of a run whose output folder is a file system of its own of that size, and what it leaves there.
#[cfg(target_os = "linux")]
fn run_on_a_disk_of(size: &str, desk: &Desk, job: &[&str]) -> Option<(Ran, Vec<String>)> {
    let out = desk.path("out");
    std::fs::create_dir_all(&out).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
        .arg(&out)
        .output()
        .is_ok_and(|o| o.status.success());
    if !mounted {
        println!("SKIPPED: full disk (mounting a small file system is not allowed here)");
        return None;
    }
    let ran = desk.prover(&run("toy.gguf", job));
    let left = desk.list("out");
    assert!(std::process::Command::new("umount").arg(&out).status().unwrap().success());
    Some((ran, left))
}

#[test]
fn verifier_says_what_is_missing() {
    let desk = Desk::new();
    let error = |args: &[&str]| desk.verifier(args).code(2).error();
    assert!(error(&["audit", "--model", "toy.gguf", "--receipt", "r"]).contains("say what to check"));
    assert!(error(&["audit", "--model", "toy.gguf", "--receipt", "r", "--full"]).contains("cannot read r"));
    assert!(error(&["inspect", "toy.gguf"]).contains("not a file of this program"));
    assert!(error(&["inspect", "none"]).contains("cannot read none"));
    assert!(error(&["challenge", "--receipt", "toy.gguf", "--out", "c"]).contains("not an assay receipt file"));
    assert!(error(&["job", "--manifest", "toy.gguf", "--prompt", "x", "--out", "j"]).contains("not an assay manifest"));
}
