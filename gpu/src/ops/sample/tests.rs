//! Sampling with a card against the scalar reference, and errors planted in its kernel.

use assay_model::sampling::{ONE, sample};
use assay_model::tables::TableParams;

use super::known::{Numbers, Report, compare, corners, reports};
use super::*;
use crate::testing;

fn tables() -> Tables {
    let p = TableParams { dim: 64, head_dim: 64, eps: 1e-5, rope_base: 1e4, rope_linear: 1.0, rope_factors: None };
    Tables::new(&p).expect("valid parameters")
}

const SEED: [u8; 32] = [9; 32];

#[test]
fn every_vocabulary_and_corner_is_reported_exactly() {
    let Some(gpu) = testing::gpu() else { return };
    let (tables, kernel) = (tables(), Sample::new(&gpu).unwrap());
    let mut numbers = Numbers(5);
    for vocab in [1, 2, 255, 256, 257, 300, 1024, 1025, 49152] {
        compare(&gpu, &kernel, &corners(vocab, &mut numbers), &tables).unwrap();
    }
}

#[test]
fn the_inverse_of_every_temperature_divides_exactly() {
    let Some(gpu) = testing::gpu() else { return };
    let (tables, kernel) = (tables(), Sample::new(&gpu).unwrap());
    let mut numbers = Numbers(6);
    let edges = (0..32u32).flat_map(|b| [(1 << b) - 1, 1 << b, (1 << b) + 1]).filter(|&t| t > 0);
    let row = |temperature: u32| {
        // Multiples of the temperature and their neighbours, where a quotient off by one shows.
        let logit = |n: &mut Numbers| {
            let whole = u64::from(n.word() % 90000) * u64::from(temperature) / 4096;
            let below = (whole + u64::from(n.word() % 3)).min(u64::from(u32::MAX));
            (i64::from(i32::MAX) - below as i64) as i32
        };
        let mut logits: Vec<i32> = (0..600).map(|_| logit(&mut numbers)).collect();
        logits[17] = i32::MAX;
        (logits, temperature)
    };
    let rows: Vec<(Vec<i32>, u32)> = edges.map(row).collect();
    compare(&gpu, &kernel, &rows, &tables).unwrap();
}

