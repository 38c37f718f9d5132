//! A case: what was done, what the verdict must be, what it was.

use assay_model::model::Model;
use assay_tests::client::{Files, ask, columns, pins};
use assay_tests::rig::Honest;
use assay_tests::rng::Rng;
use assay_tests::toy;
use assay_tests::trace::{Signed, signed};
use assay_verifier::audit::{self, Pins};
use assay_verifier::{Challenge, Rejection, draw};
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

/// Verdict of the model's owner on a claim, everything drawn, from files.
pub fn verdict(claim: &Signed) -> Result<(), Rejection> {
    with_pins(claim, &pins())
}

/// Verdict on a column that is known to be drawn: the client's seed is one that draws `t` first.
pub fn verdict_at(claim: &Signed, t: u32) -> Result<(), Rejection> {
    let rng = &mut Rng::new(10);
    let challenge = std::iter::repeat_with(|| ask(claim, columns(1), rng))
        .find(|c| draw::draw(c, &claim.claim().extent(&MODEL.config)).get(&t).is_some_and(|steps| steps.len() > 2))
        .expect("an endless stream");
    let answer = claim.answer(&MODEL.config, &challenge);
    audit::challenge(&MODEL, &claim.claim(), &challenge, &answer).map(|_| ())
}

/// [`verdict`] of a client that knows other things.
pub fn with_pins(claim: &Signed, pins: &Pins) -> Result<(), Rejection> {
    let id = toy::manifest(&MODEL).id();
    Files::new(&MODEL, claim, &everything(claim)).verdict(&MODEL, &id, pins).map(|_| ())
}
