//! The interface that the commands speak against the one that the compiler made of `contracts/src`.

#![allow(missing_docs, reason = "a test binary")]

use alloy::sol_types::SolInterface;
use assay_verifier::chain::abi::Escrow::{EscrowCalls, EscrowErrors};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn compiled() -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/out/Escrow.sol/Escrow.json");
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        println!("SKIPPED: the escrow's interface against the compiler's (run scripts/contracts.sh first)");
    }
    Some(serde_json::from_slice(&bytes?).unwrap())
}

#[test]
fn every_call_has_the_selector_that_the_compiler_gave_it() {
    let Some(compiled) = compiled() else { return };
    let theirs: BTreeSet<&str> =
        compiled["methodIdentifiers"].as_object().unwrap().values().map(|v| v.as_str().unwrap()).collect();
    for selector in EscrowCalls::selectors() {
        assert!(theirs.contains(hex::encode(selector).as_str()), "{}", hex::encode(selector));
    }
}

#[test]
fn every_error_of_the_escrow_is_known_by_name_and_no_other_is() {
    let Some(compiled) = compiled() else { return };
    let signature = |e: &Value| {
        let types: Vec<&str> = e["inputs"].as_array().unwrap().iter().map(|i| i["type"].as_str().unwrap()).collect();
        format!("{}({})", e["name"].as_str().unwrap(), types.join(","))
    };
    let errors = compiled["abi"].as_array().unwrap().iter().filter(|e| e["type"] == "error").map(signature);
    let theirs: BTreeSet<String> = errors.collect();
    let ours: BTreeSet<[u8; 4]> = EscrowErrors::selectors().collect();
    let selector = |s: &str| assay_verifier::sign::keccak(s.as_bytes())[..4].try_into().unwrap();
    let known: BTreeSet<[u8; 4]> = theirs.iter().map(|s| selector(s)).collect();
    assert!(ours.is_subset(&known), "an error that the escrow does not have");
    // Those of the library under it, which no call of the commands can meet.
    let library = |s: &str| {
        ["Ownable", "Reentrancy", "Expected", "Invalid", "String", "Safe", "Failed", "Insufficient"]
            .iter()
            .any(|p| s.starts_with(p) && s != "InsufficientStake(uint96,uint96)")
    };
    let unknown: Vec<&String> = theirs.iter().filter(|s| !ours.contains(&selector(s)) && !library(s)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
