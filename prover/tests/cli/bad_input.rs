//! Input that cannot be used: one line that says what to do, exit code 2, nothing left behind.

use super::support::{Desk, toy};

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
        ("mamba.gguf", "mamba"),
        ("none.gguf", "No such file"),
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
        (&["--prompt", ""][..], "the prompt is empty"),
        (&[], "no prompt"),
        (&["--prompt", "hi", "--max-tokens", "0"], "at least 1"),
        (&["--prompt", "hi", "--max-tokens", "128"], "context of 128"),
        (&["--prompt", "hi", "--max-tokens", "4", "--temperature=-1"], "--temperature"),
        (&["--prompt", "hi", "--max-tokens", "4", "--top-p", "1.5"], "--top-p"),
        (&["--prompt-file", "none"], "cannot read none"),
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
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_partial_output() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("out")).unwrap();
    let out = desk.path("out");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=4k", "tmpfs"])
        .arg(&out)
        .output()
        .is_ok_and(|o| o.status.success());
    if !mounted {
        println!("SKIPPED: full disk (mounting a small file system is not allowed here)");
        return;
    }
    let ran = desk.prover(&run("toy.gguf", &["--prompt", "hi", "--max-tokens", "120", "--ignore-stop"])).code(2);
    let (error, left) = (ran.error(), desk.list("out"));
    assert!(std::process::Command::new("umount").arg(&out).status().unwrap().success());
    assert!(error.contains("No space left"), "{error}");
    assert!(left.is_empty(), "{left:?}");
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
