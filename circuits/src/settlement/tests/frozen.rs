//! `tests/vectors/settlement/v1.json`: a key, a statement with its fields, and a proof, as a contract reads them. It must hold
//! as long as the circuit does: another circuit is another key, and another version.

use super::proofs::{PROVED, Proved};
use super::*;
use crate::settlement::encoding::{decode_key, decode_proof, encode_key, encode_proof, encode_scalar};
use ark_ff::PrimeField;
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/settlement/v1.json");

fn word(scalar: &Fr) -> String {
    format!("0x{}", hex::encode(encode_scalar(scalar)))
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap().strip_prefix("0x").unwrap()).unwrap()
}

fn scalar(value: &Value) -> Fr {
    Fr::from_be_bytes_mod_order(&bytes(value))
}

/// What a contract is given, without key and proof.
fn described(p: &Proved) -> Value {
    let (shape, statement) = (&p.toy.shape, p.toy.statement());
    let hex = |digest| format!("0x{}", hex::encode(digest));
    let unit = statement.unit;
    json!({
        "shape": {
            "kind": shape.kind.name(), "width": shape.width, "len": shape.len, "rows": shape.rows, "depth": shape.depth,
        },
        "unit": {
            "position": unit.position, "input_step": unit.input_step, "output_step": unit.output_step,
            "residual_step": unit.residual_step, "residual_kind": unit.residual_kind, "chunk": unit.chunk,
            "exponent": unit.exponent,
        },
        "input_leaf": hex(statement.input_leaf), "output_leaf": hex(statement.output_leaf),
        "residual_leaf": statement.residual_leaf.map(hex), "job": hex(statement.job),
        "fields": statement.fields(shape).iter().map(word).collect::<Vec<_>>(),
        "inputs": statement.inputs(shape, statement.digest(shape), p.beta).iter().map(word).collect::<Vec<_>>(),
    })
}

#[test]
fn the_frozen_proof_is_accepted_under_the_frozen_inputs() {
    let file: Value = serde_json::from_slice(&std::fs::read(FILE).unwrap()).unwrap();
    assert_eq!(described(&PROVED), file["statement"]);
    let key = decode_key(&bytes(&file["key"])).unwrap();
    let proof = decode_proof(&bytes(&file["proof"])).unwrap();
    let inputs = std::array::from_fn(|i| scalar(&file["statement"]["inputs"][i]));
    assert_eq!(verify(&key, &inputs, &proof), Ok(()));
    // The third input is the fields at the second.
    let fields = file["statement"]["fields"].as_array().unwrap().iter().rev();
    assert_eq!(fields.fold(Fr::from(0u8), |sum, field| sum * inputs[1] + scalar(field)), inputs[2]);
}

#[test]
fn a_set_up_follows_from_its_seed() {
    let file: Value = serde_json::from_slice(&std::fs::read(FILE).unwrap()).unwrap();
    assert_eq!(encode_key(&PROVED.key.vk), bytes(&file["key"]));
}

/// Writes the file anew: on purpose only, with a new circuit.
#[test]
#[ignore = "writes tests/vectors/settlement/v1.json"]
fn make_the_frozen_proof() {
    let hex = |bytes: Vec<u8>| format!("0x{}", hex::encode(bytes));
    let file = json!({
        "statement": described(&PROVED),
        "key": hex(encode_key(&PROVED.key.vk)), "proof": hex(encode_proof(&PROVED.proof)),
    });
    std::fs::create_dir_all(std::path::Path::new(FILE).parent().unwrap()).unwrap();
    std::fs::write(FILE, format!("{}\n", serde_json::to_string_pretty(&file).unwrap())).unwrap();
}
