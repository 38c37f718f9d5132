//! The chance that a lie escapes, and when cheating loses money. Not part of any check: floats are fine here.
//!
//! Symbols as in `docs/soundness.md`: φ the work-weighted share of positions that contain a wrong unit, a the density,
//! k the columns or units drawn, λ the leverage of a lie, S stake, P price, c compute cost.

#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "floats, and nothing is decided by them")]

use crate::challenge::{FULL_DENSITY, Policy};
use crate::draw::{Extent, kinds};
use assay_model::program::StepKind;

/// Escape probability of `k` columns at density `a`: at most (1 − a·φ)^k. Drawing without replacement only lowers it if
/// a = 1 or all positions have equal work; otherwise a heavy position that was drawn and missed is gone
/// (`docs/soundness.md`, columns).
pub fn column_escape(phi: f64, a: f64, k: u32) -> f64 {
    (1.0 - a * phi).powi(i32::try_from(k).unwrap_or(i32::MAX))
}

/// Escape probability of `k` units when every position of a share φ, by number, holds one lying unit of the kind that is
/// drawn most rarely: at most (1 − φ·w_min)^k for even k, with w_min of [`rarest_unit`]. The last draw of an odd k is by
/// work alone: take k − 1 (`docs/soundness.md`, units).
pub fn unit_escape(phi: f64, w_min: f64, k: u32) -> f64 {
    (1.0 - phi * w_min).powi(i32::try_from(k).unwrap_or(i32::MAX))
}

/// w_min: the smallest chance that one draw of unit mode meets a given (step, unit), at whatever position.
///
/// A cheat that saves the work of every position needs at least one wrong unit in each, for instance a header that
/// zeroes a vector; the rarest unit is its best place. Halves of the draws go by work and uniformly over classes.
pub fn rarest_unit(extent: &Extent<'_>) -> f64 {
    let config = extent.config;
    let float = |v: u128| v as f64;
    let total: u128 = (0..extent.positions).map(|t| u128::from(config.position_work(t, t >= extent.tail_from))).sum();
    let classes = f64::from(config.step_count(true));
    let mut rarest = f64::INFINITY;
    for (_, kind) in kinds(extent, extent.positions.saturating_sub(1)) {
        let tail = matches!(kind, StepKind::FinalNorm | StepKind::Head | StepKind::Sample);
        let first = if tail { extent.tail_from } else { 0 };
        let units = config.unit_count(kind);
        for unit in (0..units).filter_map(|u| config.unit(kind, u)) {
            let work: u128 = (first..extent.positions).map(|t| u128::from(config.unit_work(kind, unit, t))).sum();
            let uniform = 1.0 / (classes * f64::from(units));
            rarest = rarest.min(0.5 * float(work) / float(total) + 0.5 * uniform);
        }
    }
    rarest
}

/// Bound on the chance that a cheat with share φ passes a challenge of this policy.
pub fn escape_bound(policy: Policy, phi: f64, extent: &Extent<'_>) -> f64 {
    match policy {
        Policy::Columns { count, density } => {
            column_escape(phi, f64::from(density) / f64::from(FULL_DENSITY), count.min(extent.positions))
        }
        Policy::Units { count } => unit_escape(phi, rarest_unit(extent), count),
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
        let w = rarest_unit(&extent);
        assert!(w > 0.0 && w < 1.0 / f64::from(c.step_count(true)), "{w}");
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
