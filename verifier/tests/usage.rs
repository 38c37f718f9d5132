//! The program itself: it answers for its commands. What they do is tested from end to end beside the rig's program.

use std::process::Command;

fn verifier(args: &[&str]) -> (Option<i32>, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_assay-verifier")).args(args).output().unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap())
}

#[test]
fn help_names_every_command() {
    let (code, help) = verifier(&["--help"]);
    assert_eq!(code, Some(0));
    for command in ["job", "challenge", "audit", "inspect"] {
        assert!(help.contains(command), "{command}");
    }
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    assert_eq!(verifier(&["verify"]).0, Some(2));
}
