//! What is disclosed and proved to a client without weights, altered or taken from elsewhere.

use crate::case::{Case, HONEST, MODEL, assert_all, column};
use assay_circuits::fold::{Context, FoldError};
use assay_circuits::srs::points::{PointError, decode_g1, encode_g1};
use assay_circuits::srs::{development, known};
use assay_circuits::tree;
use assay_model::domain::Digest;
use assay_model::program::{Step, StepKind, Unit};
use assay_model::wire::{FileKind, WireError};
use assay_prover::cpu::platform::Tier;
use assay_prover::disclose::disclose;
use assay_tests::client::{ask, columns, units};
use assay_tests::forge;
use assay_tests::public::{Published, published};
use assay_tests::rig::Honest;
use assay_tests::rng::Rng;
use assay_tests::toy;
use assay_tests::trace::{Signed, signed};
use assay_verifier::answer::{self, Source};
use assay_verifier::parameters::Parameters;
use assay_verifier::{Answer, Challenge, Code, Rejection, audit, draw};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// Position of the column that is drawn.
const T: u32 = 6;

static PUBLISHED: LazyLock<Arc<Published>> = LazyLock::new(|| published(&MODEL));
static COLUMN: LazyLock<Challenge> = LazyLock::new(|| column(&HONEST, T));
static ANSWER: LazyLock<Answer> = LazyLock::new(|| forge::answer(&MODEL, &PUBLISHED, &HONEST, &COLUMN));

pub static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let mut cases = weights();
    cases.extend(proofs());
    cases.extend(elsewhere());
    cases.extend(accumulators());
    cases
});

fn verdict(answer: &Answer) -> Result<(), Rejection> {
    audit::proved(PUBLISHED.public(), &HONEST.claim(), &COLUMN, answer).map(|_| ())
}

/// The column's answer with its disclosure changed.
fn disclosing(change: impl FnOnce(&mut Vec<u8>)) -> Result<(), Rejection> {
    let mut answer = ANSWER.clone();
    change(&mut answer.disclosure);
    verdict(&answer)
}

/// Bytes of the column's disclosure before the fold proof.
fn before_proof() -> usize {
    let d = MODEL.config.dim as usize;
    let siblings = tree::opening_len(MODEL.config.vocab, &[HONEST.output.tokens[1]]);
    4 * d + 32 * siblings + norms() * 2 * d
}

/// Norms of a column with a tail.
fn norms() -> usize {
    2 * MODEL.config.layers as usize + 1
}

fn malformed(error: WireError) -> Rejection {
    Rejection::malformed(FileKind::Proof, error)
}

fn weights() -> Vec<Case> {
    let wrong = Rejection::whole(Code::WrongWeights);
    let d = MODEL.config.dim as usize;
    let gains = before_proof() - norms() * 2 * d;
    vec![
        Case::new(
            "another row of the embedding",
            wrong,
            disclosing(|b| {
                let mut row = vec![0; d];
                MODEL.embedding.decode_row(3, &mut row);
                b.splice(..4 * d, row.iter().flat_map(|w| w.to_le_bytes()));
            }),
        ),
        Case::new("a row off by one", wrong, disclosing(|b| b[0] ^= 1)),
        Case::new("another sibling of the row", wrong, disclosing(|b| b[4 * d] ^= 1)),
        Case::new("gains off by one", wrong, disclosing(|b| b[gains] ^= 1)),
        Case::new("gains of another norm", wrong, disclosing(|b| b.copy_within(gains..gains + 2 * d, gains + 2 * d))),
        Case::new(
            "no gains",
            malformed(WireError::Truncated { what: "gains", at: gains }),
            disclosing(|b| b.truncate(gains)),
        ),
        Case::new(
            "nothing",
            malformed(WireError::Truncated { what: "row of the embedding", at: 0 }),
            disclosing(Vec::clear),
        ),
    ]
}

fn proofs() -> Vec<Case> {
    let fold = |e| Rejection::whole(Code::Fold(e));
    let at = before_proof();
    let len = ANSWER.disclosure.len() - at;
    let length = |got| fold(FoldError::Length { expected: len, got });
    let element = |index, error| fold(FoldError::Element { index, error });
    let with = |index: usize, bytes: [u8; 32]| disclosing(|b| b[at + 32 * index..][..32].copy_from_slice(&bytes));
    let mut cases = vec![
        Case::new("no fold proof", Rejection::whole(Code::NoFoldProof), disclosing(|b| b.truncate(at))),
        Case::new("an element less", length(len - 32), disclosing(|b| b.truncate(at + len - 32))),
        Case::new("a byte more", length(len + 1), disclosing(|b| b.push(0))),
        Case::new("a coordinate above the modulus", element(0, PointError::Coordinate), with(0, [0x3f; 32])),
        Case::new(
            "a scalar above the modulus",
            element(len / 32 - 4, PointError::Scalar),
            with(len / 32 - 4, [0xff; 32]),
        ),
        Case::new("a point that is on no curve", element(1, PointError::Curve), with(1, off_curve())),
    ];
    for index in 0..len / 32 {
        let got = if scalars(len / 32).contains(&index) { with(index, [0; 32]) } else { with(index, identity()) };
        cases.push(Case::new(format!("element {index} is nothing"), fold(FoldError::Equation), got));
    }
    for index in 1..len / 32 {
        let got = disclosing(|b| b.copy_within(at + 32 * (index - 1)..at + 32 * index, at + 32 * index));
        let same_kind = scalars(len / 32).contains(&index) == scalars(len / 32).contains(&(index - 1));
        if same_kind {
            cases.push(Case::new(format!("element {index} is the one before"), fold(FoldError::Equation), got));
        }
    }
    cases
}

