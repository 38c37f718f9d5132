//! The tables as a whole: entries against libm, frozen digests, refusals.

use super::*;

fn smollm2() -> TableParams {
    TableParams { dim: 576, head_dim: 64, eps: 1e-5, rope_base: 1e5, rope_linear: 1.0, rope_factors: None }
}

fn tables(p: &TableParams) -> Tables {
    Tables::new(p).expect("valid parameters")
}

/// Where f64 is sure of the rounding, exactly its value; elsewhere within one unit.
fn assert_near(name: &str, got: impl IntoIterator<Item = u64>, exact: impl Fn(f64) -> f64) {
    for (i, got) in got.into_iter().enumerate() {
        let exact = exact(i as f64);
        let tie = (exact.fract() - 0.5).abs() < 1e-6;
        let distance = (got as f64 - exact).abs();
        assert!(distance < if tie { 1.0 } else { 0.5 }, "{name}[{i}]: {got} against {exact}");
    }
}

#[test]
fn entries_agree_with_libm() {
    let t = tables(&smollm2());
    assert_near("exp", t.exp.iter().map(|&v| v.into()), |i| 32768.0 * (-i / 256.0).exp());
    assert_near("sigmoid", t.sigmoid.iter().map(|&v| v.into()), |i| 32768.0 / (1.0 + (-(i - 2047.5) / 128.0).exp()));
    assert_near("sample_high", t.sample_high.iter().map(|&v| v.into()), |i| 2f64.powi(31) * (-i).exp());
    assert_near("sample_low", t.sample_low.iter().map(|&v| v.into()), |i| 2f64.powi(31) * (-i / 4096.0).exp());
    assert_near("eps", t.eps.iter().copied(), |s| f64::from(1e-5f32) * 576.0 * 4f64.powf(12.0 - s));
    let lengths = [t.exp.len(), t.sigmoid.len(), t.eps.len(), t.phases.len(), t.sample_high.len(), t.sample_low.len()];
    assert_eq!(lengths, [4096, 4096, 18, 32, 22, 4096]);
}

#[test]
fn phases_agree_with_libm_to_its_precision() {
    let factors: Vec<f32> = (0..64).map(|i| 1.0 + i as f32 / 9.0).collect();
    let llama3 = TableParams { head_dim: 128, rope_base: 5e5, rope_factors: Some(factors.clone()), ..smollm2() };
    let linear = TableParams { rope_linear: 4.0, rope_base: 1e4, ..smollm2() };
    for p in [smollm2(), llama3, linear] {
        for (i, &phase) in tables(&p).phases.iter().enumerate() {
            let theta = f64::from(p.rope_base).powf(-2.0 * i as f64 / f64::from(p.head_dim));
            let factor = p.rope_factors.as_ref().map_or(1.0, |f| f64::from(f[i]));
            let exact = theta / (f64::from(p.rope_linear) * factor) / std::f64::consts::TAU * 2f64.powi(64);
            assert!((phase as f64 - exact).abs() < 0.5 + exact * 1e-14, "pair {i}: {phase} against {exact}");
        }
    }
}

#[test]
fn a_power_of_two_divides_phases_exactly() {
    let t = tables(&smollm2());
    let slow = tables(&TableParams { rope_linear: 8.0, ..smollm2() });
    let by_factor = tables(&TableParams { rope_factors: Some(vec![8.0; 32]), ..smollm2() });
    assert_eq!(slow.digests(), by_factor.digests());
    for (fast, slow) in t.phases.iter().zip(&slow.phases) {
        assert!(fast.abs_diff(slow << 3) <= 4);
    }
}

#[test]
fn phases_of_a_fast_rotation_wrap_around_the_turn() {
    // 1/(2π·2^−8) = 40.74… turns a position: only the fraction is kept.
    let t = tables(&TableParams { rope_linear: 1.0 / 256.0, ..smollm2() });
    let turns = 256.0 / std::f64::consts::TAU;
    assert!((t.phases[0] as f64 / 2f64.powi(64) - turns.fract()).abs() < 1e-13);
}

#[test]
fn score_scale_is_rounded_for_every_head_size() {
    for head_dim in (2..=MAX_HEAD_DIM).step_by(2) {
        let c = score_scale(head_dim);
        // (c − ½)²·hd ≤ 2^28 < (c + ½)²·hd, in integers.
        let hd = u64::from(head_dim);
        assert!((2 * c - 1).pow(2) * hd <= 1 << 30 && (2 * c + 1).pow(2) * hd > 1 << 30, "hd {head_dim}");
    }
    assert_eq!([score_scale(64), score_scale(128)], [2048, 1448]);
}

#[test]
fn max_shift_covers_every_i32() {
    let largest = [i32::MIN, i32::MAX].map(|v| crate::arith::min_shift(v.into(), crate::arith::MANTISSA_BITS));
    assert_eq!(u32::from(*largest.iter().max().expect("two")), MAX_SHIFT);
}

