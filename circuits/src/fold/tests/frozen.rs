//! `tests/vectors/fold/v1.json`: a statement, its proof over the development powers, and the challenges. It must hold for
//! ever; a protocol that draws others is another version.

use super::super::rounds::Challenges;
use super::*;
use crate::srs::points::{decode_g1, encode_fr, encode_g1, encode_g2};
use crate::srs::{development, known};
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/fold/v1.json");

fn read() -> Value {
    serde_json::from_slice(&std::fs::read(FILE).unwrap()).unwrap()
}

fn integers<T: TryFrom<i64, Error: std::fmt::Debug>>(list: &Value) -> Vec<T> {
    list.as_array().unwrap().iter().map(|v| v.as_i64().unwrap().try_into().unwrap()).collect()
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap().try_into().unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

/// Tiles of each block of each fold.
fn tiles(file: &Value) -> Vec<Vec<Vec<G1Affine>>> {
    let point = |v: &Value| decode_g1(&bytes(v).try_into().unwrap()).unwrap();
    let block = |v: &Value| v["tiles"].as_array().unwrap().iter().map(point).collect();
    let folds = file["folds"].as_array().unwrap();
    folds.iter().map(|f| f["blocks"].as_array().unwrap().iter().map(block).collect()).collect()
}

fn statement<'a>(file: &Value, tiles: &'a [Vec<Vec<G1Affine>>]) -> Statement<'a> {
    let id = |name: &str| bytes(&file[name]).try_into().unwrap();
    let context =
        Context { srs: id("srs"), manifest: id("manifest"), receipt: id("receipt"), challenge: id("challenge") };
    let fold = |(f, tiles): (&Value, &'a Vec<Vec<G1Affine>>)| {
        let block = |(b, tiles): (&Value, &'a Vec<G1Affine>)| Block {
            chunk: number(&b["chunk"]) as u32,
            rows: number(&b["rows"]),
            tiles,
        };
        Fold {
            matrix: number(&f["matrix"]) as u32,
            width: number(&f["width"]),
            tile: number(&f["tile"]),
            blocks: f["blocks"].as_array().unwrap().iter().zip(tiles).map(block).collect(),
        }
    };
    let claim = |c: &Value| Claim { fold: number(&c["fold"]), x: integers(&c["x"]), acc: integers(&c["acc"]) };
    Statement {
        context,
        folds: file["folds"].as_array().unwrap().iter().zip(tiles).map(fold).collect(),
        claims: file["claims"].as_array().unwrap().iter().map(claim).collect(),
    }
}

fn challenges(k: &Challenges) -> Value {
    let hex = |v: &Fr| hex::encode(encode_fr(v));
    json!({
        "rho": hex(&k.rho), "delta": hex(&k.delta), "gamma": hex(&k.gamma),
        "z": hex(&k.z), "nu": hex(&k.nu), "e": hex(&k.e),
    })
}

#[test]
fn the_frozen_proof_gives_the_frozen_challenges_and_is_accepted() {
    let file = read();
    let tiles = tiles(&file);
    let statement = statement(&file, &tiles);
    let proof = Proof::decode(&bytes(&file["proof"]), &statement).unwrap();
    assert_eq!(challenges(&Challenges::draw(&statement, &proof).unwrap()), file["challenges"]);
    let power = |e: usize| Some(development::power2(e as u64));
    assert_eq!(verify(&statement, &power, &proof), Ok(()));
    assert_eq!(statement.context.srs, known::id(&development::tau2()));
}

/// Writes the file anew: on purpose only, with a new version of the protocol.
#[test]
#[ignore = "writes tests/vectors/fold/v1.json"]
fn make_the_frozen_proof() {
    let powers = development::powers(512);
    let mut world = World::new(&[(5, 3, 2), (300, 2, 256), (9, 3, 1)], 2026);
    for matrix in &mut world.matrices {
        matrix.tiles = naive::tiles(&powers, &matrix.rows, matrix.tile);
    }
    world.srs = powers;
    let mut stated = world.stated(&[(0, vec![0]), (1, vec![0, 1]), (2, vec![0])], &[1, 0, 2, 0], 2026);
    stated.statement.context = Context {
        srs: known::id(&development::tau2()),
        manifest: *blake3::hash(b"manifest").as_bytes(),
        receipt: *blake3::hash(b"receipt").as_bytes(),
        challenge: *blake3::hash(b"challenge").as_bytes(),
    };
    let proof = stated.prove();
    let s = &stated.statement;
    let fold = |f: &Fold<'_>| {
        let block = |b: &Block<'_>| {
            let tiles: Vec<String> = b.tiles.iter().map(|t| hex::encode(encode_g1(t))).collect();
            json!({ "chunk": b.chunk, "rows": b.rows, "tiles": tiles })
        };
        let blocks: Vec<Value> = f.blocks.iter().map(block).collect();
        json!({ "matrix": f.matrix, "width": f.width, "tile": f.tile, "blocks": blocks })
    };
    let folds = s.folds.iter().map(fold).collect::<Vec<_>>();
    let claims = s.claims.iter().map(|c| json!({ "fold": c.fold, "x": c.x, "acc": c.acc })).collect::<Vec<_>>();
    let power2 = |e: usize| (e.to_string(), json!(hex::encode(encode_g2(&development::power2(e as u64)))));
    let powers2: serde_json::Map<_, _> = s.widths().into_iter().chain([1]).map(power2).collect();
    let file = json!({
        "srs": hex::encode(s.context.srs), "manifest": hex::encode(s.context.manifest),
        "receipt": hex::encode(s.context.receipt), "challenge": hex::encode(s.context.challenge),
        "powers": powers2, "folds": folds, "claims": claims, "proof": hex::encode(proof.encode()),
        "challenges": challenges(&Challenges::draw(s, &proof).unwrap()),
    });
    std::fs::write(FILE, format!("{file}\n")).unwrap();
}
