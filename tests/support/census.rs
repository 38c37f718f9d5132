//! Every wrong unit of a trace: what a challenge that drew everything would find, if it did not stop at the first.

use crate::spread::spread;
use crate::trace::Signed;
use assay_model::model::Model;
use assay_verifier::answer::{self, Binding};
use assay_verifier::check::Checker;
use assay_verifier::draw::{Drawn, Extent};
use assay_verifier::{Code, Rejection};
use std::collections::{BTreeMap, BTreeSet};

/// Position, step number, unit number.
pub type Spot = (u32, u32, u32);

/// All units of `positions`.
pub fn everything(extent: &Extent<'_>, positions: impl Iterator<Item = u32>) -> Drawn {
    let steps = |t| {
        let kinds = (0..extent.steps(t)).filter_map(|i| Some((i, extent.config.step(i)?.kind)));
        kinds.map(|(i, kind)| (i, (0..extent.config.unit_count(kind)).collect())).collect()
    };
    positions.map(|t| (t, steps(t))).collect()
}

/// Wrong units with the code of each. Each is drawn alone: together they would make each other's bytes, and one that fails
/// would leave those that read them without.
///
/// # Errors
/// The rejection of a trace that does not open at all.
pub fn wrong_units(model: &Model, signed: &Signed) -> Result<BTreeMap<Spot, Code>, Rejection> {
    let extent = signed.claim().extent(&model.config);
    let all = everything(&extent, 0..extent.positions);
    let spots = all.iter().flat_map(|(&t, steps)| {
        steps.iter().flat_map(move |(&index, units)| units.iter().map(move |&unit| (t, index, unit)))
    });
    let spots: Vec<Spot> = spots.collect();
    let checked = spread(&spots, |&spot| Ok((spot, wrong(model, signed, spot)?)));
    let checked = checked.into_iter().collect::<Result<Vec<_>, Rejection>>()?;
    Ok(checked.into_iter().filter_map(|(spot, code)| Some((spot, code?))).collect())
}

/// Code of one unit, if it is wrong.
fn wrong(model: &Model, signed: &Signed, (t, index, unit): Spot) -> Result<Option<Code>, Rejection> {
    let (claim, config) = (signed.claim(), &model.config);
    let drawn = BTreeMap::from([(t, BTreeMap::from([(index, BTreeSet::from([unit]))]))]);
    let needs = claim.needs(config, &drawn);
    let answer = answer::build([0; 32], &needs, signed, model);
    let job = &signed.receipt.job;
    let binding = Binding { model, job, secret: &signed.job.secret, tail_from: claim.job.tail_from() };
    let root = |t: u32| signed.output.positions.get(t as usize).copied();
    let openings = answer::open(&answer.body, &needs, &binding, &root)?;
    let mut checker = Checker { model, job: &signed.job, output: &signed.output, openings };
    let step = config.step(index).expect("a step");
    let verdict = checker.unit(t, step, config.unit(step.kind, unit).expect("a unit"));
    Ok(verdict.err().map(|why| why.code))
}

/// Whether a challenge that draws `drawn` meets one of the wrong units.
pub fn meets(drawn: &Drawn, wrong: &BTreeMap<Spot, Code>) -> bool {
    let taken = |&(t, step, unit): &Spot| drawn.get(&t).and_then(|s| s.get(&step)).is_some_and(|u| u.contains(&unit));
    wrong.keys().any(taken)
}

/// Positions that hold a wrong unit.
pub fn positions(wrong: &BTreeMap<Spot, Code>) -> Vec<u32> {
    wrong.keys().map(|(t, ..)| *t).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Codes of the wrong units, each once.
pub fn codes(wrong: &BTreeMap<Spot, Code>) -> BTreeSet<&'static str> {
    wrong.values().map(Code::name).collect()
}