#[test]
fn rotation_takes_the_phase_of_the_position() {
    let t = tables(&smollm2());
    let mut out = [Rotation::default(); 32];
    t.rotation(0, &mut out);
    assert_eq!(out, [Rotation { cos: 16384, sin: 0 }; 32]);
    t.rotation(1, &mut out);
    // One radian.
    assert_eq!(out[0], Rotation { cos: 8852, sin: 13787 });
    t.rotation(u32::MAX, &mut out);
    assert_eq!(out[3], Rotation::of_phase(t.phases[3].wrapping_mul(u64::from(u32::MAX))));
}

#[test]
fn extreme_parameters_have_tables() {
    let widest = TableParams {
        dim: MAX_DIM,
        head_dim: MAX_HEAD_DIM,
        eps: f32::from_bits(1.0f32.to_bits() - 1),
        rope_base: f32::MAX,
        rope_linear: 1.0 / 256.0,
        rope_factors: Some(vec![1.0 / 256.0; (MAX_HEAD_DIM / 2) as usize]),
    };
    assert_eq!(tables(&widest).eps[0], (1 << 44) - (1 << 20));
    let narrowest = TableParams {
        dim: 1,
        head_dim: 2,
        eps: 2f32.powi(-64),
        rope_base: 1.0,
        rope_linear: 16777215.0,
        rope_factors: Some(vec![16777215.0]),
    };
    assert_eq!(tables(&narrowest).eps, vec![0; 18]);
    assert_eq!(tables(&narrowest).phases, [10430]);
}

#[test]
fn bad_parameters_are_refused_by_name() {
    let error = |p: TableParams| Tables::new(&p).expect_err("refused");
    for dim in [0, MAX_DIM + 1, u32::MAX] {
        assert_eq!(error(TableParams { dim, ..smollm2() }), TableError::Dim(dim));
    }
    for head_dim in [0, 1, 63, MAX_HEAD_DIM + 2, u32::MAX] {
        assert_eq!(error(TableParams { head_dim, ..smollm2() }), TableError::HeadDim(head_dim));
    }
    let bad = [0.0, -0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    let refused = |p: TableParams, expected: &str| {
        let TableError::Range { name, .. } = error(p) else { panic!("not a range error") };
        assert_eq!(name, expected);
    };
    for eps in [1.0, 2f32.powi(-65)].iter().chain(&bad).copied() {
        refused(TableParams { eps, ..smollm2() }, "norm epsilon");
    }
    for rope_base in [0.999].iter().chain(&bad).copied() {
        refused(TableParams { rope_base, ..smollm2() }, "RoPE base");
    }
    for x in [2f32.powi(-9), 2f32.powi(24)].iter().chain(&bad).copied() {
        refused(TableParams { rope_linear: x, ..smollm2() }, "RoPE linear scale");
        refused(TableParams { rope_factors: Some(vec![x; 32]), ..smollm2() }, "RoPE factor");
    }
    let short = error(TableParams { rope_factors: Some(vec![1.0; 31]), ..smollm2() });
    assert_eq!(short, TableError::FactorCount { expected: 32, got: 31 });
    assert_eq!(short.code(), "table.factor_count");
}

fn hex(digest: &Digest) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn digests_are_frozen() {
    let digests: Vec<String> =
        tables(&smollm2()).digests().iter().map(|(name, d)| format!("{name} {}", hex(d))).collect();
    assert_eq!(digests, FROZEN);
}

#[test]
fn rotations_are_frozen() {
    let t = tables(&smollm2());
    let mut out = [Rotation::default(); 32];
    let mut bytes = Vec::new();
    for position in 0..8192 {
        t.rotation(position, &mut out);
        bytes.extend(out.iter().flat_map(|r| [r.cos, r.sin]).flat_map(i16::to_le_bytes));
    }
    let digest = Domain::Table.hasher().framed(b"rotation").u32(2).framed(&bytes).digest();
    assert_eq!(hex(&digest), FROZEN_ROTATIONS);
}

/// exp, sigmoid and sample_* hold for every model; the others are SmolLM2's.
const FROZEN: [&str; 7] = [
    "exp b4b8a7cc7985800cbf45b89c2a741c5b84f21a95dfdeecc6d36b9505821183b1",
    "sigmoid 1fb1017cdb8f0f9cb1b5fe7fce061fc64716e5dea7c68e54ed5cead0bcaa6e1a",
    "eps 6f2d30a541936d36bf4282b6e7b86e185161bf5a74190c399ee18ec1920384d0",
    "score_scale 41bac63968037690a98b3cb3277824be05e394567b8e1cd7b154fd2580ee9e4b",
    "phases 314fd80b3abebfc98627927783a7635e1eaae7c05b108436ddd4969d58a41cc5",
    "sample_high c74914dffc8df907c2bc44900db0440714a4abf26fdef6c2085d1e7c0e3cf3ee",
    "sample_low 20926ce065c02beac5081f5ee322bab09b3173cc27523679ad00b27a48b753cc",
];

/// Cosine and sine of the 32 pairs at SmolLM2's 8192 positions.
const FROZEN_ROTATIONS: &str = "bc36ba1f3b093aedc527877f220fe7fd1b7637ebfc1db816577aa4fd299961b2";
