//! Attention of one head. The named limit is reading its keys and values once.

use assay_model::tables::{TableParams, Tables};
use assay_prover::cpu::attention::{KeyValueHead, Query, Scratch, head};
use assay_prover::cpu::platform::Tier;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const HEAD_DIM: usize = 64;

fn past(positions: usize) -> KeyValueHead {
    let mut past = KeyValueHead::new(HEAD_DIM);
    let x = |i: usize| (i * 7919 % 32767) as i16 - 16383;
    for t in 0..positions {
        let key: Vec<i16> = (0..HEAD_DIM).map(|i| x(t * HEAD_DIM + i)).collect();
        let value: Vec<i16> = (0..HEAD_DIM).map(|i| x(t * HEAD_DIM + i + 5)).collect();
        past.push(&key, 6 + (t % 2) as u8, &value, (t % 4) as u8);
    }
    past
}

fn one_head(c: &mut Criterion) {
    let params =
        TableParams { dim: 576, head_dim: 64, eps: 1e-5, rope_base: 1e5, rope_linear: 1.0, rope_factors: None };
    let tables = Tables::new(&params).expect("plain parameters");
    let query: Vec<i16> = (0..HEAD_DIM).map(|i| (i * 331 % 20000) as i16).collect();
    let tiers = [Some(Tier::PORTABLE), Tier::avx2()];
    let mut group = c.benchmark_group("attention, one head of 64");
    for positions in [512, 2048, 8192] {
        let past = past(positions);
        let plain = vec![1u64; positions * HEAD_DIM * 4 / 8];
        group.throughput(Throughput::Bytes((positions * HEAD_DIM * 4) as u64));
        group.bench_function(BenchmarkId::new("limit: read once", positions), |b| {
            b.iter(|| plain.iter().fold(0u64, |a, &v| a.wrapping_add(v)));
        });
        let (mut scratch, mut out) = (Scratch::default(), vec![0; HEAD_DIM]);
        for tier in tiers.into_iter().flatten() {
            group.bench_function(BenchmarkId::new(tier.name(), positions), |b| {
                let query = Query { x: &query, shift: 5 };
                b.iter(|| head(tier, query, &past, positions, &tables, &mut scratch, &mut out));
            });
        }
    }
}

criterion_group!(benches, one_head);
criterion_main!(benches);
