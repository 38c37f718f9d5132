//! How often a lie escapes, against the bound.
//!
//! A row of the table is one committed lie: what it saved, which positions hold a wrong unit, and per policy how many of
//! [`TRIALS`] fresh challenges it passed.
//!
//! A trace that opens is rejected exactly if a drawn unit is wrong, and the wrong units are known from checking all of
//! them. That this is the verdict of a real audit of a real answer is asserted for the first [`AUDITED`] sets of units
//! that each policy draws; whole columns repeat so often that this is nearly all of them. Traces that do not open are
//! audited every time.

use crate::census::{self, Spot};
use crate::client::{ask, columns, pins, thinned, units};
use crate::forge;
use crate::public;
use crate::rng::Rng;
use crate::trace::Signed;
use assay_model::model::Model;
use assay_verifier::challenge::Policy;
use assay_verifier::draw::{self, Drawn};
use assay_verifier::soundness::{escape_bound, lower_confidence_limit, share};
use assay_verifier::{Challenge, Code, audit};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt;

/// Challenges per lie and policy.
pub const TRIALS: u64 = 1000;
/// Different sets of drawn units per lie and policy whose answers are audited.
pub const AUDITED: usize = 100;
/// Of these, how many are also answered with a fold proof, by a rig that chooses accumulators to fit its lie, to a client
/// without weights: it must come to the same verdict.
pub const PROVED: usize = 4;
/// Confidence of the lower limit of one escape rate.
///
/// For many lies the bound on one full column is not only an upper limit but the escape rate itself, so at 99 % each the
/// table's some 100 such cells would hold about one false alarm. This is 99 % for a table of 300 cells.
pub const CONFIDENCE: f64 = 1.0 - 0.01 / 300.0;

/// The policies of the table.
pub const POLICIES: [(&str, Policy); 6] = [
    ("1 column", columns(1)),
    ("1 at 1/4", thinned(1, 4)),
    ("2 at 1/4", thinned(2, 4)),
    ("2 columns", columns(2)),
    ("8 units", units(8)),
    ("32 units", units(32)),
];

/// Escapes under one policy.
#[derive(Clone, Copy, Debug)]
pub struct Escapes {
    /// Name of the policy.
    pub policy: &'static str,
    /// Challenges passed.
    pub passed: u64,
    /// What the verifier states as the most that can be passed.
    pub bound: f64,
}

impl Escapes {
    /// Whether the rate that was seen is compatible with the bound.
    pub fn within_bound(&self) -> bool {
        lower_confidence_limit(self.passed, TRIALS, CONFIDENCE) <= self.bound + 1e-9
    }
}

/// One lie, measured.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name of the lie.
    pub name: String,
    /// Work-weighted share of positions that hold a wrong unit.
    pub phi: f64,
    /// Share of the honest job's multiply-accumulates that were not done.
    pub saved: f64,
    /// Codes under which it is found, by number of wrong units.
    pub codes: Vec<&'static str>,
    /// By policy.
    pub escapes: Vec<Escapes>,
}

/// Measures `lie` against a job that costs `honest` multiply-accumulates. `unopened` names the positions of a trace that
/// does not open; every other trace is searched for its wrong units.
///
/// # Panics
/// If the claim itself is refused, if a challenge that draws a wrong unit is passed or one that draws none is not, or if
/// a bound is exceeded.
pub fn measure(name: &str, model: &Model, lie: &Signed, honest: u64, unopened: Option<&[u32]>) -> Row {
    let claim = lie.claim();
    assert_eq!(audit::claim(&claim, &lie.job.manifest, &model.config, &pins()), Ok(()), "{name}: signs consistently");
    let wrong = unopened.is_none().then(|| census::wrong_units(model, lie).expect("a trace that opens"));
    let (positions, codes) = match (&wrong, unopened) {
        (Some(wrong), _) => (census::positions(wrong), by_number(wrong)),
        (None, unopened) => (unopened.unwrap_or_default().to_vec(), vec![Code::Opening.name()]),
    };
    let extent = claim.extent(&model.config);
    let phi = share(&extent, &positions);
    let escapes = POLICIES.map(|(policy, p)| Escapes {
        policy,
        passed: passed(name, model, lie, p, wrong.as_ref()),
        bound: escape_bound(p, phi, &extent),
    });
    let saved = 1.0 - lie.macs as f64 / honest as f64;
    let row = Row { name: name.to_owned(), phi, saved, codes, escapes: escapes.to_vec() };
    for e in &row.escapes {
        assert!(e.within_bound(), "{row}\n{}: {} of {TRIALS} passed, bound {}", e.policy, e.passed, e.bound);
    }
    row
}

