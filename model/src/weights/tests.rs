use super::*;
use crate::arith::rsr;
use crate::gguf::quantise::{encode, half};
use crate::matrix::{Codes, Scales, TILE_ROWS};
use crate::testing::Random;

const QUANTISED: [TensorType; 8] = [
    TensorType::Q4_0,
    TensorType::Q4_1,
    TensorType::Q5_0,
    TensorType::Q5_1,
    TensorType::Q8_0,
    TensorType::Q4_K,
    TensorType::Q5_K,
    TensorType::Q6_K,
];

/// A half as ggml reads it.
fn f16(b: &[u8]) -> f64 {
    let bits = u16::from_le_bytes([b[0], b[1]]);
    let (e, f) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let a = if e == 0 { f * 2f64.powi(-24) } else { (1.0 + f / 1024.0) * 2f64.powi(e - 15) };
    if bits >> 15 == 1 { -a } else { a }
}

/// `get_scale_min_k4` of ggml.
fn scale_min(j: usize, q: &[u8]) -> (f64, f64) {
    let (d, m) = if j < 4 {
        (q[j] & 63, q[j + 4] & 63)
    } else {
        ((q[j + 4] & 0xF) | ((q[j - 4] >> 6) << 4), (q[j + 4] >> 4) | ((q[j] >> 6) << 4))
    };
    (f64::from(d), f64::from(m))
}

/// One block as `dequantize_row_*` of ggml takes it apart, in double precision: multiplier, code, offset of each weight.
fn ggml(kind: TensorType, b: &[u8]) -> Vec<(f64, f64, f64)> {
    let mut y = vec![(0.0, 0.0, 0.0); kind.block_len()];
    match kind {
        TensorType::Q4_0 | TensorType::Q4_1 => {
            let (at, m, zero) = if kind == TensorType::Q4_0 { (2, 0.0, 8.0) } else { (4, f16(&b[2..]), 0.0) };
            for j in 0..16 {
                y[j] = (f16(b), f64::from(b[at + j] & 0x0F) - zero, m);
                y[j + 16] = (f16(b), f64::from(b[at + j] >> 4) - zero, m);
            }
        }
        TensorType::Q5_0 | TensorType::Q5_1 => {
            let (at, m, zero) = if kind == TensorType::Q5_0 { (2, 0.0, 16.0) } else { (4, f16(&b[2..]), 0.0) };
            let qh = u32::from_le_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]]);
            for j in 0..16 {
                let xh_0 = ((qh >> j) << 4) as u8 & 0x10;
                let xh_1 = (qh >> (j + 12)) as u8 & 0x10;
                y[j] = (f16(b), f64::from((b[at + 4 + j] & 0x0F) | xh_0) - zero, m);
                y[j + 16] = (f16(b), f64::from((b[at + 4 + j] >> 4) | xh_1) - zero, m);
            }
        }
        TensorType::Q8_0 => (0..32).for_each(|j| y[j] = (f16(b), f64::from(b[2 + j] as i8), 0.0)),
        TensorType::Q4_K | TensorType::Q5_K => {
            let five = kind == TensorType::Q5_K;
            let (d, min, ql) = (f16(b), f16(&b[2..]), &b[if five { 48 } else { 16 }..]);
            let mut at = 0;
            for j in 0..4 {
                for (is, shift) in [(2 * j, 0), (2 * j + 1, 4)] {
                    let (sc, m) = scale_min(is, &b[4..16]);
                    for l in 0..32 {
                        let high = if five && b[16 + l] & (1 << is) != 0 { 16 } else { 0 };
                        y[at] = (d * sc, f64::from((ql[32 * j + l] >> shift & 0xF) + high), -min * m);
                        at += 1;
                    }
                }
            }
        }
        TensorType::Q6_K => {
            for n in 0..2 {
                let (ql, qh, sc) = (&b[64 * n..], &b[128 + 32 * n..], &b[192 + 8 * n..]);
                for l in 0..32 {
                    let q = [
                        (ql[l] & 0xF) | (qh[l] & 3) << 4,
                        (ql[l + 32] & 0xF) | (qh[l] >> 2 & 3) << 4,
                        (ql[l] >> 4) | (qh[l] >> 4 & 3) << 4,
                        (ql[l + 32] >> 4) | (qh[l] >> 6 & 3) << 4,
                    ];
                    for (i, q) in q.into_iter().enumerate() {
                        let d = f16(&b[208..]) * f64::from(sc[l / 16 + 2 * i] as i8);
                        y[128 * n + 32 * i + l] = (d, f64::from(q) - 32.0, 0.0);
                    }
                }
            }
        }
        _ => unreachable!(),
    }
    y
}

