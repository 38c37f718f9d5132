//! Choosing what to compute with.

use super::support::Desk;

/// Every command that computes, as far as it gets before anything is read.
const COMMANDS: [&[&str]; 4] = [
    &["run", "--model", "none", "--prompt", "hi", "--out", "out"],
    &["prove", "--model", "none", "--receipt", "r", "--challenge", "c", "--out", "p"],
    &["perplexity", "--model", "none", "--text", "t"],
    &["bench", "--model", "none"],
];

#[cfg(not(feature = "gpu"))]
#[test]
fn cards_that_were_not_built_in_are_refused_before_anything_is_read() {
    let desk = Desk::new();
    let about_cards: [&[&str]; 3] = [&["--backend", "gpu"], &["--gpus", "0000:01:00.0"], &["--vram-limit", "7.5G"]];
    for command in COMMANDS {
        for options in about_cards {
            let error = desk.prover(&[command, options].concat()).code(2).error();
            assert!(error.contains("built without graphics cards"), "{error}");
        }
    }
    let error = desk.prover(&["devices"]).code(2).error();
    assert!(error.contains("built without graphics cards"), "{error}");
    let report = desk.prover(&["--json", "devices"]).code(2).json();
    assert_eq!(report["verdict"], "error");
    assert!(desk.list("out").is_empty());
}

#[test]
fn options_that_cannot_be_read_are_refused_with_what_to_write() {
    let desk = Desk::new();
    for command in COMMANDS {
        for (options, says) in [
            (["--backend", "cuda"], "possible values: cpu, gpu, auto"),
            (["--gpus", "1,,2"], "a card without a name"),
            (["--vram-limit", "7.5"], "has no unit"),
            (["--vram-limit", "lots"], "a size like 900M or 7.5G"),
            (["--vram-limit", "0G"], "leave a card out"),
            (["--vram-limit", "1G,2G"], "two sizes for all cards"),
            (["--vram-limit", "a=1G,a=2G"], "limited twice"),
            (["--vram-limit", "=1G"], "names no card"),
        ] {
            let error = desk.prover(&[command, &options].concat()).code(2).stderr();
            assert!(error.contains(says), "{options:?}: {error}");
        }
        let error = desk.prover(&[command, &["--backend", "cpu", "--gpus", "1"]].concat()).code(2).error();
        assert!(error.contains("--gpus is about graphics cards"), "{error}");
    }
}

#[test]
fn every_choice_that_can_be_had_gives_the_same_figures() {
    let desk = Desk::new();
    std::fs::write(desk.path("text"), "It is a truth universally acknowledged. ".repeat(2)).unwrap();
    let ask = ["--json", "perplexity", "--model", "toy.gguf", "--text", "text", "--context", "16"];
    let nll = |more: &[&str]| desk.prover(&[&ask[..], more].concat()).code(0).json()["nll"].clone();
    assert_eq!(nll(&["--backend", "cpu"]), nll(&["--backend", "auto"]));
    // Of cards, `auto` takes none that the processor plays.
    let devices = desk.prover(&["--json", "devices"]);
    if cfg!(feature = "gpu")
        && devices.code(0).json()["adapters"].as_array().unwrap().iter().any(|a| a["software"] == false)
    {
        return;
    }
    let bench = ["--json", "bench", "--model", "toy.gguf", "--context", "16", "--decode", "4", "--rounds", "1"];
    let report = desk.prover(&[&bench[..], &["--backend", "auto"]].concat()).code(0).json();
    assert_eq!(report["backend"], "cpu");
}
