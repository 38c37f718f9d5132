//! Fold proofs on random 16-bit weights: prove and verify, for one step of a small and of a large model and for a whole
//! column of SmolLM2-135M.
//!
//! Wall time on all threads and on one; the processor time of the first call on one thread is printed beside it.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup, scalar_mul::BatchMulPreprocessing};
use ark_ff::Field;
use assay_circuits::fold::{BLOCK_ROWS, Block, Claim, Context, Fold, Proof, Statement, small, verify};
use assay_model::matrix::{Codes, Matrix, Scales, TILE_ROWS};
use assay_prover::cpu::platform::Tier;
use assay_prover::fold::prove;
use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Instant;

const TAU: u64 = 0x5eed_1234_5678_9abd;
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

/// A tile height of each width, as `ASSAY_TILE` says or the rule.
fn tile_height(width: usize) -> usize {
    match std::env::var("ASSAY_TILE").ok().and_then(|h| h.parse().ok()) {
        Some(h) => h,
        None => (1usize << 15 >> width.next_power_of_two().ilog2()).clamp(1, 256),
    }
}

/// Steps of parts, and the commitments to the tiles of each part.
struct World {
    powers: Vec<G1Affine>,
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
    /// Steps of `(rows of each part, D)`.
    fn new(steps: &[(&[usize], usize)]) -> World {
        let needed = steps.iter().map(|(_, d)| d * tile_height(*d).max(2)).max().unwrap_or(0);
        let tau = small::powers(Fr::from(TAU), needed);
        let generator = BatchMulPreprocessing::new(G1Projective::generator(), needed);
        let mut state = 7;
        let part = |rows: usize, d: usize, state: &mut u64| {
            let m = matrix(rows, d, state);
            let tiles = tiles(&m, tile_height(d), &tau, &generator);
            (m, tiles)
        };
        let steps = steps.iter().map(|(parts, d)| parts.iter().map(|&rows| part(rows, *d, &mut state)).collect());
        World { steps: steps.collect(), powers: generator.batch_mul(&tau) }
    }

    fn statement(&self) -> Statement<'_> {
        let mut state = 9;
        let (mut folds, mut claims) = (Vec::new(), Vec::new());
        for (f, parts) in self.steps.iter().enumerate() {
            let d = parts[0].0.cols;
            let h = tile_height(d);
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

fn power(e: usize) -> Option<G2Affine> {
    Some((G2Projective::generator() * Fr::from(TAU).pow([e as u64])).into_affine())
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

fn bench(c: &mut Criterion, name: &str, steps: &[(&[usize], usize)]) {
    let world = World::new(steps);
    let statement = world.statement();
    let widths: Vec<_> = statement.widths().into_iter().collect();
    let of = |width| widths.iter().position(|w| *w == width).map(|i| i + 1).unwrap_or(0);
    let g2: Vec<_> = std::iter::once(1).chain(widths.iter().copied()).filter_map(power).collect();
    let power = |e: usize| g2.get(of(e)).copied();
    let prove = || match prove(Tier::detect(), &world.powers, &statement, &|f, b| world.rows(f, b)) {
        Ok(proof) => proof,
        Err(e) => panic!("{e}"),
    };
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let best = |work: &(dyn Fn() -> Proof + Sync)| {
        (0..3).map(|_| single.install(|| processor_time(work)).0).fold(f64::MAX, f64::min)
    };
    let proof = prove();
    assert_eq!(verify(&statement, &power, &proof), Ok(()));
    let start = Instant::now();
    assert_eq!(verify(&statement, &power, &proof), Ok(()));
    let wall = start.elapsed().as_secs_f64();
    let tiles: usize = statement.folds.iter().flat_map(|f| &f.blocks).map(|b| b.tiles.len()).sum();
    println!(
        "{name}: proof {} bytes, tiles {} bytes, prove {:.3} CPU-s, verify {:.4} CPU-s on one thread, {wall:.4} s wall",
        proof.encode().len(),
        32 * tiles,
        best(&prove),
        best(&|| {
            assert_eq!(verify(&statement, &power, &proof), Ok(()));
            proof.clone()
        }),
    );
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    group.bench_function("prove", |b| b.iter(prove));
    group.bench_function("prove, one thread", |b| b.iter(|| single.install(prove)));
    group.bench_function("verify", |b| b.iter(|| verify(&statement, &power, &proof)));
    group.bench_function("verify, one thread", |b| b.iter(|| single.install(|| verify(&statement, &power, &proof))));
}

fn small_step(c: &mut Criterion) {
    bench(c, "fold 576 to 1536", &[(&[1536], 576)]);
}

fn large_step(c: &mut Criterion) {
    bench(c, "fold 4096 to 14336", &[(&[14336], 4096)]);
}

fn column(c: &mut Criterion) {
    let layer: [(&[usize], usize); 4] = [(&[576, 192, 192], 576), (&[576], 576), (&[1536, 1536], 576), (&[576], 1536)];
    let mut steps: Vec<_> = std::iter::repeat_n(layer, 30).flatten().collect();
    steps.push((&[49152], 576));
    bench(c, "fold column of SmolLM2-135M", &steps);
}

criterion_group!(benches, small_step, large_step, column);
criterion_main!(benches);
