//! Sampling against its definition, its distribution, frozen draws and extreme inputs.

use super::*;
use crate::tables::TableParams;
use proptest::prelude::*;
use std::sync::LazyLock;

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let p = TableParams { dim: 64, head_dim: 64, eps: 1e-5, rope_base: 1e4, rope_linear: 1.0, rope_factors: None };
    Tables::new(&p).expect("valid parameters")
});

const SEED: [u8; 32] = [7; 32];

fn draw(temperature: u32, top_k: u32, top_p: u32) -> Sampling {
    Sampling::Draw { temperature, top_k, top_p }
}

fn run(logits: &[i32], sampling: Sampling, position: u32) -> u32 {
    sample(logits, &sampling, &SEED, position, &TABLES)
}

/// The definition, word for word, with a full sort.
fn by_definition(logits: &[i32], sampling: Sampling, seed: &[u8; 32], position: u32) -> u32 {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(logits[i]), i));
    let Sampling::Draw { temperature, top_k, top_p } = sampling else { return order[0] as u32 };
    let max = i64::from(logits[order[0]]);
    let weight = |&i: &usize| {
        let t = (((max - i64::from(logits[i])) as u64) << 12) / u64::from(temperature);
        if t >> 12 >= 22 {
            return 0;
        }
        let high = u64::from(TABLES.sample_high[(t >> 12) as usize]);
        (high * u64::from(TABLES.sample_low[(t % 4096) as usize])) >> 31
    };
    if top_k > 0 {
        order.truncate(top_k as usize);
    }
    let total: u64 = order.iter().map(weight).sum();
    let need = (u128::from(total) * u128::from(top_p)).div_ceil(1 << 16) as u64;
    let shortest = (1..=order.len()).find(|&k| order[..k].iter().map(weight).sum::<u64>() >= need);
    order.truncate(shortest.expect("all of them reach the total"));
    let kept: u64 = order.iter().map(weight).sum();
    let mut xof = Domain::Sample.hasher().fixed(seed).u32(position).xof();
    let u = loop {
        let mut word = [0; 8];
        xof.fill(&mut word);
        let word = u128::from(u64::from_le_bytes(word));
        if word < (1u128 << 64) / u128::from(kept) * u128::from(kept) {
            break (word % u128::from(kept)) as u64;
        }
    };
    let mut cumulative = 0;
    let exceeds = |i: &&usize| {
        cumulative += weight(i);
        cumulative > u
    };
    *order.iter().find(exceeds).expect("u is below the sum") as u32
}

/// Logits with many ties, with a usual spread, and over the whole range.
fn logits() -> impl Strategy<Value = Vec<i32>> {
    let extreme = prop_oneof![Just(i32::MIN), Just(i32::MAX), Just(0), any::<i32>()];
    prop_oneof![
        prop::collection::vec(-3..3i32, 1..80),
        prop::collection::vec(-(20 << 16)..20 << 16, 1..300),
        prop::collection::vec(extreme, 1..80),
    ]
}

fn sampling() -> impl Strategy<Value = Sampling> {
    let temperature = prop_oneof![1..10u32, ONE / 4..4 * ONE, any::<u32>().prop_map(|t| t.max(1))];
    let top_k = prop_oneof![Just(0), 1..100u32, any::<u32>()];
    let top_p = prop_oneof![Just(1), Just(ONE), 1..=ONE];
    let draw = (temperature, top_k, top_p).prop_map(|(temperature, top_k, top_p)| draw(temperature, top_k, top_p));
    prop_oneof![1 => Just(Sampling::Greedy), 9 => draw]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn selection_equals_the_definition(l in logits(), s in sampling(), seed: [u8; 32], position: u32) {
        prop_assert_eq!(sample(&l, &s, &seed, position, &TABLES), by_definition(&l, s, &seed, position));
    }
}

proptest! {
    #[test]
    fn a_listed_prefix_gives_the_same_token_or_none(l in logits(), s in sampling(), listed in 0..40usize, position: u32) {
        let Sampling::Draw { temperature, top_k, top_p } = s else { return Ok(()) };
        let max = *l.iter().max().expect("there are logits");
        let weigh = |(i, &l): (u32, &i32)| Candidate::weigh(l, i, max, temperature, &TABLES);
        let mut all: Vec<Candidate> = (0u32..).zip(&l).filter_map(weigh).collect();
        all.sort_by_key(|c| c.key);
        let (count, total) = (all.len(), sum(&all));
        all.truncate(listed);
        let complete = all.len() == count || (1..=listed).contains(&(top_k as usize));
        let known = Weighed { listed: all, count: count as u64, total };
        match choose(known, top_k, top_p, &SEED, position) {
            Some(token) => prop_assert_eq!(token, run(&l, s, position)),
            None => prop_assert!(!complete),
        }
    }
}

