//! Files that are cut short, padded, or that announce more than they hold.

use assay_model::model::Model;
use assay_model::wire::{FileKind, WireError};
use assay_tests::client::{Files, ask, pins, units};
use assay_tests::rig::Honest;
use assay_tests::rng::Rng;
use assay_tests::spread::spread;
use assay_tests::toy;
use assay_tests::trace::{Signed, signed};
use assay_verifier::{Code, Rejection};
use std::sync::LazyLock;

static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::small(), 1));
static CLAIM: LazyLock<Signed> = LazyLock::new(|| {
    let mut job = toy::job(&MODEL, 4, 3, 2);
    job.stop = vec![3, 200];
    signed(&MODEL, &job, &mut Honest)
});
static FILES: LazyLock<Files> = LazyLock::new(|| Files::new(&MODEL, &CLAIM, &ask(&CLAIM, units(3), &mut Rng::new(5))));

/// Code for the file of `kind` replaced by `bytes`.
fn code(kind: FileKind, bytes: Vec<u8>) -> Code {
    let mut files = FILES.clone();
    *files.get_mut(kind) = bytes;
    let Rejection { code, place } = files.verdict(&MODEL, &CLAIM.job.manifest, &pins()).expect_err("accepted");
    assert!(place.is_none(), "a damaged file has no place in the trace");
    code
}

fn file(kind: FileKind) -> Vec<u8> {
    FILES.clone().get_mut(kind).clone()
}

#[test]
fn the_files_themselves_are_accepted() {
    assert!(FILES.verdict(&MODEL, &CLAIM.job.manifest, &pins()).is_ok());
}

#[test]
fn a_file_cut_at_any_length_is_malformed() {
    for kind in FileKind::ALL {
        let bytes = file(kind);
        let lengths: Vec<usize> = (0..bytes.len()).collect();
        spread(&lengths, |&len| {
            let got = code(kind, bytes[..len].to_vec());
            let Code::Malformed(k, error) = got else { panic!("{} cut to {len}: {got:?}", kind.name()) };
            assert_eq!(k, kind);
            match len {
                0..=5 => assert_eq!(error, WireError::Kind(kind)),
                _ => assert!(
                    matches!(error, WireError::Truncated { .. } | WireError::Count { .. }),
                    "{} cut to {len}: {error:?}",
                    kind.name()
                ),
            }
        });
    }
}

#[test]
fn a_file_padded_by_any_number_of_bytes_is_malformed() {
    for kind in FileKind::ALL {
        for extra in (1..=70).chain([1024, 100_000]) {
            for fill in [0, 0xff] {
                let mut bytes = file(kind);
                bytes.resize(bytes.len() + extra, fill);
                assert_eq!(code(kind, bytes), Code::Malformed(kind, WireError::Trailing(extra)));
            }
        }
    }
}

/// Offset and value of every count of elements, by walking the layouts of `docs/wire.md`.
fn counts(kind: FileKind) -> Vec<(usize, u32)> {
    let bytes = file(kind);
    let at = |i: usize| u32::from_le_bytes(bytes[i..i + 4].try_into().expect("four bytes"));
    let list = |i: usize, size: usize| i + 4 + at(i) as usize * size;
    let fields = match kind {
        FileKind::Job => {
            let prompt = 7 + 32 + 8 + 20;
            vec![prompt, list(prompt, 4) + 13 + 32 + 4]
        }
        FileKind::Output => vec![7, list(7, 4)],
        FileKind::Proof => vec![7 + 32],
        FileKind::Manifest => {
            let architecture = 11;
            let tables = list(architecture, 1) + 32;
            let mut out = vec![architecture, tables];
            let mut next = tables + 4;
            for _ in 0..at(tables) {
                out.push(next);
                next = list(next, 1) + 32;
            }
            let factors = next + 12;
            let vocabulary = list(factors, 4);
            let tensors = list(vocabulary, 1);
            out.extend([factors, vocabulary, tensors]);
            next = tensors + 4;
            for _ in 0..at(tensors) {
                out.push(next);
                next = list(next, 1) + 4 + 16 + 4 + 32 + 4 + 32;
            }
            next += 1;
            out.push(next);
            next = list(next, 1);
            for _ in 0..at(tensors) {
                out.push(next + 4);
                next = list(next + 4, 32);
            }
            assert_eq!(next, bytes.len());
            out
        }
        _ => Vec::new(),
    };
    fields.into_iter().map(|i| (i, at(i))).collect()
}

#[test]
fn a_count_beyond_the_file_is_refused_at_the_count() {
    for kind in [FileKind::Job, FileKind::Output, FileKind::Manifest, FileKind::Proof] {
        for (at, _) in counts(kind) {
            for count in [u32::MAX, u32::MAX - 1, 1 << 31, (1 << 31) - 1, 1 << 30, 1 << 24] {
                let mut bytes = file(kind);
                bytes[at..at + 4].copy_from_slice(&count.to_le_bytes());
                let got = code(kind, bytes);
                let Code::Malformed(k, WireError::Count { at: place, count: named, .. }) = got else {
                    panic!("{} count at {at} set to {count}: {got:?}", kind.name())
                };
                assert_eq!((k, place, named), (kind, at, u64::from(count)));
            }
        }
    }
}

