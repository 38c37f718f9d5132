//! Honest proofs of every mix of shapes, and forgeries, each refused for its own reason.

mod bound;
mod context;
mod draft;
mod frozen;
mod honest;
mod malformed;
mod order;
mod powers;
mod substitution;
mod weights;
mod wire;

use super::naive;
use super::*;
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::Field;
use std::sync::LazyLock;

const TAU: u64 = 0x5eed_1234_5678_9abd;

fn srs(n: usize) -> Vec<G1Affine> {
    let powers = small::powers(Fr::from(TAU), n);
    G1Projective::normalize_batch(&powers.iter().map(|p| G1Projective::generator() * p).collect::<Vec<_>>())
}

fn power(e: usize) -> Option<G2Affine> {
    Some((G2Projective::generator() * Fr::from(TAU).pow([e as u64])).into_affine())
}

/// Small integers from a counter.
struct Rng(u64);

impl Rng {
    fn next(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as i64) % (2 * bound) - bound
    }
}

/// A matrix with its tiles.
struct Matrix {
    rows: Vec<Vec<i32>>,
    tile: usize,
    tiles: Vec<G1Affine>,
}

struct World {
    srs: Vec<G1Affine>,
    matrices: Vec<Matrix>,
}

impl World {
    /// Matrices of `(rows, width, tile)`.
    fn new(shapes: &[(usize, usize, usize)], seed: u64) -> World {
        let srs = srs(shapes.iter().map(|s| s.1 * s.2.max(2)).max().unwrap());
        let mut rng = Rng(seed);
        let matrices = shapes
            .iter()
            .map(|&(n, d, tile)| {
                let rows: Vec<Vec<i32>> = (0..n).map(|_| (0..d).map(|_| rng.next(1 << 19) as i32).collect()).collect();
                let tiles = naive::tiles(&srs, &rows, tile);
                Matrix { rows, tile, tiles }
            })
            .collect();
        World { srs, matrices }
    }

    /// A fold of the chunks `chunks` of matrix `m`, and its rows.
    fn fold(&self, m: usize, chunks: &[u32]) -> (Fold<'_>, Vec<Vec<i32>>) {
        let matrix = &self.matrices[m];
        let mut rows = Vec::new();
        let blocks = chunks.iter().map(|&chunk| {
            let first = chunk as usize * BLOCK_ROWS;
            let end = (first + BLOCK_ROWS).min(matrix.rows.len());
            rows.extend_from_slice(&matrix.rows[first..end]);
            let tiles = &matrix.tiles[first / matrix.tile..end.div_ceil(matrix.tile)];
            Block { chunk, rows: end - first, tiles }
        });
        let blocks = blocks.collect();
        (Fold { matrix: m as u32, width: matrix.rows[0].len(), tile: matrix.tile, blocks }, rows)
    }

    /// A statement about folds of `(matrix, chunks)` with true claims on the folds `claims`.
    fn stated(&self, folds: &[(usize, Vec<u32>)], claims: &[usize], seed: u64) -> Stated<'_> {
        let mut rng = Rng(seed);
        let (folds, rows): (Vec<_>, Vec<_>) = folds.iter().map(|(m, chunks)| self.fold(*m, chunks)).unzip();
        let claims = claims.iter().map(|&f| claim(f, &rows[f], &mut rng)).collect();
        Stated { srs: &self.srs, statement: Statement { context: CONTEXT, folds, claims }, rows }
    }
}

const CONTEXT: Context = Context { srs: [1; 32], manifest: [2; 32], receipt: [3; 32], challenge: [4; 32] };

fn claim(fold: usize, rows: &[Vec<i32>], rng: &mut Rng) -> Claim {
    let x: Vec<i16> = (0..rows[0].len()).map(|_| rng.next(32767) as i16).collect();
    let acc = rows.iter().map(|r| product(r, &x)).collect();
    Claim { fold, x, acc }
}

fn product(row: &[i32], x: &[i16]) -> i64 {
    row.iter().zip(x).map(|(&w, &x)| i64::from(w) * i64::from(x)).sum()
}

/// A statement with what its prover has.
#[derive(Clone)]
struct Stated<'a> {
    srs: &'a [G1Affine],
    statement: Statement<'a>,
    /// Rows of each fold.
    rows: Vec<Vec<Vec<i32>>>,
}

impl Stated<'_> {
    fn prove(&self) -> Proof {
        naive::prove(self.srs, &self.statement, &self.rows)
    }

    /// What the verifier says of `proof`.
    fn verify(&self, proof: &Proof) -> Result<(), FoldError> {
        verify(&self.statement, &power, proof)
    }
}

/// Matrices 0 and 3 have the same shape.
static WORLD: LazyLock<World> = LazyLock::new(|| World::new(&[(300, 6, 4), (70, 12, 32), (600, 6, 1), (300, 6, 4)], 7));

/// Two widths, three tile heights, a matrix of less than a block, one whose last block is not full, a fold that leaves a
/// chunk out, and two claims on one fold.
fn mixed() -> Stated<'static> {
    WORLD.stated(&[(0, vec![0, 1]), (1, vec![0]), (2, vec![0, 2])], &[0, 1, 2, 1], 11)
}

/// One claim on each of the two matrices of the same shape, and one on another.
fn alike() -> Stated<'static> {
    WORLD.stated(&[(0, vec![0]), (3, vec![0]), (1, vec![0])], &[0, 1, 2], 13)
}
