//! Fold proofs on random 16-bit weights: prove and verify, for one step of a small and of a large model and for a whole
//! column of SmolLM2-135M.
//!
//! Wall time on all threads and on one; processor time of one thread is printed beside it. Further arguments print tables:
//! `parts` what proofs are made of, `heights` tile heights against each other, `commit` the time to commit to all tiles.

use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{PrimeGroup, VariableBaseMSM, scalar_mul::BatchMulPreprocessing};
use ark_ff::Field;
use assay_circuits::fold::{BLOCK_ROWS, Block, Claim, Context, Fold, Statement, small, tile_height, verify};
use assay_circuits::srs::development;
use assay_model::matrix::{Codes, Matrix, Scales, TILE_ROWS};
use assay_prover::cpu::platform::Tier;
use assay_prover::fold::buckets::{Scratch, Table};
use assay_prover::fold::check::{Tiled, check};
use assay_prover::fold::product::Product;
use assay_prover::fold::prove;
use assay_prover::fold::sums::{self, Sums};
use assay_prover::fold::tiles::Committer;
use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Instant;

const CONTEXT: Context = Context { srs: [1; 32], manifest: [2; 32], receipt: [3; 32], challenge: [4; 32] };

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn matrix(rows: usize, cols: usize, state: &mut u64) -> Matrix {
    let pairs = rows.next_multiple_of(TILE_ROWS) * cols / 2;
    let codes = Codes::I16((0..pairs).map(|_| [0; 2].map(|_| (next(state) >> 40) as i16)).collect());
    Matrix { rows, cols, k: 12, group: cols, codes, scale: Scales::None, offset: Scales::None, max_abs: 32768 }
}

/// Steps of parts, and the commitments to the tiles of each part.
struct World {
    powers: Vec<G1Affine>,
    height: fn(usize) -> usize,
    steps: Vec<Vec<(Matrix, Vec<G1Affine>)>>,
}

/// f(τ)·G of every tile, which whoever knows τ needs no powers for.
fn tiles(matrix: &Matrix, h: usize, tau: &[Fr], generator: &BatchMulPreprocessing<G1Projective>) -> Vec<G1Affine> {
    let limbs = small::limbs(tau);
    let mut rows = vec![0; h * matrix.cols];
    let value = |t: usize| {
        let in_tile = h.min(matrix.rows - t * h);
        for (i, row) in rows.chunks_exact_mut(matrix.cols).enumerate().take(in_tile) {
            matrix.decode_row(t * h + i, row);
        }
        small::inner(&limbs, rows[..in_tile * matrix.cols].iter().map(|&w| i64::from(w)))
    };
    generator.batch_mul(&(0..matrix.rows.div_ceil(h)).map(value).collect::<Vec<_>>())
}

impl World {
    /// Steps of `(rows of each part, D)`, tile heights by D.
    fn new(steps: &[(&[usize], usize)], height: fn(usize) -> usize) -> World {
        let needed = steps.iter().map(|(_, d)| d * height(*d).max(2)).max().unwrap_or(0);
        let tau = small::powers(development::tau(), needed);
        let generator = BatchMulPreprocessing::new(G1Projective::generator(), needed);
        let mut state = 7;
        let part = |rows: usize, d: usize, state: &mut u64| {
            let m = matrix(rows, d, state);
            let tiles = tiles(&m, height(d), &tau, &generator);
            (m, tiles)
        };
        let steps = steps.iter().map(|(parts, d)| parts.iter().map(|&rows| part(rows, *d, &mut state)).collect());
        World { steps: steps.collect(), height, powers: generator.batch_mul(&tau) }
    }

    fn statement(&self) -> Statement<'_> {
        let mut state = 9;
        let (mut folds, mut claims) = (Vec::new(), Vec::new());
        for (f, parts) in self.steps.iter().enumerate() {
            let d = parts[0].0.cols;
            let h = (self.height)(d);
            let x: Vec<i16> = (0..d).map(|_| (next(&mut state) >> 40) as i16).collect();
            let (mut blocks, mut acc, mut row) = (Vec::new(), Vec::new(), vec![0; d]);
            for (m, tiles) in parts {
                for (rows, tiles) in (0..m.rows).step_by(BLOCK_ROWS).zip(tiles.chunks(BLOCK_ROWS / h)) {
                    let rows = BLOCK_ROWS.min(m.rows - rows);
                    blocks.push(Block { chunk: blocks.len() as u32, rows, tiles });
                }
                for r in 0..m.rows {
                    m.decode_row(r, &mut row);
                    acc.push(row.iter().zip(&x).map(|(&w, &x)| i64::from(w) * i64::from(x)).sum());
                }
            }
            folds.push(Fold { matrix: f as u32, width: d, tile: h, blocks });
            claims.push(Claim { fold: f, x, acc });
        }
        Statement { context: CONTEXT, folds, claims }
    }

    /// The matrix and first row of a block.
    fn rows(&self, fold: usize, block: usize) -> (&Matrix, usize) {
        let mut first = block * BLOCK_ROWS;
        for (m, _) in &self.steps[fold] {
            if first < m.rows {
                return (m, first);
            }
            first -= m.rows.next_multiple_of(BLOCK_ROWS);
        }
        unreachable!("a block of the statement")
    }
}

