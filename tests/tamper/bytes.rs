//! Every byte of every file, changed.

use assay_model::model::Model;
use assay_model::wire::{FileKind, WireError};
use assay_tests::client::{Files, ask, columns, pins, units};
use assay_tests::forge;
use assay_tests::public;
use assay_tests::rig::Honest;
use assay_tests::rng::Rng;
use assay_tests::toy;
use assay_tests::trace::{Signed, signed};
use assay_verifier::challenge::Policy;
use assay_verifier::{Answer, Challenge, Code, Rejection, audit, draw};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::small(), 1));
static CLAIM: LazyLock<Signed> = LazyLock::new(|| {
    let mut job = toy::job(&MODEL, 4, 3, 2);
    job.stop = vec![3, 200];
    signed(&MODEL, &job, &mut Honest)
});

fn challenge(policy: Policy) -> Challenge {
    ask(&CLAIM, policy, &mut Rng::new(5))
}

/// Verdicts of `check` for every byte of `bytes` under every mask; a panic is reported with its byte. On threads of their
/// own: one of a pool would take up another flip while it waits inside a verdict, and another inside that.
fn flips(bytes: &[u8], masks: &[u8], check: impl Fn(usize, Vec<u8>) + Sync) {
    let all: Vec<(usize, u8)> = (0..bytes.len()).flat_map(|at| masks.iter().map(move |&m| (at, m))).collect();
    let one = |&(at, mask): &(usize, u8)| {
        let mut changed = bytes.to_vec();
        changed[at] ^= mask;
        let done = catch_unwind(AssertUnwindSafe(|| check(at, changed)));
        assert!(done.is_ok(), "byte {at} of {} xor {mask:#04x}: see above", bytes.len());
    };
    std::thread::scope(|scope| {
        for part in all.chunks(all.len().div_ceil(rayon::current_num_threads()).max(1)) {
            scope.spawn(|| part.iter().for_each(one));
        }
    });
}

const ALL_BITS: [u8; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 255];

/// Checks every flip of the file of `kind`: `want` gives the acceptable code names by offset.
fn file(kind: FileKind, want: impl Fn(usize) -> &'static [&'static str] + Sync) {
    let mut files = Files::new(&MODEL, &CLAIM, &challenge(units(2)));
    let id = public::manifest(&MODEL).id();
    let bytes = files.get_mut(kind).clone();
    let files = files;
    flips(&bytes, &ALL_BITS, |at, changed| {
        let mut files = files.clone();
        *files.get_mut(kind) = changed;
        let got = files.verdict(&MODEL, &id, &pins()).expect_err("accepted").code;
        match at {
            0..=5 => assert_eq!(got, Code::Malformed(kind, WireError::Kind(kind))),
            6 => assert!(matches!(got, Code::Malformed(k, WireError::Version(_)) if k == kind), "{got:?}"),
            _ => assert!(want(at).contains(&got.name()), "byte {at}: {got:?}"),
        }
    });
}

fn within(at: usize, range: Range<usize>) -> bool {
    range.contains(&at)
}

#[test]
fn no_bit_of_a_receipt_can_change() {
    // job, chain, contract, tokens_root stand before token_count.
    let count = 7 + 32 + 8 + 20 + 32;
    file(FileKind::Receipt, |at| {
        if within(at, count..count + 4) { &["bad-signature", "malformed-receipt"] } else { &["bad-signature"] }
    });
}

#[test]
fn no_bit_of_a_challenge_can_change() {
    file(FileKind::Challenge, |at| match at {
        7..39 => &["wrong-receipt"],
        39..71 => &["wrong-challenge"],
        _ => &["wrong-challenge", "malformed-challenge"],
    });
}

#[test]
fn no_bit_of_a_job_can_change() {
    file(FileKind::Job, |_| &["wrong-job", "malformed-job"]);
}

#[test]
fn no_bit_of_a_manifest_can_change() {
    file(FileKind::Manifest, |_| &["wrong-model", "malformed-manifest"]);
}

#[test]
fn no_bit_of_an_output_can_change() {
    let tokens = 11..11 + 4 * CLAIM.output.tokens.len();
    let positions = tokens.end + 4..usize::MAX;
    file(FileKind::Output, |at| {
        if within(at, tokens.clone()) {
            &["token-root"]
        } else if within(at, positions.clone()) {
            &["chain-tip"]
        } else {
            &["malformed-output"]
        }
    });
}

