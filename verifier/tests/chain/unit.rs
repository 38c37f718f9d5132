//! A job whose contract draws a chunk of o, and the rig's answer: a true proof, with all that a contract looks at.

use super::{digest, hex, shape};
use assay_circuits::settlement::encoding::{encode_key, encode_scalar};
use assay_circuits::settlement::product::prove::{Holdings, commit_rows, prove, subject};
use assay_circuits::settlement::sample::{SCALARS, sample_with_rows};
use assay_circuits::settlement::{Linear, Shape, Unit, Witness, insecure_setup};
use assay_circuits::srs::development;
use assay_circuits::srs::points::{evm_g1, evm_g2};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_verifier::draw::Extent;
use assay_verifier::settlement::question::Question;
use assay_verifier::settlement::record::{Chunk, Record, circuit_id, key_leaf};
use assay_verifier::settlement::{draw, tree};
use assay_verifier::sign::keccak;
use serde_json::{Value, json};

/// Chunk 1 of o has four rows of twelve inputs.
const CONFIG: Config =
    Config { layers: 1, dim: 260, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 516, context: 64 };
const PROMPT_TOKENS: u32 = 3;
const TOKENS: u32 = 4;
const DRAWS: u32 = 8;
/// Step o of the only layer, and the chunk.
const DRAWN: (u32, u32) = (6, 1);

/// A draw of the chunk, at some position, for some receipt.
fn drawn() -> (Digest, Digest, u32, u32) {
    let (positions, tail_from) = (PROMPT_TOKENS + TOKENS - 1, PROMPT_TOKENS - 1);
    let extent = Extent { config: &CONFIG, positions, tail_from, last_token: 0 };
    let receipts = (0u32..).map(|i| keccak(&i.to_be_bytes()));
    let mut found = receipts.filter_map(|receipt| {
        let seed = draw::seed(&digest("randomness"), &digest("id"), &receipt);
        let units = draw::units(&seed, &extent, DRAWS);
        let number = units.iter().position(|(_, s, u)| (*s, *u) == DRAWN)?;
        Some((receipt, seed, u32::try_from(number).unwrap(), units[number].0))
    });
    found.next().unwrap()
}

/// Every leaf of the trace, those that the unit reads among them.
fn leaves(witness: &Witness, shape: &Shape) -> Vec<tree::Leaf> {
    let statement = witness.statement(shape);
    let unit = &statement.unit;
    let real = [
        (unit.input_step, statement.input_leaf),
        (unit.output_step, statement.output_leaf),
        (unit.residual_step, statement.residual_leaf.unwrap()),
    ];
    let positions = PROMPT_TOKENS + TOKENS - 1;
    let places = (0..positions).flat_map(|t| (0..CONFIG.step_count(t >= PROMPT_TOKENS - 1)).map(move |s| (t, s)));
    let leaf = |(t, s): (u32, u32)| {
        let own = real.iter().find(|(step, _)| t == unit.position && *step == s).map(|(_, leaf)| *leaf);
        let other = keccak(&[t.to_be_bytes(), s.to_be_bytes()].concat());
        let len = u32::try_from(CONFIG.shape(CONFIG.step(s).unwrap().kind).len).unwrap();
        tree::Leaf { job: witness.job, t, s, tokens: keccak(&other), leaf: own.unwrap_or(other), len }
    };
    places.map(leaf).collect()
}

/// All chunks of the model's linear steps; those that are not drawn have any commitment.
fn chunks(own: Chunk) -> Vec<Chunk> {
    let steps = (0..CONFIG.step_count(true)).filter(|s| CONFIG.step(*s).unwrap().kind.is_linear());
    let places = steps.flat_map(|s| (0..CONFIG.unit_count(CONFIG.step(s).unwrap().kind)).map(move |c| (s, c)));
    let other = |(step, chunk)| Chunk { step, chunk, exponent: 0, commitment: development::powers(1)[0] };
    places.map(|place| if place == (own.step, own.chunk) { own } else { other(place) }).collect()
}

