//! A model's record: what it holds, that it is the same however its making was interrupted, and that damage is noticed.
//!
//! Keys of circuits are stood for by bytes here, since making them takes minutes; tests/contested makes some.

use assay_model::model::Model;
use assay_prover::commitments::partial::Partial;
use assay_prover::commitments::powers::{Powers, Source};
use assay_prover::commitments::widths;
use assay_prover::settlement::chunks::powers_needed;
use assay_prover::settlement::keys::{INSECURE_SEED, Keys};
use assay_prover::settlement::record::{Book, RecordError};
use assay_prover::settlement::setup::{Setup, Stage, done, of};
use assay_tests::toy;
use assay_verifier::settlement::circuits;
use assay_verifier::settlement::circuits::Kind;
use assay_verifier::settlement::record::{KEY_BYTES, Parameter};
use assay_verifier::settlement::tree::{self, CHUNKS, KEYS, PARAMETERS};
use std::path::Path;
use std::sync::LazyLock;

static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::small(), 1));
static POWERS: LazyLock<Powers> = LazyLock::new(|| {
    Source::Development.read(powers_needed(&MODEL.config), &widths(&MODEL.config)).expect("development powers")
});
const MANIFEST: [u8; 32] = [7; 32];

fn of_all() -> [u8; 32] {
    of(&MANIFEST, &[8; 32], &INSECURE_SEED)
}

/// Puts bytes where a set-up that was cut off keeps its keys.
fn keep_keys(folder: &Path) {
    let mut kept = Partial::open(&folder.join("keys.partial"), &of_all());
    for (number, _) in (0u32..).zip(circuits::all(&MODEL.config)) {
        kept.keep(number, &[[number as u8 + 1; 32]; KEY_BYTES / 32]);
    }
}

/// The record, the last stage of its making, and how many steps were there already.
fn made(folder: &Path) -> (Book, Stage, usize) {
    let keys = Keys::insecure(INSECURE_SEED, None);
    let setup = Setup { model: &MODEL, manifest: MANIFEST, powers: &POWERS, keys: &keys, of: of_all() };
    let mut last = Stage::Parameters;
    let (book, took) = setup.make(Some(folder), &mut |stage| last = stage).expect("a record");
    assert_eq!(took.resumed_keys, circuits::all(&MODEL.config).len());
    (book, last, took.resumed_steps)
}

#[test]
fn a_record_whose_making_was_cut_off_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    keep_keys(folder.path());
    let (first, last, resumed) = made(folder.path());
    let count = circuits::all(&MODEL.config).len() as u64;
    assert_eq!((last, resumed), (Stage::Keys(count - 1, count), 0));
    // Cut off before it was written: all chunks are there.
    let (second, _, resumed) = made(folder.path());
    let linear = (0..MODEL.config.step_count(true)).filter(|s| MODEL.config.step(*s).unwrap().kind.is_linear());
    assert_eq!(resumed, linear.count());
    assert_eq!(second.encode(), first.encode());
    // A part of the file of chunks.
    let path = folder.path().join("chunks.partial");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let (third, _, resumed) = made(folder.path());
    assert!(resumed > 0);
    assert_eq!(third.encode(), first.encode());
    done(folder.path());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn everything_of_a_record_opens_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    keep_keys(folder.path());
    let (book, ..) = made(folder.path());
    let r = &book.record;
    for (index, what) in Parameter::all(&MODEL.config).enumerate() {
        let placed = book.parameter(what).expect("a parameter");
        let root =
            tree::root_of_path(PARAMETERS, r.parameters.into(), index as u64, &what.leaf(&placed.value), &placed.path);
        assert_eq!(root, Some(r.parameters_root), "{what:?}");
    }
    for (index, (named, kind, key)) in book.keys().enumerate() {
        let placed = book.key(named).expect("a key");
        assert_eq!((placed.index as usize, &placed.value), (index, key));
        let powers = match kind {
            Kind::Linear(shape) => book.width_powers(shape.width),
            _ => None,
        };
        let leaf = assay_verifier::settlement::record::key_leaf(&named.id(), key, powers.as_ref());
        assert_eq!(tree::root_of_path(KEYS, r.keys.into(), index as u64, &leaf, &placed.path), Some(r.keys_root));
    }
    let first = book.chunk(2, 0).expect("the first chunk of qkv");
    assert_eq!(tree::root_of_path(CHUNKS, r.chunks.into(), 0, &first.value.leaf(), &first.path), Some(r.chunks_root));
    assert!(book.chunk(1, 0).is_none(), "a norm has no chunks");
}

#[test]
fn bytes_of_a_record_come_back_and_damage_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    keep_keys(folder.path());
    let (book, ..) = made(folder.path());
    let bytes = book.encode();
    let again = Book::decode(&bytes).expect("its own bytes");
    assert_eq!((again.record.clone(), again.encode()), (book.record.clone(), bytes.clone()));
    let damaged = |bytes: &[u8]| Book::decode(bytes).map(|b| b.record.id());
    for at in [0, 12, 13, 40, 60, bytes.len() / 2, bytes.len() - 1] {
        let mut other = bytes.clone();
        other[at] ^= 1;
        assert_eq!(damaged(&other), Err(RecordError::Damaged), "byte {at}");
    }
    assert_eq!(damaged(&bytes[..20]), Err(RecordError::Damaged));
    // Under a digest of their own, lists of other lengths are still seen.
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut body = bytes[..bytes.len() - 32].to_vec();
        change(&mut body);
        let digest = *blake3::hash(&body).as_bytes();
        body.extend(digest);
        damaged(&body)
    };
    // The first of the dimensions stands behind magic and manifest: a layer more has more chunks.
    assert_eq!(with(&|body| body[13 + 32] += 1), Err(RecordError::Count("chunks")));
    assert!(matches!(with(&|body| body.push(0)), Err(RecordError::Wire(_))));
    assert!(matches!(with(&|body| body.truncate(body.len() - 32)), Err(RecordError::Wire(_))));
    assert_eq!(
        with(&|body| {
            let at = body.len() - 32;
            body[at..].fill(0xff)
        }),
        Err(RecordError::Damaged),
        "no scalar"
    );
}
