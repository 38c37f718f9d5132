//! Linear kernels. One position against the named limit of decoding, the time to read the packed weights once; many
//! positions in multiply-accumulates a second.

use assay_model::matrix::{Codes, Matrix, Scales, TILE_ROWS};
use assay_prover::cpu::linear::{Inputs, Scratch, accumulate};
use assay_prover::cpu::platform::Tier;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn matrix(rows: usize, cols: usize, four_bit: bool) -> Matrix {
    let group = 32;
    let tiles = rows.div_ceil(TILE_ROWS) * TILE_ROWS;
    let groups = tiles * cols / group;
    let (codes, scale, offset) = if four_bit {
        let words = (0..tiles * cols / 8).map(|i| (i as u32).wrapping_mul(0x9e37_79b9)).collect();
        (Codes::U4(words), Scales::I16(vec![1234; groups]), Scales::I16(vec![-4321; groups]))
    } else {
        let pairs = (0..tiles * cols / 2).map(|i| [i as i8, (i / 7) as i8]).collect();
        (Codes::I8(pairs), Scales::I32(vec![123_456; groups]), Scales::None)
    };
    Matrix { rows, cols, k: 12, group, codes, scale, offset, max_abs: 32767 }
}

fn packed_bytes(w: &Matrix) -> u64 {
    let scales = |s: &Scales| match s {
        Scales::None => 0,
        Scales::I16(v) => v.len() * 2,
        Scales::I32(v) => v.len() * 4,
    };
    let codes = match &w.codes {
        Codes::U4(v) => v.len() * 4,
        Codes::I8(v) => v.len() * 2,
        Codes::I16(v) => v.len() * 4,
        Codes::I32(v) => v.len() * 4,
    };
    (codes + scales(&w.scale) + scales(&w.offset)) as u64
}

fn run(tier: Tier, matrices: &[Matrix], x: &Inputs, scratch: &mut Scratch) -> i64 {
    let tiles = |w: &Matrix| 0..w.tiles();
    matrices
        .iter()
        .flat_map(|w| tiles(w).map(move |t| (w, t)))
        .fold(0, |sum, (w, t)| sum ^ accumulate(tier, w, t, x, scratch)[0][0])
}

fn tiers() -> Vec<Tier> {
    [Some(Tier::PORTABLE), Tier::avx2(), Tier::avx512()].into_iter().flatten().collect()
}

fn inputs(positions: usize, cols: usize) -> Inputs {
    let mut x = Inputs::default();
    x.set(&(0..positions * cols).map(|i| (i * 7919 % 65535) as u16 as i16 / 2).collect::<Vec<_>>(), cols);
    x.sum_groups(32);
    x
}

/// Reads every word of the packed weights: what no kernel for one position can beat.
fn read_once(w: &[Matrix]) -> u64 {
    w.iter()
        .map(|w| match &w.codes {
            Codes::U4(v) => v.iter().fold(0u64, |a, &b| a.wrapping_add(u64::from(b))),
            Codes::I8(v) => v.iter().fold(0u64, |a, b| a.wrapping_add(b[0] as u64)),
            _ => 0,
        })
        .sum()
}

fn decode(c: &mut Criterion) {
    // More weights than any cache holds.
    for (name, matrices) in [
        ("4-bit", (0..120).map(|_| matrix(1536, 576, true)).collect::<Vec<_>>()),
        ("8-bit", vec![matrix(49152, 576, false), matrix(49152, 576, false)]),
    ] {
        let mut group = c.benchmark_group(format!("decode {name}"));
        group.sample_size(10).throughput(Throughput::Bytes(matrices.iter().map(packed_bytes).sum()));
        group.bench_function("limit: read once", |b| b.iter(|| read_once(&matrices)));
        let (x, mut scratch) = (inputs(1, 576), Scratch::default());
        for tier in tiers() {
            group.bench_function(tier.name(), |b| b.iter(|| run(tier, &matrices, &x, &mut scratch)));
        }
    }
}

fn prefill(c: &mut Criterion) {
    for (rows, cols) in [(1536, 576), (576, 1536)] {
        let w = [matrix(rows, cols, true)];
        let mut group = c.benchmark_group(format!("prefill 4-bit {rows} x {cols}"));
        group.sample_size(10);
        for positions in [4, 64, 128] {
            group.throughput(Throughput::Elements((rows * cols * positions) as u64));
            let (x, mut scratch) = (inputs(positions, cols), Scratch::default());
            for tier in tiers() {
                let id = BenchmarkId::new(tier.name(), positions);
                group.bench_function(id, |b| b.iter(|| run(tier, &w, &x, &mut scratch)));
            }
        }
    }
}

criterion_group!(benches, decode, prefill);
criterion_main!(benches);
