//! The chance that a lie escapes, and when cheating loses money. Not part of any check: floats are fine here.
//!
//! Symbols as in `docs/soundness.md`: φ the work-weighted share of positions that contain a wrong unit, a the density,
//! k the columns or units drawn, λ the leverage of a lie, S stake, P price, c compute cost.

#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "floats, and nothing is decided by them")]

use crate::challenge::{FULL_DENSITY, Policy};
use crate::draw::Extent;
use assay_model::program::StepKind;

/// Escape probability of `k` columns at density `a` if each draw met a wrong position with chance φ: (1 − a·φ)^k.
pub fn column_escape(phi: f64, a: f64, k: u32) -> f64 {
    (1.0 - a * phi).powi(i32::try_from(k).unwrap_or(i32::MAX))
}

/// Bound on the escape probability of `k` columns at density `a`, drawn without replacement from the positions of `extent`.
///
/// A drawn wrong position shows its wrong unit with chance a or more. Two bounds hold, and the smaller one counts.
///
/// - As long as no wrong position was drawn, the wrong share of what is left is φ or more. So one is met with chance
///   1 − (1 − φ)^k or more, and the escape is at most `1 − a·(1 − (1 − φ)^k)`: for a = 1 this is (1 − φ)^k.
/// - Below a = 1 a wrong position may be drawn, pass, and be gone. Let m_i be the weight of the i heaviest positions,
///   of a total T. Before draw i + 1 the wrong share is at least φ_i = (φT − m_i)/(T − m_i), whatever was drawn, so the
///   escape is at most `Π (1 − a·φ_i)`. With k small against the positions this is nearly (1 − a·φ)^k, which itself is
///   *no* bound: one heavy wrong position, drawn for certain by two draws of two, passes with chance 1 − a.
pub fn column_bound(phi: f64, a: f64, k: u32, extent: &Extent<'_>) -> f64 {
    let mut works = works(extent);
    works.sort_by(|a, b| b.total_cmp(a));
    let total: f64 = works.iter().sum();
    let mut gone = 0.0;
    let mut each = 1.0;
    for heaviest in works.iter().take(usize::try_from(k).unwrap_or(usize::MAX)) {
        each *= 1.0 - a * ((phi * total - gone) / (total - gone)).max(0.0);
        gone += heaviest;
    }
    each.min(1.0 - a * (1.0 - column_escape(phi, 1.0, k)))
}

/// Escape probability of `k` units when every position of a share φ holds one lying unit: at most (1 − φ·w_min)^k, with
/// w_min of [`rarest_unit`].
pub fn unit_escape(phi: f64, w_min: f64, k: u32) -> f64 {
    (1.0 - phi * w_min).powi(i32::try_from(k).unwrap_or(i32::MAX))
}

/// w_min: the smallest chance that one of `k` draws of unit mode meets a given unit, per share of the work that the
/// unit's position stands for, on average over the draws.
///
/// A cheat that saves the work of a position needs at least one wrong unit in it, for instance a header that zeroes a
/// vector. Of the k draws n = ⌈k/2⌉ go by work and k − n by class. Let position t have work w of a total T, and let its
/// lying unit have work v and stand in a step of U units that N positions have, one of C classes. A draw by work meets
/// it with chance v/T, a draw by class with chance 1/(C·N·U). Summed over the lying positions, whose w/T add up to φ,
/// these are p and q, and (1 − p)^n·(1 − q)^(k−n) ≤ (1 − (n·p + (k−n)·q)/k)^k by the inequality of the means. So w_min is
/// the least of `(n·v/w + (k−n)·T/(w·C·N·U))/k` over all positions and units.
pub fn rarest_unit(extent: &Extent<'_>, k: u32) -> f64 {
    let config = extent.config;
    let works = works(extent);
    let total: f64 = works.iter().sum();
    let (by_work, by_class) = (f64::from(k.div_ceil(2)), f64::from(k / 2));
    let classes = f64::from(config.step_count(true));
    let mut rarest = f64::INFINITY;
    for (t, w) in (0u32..).zip(&works) {
        for kind in StepKind::ALL {
            let tail = matches!(kind, StepKind::FinalNorm | StepKind::Head | StepKind::Sample);
            let first = if tail { extent.tail_from } else { 0 };
            if t < first {
                continue;
            }
            let units = config.unit_count(kind);
            let class = total / (classes * f64::from(extent.positions - first) * f64::from(units));
            for unit in (0..units).filter_map(|u| config.unit(kind, u)) {
                let work = config.unit_work(kind, unit, t) as f64;
                rarest = rarest.min((by_work * work + by_class * class) / (w * f64::from(k.max(1))));
            }
        }
    }
    rarest
}

fn works(extent: &Extent<'_>) -> Vec<f64> {
    (0..extent.positions).map(|t| extent.config.position_work(t, t >= extent.tail_from) as f64).collect()
}

/// Bound on the chance that a cheat with share φ passes a challenge of this policy.
pub fn escape_bound(policy: Policy, phi: f64, extent: &Extent<'_>) -> f64 {
    match policy {
        Policy::Columns { count, density } => {
            column_bound(phi, f64::from(density) / f64::from(FULL_DENSITY), count.min(extent.positions), extent)
        }
        Policy::Units { count } => unit_escape(phi, rarest_unit(extent, count), count),
    }
}