pub fn unit() -> Value {
    let (receipt, seed, number, t) = drawn();
    let (of, mut witness, rows) = sample_with_rows(&CONFIG, StepKind::O, 1, SCALARS).unwrap();
    witness.unit =
        Unit { position: t, input_step: 5, output_step: 6, residual_step: 0, residual_kind: 0, ..witness.unit };
    let key = insecure_setup(&Linear { shape: &of, witness: &witness }, &[7; 32]).unwrap();

    // The record.
    let powers = development::powers(of.rows * of.width);
    let commitment = commit_rows(&powers, &rows).unwrap();
    let own = Chunk { step: 6, chunk: 1, exponent: witness.unit.exponent, commitment };
    let chunks = chunks(own);
    let chunk_index = chunks.iter().position(|c| *c == own).unwrap();
    let chunk_leaves: Vec<_> = chunks.iter().map(Chunk::leaf).collect();
    let powers2 = [development::tau2(), development::power2(u64::try_from(of.width).unwrap())];
    let words = [6, of.width, of.len, of.rows, of.depth, 0, 0].map(|n| u32::try_from(n).unwrap());
    let key_bytes = encode_key(&key.vk).try_into().unwrap();
    let keys = [digest("another key"), key_leaf(&circuit_id(0, words), &key_bytes, &powers2), digest("a third key")];
    let record = Record::new(digest("manifest"), digest("srs"), CONFIG, &chunk_leaves, &keys);

    // The trace.
    let leaves = leaves(&witness, &of);
    let hashes: Vec<_> = leaves.iter().map(tree::Leaf::hash).collect();
    let question = Question {
        id: digest("id"),
        job: witness.job,
        record: record.id(),
        receipt,
        settlement_root: tree::root(tree::SETTLEMENT, &hashes),
        seed,
        draw: number,
    };
    let opened = [5, 6, 0].map(|s| {
        let index = usize::try_from(tree::index(&CONFIG, PROMPT_TOKENS - 1, t, s)).unwrap();
        json!({
            "tokens": hex(leaves[index].tokens), "leaf": hex(leaves[index].leaf),
            "path": path(tree::SETTLEMENT, &hashes, index),
        })
    });

    let holdings = Holdings { powers: &powers, key: &key, rows: &rows };
    let (subject_of, proof) = prove(&holdings, &question.context(), &of, &mut witness, &[9; 32]).unwrap();
    assert_eq!(subject(&question.context(), &of, &witness, commitment), subject_of);
    let [x, y] = evm_g1(&commitment);
    json!({
        "question": {
            "id": hex(question.id), "jobDigest": hex(question.job), "record": hex(question.record),
            "receipt": hex(question.receipt), "settlementRoot": hex(question.settlement_root),
            "promptTokens": PROMPT_TOKENS, "tokens": TOKENS, "seed": hex(question.seed), "draw": number, "draws": DRAWS,
            "randomness": hex(digest("randomness")), "context": hex(question.context()),
        },
        "unit": [t, DRAWN.0, DRAWN.1],
        "record": {
            "manifest": hex(record.manifest), "srs": hex(record.srs), "shape": shape(&record.config),
            "chunksRoot": hex(record.chunks_root), "chunks": record.chunks, "keysRoot": hex(record.keys_root),
            "keys": record.keys,
        },
        "leaves": opened,
        "chunk": {
            "exponent": i32::from(own.exponent) + 128, "commitment": [hex(x), hex(y)], "index": chunk_index,
            "path": path(tree::CHUNKS, &chunk_leaves, chunk_index),
        },
        "key": {
            "key": hex(key_bytes), "tau": evm_g2(&powers2[0]).map(hex), "power": evm_g2(&powers2[1]).map(hex), "index": 1,
            "path": path(tree::KEYS, &keys, 1),
        },
        "accumulators": hex(encode_scalar(&subject_of.accumulators)),
        "proof": proof.words().iter().map(hex).collect::<Vec<_>>(),
    })
}

fn path(label: &str, leaves: &[Digest], index: usize) -> Vec<String> {
    tree::path(label, leaves, index).iter().map(hex).collect()
}