/// Seconds of processor time that `work` takes in the whole process.
fn processor_time<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let now = || {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
    };
    let start = now();
    let out = work();
    (now() - start, out)
}

/// Least processor time of three calls on one thread, in milliseconds.
fn best<T: Send>(work: impl Fn() -> T + Sync) -> f64 {
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let run = |_| single.install(|| processor_time(&work)).0;
    (0..3).map(run).fold(f64::MAX, f64::min) * 1e3
}

/// Proves and verifies a statement about all of `world`; gives `work` both to measure.
fn with_proof(world: &World, work: impl FnOnce(&(dyn Fn() + Sync), &(dyn Fn() + Sync), usize, usize)) {
    let statement = world.statement();
    let widths: Vec<_> = statement.widths().into_iter().collect();
    let of = |width| widths.iter().position(|w| *w == width).map_or(0, |i| i + 1);
    let g2: Vec<_> = std::iter::once(1).chain(widths.iter().copied()).map(|e| development::power2(e as u64)).collect();
    let power = |e: usize| g2.get(of(e)).copied();
    let prove = || match prove(Tier::detect(), &world.powers, &statement, &|f, b| world.rows(f, b)) {
        Ok(proof) => proof,
        Err(e) => panic!("{e}"),
    };
    let proof = prove();
    let verify = || assert_eq!(verify(&statement, &power, &proof), Ok(()));
    verify();
    let tiles: usize = statement.folds.iter().flat_map(|f| &f.blocks).map(|b| b.tiles.len()).sum();
    work(&|| drop(prove()), &verify, proof.encode().len(), 32 * tiles);
}

fn bench(c: &mut Criterion, name: &str, steps: &[(&[usize], usize)]) {
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    with_proof(&World::new(steps, tile_height), |prove, verify, proof, tiles| {
        println!(
            "{name}: proof {proof} bytes, tiles {tiles} bytes; processor time on one thread: prove {:.1} ms, verify {:.2} ms",
            best(prove),
            best(verify),
        );
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        group.bench_function("prove", |b| b.iter(prove));
        group.bench_function("prove, one thread", |b| b.iter(|| single.install(prove)));
        group.bench_function("verify", |b| b.iter(verify));
        group.bench_function("verify, one thread", |b| b.iter(|| single.install(verify)));
    });
}

fn small_step(c: &mut Criterion) {
    bench(c, "fold 576 to 1536", &[(&[1536], 576)]);
}

fn large_step(c: &mut Criterion) {
    bench(c, "fold 4096 to 14336", &[(&[14336], 4096)]);
}

/// Linear steps of SmolLM2-135M.
fn smollm2() -> Vec<(&'static [usize], usize)> {
    let layer: [(&[usize], usize); 4] = [(&[576, 192, 192], 576), (&[576], 576), (&[1536, 1536], 576), (&[576], 1536)];
    let head: (&[usize], usize) = (&[49152], 576);
    std::iter::repeat_n(layer, 30).flatten().chain([head]).collect()
}

fn column(c: &mut Criterion) {
    bench(c, "fold column of SmolLM2-135M", &smollm2());
}

/// Tile heights against each other, in milliseconds of one thread.
fn heights(_: &mut Criterion) {
    if !std::env::args().any(|a| a == "heights") {
        return;
    }
    for (rows, d) in [(1536, 576), (576, 1536), (14336, 4096), (4096, 14336)] {
        for height in [|_| 4, |_| 8, |_| 16, |_| 32, |_| 64] as [fn(usize) -> usize; 5] {
            if d * height(d) <= 1 << 18 {
                with_proof(&World::new(&[(&[rows], d)], height), |prove, verify, _, tiles| {
                    let h = height(d);
                    println!(
                        "D {d}, {rows} rows, h {h}: prove {:.1}, verify {:.2}, {tiles} bytes",
                        best(prove),
                        best(verify)
                    );
                });
            }
        }
    }
}