#[test]
fn a_finished_token_is_the_references() {
    let Some(gpu) = testing::gpu() else { return };
    let (tables, kernel) = (tables(), Sample::new(&gpu).unwrap());
    let mut numbers = Numbers(8);
    for vocab in [1, 300, 5000] {
        let rows = corners(vocab, &mut numbers);
        for ((logits, temperature), Report { maxima, region }) in
            rows.iter().zip(reports(&gpu, &kernel, &rows, &tables).unwrap())
        {
            assert_eq!(maxima.len(), vocab.div_ceil(256));
            for top_k in [0, 1, 40, 1024, 2000] {
                for top_p in [1, ONE / 2, 62259, ONE] {
                    let sampling = match *temperature {
                        0 => Sampling::Greedy,
                        temperature => Sampling::Draw { temperature, top_k, top_p },
                    };
                    for position in 0..5 {
                        let token = finish(&sampling, &SEED, position, &tables, &region);
                        let expected = sample(logits, &sampling, &SEED, position, &tables);
                        // Whatever fits is decided.
                        if token == Finish::NeedsLogits {
                            assert!(region[2] > CANDIDATES && (top_k == 0 || top_k > region[3]), "{sampling:?}");
                        } else {
                            assert_eq!(token, Finish::Token(expected), "{vocab} logits, {sampling:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn usual_logits_rarely_need_all() {
    let Some(gpu) = testing::gpu() else { return };
    let (tables, kernel) = (tables(), Sample::new(&gpu).unwrap());
    let mut numbers = Numbers(10);
    let rows: Vec<(Vec<i32>, u32)> = (0..4).map(|_| ((0..49152).map(|_| numbers.normal(4.0)).collect(), ONE)).collect();
    let mut needed = 0;
    for ((logits, _), Report { region, .. }) in rows.iter().zip(reports(&gpu, &kernel, &rows, &tables).unwrap()) {
        for position in 0..100 {
            let sampling = Sampling::Draw { temperature: ONE, top_k: 0, top_p: ONE };
            match finish(&sampling, &SEED, position, &tables, &region) {
                Finish::Token(token) => assert_eq!(token, sample(logits, &sampling, &SEED, position, &tables)),
                Finish::NeedsLogits => needed += 1,
            }
            let nucleus = Sampling::Draw { temperature: ONE, top_k: 0, top_p: 58982 };
            assert_ne!(finish(&nucleus, &SEED, position, &tables, &region), Finish::NeedsLogits);
        }
    }
    assert!(needed < 40, "{needed} of 400");
}

#[test]
fn a_report_that_makes_no_sense_decides_nothing() {
    let tables = tables();
    let draw = Sampling::Draw { temperature: ONE, top_k: 0, top_p: ONE };
    let mut words = vec![0; crate::layout::SAMPLE as usize];
    assert_eq!(finish(&draw, &SEED, 0, &tables, &words), Finish::NeedsLogits);
    words[3] = u32::MAX;
    assert_eq!(finish(&draw, &SEED, 0, &tables, &words), Finish::NeedsLogits);
    words[2] = u32::MAX;
    assert_eq!(finish(&draw, &SEED, 0, &tables, &words), Finish::NeedsLogits);
}

/// (what is wrong, text, its replacement); the last occurrence of a text is replaced.
const PLANTED: [(&str, &str, &str); 36] = [
    ("limit ignored", "if (!is_less(vec2<u32>(below, 0u), mul32(temperature, NATS))) { return 0u; }", ""),
    ("limit in 32 bits", "mul32(temperature, NATS)", "vec2<u32>(temperature * NATS, 0u)"),
    ("limit one nat short", "NATS: u32 = 22u", "NATS: u32 = 20u"),
    ("shift", "51u - countLeadingZeros", "50u - countLeadingZeros"),
    ("shift of large temperatures", "product.y >> (shift - 32u)", "product.y >> ((shift - 32u) & 15u)"),
    ("high bits of the quotient", "(product.y << (32u - shift)) | ", ""),
    ("high bits of the dividend", "below >> 20u", "0u"),
    ("remainder ignored", "if (!is_less(rest, vec2<u32>(temperature, 0u))) { t += 1u; }", ""),
    (
        "a whole remainder forgotten",
        "!is_less(rest, vec2<u32>(temperature, 0u))",
        "is_less(vec2<u32>(temperature, 0u), rest)",
    ),
    ("remainder in 32 bits", "is_less(rest, vec2<u32>(temperature, 0u))", "(rest.x < temperature)"),
    ("high table", "t >> 12u", "t >> 13u"),
    ("low table", "t & 4095u", "t & 2047u"),
    ("bit between words", " | (w.x >> 31u)", ""),
    ("high half only", "(w.y << 1u)", "w.y"),
    ("last tie for first", "if (l > chunk_largest)", "if (l >= chunk_largest)"),
    ("later chunk for first", "chunk_largest > largest)", "chunk_largest >= largest)"),
    ("later lane for first", "at < best_at[lane]", "at > best_at[lane]"),
    ("ties of lanes ignored", " || (l == best[lane] && at < best_at[lane])", ""),
    ("a chunk begins late", "i = chunk_at + 1u", "i = chunk_at + 2u"),
    ("a chunk ends early", "chunk * CHUNK + CHUNK, p.vocab", "chunk * CHUNK + CHUNK - 1u, p.vocab"),
    ("last logit left out", "CHUNK + CHUNK, p.vocab", "CHUNK + CHUNK, p.vocab - 1u"),
    ("all negative", "var largest = -2147483647i - 1i", "var largest = 0i"),
    ("chunk maxima elsewhere", "p.header + chunk", "p.header"),
    ("carry of sums", "sum = add64(sum, vec2<u32>(w, 0u))", "sum.x += w"),
    ("carry between lanes", "add64(sums[lane], sums[lane + half])", "sums[lane] + sums[lane + half]"),
    ("weightless ones counted", "if (w > 0u)", "if (below < 22u * tail.y)"),
    ("greedy rows drawn", "if (tail.y == 0u) { return; }", ""),
    ("widest ignored", "max(widest[lane], widest[lane + half])", "widest[lane]"),
    ("one too many", "(&all) > CANDIDATES", "(&all) > CANDIDATES + 1u"),
    ("rank off by one", "vec2<u32>(0u, CANDIDATES)", "vec2<u32>(0u, CANDIDATES - 1u)"),
    ("digits of others counted", "((below >> (open - 1u)) >> 1u) == known.x", "true"),
    ("digits not cleared", "atomicStore(&digits[d], 0u);", ""),
    ("rank not lowered", "rank -= n;", ""),
    ("two turns only", "turn < 4u", "turn < 2u"),
    ("torn ties", "bound = known.x - 1u", "bound = known.x"),
    ("another row's report", "tail.x * p.report_row", "group.x * p.report_row"),
];

#[test]
fn planted_errors_are_exposed() {
    let Some(gpu) = testing::gpu() else { return };
    let (tables, text) = (tables(), text());
    self_test(&gpu, &tables).unwrap();
    let mut missed = Vec::new();
    for (name, from, to) in PLANTED {
        let at = text.rfind(from).unwrap_or_else(|| panic!("{name}: no such text"));
        let wrong = [&text[..at], to, &text[at + from.len()..]].concat();
        match self_test_with(&gpu, &tables, &wrong) {
            Err(GpuError::Wrong { .. }) => {}
            Err(other) => panic!("{name}: {other}"),
            Ok(()) => missed.push(name),
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}
