//! A case: what was done, what the verdict must be, what it was.

use assay_model::model::Model;
use assay_tests::client::{self, Files, ask, columns, pins};
use assay_tests::public;
use assay_tests::rig::Honest;
use assay_tests::rng::Rng;
use assay_tests::toy;
use assay_tests::trace::{Signed, signed};
use assay_verifier::audit::{self, Pins};
use assay_verifier::{Challenge, Code, Rejection, draw};
use std::sync::LazyLock;

/// One row of the matrix.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub want: Rejection,
    pub got: Result<(), Rejection>,
}

impl Case {
    pub fn new<T>(name: impl Into<String>, want: Rejection, got: Result<T, Rejection>) -> Case {
        Case { name: name.into(), want, got: got.map(|_| ()) }
    }
}

/// Fails with the name of every case that has another verdict.
pub fn assert_all(cases: &[Case]) {
    let wrong = |c: &&Case| c.got != Err(c.want);
    let report: String =
        cases.iter().filter(wrong).map(|c| format!("\n{}\n  want {:?}\n  got  {:?}", c.name, c.want, c.got)).collect();
    assert!(report.is_empty(), "{report}");
}

/// The model of the cases: several chunks in every vector.
pub static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::large(), 1));
/// An honest claim about it.
pub static HONEST: LazyLock<Signed> = LazyLock::new(|| signed(&MODEL, &toy::job(&MODEL, 5, 5, 2), &mut Honest));

/// A challenge that draws every unit of every position.
pub fn everything(claim: &Signed) -> Challenge {
    ask(claim, columns(60_000), &mut Rng::new(9))
}

/// Verdict on a claim, everything drawn, from files: of the model's owner. A client without weights says the same, except
/// where a product is not that of the weights: then it sees a false proof, or what follows from the lie first.
pub fn verdict(claim: &Signed) -> Result<(), Rejection> {
    with_pins(claim, &pins())
}

/// A challenge whose only column is `t`: the client's seed is one that draws it first.
pub fn column(claim: &Signed, t: u32) -> Challenge {
    let rng = &mut Rng::new(10);
    std::iter::repeat_with(|| ask(claim, columns(1), rng))
        .find(|c| draw::draw(c, &claim.claim().extent(&MODEL.config)).get(&t).is_some_and(|steps| steps.len() > 2))
        .expect("an endless stream")
}

/// Verdict of the model's owner on column `t`.
pub fn verdict_at(claim: &Signed, t: u32) -> Result<(), Rejection> {
    let challenge = column(claim, t);
    let answer = claim.answer(&MODEL, &challenge);
    audit::challenge(&MODEL, &claim.claim(), &challenge, &answer).map(|_| ())
}

/// Verdict on column `t` of a client without weights, whom the rig answers as well as it can.
pub fn proved_at(claim: &Signed, t: u32) -> Result<(), Rejection> {
    client::proved(&MODEL, claim, &column(claim, t)).map(|_| ())
}

/// [`verdict`] of a client that knows other things.
pub fn with_pins(claim: &Signed, pins: &Pins) -> Result<(), Rejection> {
    let id = public::manifest(&MODEL).id();
    let files = Files::new(&MODEL, claim, &everything(claim));
    let audited = files.verdict(&MODEL, &id, pins).map(|_| ());
    let proved = files.check(&id, pins).map(|_| ());
    match audited {
        Err(Rejection { code: Code::WrongLinear, .. }) => {
            assert!(proved.is_err(), "{audited:?} is accepted without weights")
        }
        _ => assert_eq!(audited, proved, "with weights and without"),
    }
    audited
}