/// All weights of a matrix as [`ggml`] has them, exact: (D24, q, M24).
fn plain(kind: TensorType, bytes: &[u8]) -> Vec<(i64, i64, i64)> {
    let scale = 2f64.powi(24);
    bytes
        .chunks_exact(kind.block_bytes())
        .flat_map(|b| ggml(kind, b))
        .map(|(d, q, m)| ((d * scale) as i64, q as i64, (m * scale) as i64))
        .collect()
}

fn weights(rows: usize, cols: usize, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    // Rows of different size, and offsets, so that scales differ.
    (0..rows * cols).map(|i| (random.normal() + 0.3) * 0.05 * (1 + i / cols % 7) as f32).collect()
}

fn source(kind: TensorType, rows: usize, cols: usize, bytes: &[u8]) -> Source<'_> {
    Source { name: "t", kind, rows, cols, bytes }
}

/// (W, D, M) of every weight at `k` by the rule, from the plain dequantisation.
fn by_rule(kind: TensorType, plain: &[(i64, i64, i64)], k: i32) -> Vec<(i64, i64, i64)> {
    let r = |x: i64| rsr(x.into(), 24 - k) as i64;
    let bias = match kind {
        TensorType::Q4_0 => 8,
        TensorType::Q5_0 => 16,
        _ => 0,
    };
    plain
        .chunks(if kind == TensorType::Q6_K { 16 } else { 32 })
        .flat_map(|group| {
            let idle = group.iter().all(|w| w.1 == 0);
            group.iter().map(move |&(d, q, m)| {
                let d = if idle { 0 } else { r(d) };
                (q * d + r(m), d, if bias > 0 { -bias * d } else { r(m) })
            })
        })
        .collect()
}

fn fits(values: &[(i64, i64, i64)], bound: i64) -> bool {
    values.iter().all(|&(w, d, m)| w.abs() < bound && d.abs() < bound && m.abs() < bound)
}

fn assert_entries(m: &Matrix, expected: impl Fn(usize, usize) -> i64) {
    let mut row_buffer = vec![0; m.cols];
    let mut tile_buffer = vec![0; TILE_ROWS * m.cols];
    let mut max = 0;
    for row in 0..m.rows {
        m.decode_row(row, &mut row_buffer);
        if row % TILE_ROWS == 0 {
            m.decode_tile(row / TILE_ROWS, &mut tile_buffer);
        }
        for col in 0..m.cols {
            let w = m.weight(row, col);
            assert_eq!(i64::from(w), expected(row, col), "({row}, {col}) of {} x {}", m.rows, m.cols);
            assert_eq!(w, row_buffer[col]);
            assert_eq!(w, tile_buffer[col * TILE_ROWS + row % TILE_ROWS]);
            max = max.max(w.unsigned_abs());
        }
    }
    assert_eq!(m.max_abs, max);
    // The last tile's missing rows are zero.
    for (i, &w) in tile_buffer.iter().enumerate() {
        assert!((m.tiles() - 1) * TILE_ROWS + i % TILE_ROWS < m.rows || w == 0);
    }
}

#[test]
fn every_block_format_is_packed_exactly_and_k_is_maximal() {
    for kind in QUANTISED {
        for rows in [1, 15, 16, 17] {
            for cols in [kind.block_len(), 512] {
                let bytes = encode(kind, &weights(rows, cols, rows as u64));
                let plain = plain(kind, &bytes);
                for width in [Width::Bits16, Width::Bits20] {
                    let m = pack(&source(kind, rows, cols, &bytes), width).unwrap();
                    let values = by_rule(kind, &plain, m.k);
                    assert_entries(&m, |row, col| values[row * cols + col].0);
                    assert!(fits(&values, width.bound()), "{kind:?}");
                    assert!(m.k == 24 || !fits(&by_rule(kind, &plain, m.k + 1), width.bound()), "{kind:?} {}", m.k);
                    assert_eq!(matches!(m.codes, Codes::U4(_)), kind.name().starts_with("Q4"), "{kind:?}");
                    assert_eq!(matches!(m.scale, Scales::I16(_)), width == Width::Bits16);
                }
            }
        }
    }
}

