//! Honest proofs of every mix of shapes, and forgeries, each refused for its own reason.

use super::naive;
use super::*;
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::Field;

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
    rng: Rng,
}

impl World {
    /// Matrices of `(rows, width, tile)`.
    fn new(shapes: &[(usize, usize, usize)]) -> World {
        let srs = srs(shapes.iter().map(|s| s.1 * s.2.max(2)).max().unwrap());
        let mut rng = Rng(7);
        let matrices = shapes
            .iter()
            .map(|&(n, d, tile)| {
                let rows: Vec<Vec<i32>> = (0..n).map(|_| (0..d).map(|_| rng.next(1 << 19) as i32).collect()).collect();
                let tiles = naive::tiles(&srs, &rows, tile);
                Matrix { rows, tile, tiles }
            })
            .collect();
        World { srs, matrices, rng }
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
}

const CONTEXT: Context = Context { srs: [1; 32], manifest: [2; 32], receipt: [3; 32], challenge: [4; 32] };

fn claim(fold: usize, rows: &[Vec<i32>], rng: &mut Rng) -> Claim {
    let x: Vec<i16> = (0..rows[0].len()).map(|_| rng.next(32767) as i16).collect();
    let acc = rows.iter().map(|r| r.iter().zip(&x).map(|(&w, &x)| i64::from(w) * i64::from(x)).sum()).collect();
    Claim { fold, x, acc }
}

/// Two widths, three tile heights, a matrix of less than a block, one whose last block is not full, a fold that leaves a
/// chunk out, and two claims on one fold.
fn statement(world: &mut World) -> (Statement<'_>, Vec<Vec<Vec<i32>>>) {
    let mut rng = Rng(world.rng.0);
    let (folds, rows): (Vec<_>, Vec<_>) = [(0, vec![0u32, 1]), (1, vec![0]), (2, vec![0, 2])]
        .map(|(m, chunks)| world.fold(m, &chunks))
        .into_iter()
        .unzip();
    let claims = [0, 1, 2, 1].into_iter().map(|f| claim(f, &rows[f], &mut rng)).collect();
    (Statement { context: CONTEXT, folds, claims }, rows)
}

fn world() -> World {
    World::new(&[(300, 6, 4), (70, 10, 32), (600, 6, 1)])
}

#[test]
fn an_honest_proof_of_mixed_shapes_is_accepted() {
    let mut world = world();
    let srs = world.srs.clone();
    let (statement, rows) = statement(&mut world);
    let proof = naive::prove(&srs, &statement, &rows);
    assert_eq!(verify(&statement, &power, &proof), Ok(()));
    let bytes = proof.encode();
    assert_eq!(bytes.len(), 64 * 3 + 32 * 2 + 160);
    assert_eq!(Proof::decode(&bytes, &statement), Ok(proof));
}

#[test]
fn an_input_of_zeros_is_proved_with_the_identity() {
    let mut world = world();
    let srs = world.srs.clone();
    let (mut statement, rows) = statement(&mut world);
    for claim in &mut statement.claims {
        claim.x.fill(0);
        claim.acc.fill(0);
    }
    let proof = naive::prove(&srs, &statement, &rows);
    assert!(proof.product.is_zero());
    assert_eq!(verify(&statement, &power, &Proof::decode(&proof.encode(), &statement).unwrap()), Ok(()));
}

#[test]
fn every_value_of_the_statement_is_proved() {
    let mut world = world();
    let srs = world.srs.clone();
    let (honest, rows) = statement(&mut world);
    let proof = naive::prove(&srs, &honest, &rows);
    let refused = |change: &dyn Fn(&mut Statement<'_>)| {
        let mut other = honest.clone();
        change(&mut other);
        // Neither the honest proof nor one made for the false statement passes.
        assert_eq!(verify(&other, &power, &proof), Err(FoldError::Equation));
        assert_eq!(verify(&other, &power, &naive::prove(&srs, &other, &rows)), Err(FoldError::Equation));
    };
    for m in 0..honest.claims.len() {
        refused(&|s| s.claims[m].acc[0] += 1);
        refused(&|s| *s.claims[m].acc.last_mut().unwrap() ^= 1 << 40);
        refused(&|s| s.claims[m].x[5] ^= 1);
        refused(&|s| s.claims[m].acc.swap(1, 2));
    }
}