#[test]
fn a_count_that_is_off_by_one_is_malformed() {
    for kind in [FileKind::Job, FileKind::Output, FileKind::Manifest] {
        for (at, value) in counts(kind) {
            for count in [value.wrapping_sub(1), value + 1] {
                let mut bytes = file(kind);
                bytes[at..at + 4].copy_from_slice(&count.to_le_bytes());
                let got = code(kind, bytes);
                assert!(matches!(got, Code::Malformed(k, _) if k == kind), "{} at {at}: {got:?}", kind.name());
            }
        }
    }
}

#[test]
fn numbers_at_the_end_of_their_type_are_refused() {
    let set = |kind, at: usize, value: &[u8]| {
        let mut bytes = file(kind);
        bytes[at..at + value.len()].copy_from_slice(value);
        code(kind, bytes)
    };
    let value = |kind, what, at| Code::Malformed(kind, WireError::Value { what, at });
    for n in [0, 65_537, 1 << 31, u32::MAX] {
        let n = n.to_le_bytes();
        assert_eq!(set(FileKind::Receipt, 99, &n), value(FileKind::Receipt, "token_count", 284));
        assert_eq!(set(FileKind::Challenge, 72, &n), value(FileKind::Challenge, "policy", 80));
    }
    // Unit mode has no density.
    assert_eq!(set(FileKind::Challenge, 76, &[1]), value(FileKind::Challenge, "policy", 80));
    for n in [1 << 63, u64::MAX] {
        let n = n.to_le_bytes();
        assert_eq!(set(FileKind::Receipt, 39, &n), Code::BadSignature, "chain");
        assert_eq!(set(FileKind::Job, 39, &n), Code::WrongJob, "chain");
        let (name, len) = counts(FileKind::Manifest)[5 + MODEL.tables.digests().len()];
        assert_eq!(set(FileKind::Manifest, name + 4 + len as usize + 4, &n), Code::WrongModel, "columns");
    }
    for field in 0..8 {
        let at = 11 + 4 + "llama".len() + 4 * field;
        assert_eq!(set(FileKind::Manifest, at, &[255; 4]), value(FileKind::Manifest, "shape", 52));
        assert_eq!(set(FileKind::Manifest, at, &[0; 4]), value(FileKind::Manifest, "shape", 52));
    }
}

#[test]
fn a_job_has_one_form() {
    let sampling = counts(FileKind::Job)[0].0 + 4 + 4 * CLAIM.job.prompt.len();
    let stop = counts(FileKind::Job)[1].0 + 4;
    let set = |at: usize, values: &[u32], kind: Option<u8>| {
        let mut bytes = file(FileKind::Job);
        if let Some(kind) = kind {
            bytes[sampling] = kind;
        }
        for (to, from) in bytes[at..].iter_mut().zip(values.iter().flat_map(|v| v.to_le_bytes())) {
            *to = from;
        }
        code(FileKind::Job, bytes)
    };
    let value = |what, at| Code::Malformed(FileKind::Job, WireError::Value { what, at });
    let bad_sampling = value("sampling", sampling + 13);
    let draw = |temperature, top_p, kind| set(sampling + 1, &[temperature, 0, top_p], Some(kind));
    assert_eq!(draw(1, 1, 1), Code::WrongJob, "a valid draw, but another job");
    assert_eq!(draw(0, 0, 2), bad_sampling, "an unknown kind");
    assert_eq!(draw(1, 0, 0), bad_sampling, "greedy with a temperature");
    assert_eq!(draw(0, 1, 1), bad_sampling, "a draw at temperature 0");
    assert_eq!(draw(1, 0, 1), bad_sampling, "nothing to draw from");
    assert_eq!(draw(1, 65_537, 1), bad_sampling, "more than all to draw from");
    let end = file(FileKind::Job).len();
    assert_eq!(set(stop, &[200, 201], None), Code::WrongJob, "a valid stop set, but another job");
    assert_eq!(set(stop, &[200, 200], None), value("stop", end), "a stop token twice");
    assert_eq!(set(stop, &[201, 200], None), value("stop", end), "a stop set that descends");
}

#[test]
fn noise_is_malformed_in_every_place() {
    let rng = &mut Rng::new(11);
    for kind in FileKind::ALL {
        let valid = file(kind);
        for round in 0..300 {
            let len = rng.below(400) as usize;
            let mut noise: Vec<u8> = (0..len).map(|_| rng.word() as u8).collect();
            // Every second one behind a valid start, so that the noise is met by the fields and not by the magic.
            if round % 2 == 0 {
                noise.splice(0..0, valid[..valid.len().min(7 + round / 4)].iter().copied());
            }
            let got = code(kind, noise);
            let named = match got {
                Code::Malformed(k, _) => k == kind,
                // A valid start and exactly the right length: the values are wrong then.
                Code::WrongJob => kind == FileKind::Job,
                Code::BadSignature => kind == FileKind::Receipt,
                Code::TokenRoot | Code::ChainTip => kind == FileKind::Output,
                Code::WrongReceipt | Code::WrongChallenge => matches!(kind, FileKind::Challenge | FileKind::Proof),
                _ => false,
            };
            assert!(named, "{}: {got:?}", kind.name());
        }
    }
}

/// The verdict on an empty file.
pub fn empty(kind: FileKind) -> Code {
    code(kind, Vec::new())
}
