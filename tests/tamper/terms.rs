//! Values that decode, but do not belong together.

use crate::case::{Case, HONEST, MODEL, assert_all, everything, verdict, with_pins};
use assay_model::sampling::Sampling;
use assay_tests::client::{Files, ask, columns, pins, units};
use assay_tests::public;
use assay_tests::rig::Honest;
use assay_tests::rng::Rng;
use assay_tests::toy;
use assay_tests::trace::{Signed, key, sign, signed};
use assay_verifier::audit::{self, Pins};
use assay_verifier::sign::RigKey;
use assay_verifier::{Challenge, Code, Job, Output, Receipt, Rejection};
use std::sync::LazyLock;

pub static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let mut cases = signatures();
    cases.extend(jobs());
    cases.extend(unfit_jobs());
    cases.extend(outputs());
    cases.extend(replays());
    cases
});

fn whole<T>(name: &str, code: Code, got: Result<T, Rejection>) -> Case {
    Case::new(name, Rejection::whole(code), got)
}

/// The honest claim with its receipt changed, and signed anew if `again`.
fn receipt(again: bool, change: impl Fn(&mut Receipt)) -> Signed {
    let mut claim = HONEST.clone();
    change(&mut claim.receipt);
    if again {
        key().sign(&mut claim.receipt);
    }
    claim
}

/// The honest claim with its output changed, and a receipt that fits it.
fn output(change: impl Fn(&mut Output)) -> Signed {
    let mut claim = HONEST.clone();
    change(&mut claim.output);
    claim.receipt = sign(&claim.job, &claim.output);
    claim
}

fn other_key() -> RigKey {
    RigKey::from_bytes(&[8; 32]).expect("a valid key")
}

fn signatures() -> Vec<Case> {
    let forged = receipt(false, |r| {
        let mut other = r.clone();
        other_key().sign(&mut other);
        r.signature = other.signature;
    });
    let other = receipt(false, |r| other_key().sign(r));
    vec![
        whole("another rig's signature under this rig's name", Code::BadSignature, verdict(&forged)),
        whole("no signature", Code::BadSignature, verdict(&receipt(false, |r| r.signature = [0; 65]))),
        whole("a root changed after signing", Code::BadSignature, verdict(&receipt(false, |r| r.tip[0] ^= 1))),
        whole("another rig, rightly signed", Code::WrongRig, verdict(&other)),
    ]
}

fn jobs() -> Vec<Case> {
    let job = |change: fn(&mut Job)| {
        let mut claim = HONEST.clone();
        change(&mut claim.job);
        verdict(&claim)
    };
    let at = |now| with_pins(&HONEST, &Pins { now: Some(now), ..pins() });
    let settled_elsewhere = receipt(true, |r| r.settlement.chain += 1);
    let mut of_another_model = toy::job(&MODEL, 5, 5, 2);
    of_another_model.manifest = [9; 32];
    vec![
        whole("a receipt for another nonce", Code::WrongJob, job(|j| j.nonce[0] ^= 1)),
        whole("a receipt for another seed", Code::WrongJob, job(|j| j.seed[0] ^= 1)),
        whole("a receipt for another secret", Code::WrongJob, job(|j| j.secret[0] ^= 1)),
        whole("a receipt for another prompt", Code::WrongJob, job(|j| j.prompt[0] ^= 1)),
        whole("a receipt for other sampling", Code::WrongJob, job(|j| j.sampling = toy::DRAWN)),
        whole("a receipt for another limit", Code::WrongJob, job(|j| j.max_tokens += 1)),
        whole("a receipt for another stop set", Code::WrongJob, job(|j| j.stop.push(5))),
        whole("a receipt for another expiry", Code::WrongJob, job(|j| j.expires += 1)),
        whole("a receipt for another predecessor", Code::WrongJob, job(|j| j.previous[0] ^= 1)),
        whole("a receipt for another contract", Code::WrongJob, job(|j| j.settlement.contract[0] ^= 1)),
        whole("a receipt to be settled elsewhere than the job", Code::WrongJob, verdict(&settled_elsewhere)),
        whole("at the second of expiry", Code::Expired, at(HONEST.job.expires)),
        whole("long after expiry", Code::Expired, at(u64::MAX)),
        whole("a job for another model", Code::WrongModel, verdict(&signed(&MODEL, &of_another_model, &mut Honest))),
        whole("another model's manifest", Code::WrongModel, {
            let mut files = Files::new(&MODEL, &HONEST, &everything(&HONEST));
            files.manifest = public::manifest(&toy::model(toy::large(), 2)).encode();
            files.verdict(&MODEL, &HONEST.job.manifest, &pins())
        }),
    ]
}

