//! Graphics cards on the command line. Without an adapter, only what is said of that is tested.

use super::support::Desk;
use std::fs;
use std::io::Write;

const RUN: [&str; 5] = ["run", "--model", "toy.gguf", "--key", "k"];

/// Whether there is an adapter; a note if not.
fn adapter(desk: &Desk) -> bool {
    let there = !desk.prover(&["--json", "devices"]).code(0).json()["adapters"].as_array().unwrap().is_empty();
    if !there {
        let _ = writeln!(std::io::stderr(), "\nSKIPPED: graphics cards on the command line (no Vulkan adapter)");
    }
    there
}

#[test]
fn devices_tells_of_every_adapter_or_how_to_get_one() {
    let desk = Desk::new();
    let ran = desk.prover(&["--json", "devices"]).code(0);
    let report = ran.json();
    let adapters = report["adapters"].as_array().unwrap();
    if adapters.is_empty() {
        assert!(report["help"].as_str().unwrap().contains("mesa-vulkan-drivers"), "{report}");
    }
    for (index, adapter) in adapters.iter().enumerate() {
        assert_eq!(adapter["index"], index);
        assert!(adapter["name"].is_string() && adapter["driver"].is_string() && adapter["software"].is_boolean());
        assert_eq!(adapter["self_test"], "passed", "{adapter}");
        assert!(adapter["plan"].is_object() && adapter["usable"] == true);
        assert!(adapter["limits"]["largest_binding_bytes"].as_u64().unwrap() >= 128 << 20);
        let shown = desk.prover(&["devices", "--model", "toy.gguf"]).code(0).stdout();
        assert!(shown.contains(adapter["name"].as_str().unwrap()) && shown.contains("self-test: passed"), "{shown}");
    }
    // Without any driver.
    let none = desk.prover_with(&[("VK_DRIVER_FILES", "none"), ("VK_ICD_FILENAMES", "none")], &["devices"]).code(0);
    assert!(none.stdout().contains("no graphics card is found: install"), "{}", none.stdout());
}

#[test]
fn without_cards_auto_computes_and_gpu_says_how_to_get_one() {
    let desk = Desk::new();
    let drivers = [("VK_DRIVER_FILES", "none"), ("VK_ICD_FILENAMES", "none")];
    let ask = |more: &[&str]| {
        desk.prover_with(&drivers, &[&RUN[..], &["--prompt", "hi", "--max-tokens", "3", "--out", "out"], more].concat())
    };
    for more in [&["--backend", "gpu"][..], &["--gpus", "0"]] {
        let error = ask(more).code(2).error();
        assert!(error.contains("no graphics card is found: install"), "{error}");
        assert!(desk.list("out").is_empty());
    }
    ask(&[]).code(0);
    ask(&["--vram-limit", "1G"]).code(0);
}

#[test]
fn cards_that_are_not_there_are_refused_with_what_there_is() {
    let desk = Desk::new();
    if !adapter(&desk) {
        return;
    }
    for (options, says) in [
        (&["--gpus", "99"][..], "no graphics card is called \"99\"; there are 0 ("),
        (&["--gpus", "0,Voodoo 2"], "no graphics card is called \"Voodoo 2\"; there are 0 ("),
        (&["--gpus", "ff:ff.0"], "no graphics card is called \"ff:ff.0\""),
        (&["--gpus", "0", "--vram-limit", "7=1G"], "--vram-limit: \"7\" is no card in use"),
    ] {
        for backend in ["gpu", "auto"] {
            let ask = [&RUN[..], &["--prompt", "hi", "--out", "out", "--backend", backend], options].concat();
            let error = desk.prover(&ask).code(2).error();
            assert!(error.contains(says), "{error}");
            assert!(desk.list("out").is_empty());
        }
    }
}

#[test]
fn cards_leave_the_files_that_the_processor_leaves_and_answer_for_them() {
    let desk = Desk::new();
    if !adapter(&desk) {
        return;
    }
    desk.prover(&["manifest", "--model", "toy.gguf", "--out", "toy.manifest"]).code(0);
    let order = ["job", "--manifest", "toy.manifest", "--prompt", "hello there", "--out", "a.job", "--max-tokens", "9"];
    desk.verifier(&[&order[..], &["--temperature", "0.9", "--ignore-stop"]].concat()).code(0);
    let done = |out: &str, more: &[&str]| {
        desk.prover(&[&RUN[..], &["--job", "a.job", "--out", out], more].concat()).code(0);
        ["job.job", "job.output", "job.receipt"].map(|file| fs::read(desk.path(out).join(file)).unwrap())
    };
    let expected = done("cpu", &["--backend", "cpu"]);
    assert!(done("one", &["--backend", "gpu", "--gpus", "0"]) == expected);
    assert!(done("three", &["--backend", "gpu", "--gpus", "0,0,0"]) == expected);
    assert!(done("auto", &["--gpus", "0", "--vram-limit", "2G"]) == expected);
    desk.verifier(&["challenge", "--receipt", "one/job.receipt", "--out", "c"]).code(0);
    let prove = ["prove", "--model", "toy.gguf", "--receipt", "one/job.receipt", "--challenge", "c"];
    let answer = |out: &str, more: &[&str]| {
        desk.prover(&[&prove[..], &["--out", out], more].concat()).code(0);
        fs::read(desk.path(out)).unwrap()
    };
    assert!(answer("p1", &["--backend", "cpu"]) == answer("p2", &["--gpus", "0"]));
}

#[test]
fn a_card_that_is_too_small_ends_gpu_and_not_auto() {
    let desk = Desk::new();
    if !adapter(&desk) {
        return;
    }
    let ask = [&RUN[..], &["--prompt", "hi", "--max-tokens", "3", "--gpus", "0", "--vram-limit", "90K"]].concat();
    let error = desk.prover(&[&ask[..], &["--out", "out", "--backend", "gpu"]].concat()).code(2).error();
    assert!(error.contains("no graphics card can be used: GPU 0") && error.contains("the model needs"), "{error}");
    assert!(desk.list("out").is_empty());
    let words = desk.prover(&[&ask[..], &["--out", "out"]].concat()).code(0).stderr();
    assert!(words.contains("warning: GPU 0") && words.contains("the processor computes instead"), "{words}");
    assert_eq!(desk.list("out").len(), 3);
}

#[test]
fn bench_measures_cards_and_says_which() {
    let desk = Desk::new();
    if !adapter(&desk) {
        return;
    }
    let ask = ["bench", "--model", "toy.gguf", "--context", "16", "--decode", "4", "--rounds", "1", "--gpus", "0"];
    let report = desk.prover(&[&["--json"], &ask[..], &["--backend", "gpu", "--batch", "3"]].concat()).code(0).json();
    assert_eq!(report["backend"], "gpu");
    for row in ["prefill", "prefill_traced", "decode", "decode_traced", "decode_batch_3", "decode_batch_3_traced"] {
        assert!(report["rates"][row]["tokens_per_cpu_second"].as_f64().unwrap() > 0.0, "{row}");
    }
    assert_eq!(report["read_back_transfers_per_token"], 1);
    assert!(report["card_memory_bytes"].as_u64().unwrap() > 0);
    let card = &report["cards"][0];
    assert!(card["name"].as_str().unwrap().starts_with("GPU "));
    let words = desk.prover(&ask).code(0).stdout();
    assert!(words.contains("decode, batch 16, traced") && words.contains("read back per token"), "{words}");
    assert_eq!(words.contains("software adapter"), card["software"] == true);
}
