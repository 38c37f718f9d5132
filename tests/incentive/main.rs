//! Whether cheating pays: the formulas of `assay_verifier::soundness` against rigs that cheat a simulated escrow.
//!
//! A job is committed; a seed that nobody knew is fixed; k units are drawn as a contract draws them, and the last token's
//! besides. A rig whose lie is drawn cannot prove, whether it says so or stays silent, and the escrow keeps its stake.
//! Chances are those of the draws themselves, made by `assay_verifier::settlement::draw`; only money is simulated.
//!
//! The table of `docs/soundness.md`, section 4:
//!
//! ```text
//! INCENTIVE_TRIALS=20000 cargo test -p assay-tests --test incentive -- --nocapture the_table
//! ```

#![allow(missing_docs, reason = "a test binary")]

mod market;
mod strategy;

use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_tests::rng::Rng;
use assay_tests::spread::spread;
use assay_verifier::draw::Extent;
use assay_verifier::settlement::draw;
use assay_verifier::soundness::{lower_confidence_limit, rarest_unit, unit_escape};
use market::{Books, Rule, settle};
use std::sync::LazyLock;
use strategy::{Chance, Lie, Pick};

const CONFIG: Config =
    Config { layers: 2, dim: 320, heads: 4, kv_heads: 2, head_dim: 16, ffn: 600, vocab: 700, context: 64 };
/// Numbers of draws; terms allow 64 at most.
const DRAWS: [u32; 3] = [8, 32, 128];
/// Jobs that a rig has open at once, under one seed.
const OPEN: usize = 10;
/// 99 % for a table of up to 100 cells, two ends each.
const CONFIDENCE: f64 = 1.0 - 0.01 / 200.0;
/// How far above and below the threshold the sign of the profit must show.
const MARGIN: f64 = 0.15;

fn extent() -> Extent<'static> {
    Extent { config: &CONFIG, positions: 12, tail_from: 5, last_token: 300 }
}

fn trials() -> usize {
    std::env::var("INCENTIVE_TRIALS").map_or(4_000, |n| n.parse().expect("INCENTIVE_TRIALS is a number"))
}

/// One lie under k draws: of `trials` seeds, how many drew none of it.
struct Cell {
    lie: Lie,
    k: u32,
    escaped: u64,
    trials: u64,
    exact: f64,
}

impl Cell {
    /// Both ends of the interval for the chance of being drawn.
    fn drawn(&self) -> (f64, f64) {
        let low = lower_confidence_limit(self.trials - self.escaped, self.trials, CONFIDENCE);
        (low, 1.0 - lower_confidence_limit(self.escaped, self.trials, CONFIDENCE))
    }

    /// What the rig gains over honesty in one job on average, if it saves `saved` and `at_risk` = S + P: by the ends of
    /// the interval.
    fn gain(&self, saved: f64, at_risk: f64) -> (f64, f64) {
        let (low, high) = self.drawn();
        (saved - high * at_risk, saved - low * at_risk)
    }
}

fn seed_of(trial: u64, job: u64) -> Digest {
    let (randomness, id) = (Rng::new(0xa55a + trial).bytes(), Rng::new(0x10b + job).bytes());
    draw::seed(&randomness, &id, &[7; 32])
}

/// Every lie under every number of draws: draw i does not depend on how many there are, so one stream serves all.
fn measured() -> Vec<Cell> {
    let (extent, lies) = (extent(), strategy::lies(&extent()));
    let most = DRAWS[DRAWS.len() - 1];
    let numbers: Vec<u64> = (0..trials() as u64).collect();
    // Per trial and lie, the first draw that meets the lie.
    let met = spread(&numbers, |&trial| {
        let (drawn, always) = (draw::units(&seed_of(trial, 0), &extent, most), draw::always(&extent));
        lies.iter()
            .map(|lie| {
                if always.iter().any(|unit| lie.holds(unit)) {
                    return 0;
                }
                drawn.iter().position(|unit| lie.holds(unit)).map_or(u32::MAX, |i| i as u32)
            })
            .collect::<Vec<u32>>()
    });
    let cell = |(i, lie): (usize, &Lie), k: u32| Cell {
        k,
        escaped: met.iter().filter(|met| met[i] >= k).count() as u64,
        trials: numbers.len() as u64,
        exact: lie.escape(&extent, k),
        lie: lie.clone(),
    };
    lies.iter().enumerate().flat_map(|lie| DRAWS.map(|k| cell(lie, k))).collect()
}