/// Jobs that the model cannot do, each under a signature; the output does not matter.
fn unfit_jobs() -> Vec<Case> {
    let vocab = MODEL.config.vocab;
    type Change<'c> = (&'c str, &'c dyn Fn(&mut Job));
    let changes: [Change<'_>; 6] = [
        ("an empty prompt", &|j| j.prompt.clear()),
        ("no token to generate", &|j| j.max_tokens = 0),
        ("one token too many for the context", &|j| j.max_tokens = MODEL.config.context - 5 + 2),
        ("a limit at the end of its type", &|j| j.max_tokens = u32::MAX),
        ("a prompt token outside the vocabulary", &|j| j.prompt[4] = vocab),
        ("a stop token outside the vocabulary", &|j| j.stop = vec![0, vocab]),
    ];
    let verdict = |change: &dyn Fn(&mut Job)| {
        let mut claim = HONEST.clone();
        change(&mut claim.job);
        claim.receipt = sign(&claim.job, &claim.output);
        audit::claim(&claim.claim(), &claim.job.manifest, &MODEL.config, &pins())
    };
    changes.iter().map(|(name, change)| whole(name, Code::BadJob, verdict(change))).collect()
}

fn outputs() -> Vec<Case> {
    let beside = |change: fn(&mut Output)| {
        let mut claim = HONEST.clone();
        change(&mut claim.output);
        audit::claim(&claim.claim(), &claim.job.manifest, &MODEL.config, &pins())
    };
    let claimed = |claim: &Signed| audit::claim(&claim.claim(), &claim.job.manifest, &MODEL.config, &pins());
    let stopping = |at: usize| {
        let mut claim = HONEST.clone();
        claim.job.stop = vec![claim.output.tokens[at]];
        claim.receipt = sign(&claim.job, &claim.output);
        claimed(&claim)
    };
    let long = |o: &mut Output| {
        o.tokens.push(1);
        o.positions.push([1; 32]);
    };
    let nothing = |o: &mut Output| {
        o.tokens.clear();
        o.positions.truncate(4);
    };
    vec![
        whole("a token less", Code::TokenCount, beside(|o| o.tokens.truncate(4))),
        whole("a token more", Code::TokenCount, beside(|o| o.tokens.push(1))),
        whole("a position less", Code::TokenCount, beside(|o| o.positions.truncate(8))),
        whole("a position more", Code::TokenCount, beside(|o| o.positions.push([0; 32]))),
        whole("another count under signature", Code::TokenCount, claimed(&receipt(true, |r| r.token_count += 1))),
        whole("no token at all, under signature", Code::TokenCount, claimed(&output(nothing))),
        whole("another token", Code::TokenRoot, beside(|o| o.tokens[2] ^= 1)),
        whole("two tokens exchanged", Code::TokenRoot, beside(|o| o.tokens.swap(0, 1))),
        whole(
            "another token root under signature",
            Code::TokenRoot,
            claimed(&receipt(true, |r| r.tokens_root[5] ^= 1)),
        ),
        whole("a token at the end of the vocabulary", Code::TokenRange, claimed(&output(|o| o.tokens[1] = 700))),
        whole("the largest token", Code::TokenRange, claimed(&output(|o| o.tokens[4] = u32::MAX))),
        whole(
            "ended before limit and stop",
            Code::BadStop,
            claimed(&output(|o| {
                o.tokens.pop();
                o.positions.pop();
            })),
        ),
        whole("went on past a stop token", Code::BadStop, stopping(1)),
        whole("went on past the limit", Code::BadStop, claimed(&output(long))),
        whole("ended by a stop token past the limit", Code::BadStop, {
            let mut claim = output(long);
            claim.job.stop = vec![1];
            claim.receipt = sign(&claim.job, &claim.output);
            claimed(&claim)
        }),
        whole("another root of a position", Code::ChainTip, beside(|o| o.positions[3][0] ^= 1)),
        whole("another tip under signature", Code::ChainTip, claimed(&receipt(true, |r| r.tip[31] ^= 1))),
        whole(
            "another tree root under signature",
            Code::PositionsRoot,
            claimed(&receipt(true, |r| {
                r.positions_root[0] ^= 1;
            })),
        ),
    ]
}