fn by_number(wrong: &BTreeMap<Spot, Code>) -> Vec<&'static str> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for code in wrong.values() {
        *count.entry(code.name()).or_default() += 1;
    }
    let mut codes: Vec<_> = count.into_iter().collect();
    codes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    codes.into_iter().map(|(code, _)| code).collect()
}

/// Challenges of [`TRIALS`] that the lie passes.
fn passed(name: &str, model: &Model, lie: &Signed, policy: Policy, wrong: Option<&BTreeMap<Spot, Code>>) -> u64 {
    let seed = name.bytes().fold(0xa55a, |h: u64, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
    let rng = &mut Rng::new(seed);
    let extent = lie.claim().extent(&model.config);
    let mut asked: BTreeMap<Drawn, (Challenge, u64, usize)> = BTreeMap::new();
    for _ in 0..TRIALS {
        let (challenge, number) = (ask(lie, policy, rng), asked.len());
        asked.entry(draw::draw(&challenge, &extent)).or_insert((challenge, 0, number)).1 += 1;
    }
    let published = public::published(model);
    let proved = |challenge: &Challenge| {
        let answer = forge::answer(model, &published, lie, challenge);
        audit::proved(published.public(), &lie.claim(), challenge, &answer).is_err()
    };
    let audited = |challenge: &Challenge| {
        let answer = lie.answer(model, challenge);
        audit::challenge(model, &lie.claim(), challenge, &answer).is_err()
    };
    let verdict = |(drawn, (challenge, times, number)): (&Drawn, &(Challenge, u64, usize))| {
        let checked = (*number < PROVED).then(|| proved(challenge));
        let caught = match wrong {
            None => audited(challenge),
            Some(wrong) => {
                let caught = census::meets(drawn, wrong);
                assert!(*number >= AUDITED || audited(challenge) == caught, "{name}: {policy:?}");
                caught
            }
        };
        assert!(checked.is_none_or(|checked| checked == caught), "{name}: {policy:?} without weights");
        if caught { 0 } else { *times }
    };
    asked.par_iter().map(verdict).sum()
}

impl Row {
    /// Leverage: work saved per share of lying positions. `None` where nothing is saved.
    pub fn lambda(&self) -> Option<f64> {
        (self.saved > 0.0005).then(|| self.saved / self.phi)
    }
}

/// Heads the columns of [`Row`].
pub fn heading() -> String {
    let policies: String = POLICIES.iter().map(|(name, _)| format!("| {name:>13} ")).collect();
    format!("| {:<34} | {:>5} | {:>6} | {:>4} {policies}| found as |", "lie", "φ", "saved", "λ")
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lambda = self.lambda().map_or("–".to_owned(), |l| format!("{l:.1}"));
        write!(f, "| {:<34} | {:>5.3} | {:>6.3} | {lambda:>4} ", self.name, self.phi, self.saved)?;
        for e in &self.escapes {
            write!(f, "| {:.3} ≤ {:.3} ", e.passed as f64 / TRIALS as f64, e.bound)?;
        }
        write!(f, "| {} |", self.codes.join(", "))
    }
}