/// Work-weighted share of the positions `wrong`.
pub fn share(extent: &Extent<'_>, wrong: &[u32]) -> f64 {
    let work = |t: u32| extent.config.position_work(t, t >= extent.tail_from) as f64;
    let total: f64 = (0..extent.positions).map(work).sum();
    wrong.iter().map(|&t| work(t)).sum::<f64>() / total
}

/// Whether cheating loses at every φ: `(1 − (1 − a/λ)^k)·(S + P) > c`.
///
/// A lie in a share φ gains at most min(c, λφc). Below φ = 1/λ the gain grows linearly and the detection is concave, so
/// the comparison at φ = 1/λ decides.
pub fn cheating_loses(a: f64, k: u32, lambda: f64, stake: f64, price: f64, cost: f64) -> bool {
    (1.0 - column_escape(1.0 / lambda, a, k)) * (stake + price) > cost
}

/// Clopper-Pearson: the lower end of the one-sided interval of `confidence` for a rate seen `hits` times in `trials`.
pub fn lower_confidence_limit(hits: u64, trials: u64, confidence: f64) -> f64 {
    if hits == 0 {
        return 0.0;
    }
    // The limit is the p at which seeing `hits` or more has chance 1 − confidence.
    let (mut low, mut high) = (0.0, hits as f64 / trials as f64);
    for _ in 0..200 {
        let p = (low + high) / 2.0;
        if upper_tail(hits, trials, p) < 1.0 - confidence { low = p } else { high = p }
    }
    low
}

/// Chance of at least `hits` of `trials` at rate `p`.
fn upper_tail(hits: u64, trials: u64, p: f64) -> f64 {
    let (n, mut log_term) = (trials as f64, trials as f64 * (1.0 - p).ln());
    let mut below = 0.0;
    for i in 0..hits {
        below += log_term.exp();
        let i = i as f64;
        log_term += ((n - i) / (i + 1.0)).ln() + (p / (1.0 - p)).ln();
    }
    1.0 - below
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::config::Config;

    fn config() -> Config {
        Config { layers: 2, dim: 320, heads: 4, kv_heads: 2, head_dim: 16, ffn: 600, vocab: 700, context: 64 }
    }

    #[test]
    fn one_full_column_makes_a_total_lie_certain_to_be_seen() {
        assert_eq!(column_escape(1.0, 1.0, 1), 0.0);
        assert!((column_escape(0.1, 1.0, 4) - 0.6561).abs() < 1e-12);
        assert!((column_escape(0.5, 0.25, 2) - 0.765625).abs() < 1e-12);
    }

    #[test]
    fn with_one_full_column_cheating_loses_exactly_when_stake_and_price_exceed_lambda_times_cost() {
        assert!(cheating_loses(1.0, 1, 10.0, 9.5, 1.0, 1.0));
        assert!(!cheating_loses(1.0, 1, 10.0, 8.5, 1.0, 1.0));
    }

    #[test]
    fn the_confidence_limit_agrees_with_published_values() {
        // 99 % one-sided lower limits: 1 of 100 and 50 of 100.
        assert!((lower_confidence_limit(1, 100, 0.99) - 0.000_100_5).abs() < 1e-6);
        assert!((lower_confidence_limit(50, 100, 0.99) - 0.380).abs() < 2e-3);
        assert_eq!(lower_confidence_limit(0, 1000, 0.99), 0.0);
    }

    #[test]
    fn no_unit_has_a_chance_of_zero_and_the_rarest_is_rarer_than_average() {
        let c = config();
        let extent = Extent { config: &c, positions: 10, tail_from: 4, last_token: 0 };
        let w = rarest_unit(&extent, 2);
        assert!(w > 0.0 && w < 1.0 / f64::from(c.step_count(true)), "{w}");
        assert!(rarest_unit(&extent, 1) < w / 100.0, "a single draw goes by work, and a header has next to none");
        assert!(rarest_unit(&extent, 3) < w, "of three draws only one goes by class");
    }

    #[test]
    fn a_heavy_wrong_position_that_passed_once_is_not_drawn_again() {
        let c = Config { vocab: 70_000, ..config() };
        let extent = Extent { config: &c, positions: 2, tail_from: 1, last_token: 0 };
        let phi = share(&extent, &[1]);
        assert!(phi > 0.9);
        // Both positions are drawn; the wrong one passes with chance 3/4.
        assert!(column_escape(phi, 0.25, 2) < 0.75);
        assert_eq!(column_bound(phi, 0.25, 2, &extent), 0.75);
    }

    #[test]
    fn few_columns_of_many_are_nearly_drawn_with_replacement() {
        let c = Config { context: 5000, ..config() };
        let extent = Extent { config: &c, positions: 4000, tail_from: 7, last_token: 0 };
        let (bound, ideal) = (column_bound(0.3, 0.25, 4, &extent), column_escape(0.3, 0.25, 4));
        assert!(bound >= ideal && bound < ideal + 1e-3, "{bound} {ideal}");
        assert!((column_bound(0.3, 1.0, 4, &extent) - column_escape(0.3, 1.0, 4)).abs() < 1e-12);
        assert_eq!(column_bound(1.0, 1.0, 1, &extent), 0.0);
    }

    #[test]
    fn shares_add_up_to_one() {
        let c = config();
        let extent = Extent { config: &c, positions: 10, tail_from: 4, last_token: 0 };
        let all: Vec<u32> = (0..10).collect();
        assert!((share(&extent, &all) - 1.0).abs() < 1e-12);
        assert!(share(&extent, &[9]) > share(&extent, &[0]), "a position with a head weighs more");
    }
}
