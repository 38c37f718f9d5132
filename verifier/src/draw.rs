//! From a challenge to the units that it draws.
//!
//! Columns: positions are drawn without replacement, each draw by the work of the positions that are left. Then, in
//! ascending order of position, step and unit, each unit is taken with the challenge's density; embed, kv and sample of
//! a drawn position always, and head and sample of the last position whatever was drawn.
//!
//! Units: draw number i is by work if i is even; if it is odd, it is uniform over the (layer, step kind) pairs, then
//! over the positions that have the step, then over its units. The last position's sample unit and the head chunk of
//! its token are always taken.
//!
//! All counts are frozen integers ([`Config::unit_work`]); nothing that the rig chooses after the seed moves a draw.

use crate::challenge::{Challenge, FULL_DENSITY, Policy};
use crate::weights::Weights;
use assay_circuits::draws::Draws;
use assay_model::config::Config;
use assay_model::program::{CHUNK, StepKind, Works};
use std::collections::{BTreeMap, BTreeSet};

/// Drawn units: position, then step number, then unit number.
pub type Drawn = BTreeMap<u32, BTreeMap<u32, BTreeSet<u32>>>;

/// What the draws depend on besides the challenge.
#[derive(Clone, Copy, Debug)]
pub struct Extent<'c> {
    /// Shape of the model.
    pub config: &'c Config,
    /// Positions of the trace.
    pub positions: u32,
    /// First position with final_norm, head and sample.
    pub tail_from: u32,
    /// The last token.
    pub last_token: u32,
}

impl Extent<'_> {
    /// Steps of position `t`.
    pub fn steps(&self, t: u32) -> u32 {
        self.config.step_count(t >= self.tail_from)
    }

    fn last(&self) -> u32 {
        self.positions.saturating_sub(1)
    }

    /// Work of every position.
    pub fn works(&self) -> Vec<u64> {
        let works = self.config.works();
        (0..self.positions).map(|t| works.position(t, t >= self.tail_from)).collect()
    }
}

/// Units that `challenge` draws.
pub fn draw(challenge: &Challenge, extent: &Extent<'_>) -> Drawn {
    let mut draws = Draws::new(&challenge.stream());
    match challenge.policy {
        Policy::Columns { count, density } => columns(&mut draws, extent, count, density),
        Policy::Units { count } => units(&mut draws, extent, count),
    }
}

fn columns(draws: &mut Draws, extent: &Extent<'_>, count: u32, density: u32) -> Drawn {
    let mut left = Weights::new(&extent.works());
    let mut positions = BTreeSet::new();
    for _ in 0..count.min(extent.positions) {
        let t = left.find(draws.below(left.total()));
        left.remove(t);
        positions.insert(small(t));
    }
    let mut drawn = Drawn::new();
    for t in positions {
        let steps = drawn.entry(t).or_default();
        for (step, kind) in kinds(extent, t) {
            let always = matches!(kind, StepKind::Embed | StepKind::Kv | StepKind::Sample);
            let taken: BTreeSet<u32> = (0..extent.config.unit_count(kind))
                .filter(|_| always || density == FULL_DENSITY || draws.chance(density))
                .collect();
            if !taken.is_empty() {
                steps.insert(step, taken);
            }
        }
    }
    let last = extent.last();
    for (step, kind) in kinds(extent, last) {
        if matches!(kind, StepKind::Head | StepKind::Sample) {
            let all = (0..extent.config.unit_count(kind)).collect();
            drawn.entry(last).or_default().insert(step, all);
        }
    }
    drawn
}

fn units(draws: &mut Draws, extent: &Extent<'_>, count: u32) -> Drawn {
    let mut drawn = Drawn::new();
    let mut take = |t: u32, step: u32, unit: u32| {
        drawn.entry(t).or_default().entry(step).or_default().insert(unit);
    };
    let (positions, works) = (Weights::new(&extent.works()), extent.config.works());
    for i in 0..count {
        let (t, step, unit) = unit(extent, &positions, &works, i, &mut |bound| draws.below(bound));
        take(t, step, unit);
    }
    for (t, step, unit) in always(extent) {
        take(t, step, unit);
    }
    drawn
}

/// Draw number `i` of unit mode: position, step, unit. `positions` are the works of all positions, `works` those of steps:
/// a challenge may ask for many draws, so they are made once.
pub(crate) fn unit(
    extent: &Extent<'_>,
    positions: &Weights,
    works: &Works,
    i: u32,
    below: &mut dyn FnMut(u128) -> u128,
) -> (u32, u32, u32) {
    if i.is_multiple_of(2) { unit_by_work(below, extent, positions, works) } else { unit_by_class(below, extent) }
}

/// What unit mode takes whatever it draws: at the last position, the head chunk of the last token and the sample unit.
pub(crate) fn always<'e>(extent: &'e Extent<'_>) -> impl Iterator<Item = (u32, u32, u32)> + 'e {
    let last = extent.last();
    let chunk = extent.last_token.checked_div(u32::try_from(CHUNK).unwrap_or(1)).unwrap_or(0);
    kinds(extent, last).filter_map(move |(step, kind)| match kind {
        StepKind::Head => Some((last, step, chunk)),
        StepKind::Sample => Some((last, step, 0)),
        _ => None,
    })
}

/// Step numbers and kinds of position `t`.
pub(crate) fn kinds<'e>(extent: &'e Extent<'_>, t: u32) -> impl Iterator<Item = (u32, StepKind)> + 'e {
    (0..extent.steps(t)).filter_map(|i| Some((i, extent.config.step(i)?.kind)))
}