fn replays() -> Vec<Case> {
    let rng = &mut Rng::new(12);
    let (first, second) = (ask(&HONEST, columns(1), rng), ask(&HONEST, columns(1), rng));
    let answered = |asked: &Challenge, answered: &Challenge| {
        let answer = HONEST.answer(&MODEL, answered);
        audit::challenge(&MODEL, &HONEST.claim(), asked, &answer)
    };
    let mut renamed = HONEST.answer(&MODEL, &first);
    renamed.challenge = second.digest();
    let mut other = toy::job(&MODEL, 5, 5, 2);
    other.nonce = [3; 32];
    let other = signed(&MODEL, &other, &mut Honest);
    let renamed =
        audit::challenge(&MODEL, &HONEST.claim(), &second, &renamed).map_err(|r| Rejection { place: None, ..r });
    vec![
        whole("a challenge about another receipt", Code::WrongReceipt, {
            let challenge = ask(&other, columns(1), rng);
            answered(&challenge, &challenge)
        }),
        whole("the answer to an earlier challenge", Code::WrongChallenge, answered(&second, &first)),
        whole("the answer to another policy", Code::WrongChallenge, {
            let fewer = Challenge { policy: units(2), ..first.clone() };
            answered(&first, &fewer)
        }),
        whole("an old receipt for a repeated job", Code::WrongJob, {
            let mut claim = HONEST.clone();
            claim.job = other.job.clone();
            audit::claim(&claim.claim(), &claim.job.manifest, &MODEL.config, &pins())
        }),
        whole("an earlier answer under the new challenge's name", stale(&renamed), renamed),
        whole("another claim's answer under this challenge's name", Code::Opening, {
            let stranger = signed(&MODEL, &toy::job(&MODEL, 5, 5, 3), &mut Honest);
            let mut answer = stranger.answer(&MODEL, &everything(&stranger));
            let challenge = everything(&HONEST);
            answer.challenge = challenge.digest();
            audit::challenge(&MODEL, &HONEST.claim(), &challenge, &answer).map_err(|r| Rejection { place: None, ..r })
        }),
    ]
}

/// Stale bytes do not hash to what is now asked for; where the lengths differ they end early or late as well.
fn stale<T>(got: &Result<T, Rejection>) -> Code {
    match got {
        Err(Rejection { code: code @ Code::Malformed(..), .. }) => *code,
        _ => Code::Opening,
    }
}

#[test]
fn what_does_not_belong_together_is_rejected_for_its_reason() {
    assert_all(&CASES);
}

#[test]
fn a_client_that_pins_nothing_still_sees_every_other_fault() {
    assert_eq!(with_pins(&HONEST, &Pins::default()), Ok(()));
    let other = receipt(false, |r| other_key().sign(r));
    assert_eq!(with_pins(&other, &Pins::default()), Ok(()), "any rig will do");
    assert!(!Pins::default().pinned() && pins().pinned());
    assert_eq!(
        with_pins(&receipt(false, |r| r.tip[0] ^= 1), &Pins::default()),
        Err(Rejection::whole(Code::BadSignature))
    );
}

#[test]
fn a_job_that_just_fits_is_accepted() {
    let mut job = toy::job(&MODEL, 5, MODEL.config.context - 4, 2);
    job.sampling = Sampling::Greedy;
    assert!(job.fits(&MODEL.config));
    job.max_tokens += 1;
    assert!(!job.fits(&MODEL.config));
    assert_eq!(with_pins(&HONEST, &Pins { now: Some(HONEST.job.expires - 1), ..pins() }), Ok(()));
}
