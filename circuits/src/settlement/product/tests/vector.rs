//! `tests/vectors/chain/product.json`: a subject, a key and a proof with their challenges, for the contract's side. It holds as
//! long as circuit and transcript do.

use super::*;
use crate::settlement::encoding::encode_key;
use crate::settlement::product::rounds::scalar_word;
use crate::srs::points::{evm_g1, evm_g2};
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/chain/product.json");

fn word(word: &[u8; 32]) -> String {
    format!("0x{}", hex::encode(word))
}

fn scalar(scalar: &Fr) -> String {
    word(&scalar_word(scalar))
}

fn described(p: &Proved) -> Value {
    let drawn = Challenges::draw(&p.subject, &p.proof).unwrap();
    let statement = p.witness.statement(&p.shape);
    let subject = &p.subject;
    let challenges = [drawn.rho, drawn.gamma, drawn.z, drawn.nu, drawn.beta, drawn.e].map(|c| scalar(&c));
    json!({
        "context": word(&subject.context),
        "commitment": evm_g1(&subject.commitment).map(|w| word(&w)),
        "width": subject.width,
        "unit": scalar(&subject.unit),
        "leaves": [word(&subject.input_leaf), word(&subject.output_leaf), word(&subject.residual_leaf.unwrap())],
        "job": word(&subject.job),
        "accumulators": scalar(&subject.accumulators),
        "tau": evm_g2(&p.powers2().tau).map(|w| word(&w)),
        "power": evm_g2(&p.powers2().width).map(|w| word(&w)),
        "key": format!("0x{}", hex::encode(encode_key(&p.key.vk))),
        "proof": p.proof.words().iter().map(word).collect::<Vec<_>>(),
        "challenges": challenges,
        "fields": statement.fields(&p.shape).iter().map(scalar).collect::<Vec<_>>(),
    })
}

#[test]
fn the_frozen_proof_is_the_one_that_is_made() {
    let file: Value = serde_json::from_slice(&std::fs::read(FILE).unwrap()).unwrap();
    let made = described(&PROVED);
    for (name, value) in file.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
}

/// Writes the file anew: on purpose only, with a new circuit or transcript.
#[test]
#[ignore = "writes tests/vectors/chain/product.json"]
fn make_the_frozen_proof() {
    let text = serde_json::to_string_pretty(&described(&PROVED)).unwrap();
    std::fs::write(FILE, format!("{text}\n")).unwrap();
}
