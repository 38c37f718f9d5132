//! Every wrong unit of a trace: what a challenge that drew everything would find, if it did not stop at the first.

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

/// Wrong units with the code of each.
///
/// # Errors
/// The rejection of a trace that does not open at all.
pub fn wrong_units(model: &Model, signed: &Signed) -> Result<BTreeMap<Spot, Code>, Rejection> {
    let (claim, config) = (signed.claim(), &model.config);
    let extent = claim.extent(config);
    let drawn = everything(&extent, 0..extent.positions);
    let needs = claim.needs(config, &drawn);
    let answer = answer::build([0; 32], &needs, signed, model);
    let job = &signed.receipt.job;
    let binding = Binding { model, job, secret: &signed.job.secret, tail_from: extent.tail_from };
    let root = |t: u32| signed.output.positions.get(t as usize).copied();
    let openings = answer::open(&answer.body, &needs, &binding, &root)?;
    let mut checker = Checker { model, job: &signed.job, output: &signed.output, openings };
    let mut wrong = BTreeMap::new();
    for (&t, steps) in &drawn {
        for (&index, units) in steps {
            let step = config.step(index).expect("a step");
            for &u in units {
                if let Err(why) = checker.unit(t, step, config.unit(step.kind, u).expect("a unit")) {
                    wrong.insert((t, index, u), why.code);
                }
            }
        }
    }
    Ok(wrong)
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