static CELLS: LazyLock<Vec<Cell>> = LazyLock::new(measured);

fn cell(pick: Pick, share: &str, k: u32) -> &'static Cell {
    CELLS.iter().find(|c| c.lie.pick == pick && c.lie.share == share && c.k == k).expect("in the table")
}

#[test]
fn a_lie_escapes_the_draws_of_a_contract_as_often_as_the_exact_chance_says() {
    for c in CELLS.iter() {
        let (low, high) = c.drawn();
        let exact = 1.0 - c.exact;
        assert!(low <= exact + 1e-9 && exact <= high + 1e-9, "{} k {}: {low} {exact} {high}", c.lie.name(), c.k);
    }
}

#[test]
fn no_lie_escapes_more_often_than_the_bound_of_the_rarest_unit() {
    for c in CELLS.iter() {
        let bound = unit_escape(c.lie.phi, rarest_unit(&extent(), c.k), c.k);
        assert!(c.exact <= bound + 1e-12, "{} k {}: exact {} bound {bound}", c.lie.name(), c.k, c.exact);
        let seen = lower_confidence_limit(c.escaped, c.trials, CONFIDENCE);
        assert!(seen <= bound + 1e-9, "{} k {}: seen {seen} bound {bound}", c.lie.name(), c.k);
    }
}

#[test]
fn the_last_tokens_sample_is_drawn_whatever_the_seed() {
    for k in DRAWS {
        assert_eq!(cell(Pick::LastSample, "last", k).escaped, 0);
    }
}

/// c = 1. Saved is φ: the positions that hold a lie are not computed.
#[test]
fn cheating_pays_just_below_the_threshold_and_loses_just_above_it() {
    let mut shown = 0;
    for c in CELLS.iter().filter(|c| c.k >= 32 && c.lie.share == "all") {
        let threshold = c.lie.phi / (1.0 - c.exact);
        let (worst, _) = c.gain(c.lie.phi, threshold * (1.0 - MARGIN));
        let (_, best) = c.gain(c.lie.phi, threshold * (1.0 + MARGIN));
        assert!(worst > 0.0 && best < 0.0, "{} k {}: {worst} {best}", c.lie.name(), c.k);
        shown += 1;
    }
    assert!(shown >= 8);
}

/// S + P > c + c/(k·w_min) is enough, because (1 − w)^k ≤ 1/(1 + k·w).
#[test]
fn above_the_closed_formula_every_lie_loses() {
    for c in CELLS.iter() {
        let kw = f64::from(c.k) * rarest_unit(&extent(), c.k);
        let at_risk = 1.0 + 1.0 / kw;
        assert!(c.lie.phi - (1.0 - c.exact) * at_risk < 0.0, "{} k {}", c.lie.name(), c.k);
        let (worst, _) = c.gain(c.lie.phi, at_risk);
        assert!(worst < 0.0, "{} k {}: seen", c.lie.name(), c.k);
    }
}

/// k·w_min·(S + P) > c alone is not: k draws of one unit do not add up, they overlap.
#[test]
fn the_first_order_formula_alone_lets_a_lie_pay_where_many_draws_overlap() {
    let (c, w) = (cell(Pick::Rarest, "all", 128), rarest_unit(&extent(), 128));
    let at_risk = 1.02 / (128.0 * w);
    let (worst, _) = c.gain(c.lie.phi, at_risk);
    assert!(worst > 0.0, "{worst}: S + P = {at_risk}");
    let few = cell(Pick::Rarest, "all", 8);
    let ratio = (1.0 - few.exact) / (8.0 * rarest_unit(&extent(), 8));
    assert!((0.9..1.3).contains(&ratio), "with few draws it is nearly exact: {ratio}");
}