#[test]
fn blocks_of_random_bytes_are_packed_exactly() {
    // All codes and scales occur, negative multipliers too; only the halves are kept finite and small.
    for (seed, kind) in QUANTISED.into_iter().enumerate() {
        let mut random = Random::new(100 + seed as u64);
        let (rows, cols) = (3, 1024);
        let size = rows * cols / kind.block_len() * kind.block_bytes();
        let mut bytes: Vec<u8> = (0..size).map(|_| (random.next() >> 32) as u8).collect();
        for block in bytes.chunks_exact_mut(kind.block_bytes()) {
            let halves: &[usize] = match kind {
                TensorType::Q6_K => &[208],
                TensorType::Q4_0 | TensorType::Q5_0 | TensorType::Q8_0 => &[0],
                _ => &[0, 2],
            };
            for &at in halves {
                block[at..at + 2].copy_from_slice(&half(random.normal() * 0.01).to_le_bytes());
            }
        }
        let m = pack(&source(kind, rows, cols, &bytes), Width::Bits20).unwrap();
        let plain = plain(kind, &bytes);
        let values = by_rule(kind, &plain, m.k);
        assert_entries(&m, |row, col| values[row * cols + col].0);
        assert!(m.k == 24 || !fits(&by_rule(kind, &plain, m.k + 1), 1 << 19));
    }
}

#[test]
fn the_quantiser_is_close_to_its_input() {
    for kind in QUANTISED {
        let x = weights(4, 256, 9);
        let bytes = encode(kind, &x);
        let y = bytes.chunks_exact(kind.block_bytes()).flat_map(|b| ggml(kind, b)).map(|(d, q, m)| d * q + m);
        let error: f64 = x.iter().zip(y).map(|(&x, y)| (f64::from(x) - y).powi(2)).sum();
        let power: f64 = x.iter().map(|&x| f64::from(x).powi(2)).sum();
        assert!(error < 0.02 * power, "{kind:?}: {}", error / power);
    }
}

#[test]
fn float_matrices_are_rounded_half_up_and_k_is_maximal() {
    for kind in [TensorType::F32, TensorType::F16, TensorType::BF16] {
        for (rows, cols) in [(1, 2), (15, 32), (16, 6), (17, 256)] {
            let bytes = encode(kind, &weights(rows, cols, 3));
            let exact = |i: usize| match kind {
                TensorType::F32 => f64::from(f32::from_le_bytes(bytes[4 * i..4 * i + 4].try_into().unwrap())),
                TensorType::F16 => f16(&bytes[2 * i..]),
                _ => f64::from(f32::from_bits(u32::from(u16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]])) << 16)),
            };
            for width in [Width::Bits16, Width::Bits20] {
                let at = |k: i32, i| (exact(i) * 2f64.powi(k) + 0.5).floor() as i64;
                let m = pack(&source(kind, rows, cols, &bytes), width).unwrap();
                assert_entries(&m, |row, col| at(m.k, row * cols + col));
                assert!(i64::from(m.max_abs) < width.bound());
                assert!(m.k == 24 || (0..rows * cols).any(|i| at(m.k + 1, i).abs() >= width.bound()));
                assert_eq!(matches!(m.codes, Codes::I16(_)), width == Width::Bits16);
            }
        }
    }
}

#[test]
fn zero_tensors_have_the_largest_k() {
    for kind in TensorType::ALL {
        let bytes = vec![0; 512 / kind.block_len() * kind.block_bytes()];
        let m = pack(&source(kind, 2, 256, &bytes), Width::Bits16).unwrap();
        assert_eq!((m.k, m.max_abs), (24, 0), "{kind:?}");
    }
}

#[test]
fn a_multiplier_counts_only_where_a_code_is_not_zero() {
    // d = 60000 needs k < 0, unless it multiplies nothing.
    let block = |q: u8| [&half(60000.0).to_le_bytes()[..], &half(0.5).to_le_bytes(), &[q; 16]].concat();
    let packed = |q| pack(&source(TensorType::Q4_1, 1, 32, &block(q)), Width::Bits16).unwrap();
    let idle = packed(0);
    assert_eq!((idle.k, idle.weight(0, 0)), (15, 1 << 14));
    assert_eq!(idle.scale, Scales::I16(vec![0; 16]));
    assert_eq!(packed(1).k, -1);
}

