//! An honest rig is accepted, whatever is asked and however its tokens are drawn.

use assay_model::model::Model;
use assay_model::program::StepKind;
use assay_model::reference::{Reference, Sampler};
use assay_model::sampling::Sampling;
use assay_tests::census;
use assay_tests::client::{Files, ask, columns, pins, thinned, units};
use assay_tests::public;
use assay_tests::rig::{Honest, run};
use assay_tests::rng::Rng;
use assay_tests::toy;
use assay_tests::trace::{Signed, signed};
use assay_verifier::audit;
use assay_verifier::draw::draw;
use assay_verifier::soundness::{escape_bound, share};
use std::sync::LazyLock;

static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::large(), 1));
static GREEDY: LazyLock<Signed> = LazyLock::new(|| claim(Sampling::Greedy));
static DRAWN: LazyLock<Signed> = LazyLock::new(|| claim(toy::DRAWN));

fn claim(sampling: Sampling) -> Signed {
    let mut job = toy::job(&MODEL, 7, 9, 2);
    job.sampling = sampling;
    signed(&MODEL, &job, &mut Honest)
}

#[test]
fn every_policy_accepts_greedy_and_drawn_tokens() {
    let rng = &mut Rng::new(3);
    let id = public::manifest(&MODEL).id();
    let policies = [columns(1), columns(3), columns(60_000), thinned(1, 4), thinned(2, 100), units(1), units(64)];
    for claim in [&*GREEDY, &*DRAWN] {
        for policy in policies {
            let challenge = ask(claim, policy, rng);
            let verdict = Files::new(&MODEL, claim, &challenge).verdict(&MODEL, &id, &pins());
            assert!(verdict.is_ok(), "{policy:?}: {verdict:?}");
        }
    }
}

#[test]
fn a_full_audit_accepts_and_reports_every_position() {
    for claim in [&*GREEDY, &*DRAWN] {
        let mut seen = 0;
        assert_eq!(audit::full(&MODEL, &claim.claim(), &mut |t| seen = t), Ok(()));
        assert_eq!(seen as usize, claim.output.positions.len());
    }
}

#[test]
fn a_full_audit_accepts_the_settlement_root_of_an_honest_trace() {
    for claim in [&*GREEDY, &*DRAWN] {
        let settled = claim.settled(&MODEL.config, |_| {});
        assert_ne!(settled.receipt.settlement_root, [0; 32]);
        assert_eq!(audit::full(&MODEL, &settled.claim(), &mut |_| {}), Ok(()));
    }
}

#[test]
fn no_unit_of_an_honest_trace_is_wrong_and_all_kinds_are_checked() {
    let id = public::manifest(&MODEL).id();
    for claim in [&*GREEDY, &*DRAWN] {
        assert!(census::wrong_units(&MODEL, claim).expect("it opens").is_empty());
        let challenge = ask(claim, columns(60_000), &mut Rng::new(4));
        let checked = Files::new(&MODEL, claim, &challenge).verdict(&MODEL, &id, &pins()).expect("honest");
        assert_eq!(checked.keys().copied().collect::<Vec<_>>(), StepKind::ALL);
    }
}

#[test]
fn the_machine_of_these_tests_computes_what_the_reference_does() {
    for claim in [&*GREEDY, &*DRAWN] {
        let job = &claim.job;
        let sampler = Sampler { sampling: job.sampling, seed: job.seed, tail_from: job.tail_from() };
        let tokens: Vec<u32> = job.prompt.iter().chain(&claim.output.tokens).copied().collect();
        let mut compared = 0;
        let (_, fed) = tokens.split_last().expect("tokens");
        Reference::new(&MODEL).extend(fed, &sampler, &mut |out| {
            let leaf = &claim.columns()[out.position as usize][MODEL.config.step_index(out.step) as usize];
            assert_eq!((&leaf.header, &leaf.tensor), (&out.header, &out.tensor), "{} {}", out.position, out.step);
            compared += 1;
        });
        assert_eq!(compared, claim.columns().iter().map(Vec::len).sum::<usize>());
    }
}

