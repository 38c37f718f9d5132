//! What a client without weights reads of strangers: fold proofs, whole answers, and the points of a manifest.

use super::bytes::{Bytes, readable};
use ark_bn254::G1Affine;
use ark_ec::AffineRepr;
use assay_circuits::fold::{self, Block, Claim as Product, Context, Fold, FoldError, Proof, Statement};
use assay_circuits::srs::development;
use assay_circuits::srs::ptau::{self, Keep};
use assay_circuits::srs::widths::Widths;
use assay_model::manifest::Manifest;
use assay_verifier::audit::{self, Claim};
use assay_verifier::public::PublicModel;
use assay_verifier::{Answer, Challenge, Job, Output, Receipt};
use std::io::Cursor;
use std::sync::OnceLock;

/// The honest answer of `tests/vectors/answer/units`, and all that a client checks it with.
pub struct Vector {
    public: PublicModel,
    job: Job,
    receipt: Receipt,
    output: Output,
    challenge: Challenge,
    /// The file.
    pub answer: Vec<u8>,
    fold_proof: usize,
    powers: Vec<u8>,
}

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/vectors/answer/units/", $name))
    };
}

/// The vector, read once.
pub fn vector() -> &'static Vector {
    static VECTOR: OnceLock<Vector> = OnceLock::new();
    VECTOR.get_or_init(|| {
        let manifest = Manifest::decode(file!("model.manifest")).expect("a manifest");
        let answer = file!("job.proof").to_vec();
        let decoded = Answer::decode(&answer).expect("an answer");
        let mut vector = Vector {
            public: PublicModel::new(&manifest).expect("a manifest to check with"),
            job: Job::decode(file!("job.job")).expect("a job"),
            receipt: Receipt::decode(file!("job.receipt")).expect("a receipt"),
            output: Output::decode(file!("job.output")).expect("an output"),
            challenge: Challenge::decode(file!("job.challenge")).expect("a challenge"),
            fold_proof: 0,
            powers: manifest.commitments.expect("commitments").powers,
            answer,
        };
        let (_, _, proof) =
            audit::stated(&vector.public, &vector.claim(), &vector.challenge, &decoded).expect("stated");
        vector.fold_proof = vector.answer.len() - decoded.body.len() - proof.encode().len();
        vector
    })
}

impl Vector {
    /// Points of its manifest.
    pub fn powers(&self) -> &[u8] {
        &self.powers
    }

    fn claim(&self) -> Claim<'_> {
        Claim { receipt: &self.receipt, job: &self.job, output: &self.output }
    }
}

/// Edits of a valid answer. Only the unchanged one is accepted. Where nothing but the equations is left to refuse an answer,
/// they are tried for one in 256.
pub fn proved(data: &[u8]) {
    let vector = vector();
    let bytes = edited(vector, Bytes(data));
    let Ok(answer) = Answer::decode(&bytes) else { return };
    assert_eq!(answer.encode(), bytes, "an answer has one form");
    let unchanged = bytes == vector.answer;
    let claim = vector.claim();
    let verdict = match audit::stated(&vector.public, &claim, &vector.challenge, &answer) {
        Ok(_) if !seldom(data) => return,
        Ok(_) => audit::proved(&vector.public, &claim, &vector.challenge, &answer),
        Err(rejection) => Err(rejection),
    };
    match verdict {
        Ok(_) => assert!(unchanged, "another answer was accepted"),
        Err(rejection) => {
            assert!(!unchanged, "the valid answer was refused: {rejection}");
            readable(rejection);
        }
    }
}

/// Up to eight edits: where, and what.
fn edited(vector: &Vector, mut b: Bytes<'_>) -> Vec<u8> {
    let mut bytes = vector.answer.clone();
    for _ in 0..8 {
        if b.0.is_empty() {
            break;
        }
        let how = b.u8();
        // The fold proof is tried last by a check and costs a pairing: one edit in 32.
        let start = if how & 31 == 31 { vector.fold_proof.min(bytes.len() - 1) } else { 0 };
        let at = start + b.below((bytes.len() - start) as u32) as usize;
        let from = b.below(bytes.len() as u32) as usize;
        let run = at..bytes.len().min(at + 32);
        let copied = from..from + 32.min(bytes.len() - from.max(at));
        match how >> 5 {
            0 => bytes[at] ^= b.u8().max(1),
            1 => bytes[at] = b.u8(),
            2 => bytes.truncate(at),
            3 => bytes.extend_from_slice(b.take(64)),
            4 => bytes.copy_within(copied, at),
            5 => drop(bytes.splice(run, b.array::<32>())),
            6 => drop(bytes.drain(run)),
            _ => drop(bytes.splice(at..at, b.take(8).iter().copied())),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// One input in 256, whatever a fuzzer that looks for more code would like.
fn seldom(data: &[u8]) -> bool {
    blake3::hash(data).as_bytes().first() == Some(&0)
}

/// A statement that is false: a row of ones times one is five.
fn statement(tiles: &[G1Affine]) -> Statement<'_> {
    let context = Context { srs: [1; 32], manifest: [2; 32], receipt: [3; 32], challenge: [4; 32] };
    let blocks = vec![Block { chunk: 0, rows: 1, tiles }];
    Statement {
        context,
        folds: vec![Fold { matrix: 0, width: 2, tile: 1, blocks }],
        claims: vec![Product { fold: 0, x: vec![1, 0], acc: vec![5] }],
    }
}

/// A fold proof of a statement of one product: a decoded one encodes to the same bytes and proves nothing. The equations,
/// which take a hundred times as long as decoding, are tried for one input in 256.
pub fn fold_proof(data: &[u8]) {
    // The row (1, 0), whatever tau is.
    let tiles = [G1Affine::generator()];
    let statement = statement(&tiles);
    match Proof::decode(data, &statement) {
        Ok(proof) => {
            assert_eq!(proof.encode(), data, "a proof has one form");
            if seldom(data) {
                let verdict = fold::verify(&statement, &|e| Some(development::power2(e as u64)), &proof);
                assert_eq!(verdict, Err(FoldError::Equation));
            }
        }
        Err(error) => readable(error),
    }
}

/// Points of a manifest: they decode to what encodes to the same bytes. The chain is followed for one input in 256.
pub fn widths(data: &[u8]) {
    match Widths::decode(data) {
        Ok(widths) => {
            assert_eq!(widths.encode(), data, "a chain has one form");
            if seldom(data)
                && let Err(error) = widths.verify()
            {
                readable(error);
            }
        }
        Err(error) => readable(error),
    }
}

/// A ceremony's file.
pub fn powers_of_tau(data: &[u8]) {
    let keep = Keep { g1: 2, g2: [1].into() };
    match ptau::read(&mut Cursor::new(data), &keep, &mut |_, _| {}) {
        Ok(powers) => assert!(powers.g1.len() == 2 && powers.g1[0] == G1Affine::generator()),
        Err(error) => readable(error),
    }
}