/// What proofs are made of, in processor time of one thread.
fn parts(_: &mut Criterion) {
    if !std::env::args().any(|a| a == "parts") {
        return;
    }
    let mut state = 3;
    let m = matrix(49152, 576, &mut state);
    let powers = development::powers(1 << 15);
    let elements: Vec<_> = small::powers(Fr::from(u64::MAX).pow([77]), 1 << 15);
    for tier in [Some(Tier::PORTABLE), Tier::avx2(), Tier::avx512()].into_iter().flatten() {
        for tile in [1, 32] {
            let weights = sums::by_row(&elements[..256]);
            let ms = best(|| {
                let mut sums = Sums::new(tier, 576, tile);
                (0..192).for_each(|b| sums.add(&m, b * 256, 256, &weights));
                sums.total()
            });
            println!("fold, {}, h {tile}: {:.3} ns a weight", tier.name(), ms * 1e6 / (49152.0 * 576.0));
        }
        for d in [576, 1536, 4096] {
            let x = vec![-12345; d];
            let ms = best(|| {
                let mut product = Product::new(tier, d);
                (0..10).for_each(|_| product.add(elements[3], &elements[..d], &x));
                product.total()
            });
            println!("Laurent product, {}, D {d}: {:.3} ms a claim", tier.name(), ms / 10.0);
        }
    }
    for n in [576, 1536, 4096, 18432, 24576, 32768] {
        let ms = best(|| G1Projective::msm_unchecked(&powers[..n], &elements[..n]));
        println!("multiplication of {n} full scalars, arkworks: {ms:.2} ms, {:.2} us a point", ms * 1e3 / n as f64);
        for bits in if n > 4096 { 12..14 } else { 9..12 } {
            let start = Instant::now();
            let table = Table::for_field(&powers[..n], bits);
            let made = start.elapsed().as_secs_f64() * 1e3;
            let ms = best(|| table.field(&elements[..n], &mut Scratch::default()));
            println!("  {bits}-bit table, made in {made:.0} ms: {ms:.2} ms, {:.2} us a point", ms * 1e3 / n as f64);
        }
    }
    for (max, n) in [(32767u32, 18432), (32767, 24576), ((1 << 19) - 1, 18432), (127, 18432)] {
        let scalars: Vec<_> = (0..n).map(|_| (next(&mut state) % (2 * u64::from(max))) as i32 - max as i32).collect();
        let field: Vec<_> = scalars.iter().map(|s| Fr::from(*s)).collect();
        let table = Table::for_small(&powers[..n], max);
        let own = best(|| table.small(&scalars, &mut Scratch::default()));
        let ark = best(|| G1Projective::msm_unchecked(&powers[..n], &field));
        let us = |ms: f64| ms * 1e3 / n as f64;
        println!("tile of {n} weights up to {max}: own {:.3}, arkworks {:.3} us a weight", us(own), us(ark));
    }
    let world = World::new(&smollm2(), tile_height);
    let tensors: Vec<_> = world
        .steps
        .iter()
        .flatten()
        .map(|(matrix, commitments)| Tiled { matrix, digest: [0; 32], tile: tile_height(matrix.cols), commitments })
        .collect();
    let run = || assert_eq!(check(Tier::detect(), &[0; 32], &world.powers, &tensors), Ok(()));
    let start = Instant::now();
    run();
    println!(
        "tile check of SmolLM2-135M: {:.3} s wall, {:.0} ms of one thread",
        start.elapsed().as_secs_f64(),
        best(run)
    );
}

/// All tiles of SmolLM2-135M, once.
fn commit(_: &mut Criterion) {
    if !std::env::args().any(|a| a == "commit") {
        return;
    }
    let world = World::new(&smollm2(), tile_height);
    let start = Instant::now();
    let (cpu, ()) = processor_time(|| {
        let committer = Committer::new(&world.powers, 32768);
        for (matrix, tiles) in world.steps.iter().flatten() {
            assert_eq!(&committer.tiles(matrix, tile_height(matrix.cols), &|| ()), tiles);
        }
    });
    println!("all tiles of SmolLM2-135M: {:.1} s wall, {cpu:.1} s of processor time", start.elapsed().as_secs_f64());
}

criterion_group!(benches, small_step, large_step, column, heights, parts, commit);
criterion_main!(benches);