#[test]
fn behind_the_first_zero_weight_there_is_none() {
    let weights: Vec<u32> = (0..u64::from(SAMPLE_NATS) << 12).map(|t| weight(t, &TABLES)).collect();
    let zero = weights.iter().position(|&w| w == 0).expect("the tail is empty");
    assert!(weights[zero..].iter().all(|&w| w == 0));
    assert_eq!((weights[0], zero >> 12), (1 << 31, 21));
}

#[test]
fn greedy_takes_the_lowest_index_of_the_maximum() {
    assert_eq!(run(&[3, 9, -4, 9, 9], Sampling::Greedy, 0), 1);
    assert_eq!(run(&[i32::MIN; 5], Sampling::Greedy, 0), 0);
    assert_eq!(run(&[i32::MIN, i32::MAX], Sampling::Greedy, 0), 1);
}

#[test]
fn the_narrowest_cuts_are_greedy() {
    let logits: Vec<i32> = (0..500).map(|i| (i * 7919 % 251) << 12).collect();
    let greedy = run(&logits, Sampling::Greedy, 0);
    for position in 0..50 {
        for narrow in [draw(ONE, 0, 1), draw(ONE, 1, ONE), draw(1, 1, ONE), draw(u32::MAX, 1, ONE)] {
            assert_eq!(run(&logits, narrow, position), greedy, "{narrow:?}");
        }
    }
}

#[test]
fn ties_enter_top_k_and_top_p_by_index() {
    // Four equal candidates: top-k 2 and half of the weight both leave the first two.
    for s in [draw(ONE, 2, ONE), draw(ONE, 0, ONE / 2)] {
        let drawn: std::collections::BTreeSet<u32> = (0..100).map(|p| run(&[-(90 << 16), 8, 8, 8, 8], s, p)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [1, 2], "{s:?}");
    }
}

#[test]
fn top_p_acts_on_the_weights_that_top_k_left() {
    // Of three equal weights top-k keeps two; one of those is half of what is left, but a third of all.
    let drawn: std::collections::BTreeSet<u32> = (0..100).map(|p| run(&[0, 0, 0], draw(ONE, 2, ONE / 2), p)).collect();
    assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [0]);
    // One part in 2^16 more needs the second.
    let drawn: std::collections::BTreeSet<u32> =
        (0..100).map(|p| run(&[0, 0, 0], draw(ONE, 2, ONE / 2 + 1), p)).collect();
    assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn any_input_gives_a_token() {
    let ends = [i32::MIN, i32::MAX, i32::MIN, i32::MAX, 0];
    for temperature in [1, ONE, u32::MAX] {
        for position in 0..50 {
            assert!([1, 3].contains(&run(&ends, draw(temperature.min(ONE), 0, ONE), position)));
            assert!(run(&ends, draw(temperature, 0, ONE), position) < 5);
        }
    }
    assert_eq!(run(&[], draw(ONE, 0, ONE), 0), 0);
    assert_eq!(run(&[], Sampling::Greedy, 0), 0);
    // What `validate` refuses acts as the nearest valid parameter.
    assert_eq!(run(&ends, draw(0, 0, 0), 3), run(&ends, draw(1, 0, 1), 3));
    assert_eq!(run(&ends, draw(ONE, 0, u32::MAX), 3), run(&ends, draw(ONE, 0, ONE), 3));
}

/// Chi-square statistic of 60,000 draws (seed fixed, positions 0…) against the exact shares.
fn chi_square(logits: &[i32], s: Sampling, shares: &[f64]) -> f64 {
    const DRAWS: u32 = 60_000;
    let mut counts = vec![0u32; logits.len()];
    (0..DRAWS).for_each(|p| counts[run(logits, s, p) as usize] += 1);
    let total: f64 = shares.iter().sum();
    let term = |(&n, &share): (&u32, &f64)| {
        let expected = f64::from(DRAWS) * share / total;
        if share == 0.0 {
            assert_eq!(n, 0, "a token that was cut off was drawn");
            return 0.0;
        }
        (f64::from(n) - expected).powi(2) / expected
    };
    counts.iter().zip(shares).map(term).sum()
}