/// Gain over honesty of a rig with OPEN jobs under one seed, per trial, under a rule.
fn open_jobs(rule: Rule, at_risk: f64) -> (f64, u64) {
    let (extent, lies) = (extent(), strategy::lies(&extent()));
    let lie = lies.iter().find(|l| l.pick == Pick::Rarest && l.share == "all").expect("in the table");
    let numbers: Vec<u64> = (0..(trials() / 10) as u64).collect();
    let terms = market::Money { stake: at_risk * 0.75, price: at_risk * 0.25, cost: 1.0 };
    let runs = spread(&numbers, |&trial| {
        let proved: Vec<bool> = (0..OPEN as u64)
            .map(|job| !draw::units(&seed_of(trial, job), &extent, 32).iter().any(|unit| lie.holds(unit)))
            .collect();
        let books = settle(rule, &terms, &proved);
        assert!(books.balanced(&terms, OPEN), "no coin is made or lost");
        (books.gain(&terms, OPEN, 1.0 - lie.phi), proved.iter().filter(|p| !**p).count() as u64)
    });
    let gain = runs.iter().map(|r| r.0).sum::<f64>() / numbers.len() as f64;
    (gain, runs.iter().map(|r| r.1).sum())
}

#[test]
fn with_one_stake_for_each_open_job_many_jobs_pay_no_more_than_one() {
    let c = cell(Pick::Rarest, "all", 32);
    let threshold = 1.0 / (1.0 - c.exact);
    for (factor, pays) in [(1.0 - MARGIN, true), (1.0 + MARGIN, false)] {
        let (gain, drawn) = open_jobs(Rule::StakeEach, threshold * factor);
        assert_eq!(gain > 0.0, pays, "{factor}: {gain}");
        let jobs = (trials() / 10 * OPEN) as u64;
        let low = lower_confidence_limit(drawn, jobs, CONFIDENCE);
        let high = 1.0 - lower_confidence_limit(jobs - drawn, jobs, CONFIDENCE);
        assert!(low <= 1.0 - c.exact && 1.0 - c.exact <= high, "jobs under one seed are drawn apart");
    }
    let (shared, _) = open_jobs(Rule::OneStake, threshold * (1.0 + MARGIN));
    assert!(shared > 0.0, "one stake behind all of them would make cheating pay: {shared}");
}

#[test]
fn silence_must_cost_what_a_lie_costs() {
    let c = cell(Pick::Rarest, "all", 32);
    let at_risk = (1.0 + MARGIN) / (1.0 - c.exact);
    assert!(open_jobs(Rule::StakeEach, at_risk).0 < 0.0);
    assert!(
        open_jobs(Rule::SilenceIsFree, at_risk).0 > 0.0,
        "were silence to cost the price alone, cheating would pay"
    );
}

#[test]
fn a_rig_that_is_its_own_client_still_burns_half_of_the_stake() {
    let terms = market::Money { stake: 8.0, price: 2.0, cost: 1.0 };
    let Books { rig, client, burned } = settle(Rule::StakeEach, &terms, &[false]);
    assert_eq!((rig, client, burned), (-8.0, 4.0, 4.0));
}

#[test]
fn the_table() {
    let extent = extent();
    println!("{} trials, w_min at k = 8, 32, 128: {:?}", trials(), DRAWS.map(|k| rarest_unit(&extent, k)));
    println!("| lie | share | φ | k | escape, exact | seen | bound | threshold | gain at −15 % | at +15 % |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for c in CELLS.iter() {
        let (phi, drawn) = (c.lie.phi, 1.0 - c.exact);
        let seen = 1.0 - c.escaped as f64 / c.trials as f64;
        let threshold = phi / drawn;
        println!(
            "| {} | {} | {phi:.3} | {} | {:.4} | {:.4} | {:.4} | {threshold:.3} | {:+.3} | {:+.3} |",
            c.lie.pick.name(),
            c.lie.share,
            c.k,
            c.exact,
            1.0 - seen,
            unit_escape(phi, rarest_unit(&extent, c.k), c.k),
            phi - seen * threshold * (1.0 - MARGIN),
            phi - seen * threshold * (1.0 + MARGIN),
        );
    }
}

#[test]
fn chances_by_work_and_by_class_each_add_up_to_one() {
    let extent = extent();
    let all = strategy::everything(&extent);
    let Chance { by_work, by_class } = all.chance(&extent);
    assert!((by_work - 1.0).abs() < 1e-12 && (by_class - 1.0).abs() < 1e-12, "{by_work} {by_class}");
}
