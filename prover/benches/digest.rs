//! Digests of a token's tensors, side by side and one at a time. The named limit is one long input, which fills all
//! lanes by itself.

use assay_prover::trace::digest::tensor_digests;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Tensor sizes of one layer of a model of width 576, and of its logits.
const LAYER: [usize; 10] = [1152, 5120, 768, 2304, 1152, 2304, 1152, 12288, 3072, 2304];
const LOGITS: usize = 196_608;

fn token(c: &mut Criterion) {
    let lengths: Vec<usize> = (0..30).flat_map(|_| LAYER).chain([2304, 1152, LOGITS, 4]).collect();
    let tensors: Vec<Vec<u8>> = lengths.iter().map(|&l| (0..l).map(|i| (i * 31) as u8).collect()).collect();
    let slices: Vec<&[u8]> = tensors.iter().map(Vec::as_slice).collect();
    let long = tensors.concat();
    let mut group = c.benchmark_group("digests of a token");
    group.throughput(Throughput::Bytes(long.len() as u64));
    group.bench_function("limit: one input", |b| b.iter(|| blake3::hash(&long)));
    group.bench_function("one at a time", |b| {
        b.iter(|| slices.iter().map(|t| blake3::hash(t).as_bytes()[0]).fold(0, |a, b| a ^ b));
    });
    let mut out = Vec::new();
    group.bench_function("side by side", |b| {
        b.iter(|| {
            out.clear();
            tensor_digests(&slices, &mut out);
        });
    });
}

criterion_group!(benches, token);
criterion_main!(benches);