#[test]
fn draws_follow_the_softmax() {
    // Ten logits 0, −¼, … at temperature 0.8; 9 degrees of freedom, 27.9 is the 0.1 % point.
    let logits: Vec<i32> = (0..10).map(|i| -(i << 14)).collect();
    let softmax: Vec<f64> = (0..10).map(|i| (-0.25 * f64::from(i) * 65536.0 / 52429.0).exp()).collect();
    let all = chi_square(&logits, draw(52429, 0, ONE), &softmax);
    assert!(all < 27.9, "{all}");
    // The same cut to four tokens: 3 degrees of freedom, 16.3.
    let four: Vec<f64> = softmax.iter().enumerate().map(|(i, &s)| if i < 4 { s } else { 0.0 }).collect();
    let cut = chi_square(&logits, draw(52429, 4, ONE), &four);
    assert!(cut < 16.3, "{cut}");
    // Tokens 0 to 4 hold 83 % of the weight, 0 to 3 hold 76 %: top-p 0.8 leaves five. 4 degrees of freedom, 18.5.
    let five: Vec<f64> = softmax.iter().enumerate().map(|(i, &s)| if i < 5 { s } else { 0.0 }).collect();
    let nucleus = chi_square(&logits, draw(52429, 0, 52429), &five);
    assert!(nucleus < 18.5, "{nucleus}");
}

#[test]
fn draws_below_n_are_uniform_and_reject_the_top() {
    let n = (1u64 << 63) - 1;
    assert!((0..200).all(|p| draw_below(n, &SEED, p) < n));
    assert!((0..200).all(|p| draw_below(1, &SEED, p) == 0));
    let low = (0..4000).filter(|&p| draw_below(3 << 61, &SEED, p) < 3 << 60).count();
    // Without rejection the lower half would come up in 5 of 8 draws: 2500.
    assert!((1900..2100).contains(&low), "{low}");
}

#[test]
fn draws_are_frozen() {
    let logits: Vec<i32> = (0..1000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as i32).collect();
    let draws = |s| -> Vec<u32> { (0..8).map(|p| run(&logits, s, p)).collect() };
    assert_eq!(draws(draw(ONE, 0, ONE)), FROZEN[0]);
    assert_eq!(draws(draw(52429, 40, 62259)), FROZEN[1]);
    assert_eq!(draws(draw(2 * ONE, 0, 62259)), FROZEN[2]);
    let other = sample(&logits, &draw(ONE, 0, ONE), &[8; 32], 0, &TABLES);
    assert_ne!(other, FROZEN[0][0], "the seed must matter");
}

const FROZEN: [[u32; 8]; 3] = [
    [435, 97, 995, 720, 864, 294, 449, 21],
    [898, 165, 398, 864, 199, 720, 898, 487],
    [721, 270, 914, 542, 252, 828, 401, 343],
];

#[test]
fn parameters_outside_their_range_are_refused() {
    assert_eq!(draw(0, 0, ONE).validate(), Err(SamplingError::Temperature));
    assert_eq!(draw(ONE, 0, 0).validate(), Err(SamplingError::TopP(0)));
    assert_eq!(draw(ONE, 0, ONE + 1).validate(), Err(SamplingError::TopP(ONE + 1)));
    assert_eq!(
        [draw(1, 0, 1), draw(u32::MAX, u32::MAX, ONE), Sampling::Greedy].map(|s| s.validate()),
        [const { Ok(()) }; 3]
    );
    assert_eq!(SamplingError::TopP(0).code(), "sampling.top_p");
}

#[test]
fn decimal_text_gives_sampling() {
    assert_eq!(Sampling::from_decimals("0.8", 40, "0.95"), Ok(draw(52429, 40, 62259)));
    for zero in ["0", "0.0", "00.000"] {
        assert_eq!(Sampling::from_decimals(zero, 0, "1"), Ok(Sampling::Greedy));
    }
    assert_eq!(Sampling::from_decimals("0.000001", 0, "1"), Err(SamplingError::Temperature));
    assert_eq!(Sampling::from_decimals("1", 0, "0.000001"), Err(SamplingError::TopP(0)));
    assert_eq!(Sampling::from_decimals("0", 0, "1.5"), Err(SamplingError::TopP(98304)));
    assert_eq!(Sampling::from_decimals("x", 0, "1"), Err(SamplingError::Decimal("x".into())));
}