/// Where the parts of the positions end in the body of an answer: found by building it for ever more positions.
fn sections(challenge: &Challenge) -> Vec<(usize, u32)> {
    let claim = CLAIM.claim();
    let config = &MODEL.config;
    let needs = claim.needs(config, &draw::draw(challenge, &claim.extent(config)));
    let positions: Vec<u32> = needs.keys().copied().collect();
    let body = |upto: &u32| {
        let part = needs.range(..=upto).map(|(t, steps)| (*t, steps.clone())).collect();
        assay_verifier::answer::build([0; 32], &part, &*CLAIM, &*MODEL).body.len()
    };
    positions.iter().map(|t| (body(t), *t)).collect()
}

/// Bytes before the body: file header, challenge, length of the disclosure.
const BODY: usize = 39 + 4;

/// Every byte of an answer to this policy, for a client with the weights.
fn answer(policy: Policy, masks: &[u8]) {
    let challenge = challenge(policy);
    let bytes = CLAIM.answer(&MODEL, &challenge).encode();
    let sections = sections(&challenge);
    assert_eq!(BODY + sections.last().expect("a position").0, bytes.len());
    let position = |at: usize| sections.iter().find(|(end, _)| at - BODY < *end).expect("within the body").1;
    flips(&bytes, masks, |at, changed| {
        let got = Answer::decode(&changed)
            .map_err(|e| Rejection::malformed(FileKind::Proof, e))
            .and_then(|answer| audit::challenge(&MODEL, &CLAIM.claim(), &challenge, &answer));
        let got = got.expect_err("accepted");
        match at {
            0..=5 => assert_eq!(got, Rejection::malformed(FileKind::Proof, WireError::Kind(FileKind::Proof))),
            6 => assert_eq!(got, Rejection::malformed(FileKind::Proof, WireError::Version(changed[6]))),
            7..39 => assert_eq!(got, Rejection::whole(Code::WrongChallenge)),
            // A length that takes some of the body away.
            39..BODY => assert!(["malformed-proof", "opening"].contains(&got.code.name()), "{got}"),
            // Accumulators are the rig's word: they are compared with the weights, or leave their bounds.
            _ if got.code == Code::WrongLinear => assert_eq!(got.place.map(|p| p.position), Some(position(at))),
            _ if got.code.name() == "malformed-proof" => assert!(got.place.is_none()),
            _ => assert_eq!(got, Rejection::position(Code::Opening, position(at))),
        }
    });
}

#[test]
fn no_bit_of_a_small_answer_can_change() {
    answer(units(1), &ALL_BITS);
}

#[test]
fn no_byte_of_an_answer_for_a_column_can_change() {
    answer(columns(1), &[0x10]);
}

#[test]
fn no_byte_of_an_answer_for_scattered_units_can_change() {
    answer(units(12), &[0x81]);
}

/// Every byte of an answer to this policy, for a client without weights.
fn proved(policy: Policy, masks: &[u8]) {
    let challenge = challenge(policy);
    let published = public::published(&MODEL);
    let answer = forge::answer(&MODEL, &published, &CLAIM, &challenge);
    let check = |answer: &Answer| audit::proved(published.public(), &CLAIM.claim(), &challenge, answer);
    assert!(check(&answer).is_ok());
    let disclosure = BODY + answer.disclosure.len();
    flips(&answer.encode(), masks, |at, changed| {
        let got =
            Answer::decode(&changed).map_err(|e| Rejection::malformed(FileKind::Proof, e)).and_then(|a| check(&a));
        let got = got.expect_err("accepted").code.name();
        let want: &[&str] = match at {
            0..=6 => &["malformed-proof"],
            7..39 => &["wrong-challenge"],
            // A length that moves the border between disclosure and body.
            39..BODY => &["malformed-proof", "opening", "fold-length", "no-fold-proof"],
            _ if at < disclosure => &["wrong-weights", "fold-element", "fold-equation"],
            // Other accumulators that round alike are still not those of the weights.
            _ => &["opening", "malformed-proof", "wrong-linear", "fold-equation"],
        };
        assert!(want.contains(&got), "byte {at}: {got}");
    });
}

#[test]
fn no_byte_of_a_proved_answer_for_a_column_can_change() {
    proved(columns(1), &[0x40]);
}

#[test]
fn no_byte_of_a_proved_answer_for_scattered_units_can_change() {
    proved(units(12), &[0x04]);
}
