//! Which circuit shows which unit: `tests/vectors/chain/units.json`, and that the list of a model's circuits is complete.

#![allow(missing_docs, reason = "a test binary")]

mod shapes;

use serde_json::Value;
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/chain").join(name).with_extension("json")
}

fn kept(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(file(name)).unwrap()).unwrap()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[test]
fn the_claims_about_units_are_what_the_library_computes() {
    assert_eq!(kept("units"), shapes::made(), "units: if the change is meant, make the vectors anew");
}

#[test]
#[ignore = "writes tests/vectors/chain/units.json"]
fn make_the_units() {
    std::fs::write(file("units"), shapes::text(&shapes::made())).unwrap();
}
