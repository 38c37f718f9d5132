//! `settlement-setup`, and what `settle` says of a record that is none.

use super::support::{Desk, Ran};

/// That it ends as a usage or input error that says `why`.
#[track_caller]
fn fails(ran: Ran, why: &str) {
    let text = ran.code(2).stderr();
    assert!(text.contains(why), "{text}");
}

#[test]
fn keys_have_one_source_which_says_that_it_is_insecure() {
    let desk = Desk::new();
    let setup = ["settlement-setup", "--model", "toy.gguf", "--srs", "insecure-development", "--out", "record"];
    let why = "only `insecure-development` is there: keys of a ceremony cannot be read yet";
    fails(desk.prover(&[&setup[..], &["--keys", "ceremony"]].concat()), why);
    fails(desk.prover(&setup), "--keys <SOURCE>");
    assert_eq!(desk.list("record"), [""; 0], "nothing was written");
}

#[test]
fn a_folder_without_a_record_is_named() {
    let desk = Desk::new();
    let check = ["settlement-setup", "--model", "toy.gguf", "--srs", "x.ptau", "--keys", "insecure-development"];
    fails(desk.prover(&[&check[..], &["--check", "--out", "nowhere"]].concat()), "x.ptau");
    let settle = ["settle", "--terms", "x", "--receipt", "y", "--record", "nowhere"];
    fails(desk.prover(&settle), "--model <FILE>");
}

/// Minutes: a key for each circuit of the toy. Prints what it took.
#[test]
#[ignore = "minutes: it makes all keys of a small model, twice"]
fn a_record_is_made_and_checked() {
    let desk = Desk::new();
    let setup = [
        "--json",
        "settlement-setup",
        "--model",
        "toy.gguf",
        "--srs",
        "insecure-development",
        "--keys",
        "insecure-development",
        "--out",
        "record",
    ];
    let made = desk.prover(&setup).code(0).json();
    println!("{made:#}");
    assert_eq!(made["keys"]["insecure"], true);
    assert_eq!(desk.list("record"), ["INSECURE-SEED", "record.bin", "record.json"]);
    let checked = desk.prover(&[&setup[..], &["--check"]].concat()).code(0).json();
    assert_eq!((&checked["record"], &checked["same"]), (&made["record"], &true.into()));
    let seed = "11".repeat(32);
    let other = [&setup[..], &["--check", "--insecure-seed", &seed]].concat();
    assert_eq!(desk.prover(&other).code(1).json()["same"], false);
}
