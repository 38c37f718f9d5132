//! Several jobs in one go.

use super::support::Desk;
use std::fs;

const RUN: [&str; 5] = ["run", "--model", "toy.gguf", "--key", "k"];

/// Three jobs of different lengths and kinds of sampling: a.job, b.job, c.job.
fn ordered(desk: &Desk) {
    desk.prover(&["manifest", "--model", "toy.gguf", "--out", "toy.manifest"]).code(0);
    for (name, prompt, more) in [
        ("a.job", "hello there", &["--max-tokens", "9", "--ignore-stop"][..]),
        ("b.job", "x", &["--max-tokens", "5", "--temperature", "0.9", "--top-k", "20"]),
        ("c.job", "a longer prompt than the others have", &["--max-tokens", "2"]),
    ] {
        let order = ["job", "--manifest", "toy.manifest", "--prompt", prompt, "--out", name];
        desk.verifier(&[&order[..], more].concat()).code(0);
    }
}

const JOBS: [&str; 6] = ["--job", "a.job", "--job", "b.job", "--job", "c.job"];

#[test]
fn jobs_done_together_leave_the_files_that_they_leave_alone() {
    let desk = Desk::new();
    ordered(&desk);
    for batch in ["1", "2", "16"] {
        let out = format!("batch{batch}");
        let several = [&["--json"], &RUN[..], &JOBS, &["--batch", batch, "--out", &out]].concat();
        let report = desk.prover(&several).code(0).json();
        let jobs = report["jobs"].as_array().unwrap();
        assert_eq!(jobs.len(), 3);
        for (name, together) in ["a", "b", "c"].iter().zip(jobs) {
            let job = format!("{name}.job");
            let alone = [&["--json"], &RUN[..], &["--job", &job, "--out", name]].concat();
            let alone = desk.prover(&alone).code(0).json();
            for field in ["text", "tokens", "prompt_tokens", "job", "receipt", "rig"] {
                assert_eq!(together[field], alone[field], "{name} {field}");
            }
            let folder = format!("{out}/{name}");
            assert_eq!(together["out"], folder.as_str());
            assert_eq!(desk.list(&folder), desk.list(name));
            for file in ["job.job", "job.output", "job.receipt"] {
                let read = |folder: &str| fs::read(desk.path(folder).join(file)).unwrap();
                assert!(read(&folder) == read(name), "{folder}/{file}");
            }
        }
        assert_eq!(desk.list(&out), ["a", "b", "c"]);
    }
}

#[test]
fn the_text_of_each_job_is_printed_when_it_is_done() {
    let desk = Desk::new();
    ordered(&desk);
    let ran = desk.prover(&[&RUN[..], &JOBS, &["--out", "out"]].concat()).code(0);
    let text = ran.stdout();
    for name in ["a", "b", "c"] {
        assert!(text.contains(&format!("out/{name}:\n")), "{text}");
    }
    assert_eq!(text.matches("\nreceipt ").count(), 3, "{text}");
    assert!(text.lines().last().unwrap().starts_with("3 jobs, "), "{text}");
    desk.prover(&[&RUN[..], &JOBS, &["--no-trace", "--out", "bare"]].concat()).code(0);
    for name in ["a", "b", "c"] {
        assert!(desk.list(&format!("bare/{name}")).is_empty());
    }
}

#[test]
fn jobs_that_cannot_be_done_together_are_refused_before_any_work() {
    let desk = Desk::new();
    ordered(&desk);
    fs::create_dir(desk.path("other")).unwrap();
    fs::copy(desk.path("b.job"), desk.path("other/a.job")).unwrap();
    fs::copy(desk.path("b.job"), desk.path("...job")).unwrap();
    fs::write(desk.path("broken.job"), "no job").unwrap();
    for (second, says) in [
        ("other/a.job", "would both write to out/a"),
        ("a.job", "would both write to out/a"),
        ("...job", "give the file another name"),
        ("..", "names no file"),
        ("broken.job", "not an assay job file"),
        ("none.job", "cannot read none.job"),
    ] {
        let both = [&RUN[..], &["--job", "a.job", "--job", second, "--out", "out"]].concat();
        let error = desk.prover(&both).code(2).error();
        assert!(error.contains(says), "{error}");
        assert!(desk.list("out").is_empty(), "{second}: {:?}", desk.list("out"));
    }
    let none = [&RUN[..], &JOBS, &["--batch", "0", "--out", "out"]].concat();
    assert!(desk.prover(&none).code(2).stderr().contains("--batch"));
    fs::create_dir(desk.path("taken")).unwrap();
    fs::write(desk.path("taken/c"), "a file").unwrap();
    let error = desk.prover(&[&RUN[..], &JOBS, &["--out", "taken"]].concat()).code(2).error();
    assert!(error.contains("cannot make taken/c"), "{error}");
    assert!(desk.list("taken/a").is_empty() && desk.list("taken/b").is_empty());
}
