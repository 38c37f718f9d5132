//! `tests/vectors/chain`: what Rust and Solidity must compute alike. Here they are made and compared with what the crate
//! computes; the tests of `contracts` read the same files.

#![allow(missing_docs, reason = "a test binary")]

#[path = "chain/unit.rs"]
mod unit;

use ark_bn254::{Fr, G1Affine, G2Affine};
use assay_circuits::srs::development;
use assay_circuits::srs::points::{evm_g1, evm_g2};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_verifier::Receipt;
use assay_verifier::draw::Extent;
use assay_verifier::job::Settlement;
use assay_verifier::settlement::record::{Chunk, Leaves, Parameter, Record, circuit_id, key_leaf};
use assay_verifier::settlement::terms::{Acknowledgement, Terms};
use assay_verifier::settlement::{draw, tree};
use assay_verifier::sign::{self, RigKey, keccak};
use serde_json::{Value, json};
use std::path::PathBuf;

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

/// Every file, as this version makes it.
fn made() -> [(&'static str, Value); 7] {
    [
        ("typed", typed()),
        ("draws", draws()),
        ("settlement", settlement()),
        ("record", record()),
        ("groth16", groth16()),
        ("unit", unit::small()),
        ("head", unit::head()),
    ]
}

#[test]
fn the_vectors_of_the_contracts_are_what_the_library_computes() {
    for (name, value) in made() {
        let file = vectors().join("chain").join(name).with_extension("json");
        let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(kept, value, "{name}: if the change is meant, make the vectors anew");
    }
}

#[test]
#[ignore = "writes tests/vectors/chain"]
fn make_the_vectors() {
    std::fs::create_dir_all(vectors().join("chain")).unwrap();
    for (name, value) in made() {
        let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
        std::fs::write(vectors().join("chain").join(name).with_extension("json"), text).unwrap();
    }
}

/// A chunk of SmolLM2-135M in a job of 1,000 tokens: a minute of two cores, so it is not made anew in every run.
#[test]
#[ignore = "writes tests/vectors/chain/smollm2.json"]
fn make_the_vector_of_smollm2() {
    let text = serde_json::to_string_pretty(&unit::smollm2()).unwrap() + "\n";
    std::fs::write(vectors().join("chain/smollm2.json"), text).unwrap();
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn digest(name: &str) -> Digest {
    keccak(name.as_bytes())
}

fn amount(v: u64) -> [u8; 12] {
    let mut out = [0; 12];
    out[4..].copy_from_slice(&v.to_be_bytes());
    out
}

/// Terms, receipt and acknowledgement with their digests and signatures.
fn typed() -> Value {
    let (rig, client) = (RigKey::from_bytes(&[7; 32]).unwrap(), RigKey::from_bytes(&[9; 32]).unwrap());
    let settlement = Settlement { chain: 31_337, contract: [0x5a; 20] };
    let terms = Terms {
        client: client.address(),
        rig: rig.address(),
        job: digest("job"),
        manifest: digest("manifest"),
        record: digest("record"),
        verifier: [0xde, 0xad, 0xbe, 0xef],
        prompt: digest("prompt"),
        prompt_tokens: 17,
        max_tokens: 128,
        draws: 33,
        price_per_token: amount(1_000_000_007),
        proof_fee: amount(5_000_000_000_000_003),
        stake: amount(9_000_000_000_000_000_001),
        commit_by: 1_800_000_600,
        acknowledge_by: 1_800_001_200,
        prove_by: 1_800_100_000,
    };
    let mut receipt = Receipt {
        job: terms.job,
        settlement,
        tokens_root: digest("tokens"),
        token_count: 40,
        tip: digest("tip"),
        positions_root: digest("positions"),
        settlement_root: digest("settlement"),
        rig: [0; 20],
        signature: [0; 65],
    };
    rig.sign(&mut receipt);
    let acknowledgement =
        Acknowledgement { id: terms.id(&settlement), receipt: sign::receipt_hash(&receipt), tokens: 39 };
    let taken = acknowledgement.digest(&settlement);
    json!({
        "chain": settlement.chain,
        "contract": hex(settlement.contract),
        "terms": {
            "client": hex(terms.client), "rig": hex(terms.rig), "jobDigest": hex(terms.job),
            "manifest": hex(terms.manifest), "record": hex(terms.record), "verifier": hex(terms.verifier),
            "prompt": hex(terms.prompt), "promptTokens": terms.prompt_tokens,
            "maxTokens": terms.max_tokens, "draws": terms.draws, "pricePerToken": 1_000_000_007u64, "proofFee": 5_000_000_000_000_003u64,
            "stake": 9_000_000_000_000_000_001u64, "commitBy": terms.commit_by, "acknowledgeBy": terms.acknowledge_by,
            "proveBy": terms.prove_by,
            "id": hex(acknowledgement.id),
        },
        "receipt": {
            "job": hex(receipt.job), "tokensRoot": hex(receipt.tokens_root), "tokenCount": receipt.token_count,
            "tip": hex(receipt.tip), "positionsRoot": hex(receipt.positions_root),
            "settlementRoot": hex(receipt.settlement_root), "rig": hex(receipt.rig),
            "hash": hex(acknowledgement.receipt), "digest": hex(sign::receipt_digest(&receipt)),
            "signature": hex(receipt.signature),
        },
        "acknowledgement": {
            "tokens": acknowledgement.tokens, "digest": hex(taken), "signature": hex(client.sign_digest(&taken)),
        },
    })
}

/// Shapes with and without incomplete chunks, and that of SmolLM2-135M.
fn configs() -> [(Config, u32, u32); 4] {
    let small = Config { layers: 2, dim: 64, heads: 4, kv_heads: 2, head_dim: 8, ffn: 272, vocab: 272, context: 64 };
    let large = Config { layers: 3, dim: 320, heads: 4, kv_heads: 2, head_dim: 32, ffn: 600, vocab: 700, context: 64 };
    let one = Config { layers: 1, dim: 1, heads: 1, kv_heads: 1, head_dim: 2, ffn: 1, vocab: 1, context: 1 };
    let smollm2 =
        Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 };
    [(small, 12, 7), (large, 30, 0), (one, 1, 0), (smollm2, 65_536, 60_000)]
}

fn shape(c: &Config) -> Value {
    json!([c.layers, c.dim, c.heads, c.kv_heads, c.head_dim, c.ffn, c.vocab, c.context])
}

fn draws() -> Value {
    let cases = configs().map(|(config, positions, tail_from)| {
        let (randomness, id, receipt) = (digest("randomness"), digest("id"), keccak(&positions.to_be_bytes()));
        let seed = draw::seed(&randomness, &id, &receipt);
        let extent = Extent { config: &config, positions, tail_from, last_token: config.vocab - 1 };
        let flat = |units: Vec<(u32, u32, u32)>| units.into_iter().flat_map(|(t, s, u)| [t, s, u]).collect::<Vec<_>>();
        json!({
            "shape": shape(&config), "positions": positions, "tailFrom": tail_from, "lastToken": extent.last_token,
            "randomness": hex(randomness), "id": hex(id), "receipt": hex(receipt), "seed": hex(seed),
            "units": flat(draw::units(&seed, &extent, 200)), "always": flat(draw::always(&extent)),
        })
    });
    json!({ "cases": cases })
}

/// All leaves of a trace of the smallest shape, and the paths of some.
fn settlement() -> Value {
    let (config, positions, tail_from) = configs()[0].clone();
    let places = (0..positions).flat_map(|t| (0..config.step_count(t >= tail_from)).map(move |s| (t, s)));
    let leaves: Vec<_> = places
        .map(|(t, s)| {
            let salt = keccak(&[t.to_be_bytes(), s.to_be_bytes()].concat());
            let tokens = tree::tokens(&salt, t, t + 1);
            (salt, tree::Leaf { job: digest("job"), t, s, tokens, leaf: keccak(&salt), len: 64 + s })
        })
        .collect();
    let hashes: Vec<_> = leaves.iter().map(|(_, leaf)| leaf.hash()).collect();
    let root = tree::root(tree::SETTLEMENT, &hashes);
    assert_eq!(hashes.len() as u64, tree::count(&config, tail_from, positions));
    let opened = [0, 1, 100, 147, 200, hashes.len() - 2, hashes.len() - 1].map(|i| {
        let (salt, leaf) = &leaves[i];
        assert_eq!(tree::index(&config, tail_from, leaf.t, leaf.s), i as u64);
        json!({
            "job": hex(leaf.job), "t": leaf.t, "s": leaf.s, "salt": hex(salt), "tokenIn": leaf.t,
            "tokenOut": leaf.t + 1, "leaf": hex(leaf.leaf), "len": leaf.len, "hash": hex(hashes[i]),
            "path": tree::path(tree::SETTLEMENT, &hashes, i).iter().map(hex).collect::<Vec<_>>(),
        })
    });
    json!({
        "shape": shape(&config), "positions": positions, "tailFrom": tail_from, "root": hex(root), "opened": opened,
    })
}

/// A record of some chunks and keys, and the path of a chunk.
fn record() -> Value {
    let points = development::powers(7);
    let chunks: Vec<_> = (0u32..)
        .zip(&points)
        .map(|(i, p)| Chunk { step: 2 + i / 3, chunk: i % 3, exponent: [-128, 0, 127][i as usize % 3], commitment: *p })
        .collect();
    let leaves: Vec<_> = chunks.iter().map(Chunk::leaf).collect();
    let powers = [development::tau2(), development::power2(64)];
    let circuit = |i| circuit_id(i, &[2, 64, 256, 256, 0, 0, 0]);
    let keys = [key_leaf(&circuit(0), &[7; 704], Some(&powers)), key_leaf(&circuit(1), &[7; 704], None)];
    let config = configs()[0].0.clone();
    let parameters: Vec<_> = Parameter::all(&config).map(|p| p.leaf(&p.leaf(&[0; 32]))).collect();
    let of = Leaves { chunks: &leaves, keys: &keys, parameters: &parameters };
    let record = Record::new(digest("manifest"), digest("srs"), config, &of);
    let (index, chunk) = (5, chunks[5]);
    let [x, y] = evm_g1(&chunk.commitment);
    json!({
        "manifest": hex(record.manifest), "srs": hex(record.srs), "shape": shape(&record.config),
        "chunksRoot": hex(record.chunks_root), "chunks": record.chunks, "keysRoot": hex(record.keys_root),
        "keys": record.keys, "parametersRoot": hex(record.parameters_root), "parameters": record.parameters,
        "id": hex(record.id()),
        "chunk": {
            "step": chunk.step, "chunk": chunk.chunk, "exponent": i32::from(chunk.exponent) + 128, "x": hex(x), "y": hex(y),
            "index": index, "path": tree::path(tree::CHUNKS, &leaves, index).iter().map(hex).collect::<Vec<_>>(),
        },
    })
}

/// A Groth16 key whose secrets are known, and a proof made with them: it holds though there is no circuit.
fn groth16() -> Value {
    let (g, h) = (development::powers(1)[0], development::power2(0));
    let g1 = |k: Fr| evm_g1(&G1Affine::from(g * k)).map(hex);
    let g2 = |k: Fr| evm_g2(&G2Affine::from(h * k)).map(hex);
    let [alpha, beta, gamma, delta, a, b] = [3u64, 5, 7, 11, 1 << 40, 1 << 50].map(Fr::from);
    let keys = [13u64, 17, 19, 23].map(Fr::from);
    let inputs = [1u64 << 60, 0, 12_345];
    let sum = keys[0] + keys[1] * Fr::from(inputs[0]) + keys[2] * Fr::from(inputs[1]) + keys[3] * Fr::from(inputs[2]);
    let c = (a * b - alpha * beta - gamma * sum) / delta;
    json!({
        "alpha": g1(alpha), "beta": g2(beta), "gamma": g2(gamma), "delta": g2(delta),
        "keys": keys.map(g1).concat(), "inputs": inputs, "a": g1(a), "b": g2(b), "c": g1(c),
    })
}