fn unit_by_work(
    below: &mut dyn FnMut(u128) -> u128,
    extent: &Extent<'_>,
    positions: &Weights,
    works: &Works,
) -> (u32, u32, u32) {
    let config = extent.config;
    let mut draw = |weights: &Weights| weights.find(below(weights.total()));
    let t = small(draw(positions));
    let steps: Vec<_> = kinds(extent, t).collect();
    let at = draw(&Weights::new(&steps.iter().map(|(_, kind)| works.step(*kind, t)).collect::<Vec<_>>()));
    let (step, kind) = steps.get(at).copied().unwrap_or((0, StepKind::Embed));
    let units = (0..config.unit_count(kind)).filter_map(|u| config.unit(kind, u));
    let unit = draw(&Weights::new(&units.map(|u| config.unit_work(kind, u, t)).collect::<Vec<_>>()));
    (t, step, small(unit))
}

fn unit_by_class(below: &mut dyn FnMut(u128) -> u128, extent: &Extent<'_>) -> (u32, u32, u32) {
    let step = small(below(u128::from(extent.config.step_count(true))));
    let kind = extent.config.step(step).map_or(StepKind::Embed, |s| s.kind);
    let first = if step >= extent.config.step_count(false) { extent.tail_from } else { 0 };
    let t = first.saturating_add(small(below(u128::from(extent.positions.saturating_sub(first)))));
    let unit = small(below(u128::from(extent.config.unit_count(kind))));
    (t, step, unit)
}

fn small(v: impl TryInto<u32>) -> u32 {
    v.try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config { layers: 2, dim: 320, heads: 4, kv_heads: 2, head_dim: 16, ffn: 600, vocab: 700, context: 64 }
    }

    fn drawn(policy: Policy, seed: u8) -> Drawn {
        let config = config();
        let extent = Extent { config: &config, positions: 12, tail_from: 7, last_token: 300 };
        draw(&Challenge { receipt: [1; 32], seed: [seed; 32], policy }, &extent)
    }

    #[test]
    fn a_full_column_has_every_unit_of_its_position() {
        let c = config();
        let d = drawn(Policy::Columns { count: 1, density: FULL_DENSITY }, 3);
        let (t, steps) = d.iter().find(|(_, steps)| steps.len() > 2).unwrap();
        assert_eq!(steps.len() as u32, c.step_count(*t >= 7));
        for (step, units) in steps {
            assert_eq!(units.len() as u32, c.unit_count(c.step(*step).unwrap().kind));
        }
    }

    #[test]
    fn the_last_positions_head_and_sample_are_always_drawn() {
        let c = config();
        for seed in 0..20 {
            let d = drawn(Policy::Columns { count: 1, density: 1 }, seed);
            assert_eq!(d[&11][&(c.step_count(true) - 2)].len(), 3);
            assert_eq!(d[&11][&(c.step_count(true) - 1)].len(), 1);
            let d = drawn(Policy::Units { count: 1 }, seed);
            assert!(d[&11][&(c.step_count(true) - 2)].contains(&1), "token 300 stands in chunk 1");
            assert!(d[&11].contains_key(&(c.step_count(true) - 1)));
        }
    }

    #[test]
    fn positions_are_drawn_without_replacement() {
        for seed in 0..20 {
            assert_eq!(drawn(Policy::Columns { count: 12, density: FULL_DENSITY }, seed).len(), 12);
            assert_eq!(drawn(Policy::Columns { count: 60_000, density: FULL_DENSITY }, seed).len(), 12);
        }
    }

    #[test]
    fn links_between_positions_are_checked_at_any_density() {
        let c = config();
        for seed in 0..20 {
            let d = drawn(Policy::Columns { count: 3, density: 1 }, seed);
            let full = d.iter().filter(|(t, steps)| **t != 11 || steps.len() > 2);
            for (_, steps) in full {
                assert!(steps.contains_key(&0));
                for layer in 0..c.layers {
                    assert_eq!(steps[&(layer * 10 + 3)].len() as u32, c.kv_heads);
                }
            }
        }
    }

    #[test]
    fn every_class_of_units_is_drawn_in_unit_mode() {
        let d = drawn(Policy::Units { count: 4000 }, 5);
        let classes: BTreeSet<u32> = d.values().flat_map(|s| s.keys().copied()).collect();
        assert_eq!(classes.len() as u32, config().step_count(true));
    }

    #[test]
    fn draws_are_frozen() {
        let columns = drawn(Policy::Columns { count: 3, density: 1 << 14 }, 1);
        let units = drawn(Policy::Units { count: 6 }, 1);
        let digest = |d: &Drawn| blake3::hash(format!("{d:?}").as_bytes()).to_hex()[..16].to_owned();
        assert_eq!((digest(&columns), digest(&units)), ("34882e3f1cc349fe".to_owned(), "d411f1b19e8fb8cc".to_owned()));
    }

    #[test]
    fn the_receipt_the_seed_and_the_policy_each_move_the_draw() {
        let config = config();
        let extent = Extent { config: &config, positions: 12, tail_from: 7, last_token: 300 };
        let base = Challenge { receipt: [1; 32], seed: [2; 32], policy: Policy::Units { count: 50 } };
        let others = [
            Challenge { receipt: [9; 32], ..base.clone() },
            Challenge { seed: [9; 32], ..base.clone() },
            Challenge { policy: Policy::Units { count: 51 }, ..base.clone() },
        ];
        for other in others {
            assert_ne!(draw(&base, &extent), draw(&other, &extent));
        }
    }
}