/// Places of the values at z among `elements` elements.
fn scalars(elements: usize) -> std::ops::Range<usize> {
    let folds = folds();
    elements - 3 - folds..elements - 2
}

/// Linear steps of a column; each has one fold.
fn folds() -> usize {
    4 * MODEL.config.layers as usize + 1
}

fn identity() -> [u8; 32] {
    encode_g1(&Default::default())
}

/// The smallest x whose cube plus three is no square.
fn off_curve() -> [u8; 32] {
    let candidates = (0u8..).map(|x| std::array::from_fn(|i| if i == 0 { x } else { 0 }));
    let mut off = candidates.filter(|b| decode_g1(b) == Err(PointError::Curve));
    off.next().expect("half of all numbers")
}

fn elsewhere() -> Vec<Case> {
    let equation = Rejection::whole(Code::Fold(FoldError::Equation));
    let rng = &mut Rng::new(20);
    let at = before_proof();
    // The same statement, asked for under another seed.
    let same = std::iter::repeat_with(|| ask(&HONEST, columns(1), rng))
        .find(|c| drawn(c) == drawn(&COLUMN) && c.seed != COLUMN.seed)
        .expect("an endless stream");
    let other_seed = forge::answer(&MODEL, &PUBLISHED, &HONEST, &same);
    // The same trace of the same tokens, committed for another job.
    let mut job = HONEST.job.clone();
    job.nonce = [9; 32];
    let twin = signed(&MODEL, &job, &mut Honest);
    let twins = Challenge { receipt: twin.receipt.id(), ..COLUMN.clone() };
    let other_job = forge::answer(&MODEL, &PUBLISHED, &twin, &twins);
    let other_column = forge::answer(&MODEL, &PUBLISHED, &HONEST, &column(&HONEST, T - 1));
    let foreign = published(&toy::model(toy::large(), 2));
    let public = foreign.public();
    vec![
        Case::new(
            "the proof of another seed",
            equation,
            disclosing(|b| b.splice(at.., other_seed.disclosure[at..].to_vec()).for_each(drop)),
        ),
        Case::new(
            "the proof of another job",
            equation,
            disclosing(|b| b.splice(at.., other_job.disclosure[at..].to_vec()).for_each(drop)),
        ),
        Case::new(
            "the proof of another column",
            equation,
            disclosing(|b| b.splice(at.., other_column.disclosure[at..].to_vec()).for_each(drop)),
        ),
        Case::new("the answer to another challenge", Rejection::whole(Code::WrongChallenge), verdict(&other_column)),
        Case::new(
            "an audit's answer",
            Rejection::whole(Code::Malformed(
                FileKind::Proof,
                WireError::Truncated { what: "row of the embedding", at: 0 },
            )),
            verdict(&HONEST.answer(&MODEL, &COLUMN)),
        ),
        Case::new("another model's manifest", Rejection::whole(Code::WrongModel), {
            audit::claim(&HONEST.claim(), &public.id, &public.config, &Default::default())
        }),
        Case::new("another model's commitments", Rejection::whole(Code::WrongWeights), {
            audit::proved(public, &HONEST.claim(), &COLUMN, &ANSWER)
        }),
    ]
}

/// What the challenge draws.
fn drawn(challenge: &Challenge) -> draw::Drawn {
    draw::draw(challenge, &HONEST.claim().extent(&MODEL.config))
}

