//! Where a rig puts its lies: one wrong unit in each position that it does not compute, or more.

use assay_model::program::StepKind;
use assay_verifier::draw::Extent;
use assay_verifier::settlement::draw;
use assay_verifier::soundness::share;
use std::collections::BTreeSet;

/// Position, step, unit.
pub type Spot = (u32, u32, u32);

/// Which unit of a position is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The one that all draws together meet most rarely: where w_min is.
    Rarest,
    /// The one that draws by work meet most rarely: a header.
    LeastWork,
    /// The one that draws by class meet most rarely: a unit of the widest step.
    WidestStep,
    /// The header of the first norm: it zeroes all that follows.
    FirstNorm,
    /// All of them: a rig that commits random bytes.
    Everything,
    /// The sample unit of the last position.
    LastSample,
}

impl Pick {
    pub const fn name(self) -> &'static str {
        match self {
            Pick::Rarest => "rarest unit",
            Pick::LeastWork => "rarest by work",
            Pick::WidestStep => "rarest by class",
            Pick::FirstNorm => "first norm's header",
            Pick::Everything => "every unit",
            Pick::LastSample => "last token",
        }
    }
}

/// Chances that one draw meets a lie.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    pub by_work: f64,
    pub by_class: f64,
}

/// A set of wrong units.
#[derive(Clone, Debug)]
pub struct Lie {
    pub pick: Pick,
    pub share: &'static str,
    /// Share of the work that its positions stand for.
    pub phi: f64,
    spots: BTreeSet<Spot>,
}

impl Lie {
    pub fn name(&self) -> String {
        format!("{}, {}", self.pick.name(), self.share)
    }

    pub fn holds(&self, spot: &Spot) -> bool {
        self.spots.contains(spot)
    }

    /// Lying units are different outcomes of one draw, so their chances add up.
    pub fn chance(&self, extent: &Extent<'_>) -> Chance {
        self.spots.iter().fold(Chance { by_work: 0.0, by_class: 0.0 }, |sum, spot| {
            let one = chance(extent, *spot);
            Chance { by_work: sum.by_work + one.by_work, by_class: sum.by_class + one.by_class }
        })
    }

    /// Exact chance to escape: draws are independent, even ones by work, odd ones by class.
    pub fn escape(&self, extent: &Extent<'_>, k: u32) -> f64 {
        if draw::always(extent).iter().any(|spot| self.holds(spot)) {
            return 0.0;
        }
        let Chance { by_work, by_class } = self.chance(extent);
        (1.0 - by_work).powi(k.div_ceil(2) as i32) * (1.0 - by_class).powi((k / 2) as i32)
    }
}

fn kind(extent: &Extent<'_>, step: u32) -> StepKind {
    extent.config.step(step).expect("a step").kind
}

/// v/T and 1/(C·N·U) of one unit.
fn chance(extent: &Extent<'_>, (t, step, unit): Spot) -> Chance {
    let (config, kind) = (extent.config, kind(extent, step));
    let total: u64 = extent.works().iter().sum();
    let work = config.unit_work(kind, config.unit(kind, unit).expect("a unit"), t);
    let first = if step >= config.step_count(false) { extent.tail_from } else { 0 };
    let places = config.step_count(true) * (extent.positions - first) * config.unit_count(kind);
    Chance { by_work: work as f64 / total as f64, by_class: 1.0 / f64::from(places) }
}

fn units_of(extent: &Extent<'_>, t: u32) -> Vec<Spot> {
    let count = |step| extent.config.unit_count(kind(extent, step));
    (0..extent.steps(t)).flat_map(|step| (0..count(step)).map(move |unit| (t, step, unit))).collect()
}

/// The units of position `t` that the pick makes wrong. What is drawn in any case is left alone, if the pick can.
fn chosen(extent: &Extent<'_>, pick: Pick, t: u32) -> Vec<Spot> {
    let always = draw::always(extent);
    let spots: Vec<Spot> = units_of(extent, t).into_iter().filter(|spot| !always.contains(spot)).collect();
    let least = |value: &dyn Fn(Chance) -> f64| {
        let rarest = spots.iter().min_by(|a, b| value(chance(extent, **a)).total_cmp(&value(chance(extent, **b))));
        rarest.copied().into_iter().collect()
    };
    match pick {
        Pick::Rarest => least(&|c| c.by_work + c.by_class),
        Pick::LeastWork => least(&|c| c.by_work),
        Pick::WidestStep => least(&|c| c.by_class),
        Pick::FirstNorm => vec![(t, 1, 0)],
        Pick::Everything => units_of(extent, t),
        Pick::LastSample => vec![(t, extent.steps(t) - 1, 0)],
    }
}

fn lie(extent: &Extent<'_>, pick: Pick, share_name: &'static str, positions: &[u32]) -> Lie {
    let spots = positions.iter().flat_map(|t| chosen(extent, pick, *t)).collect();
    Lie { pick, share: share_name, phi: share(extent, positions), spots }
}

/// Every unit of every position.
pub fn everything(extent: &Extent<'_>) -> Lie {
    lie(extent, Pick::Everything, "all", &(0..extent.positions).collect::<Vec<_>>())
}

/// The lies of the table.
pub fn lies(extent: &Extent<'_>) -> Vec<Lie> {
    let all: Vec<u32> = (0..extent.positions).collect();
    let half: Vec<u32> = all.iter().copied().filter(|t| t.is_multiple_of(2)).collect();
    let shares = [("all", all), ("half", half), ("one", vec![extent.tail_from + 1])];
    let mut lies = Vec::new();
    for pick in [Pick::Rarest, Pick::LeastWork, Pick::WidestStep, Pick::FirstNorm] {
        for (name, positions) in &shares {
            lies.push(lie(extent, pick, name, positions));
        }
    }
    lies.push(lie(extent, Pick::Everything, "one", &shares[2].1));
    lies.push(lie(extent, Pick::LastSample, "last", &[extent.positions - 1]));
    lies
}
