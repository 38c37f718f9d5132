//! Every code of the verifier is the verdict of at least one case.

use crate::case::Case;
use crate::{order, proofs, terms, units, weights};
use assay_circuits::fold::FoldError;
use assay_model::wire::FileKind;
use assay_verifier::{Code, Rejection};
use std::collections::BTreeSet;

/// Place of a code in the list below. The match is exhaustive: a new code does not compile until it stands here, and
/// then fails below until a case produces it.
fn number(code: &Code) -> usize {
    match code {
        Code::Malformed(FileKind::Manifest, _) => 0,
        Code::Malformed(FileKind::Job, _) => 1,
        Code::Malformed(FileKind::Receipt, _) => 2,
        Code::Malformed(FileKind::Output, _) => 3,
        Code::Malformed(FileKind::Challenge, _) => 4,
        Code::Malformed(FileKind::Proof, _) => 5,
        Code::BadSignature => 6,
        Code::WrongRig => 7,
        Code::WrongJob => 8,
        Code::Expired => 9,
        Code::WrongModel => 10,
        Code::BadJob => 11,
        Code::TokenCount => 12,
        Code::TokenRoot => 13,
        Code::TokenRange => 14,
        Code::BadStop => 15,
        Code::ChainTip => 16,
        Code::PositionsRoot => 17,
        Code::WrongReceipt => 18,
        Code::WrongChallenge => 19,
        Code::Opening => 20,
        Code::OutOfRange => 21,
        Code::WrongHeader => 22,
        Code::WrongWeights => 23,
        Code::WrongEmbed => 24,
        Code::WrongNorm => 25,
        Code::WrongLinear => 26,
        Code::WrongKv => 27,
        Code::WrongAttention => 28,
        Code::WrongPack => 29,
        Code::WrongAct => 30,
        Code::WrongMaximum => 31,
        Code::WrongSample => 32,
        Code::WrongPosition => 33,
        Code::NoFoldProof => 34,
        Code::Fold(FoldError::Length { .. }) => 35,
        Code::Fold(FoldError::Element { .. }) => 36,
        Code::Fold(FoldError::Equation) => 37,
        Code::WrongSettlementRoot => 38,
        // A statement is made from a manifest that was checked, and a challenge of the transcript is zero once in 2^254.
        Code::Fold(FoldError::Statement(_) | FoldError::ZeroChallenge | FoldError::Width(_)) => UNREACHED,
    }
}

const CODES: usize = 39;
const UNREACHED: usize = usize::MAX;

/// The cases of every module.
fn all() -> [&'static [Case]; 6] {
    [&terms::CASES, &units::CASES, &units::PROVED, &weights::CASES, &order::CASES, &proofs::CASES]
}

#[test]
fn every_code_is_the_verdict_of_a_case() {
    let sets = all();
    let got = sets.into_iter().flatten().filter_map(|c| c.got.err()).map(|r| r.code);
    // Damaged files have no single offset worth a case: `lengths` cuts them everywhere, and this is its shortest cut.
    let malformed = FileKind::ALL.map(crate::lengths::empty);
    let seen: BTreeSet<usize> = got.chain(malformed).map(|code| number(&code)).collect();
    let missing: Vec<usize> = (0..CODES).filter(|n| !seen.contains(n)).collect();
    assert!(missing.is_empty(), "no case produces code {missing:?}");
}

#[test]
fn names_are_distinct_and_a_rejection_says_what_and_where_in_one_line() {
    let sets = all();
    let mut names = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for rejection in sets.into_iter().flatten().filter_map(|c| c.got.err()) {
        if seen.insert(number(&rejection.code)) {
            assert!(names.insert(rejection.code.name()), "{} twice", rejection.code.name());
        }
        let text = rejection.to_string();
        assert!(text.starts_with(rejection.code.meaning()) && !text.contains('\n'), "{text}");
        let Rejection { place, .. } = rejection;
        assert!(place.is_none_or(|p| text.contains(&format!("position {}", p.position))), "{text}");
    }
}