/// Accumulators that round to what was committed, but are not those of the weights; and ones that do not.
fn accumulators() -> Vec<Case> {
    struct Other<'a>(&'a Signed, fn(Step, u32, &mut Vec<i64>));
    impl Source for Other<'_> {
        fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]) {
            self.0.step(t, index)
        }
        fn leaves(&self, t: u32) -> &[Digest] {
            self.0.leaves(t)
        }
        fn accumulators(&self, model: &dyn Parameters, t: u32, step: Step, chunk: u32) -> Vec<i64> {
            let mut acc = self.0.accumulators(model, t, step, chunk);
            if t == T {
                (self.1)(step, chunk, &mut acc);
            }
            acc
        }
    }
    let with = |change| {
        let (claim, source) = (HONEST.claim(), Other(&HONEST, change));
        let needs = claim.needs(&MODEL.config, &drawn(&COLUMN));
        let mut answer = answer::build(COLUMN.digest(), &needs, &source, &*MODEL);
        answer.disclosure =
            disclose(Tier::detect(), &MODEL, &PUBLISHED.committed, &claim, &COLUMN, &source).expect("a proof");
        verdict(&answer)
    };
    let layer = 1;
    let wrong = |kind, chunk| Rejection::unit(Code::WrongLinear, T, Step { kind, layer }, Unit::Chunk(chunk));
    let equation = Rejection::whole(Code::Fold(FoldError::Equation));
    vec![
        Case::new(
            "an accumulator off by one that rounds alike",
            equation,
            with(|step, _, acc| {
                if step == (Step { kind: StepKind::GateUp, layer: 1 }) {
                    acc[0] += 1;
                }
            }),
        ),
        Case::new(
            "two accumulators that change by as much",
            equation,
            with(|step, _, acc| {
                if step == (Step { kind: StepKind::Down, layer: 1 }) {
                    acc[0] += 1;
                    acc[1] -= 1;
                }
            }),
        ),
        Case::new(
            "two accumulators exchanged",
            wrong(StepKind::Qkv, 0),
            with(|step, chunk, acc| {
                if step == (Step { kind: StepKind::Qkv, layer: 1 }) && chunk == 0 {
                    acc.swap(0, 1);
                }
            }),
        ),
        Case::new(
            "an accumulator at its bound",
            wrong(StepKind::O, 1),
            with(|step, chunk, acc| {
                if step == (Step { kind: StepKind::O, layer: 1 }) && chunk == 1 {
                    acc[5] = i64::MAX;
                }
            }),
        ),
    ]
}

#[test]
fn what_is_disclosed_or_proved_falsely_is_refused_for_its_reason() {
    assert_all(&CASES);
}

#[test]
fn the_statement_is_about_these_powers_this_manifest_this_receipt_and_this_challenge() {
    let public = PUBLISHED.public();
    let (_, statement, _) = audit::stated(public, &HONEST.claim(), &COLUMN, &ANSWER).expect("an honest answer");
    let (receipt, challenge) = (HONEST.receipt.id(), COLUMN.digest());
    let srs = known::id(&development::tau2());
    assert_eq!(statement.context, Context { srs, manifest: PUBLISHED.manifest.id(), receipt, challenge });
}

#[test]
fn products_of_the_same_chunks_share_a_fold() {
    let challenge = ask(&HONEST, columns(2), &mut Rng::new(21));
    let answer = forge::answer(&MODEL, &PUBLISHED, &HONEST, &challenge);
    let (_, statement, _) = audit::stated(PUBLISHED.public(), &HONEST.claim(), &challenge, &answer).expect("honest");
    let tails = drawn(&challenge).keys().filter(|t| **t >= HONEST.job.tail_from()).count();
    assert_eq!(statement.folds.len(), folds());
    assert_eq!(statement.claims.len(), 2 * (folds() - 1) + tails);
}

#[test]
fn products_of_other_chunks_of_a_matrix_have_a_fold_of_their_own() {
    let challenge = ask(&HONEST, units(60), &mut Rng::new(22));
    let answer = forge::answer(&MODEL, &PUBLISHED, &HONEST, &challenge);
    let (public, claim) = (PUBLISHED.public(), HONEST.claim());
    let (_, statement, _) = audit::stated(public, &claim, &challenge, &answer).expect("an honest answer");
    let matrices: BTreeSet<u32> = statement.folds.iter().map(|f| f.matrix).collect();
    assert!(matrices.len() < statement.folds.len(), "some matrix is drawn in two ways");
    assert!(audit::proved(public, &claim, &challenge, &answer).is_ok());
}

/// Two faults in one answer: that of the earlier step is named.
#[test]
fn the_first_fault_is_named() {
    let both = |challenge: bool, body: bool| {
        let mut answer = ANSWER.clone();
        answer.disclosure.truncate(before_proof());
        answer.disclosure[0] ^= 1;
        answer.challenge[0] ^= u8::from(challenge);
        answer.body[0] ^= u8::from(body);
        verdict(&answer)
    };
    assert_eq!(both(true, true), Err(Rejection::whole(Code::WrongChallenge)));
    assert_eq!(both(false, true), Err(Rejection::whole(Code::WrongWeights)));
    let mut answer = ANSWER.clone();
    answer.disclosure.truncate(before_proof());
    answer.body[0] ^= 1;
    assert_eq!(verdict(&answer).map_err(|r| r.code), Err(Code::Opening));
}

#[test]
fn the_unchanged_answer_is_accepted() {
    assert_eq!(verdict(&ANSWER), Ok(()));
}