#[test]
fn k_goes_down_to_its_limit_and_no_further() {
    let pack_f32 = |x: f32| {
        let bytes = [x, 0.0].map(f32::to_le_bytes).concat();
        pack(&source(TensorType::F32, 1, 2, &bytes), Width::Bits16).map(|m| (m.k, m.weight(0, 0)))
    };
    assert_eq!(pack_f32(1.0), Ok((14, 1 << 14)));
    assert_eq!(pack_f32(2f32.powi(38)), Ok((-24, 1 << 14)));
    assert_eq!(pack_f32(2f32.powi(39)).unwrap_err().code(), "weights.too_large");
    assert_eq!(pack_f32(f32::MAX).unwrap_err().code(), "weights.too_large");
    // 32767.5 rounds up to the bound at k = 0, so k is one less; −32767.5 rounds to −32767.
    assert_eq!(pack_f32(32767.5), Ok((-1, 16384)));
    assert_eq!(pack_f32(-32767.5), Ok((0, -32767)));
    assert_eq!(pack_f32(2f32.powi(-140)), Ok((24, 0)));
}

#[test]
fn what_is_not_finite_is_refused_with_its_place() {
    for kind in TensorType::ALL {
        let mut bytes = encode(kind, &weights(18, 256, 5));
        let (at, col) = match kind {
            TensorType::F32 => (4 * (17 * 256 + 3) + 2, 3),
            TensorType::F16 | TensorType::BF16 => (2 * (17 * 256 + 3), 3),
            TensorType::Q6_K => (17 * 210 + 208, 0),
            _ => (17 * 256 / kind.block_len() * kind.block_bytes(), 0),
        };
        let bad: [u8; 2] = if matches!(kind, TensorType::F32 | TensorType::BF16) { [0x80, 0xff] } else { [0, 0x7c] };
        bytes[at..at + 2].copy_from_slice(&bad);
        let error = pack(&source(kind, 18, 256, &bytes), Width::Bits16).unwrap_err();
        assert_eq!(error, WeightError::NonFinite { tensor: "t".into(), row: 17, col }, "{kind:?}");
        assert_eq!(error.code(), "weights.non_finite");
    }
}

#[test]
fn odd_columns_and_wrong_sizes_are_refused() {
    let code =
        |kind, rows, cols, bytes: &[u8]| pack(&source(kind, rows, cols, bytes), Width::Bits16).unwrap_err().code();
    assert_eq!(code(TensorType::F16, 1, 3, &[0; 6]), "weights.odd_columns");
    assert_eq!(code(TensorType::F16, 2, 2, &[0; 6]), "weights.size");
    assert_eq!(code(TensorType::Q8_0, 1, 16, &[0; 34]), "weights.size");
    assert_eq!(code(TensorType::Q8_0, 0, 32, &[]), "weights.size");
    assert_eq!(code(TensorType::Q8_0, usize::MAX, 32, &[]), "weights.size");
}

#[test]
fn gains_hold_the_root_of_the_width_and_kg_is_maximal() {
    for d in [1u32, 64, 576, 2048] {
        let g: Vec<f32> = (0..d).map(|i| 0.5 + i as f32 * 0.01).collect();
        let gains = gains("n", TensorType::F32, &encode(TensorType::F32, &g), d).unwrap();
        let at = |k: i32, i: usize| f64::from(g[i]) * f64::from(d).sqrt() * 2f64.powi(k);
        for (i, &v) in gains.gamma.iter().enumerate() {
            assert!((f64::from(v) - at(gains.k, i)).abs() <= 0.51, "{d} {i}");
        }
        assert!(at(gains.k, d as usize - 1) < 32767.6 && at(gains.k + 1, d as usize - 1) >= 32767.4);
    }
}

#[test]
fn extreme_gains_round_to_zero_or_are_refused() {
    let one = |x: f32| gains("n", TensorType::F32, &[x, 0.0].map(f32::to_le_bytes).concat(), 2);
    assert_eq!(one(f32::from_bits(1)).unwrap().gamma, [0, 0]);
    assert_eq!(one(0.0).unwrap().k, 30);
    assert_eq!(one(f32::MAX).unwrap_err().code(), "weights.too_large");
    assert_eq!(one(f32::NAN).unwrap_err().code(), "weights.non_finite");
    assert_eq!(gains("n", TensorType::F32, &[0; 4], 2).unwrap_err().code(), "weights.size");
    assert_eq!(gains("n", TensorType::Q8_0, &[0; 34], 32).unwrap_err().code(), "weights.not_float");
    // Pinned: γ = 1 at d = 4 is 2 = 16384·2^−13.
    let four = gains("n", TensorType::F16, &[0, 0x3c].repeat(4), 4).unwrap();
    assert_eq!((four.gamma, four.k), (vec![16384; 4], 13));
}