#[test]
fn the_toy_is_lively() {
    let tokens: std::collections::BTreeSet<_> = DRAWN.output.tokens.iter().collect();
    assert!(tokens.len() > 4, "{:?}", DRAWN.output.tokens);
    assert_ne!(DRAWN.output.tokens, GREEDY.output.tokens);
    for column in GREEDY.columns() {
        for (i, leaf) in column.iter().enumerate() {
            let nonzero = leaf.tensor.iter().filter(|b| **b != 0).count();
            assert!(i + 1 == column.len() || 4 * nonzero > leaf.tensor.len(), "step {i} is nearly all zero");
        }
    }
}

#[test]
fn a_stop_token_ends_the_output() {
    let mut job = toy::job(&MODEL, 7, 9, 2);
    job.stop = vec![GREEDY.output.tokens[3]];
    let claim = signed(&MODEL, &job, &mut Honest);
    let first = GREEDY.output.tokens.iter().position(|t| job.stop.contains(t)).expect("it is there");
    assert_eq!(claim.output.tokens, GREEDY.output.tokens[..=first]);
    let challenge = ask(&claim, columns(2), &mut Rng::new(6));
    let verdict = Files::new(&MODEL, &claim, &challenge).verdict(&MODEL, &job.manifest, &pins());
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[test]
fn the_meter_counts_the_work_that_the_program_fixes() {
    let claim = &*GREEDY;
    let linear_and_attention = |t: u32, tail: bool| {
        let c = &MODEL.config;
        let of = |kinds: &[StepKind]| kinds.iter().map(|&k| c.step_work(k, t)).sum::<u64>();
        let layer = of(&[StepKind::Qkv, StepKind::Attention, StepKind::O, StepKind::GateUp, StepKind::Down]);
        u64::from(c.layers) * layer + if tail { of(&[StepKind::Head]) } else { 0 }
    };
    let tail_from = claim.job.tail_from();
    let whole: u64 = (0..claim.output.positions.len() as u32).map(|t| linear_and_attention(t, t >= tail_from)).sum();
    let done = run(&MODEL, &claim.job, &mut Honest).macs;
    // Inputs that are zero are skipped, and few are.
    assert!(done <= whole && done * 100 > whole * 97, "{done} of {whole}");
}

#[test]
fn positions_are_drawn_in_proportion_to_their_work() {
    const DRAWS: u32 = 20_000;
    let claim = GREEDY.claim();
    let extent = claim.extent(&MODEL.config);
    let rng = &mut Rng::new(8);
    let mut seen = vec![0u32; extent.positions as usize];
    for _ in 0..DRAWS {
        let drawn = draw(&ask(&GREEDY, columns(1), rng), &extent);
        // Of the last position head and sample are always drawn: it counts only where all of it is.
        let whole = drawn.iter().find(|(_, steps)| steps.len() > 2).expect("a column");
        seen[*whole.0 as usize] += 1;
    }
    for (t, &times) in (0u32..).zip(&seen) {
        let p = share(&extent, &[t]);
        let sigma = (f64::from(DRAWS) * p * (1.0 - p)).sqrt();
        assert!((f64::from(times) - f64::from(DRAWS) * p).abs() < 4.5 * sigma, "position {t}: {times}, share {p}");
    }
}

#[test]
fn soundness_numbers_are_printed() {
    let claim = GREEDY.claim();
    let extent = claim.extent(&MODEL.config);
    println!("bound on the chance that a lie in a share φ of the positions escapes");
    println!(
        "{:>8} {:>10} {:>14} {:>10} {:>10} {:>10}",
        "φ", "1 column", "1 at 1/4", "2 columns", "8 units", "32 units"
    );
    for wrong in 1..=extent.positions {
        let phi = share(&extent, &(0..wrong).collect::<Vec<_>>());
        let bounds =
            [columns(1), thinned(1, 4), columns(2), units(8), units(32)].map(|p| escape_bound(p, phi, &extent));
        assert!(bounds.iter().all(|b| (0.0..=1.0).contains(b)));
        let [a, b, c, d, e] = bounds;
        println!("{phi:>8.3} {a:>10.4} {b:>14.4} {c:>10.4} {d:>10.4} {e:>10.4}");
    }
}
