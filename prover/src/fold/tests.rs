//! The fast prover against the one of the definition.

use super::*;
use crate::cpu::platform::Tier;
use ark_bn254::{Fr, G1Affine};
use ark_ff::{AdditiveGroup, Field};
use assay_circuits::fold::{BLOCK_ROWS, Block, Claim, Context, Fold, Statement, naive, small};
use assay_circuits::srs::development::powers;
use assay_model::matrix::{Codes, Matrix, Scales, TILE_ROWS};

pub const CONTEXT: Context = Context { srs: [1; 32], manifest: [2; 32], receipt: [3; 32], challenge: [4; 32] };

/// Reproducible numbers.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// In −bound..=bound, the ends a quarter of the time.
    pub fn within(&mut self, bound: i64) -> i64 {
        match self.next() % 8 {
            0 => bound,
            1 => -bound,
            _ => (self.next() % (2 * bound as u64 + 1)) as i64 - bound,
        }
    }
}

/// A matrix of 20-bit weights, with junk where the last tile has no rows.
pub fn matrix(rows: usize, cols: usize, n: &mut Numbers) -> Matrix {
    let tiles = rows.div_ceil(TILE_ROWS) * TILE_ROWS;
    let codes = Codes::I32((0..tiles * cols).map(|_| n.within(1 << 19) as i32).collect());
    Matrix { rows, cols, k: 12, group: cols, codes, scale: Scales::None, offset: Scales::None, max_abs: 1 << 19 }
}

pub fn decoded(matrix: &Matrix) -> Vec<Vec<i32>> {
    let row = |r| {
        let mut row = vec![0; matrix.cols];
        matrix.decode_row(r, &mut row);
        row
    };
    (0..matrix.rows).map(row).collect()
}

/// S of the rows by the kernel, as coefficients of `Σ X^{iD} S_i`.
fn sums(tier: Tier, m: &Matrix, blocks: &[(usize, usize)], tile: usize, rho: Fr) -> Vec<Fr> {
    let mut sums = sums::Sums::new(tier, m.cols, tile);
    for (b, &(first, rows)) in blocks.iter().enumerate() {
        let weights = (0..BLOCK_ROWS / tile).map(|t| rho.pow([(b * BLOCK_ROWS + t * tile) as u64]));
        sums.add(m, first, rows, &sums::by_tile(weights, tile));
    }
    sums.total()
}

/// The one comparison: u and q of `blocks` of `m`, by every tier, are those of the definition.
fn assert_fold(m: &Matrix, blocks: &[(usize, usize)], tile: usize, rho: Fr) {
    let all = decoded(m);
    let rows: Vec<_> = blocks.iter().flat_map(|&(first, rows)| all[first..first + rows].to_vec()).collect();
    let tiles = vec![G1Affine::default(); BLOCK_ROWS];
    let of = |(i, &(_, rows)): (usize, &(usize, usize))| Block {
        chunk: i as u32,
        rows,
        tiles: &tiles[..rows.div_ceil(tile)],
    };
    let fold = Fold { matrix: 0, width: m.cols, tile, blocks: blocks.iter().enumerate().map(of).collect() };
    let (u, q) = naive::fold(&fold, &rows, rho);
    for tier in Tier::all_for_tests() {
        let what = format!("{} x {}, tile {tile}, {blocks:?}, {}", m.rows, m.cols, tier.name());
        let s = sums(tier, m, blocks, tile, rho);
        assert_eq!(polynomial::quotient(&s, m.cols, rho), q, "quotient of {what}");
        let mut by_row = sums::Sums::new(tier, m.cols, 1);
        let weights = sums::by_row(&small::powers(rho, blocks.len() * BLOCK_ROWS));
        for (weights, &(first, rows)) in weights.chunks(BLOCK_ROWS / TILE_ROWS).zip(blocks) {
            by_row.add(m, first, rows, weights);
        }
        assert_eq!(by_row.total(), u, "fold of {what}");
    }
}

#[test]
fn folds_of_every_shape_and_tier_are_those_of_the_definition() {
    let mut n = Numbers(1);
    let some = Fr::from(0x1234_5678_9abc_def1u64).pow([5]);
    // Columns: the fewest, one more than a panel, several panels. Rows: around a tile of the layout, a full block, a last
    // block that is not full.
    for (rows, cols) in [(1, 2), (15, 18), (17, 16), (256, 10), (300, 50), (528, 34)] {
        let m = matrix(rows, cols, &mut n);
        let blocks: Vec<_> = (0..rows).step_by(BLOCK_ROWS).map(|first| (first, BLOCK_ROWS.min(rows - first))).collect();
        for tile in [1, 2, 4, 8, 16, 32, 64, 128, 256] {
            for rho in [some, -Fr::ONE, Fr::ONE, Fr::from(u64::MAX).square()] {
                assert_fold(&m, &blocks, tile, rho);
            }
            // The last block first, then the others: gaps and order are the statement's business.
            let turned: Vec<_> = blocks.iter().rev().copied().collect();
            assert_fold(&m, &turned, tile, some);
        }
    }
}

#[test]
fn sums_are_carried_into_the_field_before_they_overflow() {
    // 2^29 − 1 in a limb, times 2^20: 2^14 of one sign fill an i64.
    let (full, blocks) = (Fr::from((1u64 << 29) - 1), 80);
    let weights = sums::by_row(&[full; BLOCK_ROWS]);
    for w in [-(1 << 20), 1 << 20] {
        let codes = Codes::I32(vec![w; BLOCK_ROWS * 2]);
        let (scale, offset) = (Scales::None, Scales::None);
        let m = Matrix { rows: BLOCK_ROWS, cols: 2, k: 0, group: 2, codes, scale, offset, max_abs: 1 << 20 };
        for tier in Tier::all_for_tests() {
            let mut sums = sums::Sums::new(tier, 2, 1);
            (0..blocks).for_each(|_| sums.add(&m, 0, BLOCK_ROWS, &weights));
            let expected = full * Fr::from(w) * Fr::from(blocks * BLOCK_ROWS as u64);
            assert_eq!(sums.total(), vec![expected; 2], "{}", tier.name());
        }
    }
}

#[test]
fn products_are_carried_into_the_field_before_they_overflow() {
    // 2^29 − 1 in a limb, times −2^15: 2^19 of them fill an i64.
    let (full, width, claims) = (Fr::from((1u64 << 29) - 1), 32, 17_000);
    for tier in Tier::all_for_tests() {
        let mut product = product::Product::new(tier, width);
        (0..claims).for_each(|_| product.add(Fr::ONE, &[full; 32], &[i16::MIN; 32]));
        let one = full * Fr::from(i16::MIN) * Fr::from(claims);
        let expected: Vec<_> = (1..=width).map(|k| one * Fr::from((width - k) as u64)).collect();
        assert_eq!(product.total(), (expected.clone(), expected), "{}", tier.name());
    }
}

#[test]
fn every_format_is_folded_as_it_decodes() {
    let mut n = Numbers(3);
    let (rows, cols, group) = (40, 96, 32);
    let tiles = 48;
    let mut scales = |bound| (0..tiles * cols / group).map(|_| n.within(bound)).collect::<Vec<_>>();
    let i16s = |v: Vec<i64>| Scales::I16(v.into_iter().map(|v| v as i16).collect());
    let i32s = |v: Vec<i64>| Scales::I32(v.into_iter().map(|v| v as i32).collect());
    let scales = [i16s(scales(2000)), i16s(scales(2000)), i32s(scales(2000)), Scales::None];
    let codes = [
        Codes::U4((0..tiles * cols / 8).map(|_| n.next() as u32).collect()),
        Codes::I8((0..tiles * cols / 2).map(|_| [0; 2].map(|_| n.within(127) as i8)).collect()),
        Codes::I16((0..tiles * cols / 2).map(|_| [0; 2].map(|_| n.within(32767) as i16)).collect()),
    ];
    for (code, scale, offset) in [(0, 0, 1), (0, 0, 3), (1, 2, 3), (1, 0, 1), (2, 3, 3)] {
        let (codes, scale, offset) = (codes[code].clone(), scales[scale].clone(), scales[offset].clone());
        let m = Matrix { rows, cols, k: 12, group, codes, scale, offset, max_abs: 1 << 19 };
        assert_fold(&m, &[(0, rows)], 8, Fr::from(7u8).inverse().unwrap());
    }
}

/// Products of one width by every tier are those of field arithmetic.
#[test]
fn laurent_products_of_every_tier_are_exact() {
    let mut n = Numbers(9);
    for width in [2, 3, 31, 32, 33, 64, 100] {
        let element = |n: &mut Numbers| -Fr::from(n.next()) * Fr::from(n.next()).square();
        let claims: Vec<(Fr, Vec<Fr>, Vec<i16>)> = (0..3)
            .map(|_| {
                let u = (0..width).map(|_| element(&mut n)).collect();
                (element(&mut n), u, (0..width).map(|_| n.within(32768) as i16).collect())
            })
            .collect();
        let (mut a, mut b) = (vec![Fr::ZERO; width], vec![Fr::ZERO; width]);
        for (weight, u, x) in &claims {
            for (i, u) in u.iter().enumerate() {
                for (j, x) in x.iter().enumerate() {
                    let term = *weight * u * Fr::from(*x);
                    if i > j {
                        a[i - j - 1] += term;
                    } else if j > i {
                        b[j - i - 1] += term;
                    }
                }
            }
        }
        for tier in Tier::all_for_tests() {
            let mut product = product::Product::new(tier, width);
            claims.iter().for_each(|(weight, u, x)| product.add(*weight, u, x));
            assert_eq!(product.total(), (a.clone(), b.clone()), "width {width}, {}", tier.name());
        }
    }
}

/// Matrices of several widths, tile heights and formats behind one statement.
struct World {
    powers: Vec<G1Affine>,
    matrices: Vec<(Matrix, usize, Vec<G1Affine>)>,
}

impl World {
    fn new(shapes: &[(usize, usize, usize)]) -> World {
        let powers = powers(shapes.iter().map(|s| s.1 * s.2.max(2)).max().unwrap());
        let mut n = Numbers(5);
        let matrices = shapes
            .iter()
            .map(|&(rows, cols, tile)| {
                let m = matrix(rows, cols, &mut n);
                let tiles = naive::tiles(&powers, &decoded(&m), tile);
                (m, tile, tiles)
            })
            .collect();
        World { powers, matrices }
    }

    /// One fold per entry, of the chunks of the matrices `(matrix, chunk)`, and claims on the folds of the list.
    fn statement(&self, folds: &[Vec<(usize, usize)>], claims: &[usize]) -> (Statement<'_>, Vec<Vec<Vec<i32>>>) {
        let mut n = Numbers(11);
        let rows: Vec<Vec<Vec<i32>>> = folds
            .iter()
            .map(|blocks| {
                let of = |&(m, chunk): &(usize, usize)| {
                    let first = chunk * BLOCK_ROWS;
                    decoded(&self.matrices[m].0).into_iter().skip(first).take(BLOCK_ROWS)
                };
                blocks.iter().flat_map(of).collect()
            })
            .collect();
        let claims = claims.iter().map(|&fold| {
            let x: Vec<i16> = (0..rows[fold][0].len()).map(|_| n.within(32767) as i16).collect();
            let dot = |r: &Vec<i32>| r.iter().zip(&x).map(|(&w, &x)| i64::from(w) * i64::from(x)).sum();
            Claim { fold, acc: rows[fold].iter().map(dot).collect(), x }
        });
        let claims = claims.collect();
        let folds = folds.iter().enumerate().map(|(f, blocks)| {
            let (matrix, tile, _) = &self.matrices[blocks[0].0];
            let block = |(i, &(m, chunk)): (usize, &(usize, usize))| {
                let rows = BLOCK_ROWS.min(self.matrices[m].0.rows - chunk * BLOCK_ROWS);
                let tiles = &self.matrices[m].2[chunk * BLOCK_ROWS / tile..][..rows.div_ceil(*tile)];
                Block { chunk: i as u32, rows, tiles }
            };
            let blocks = blocks.iter().enumerate().map(block).collect();
            Fold { matrix: f as u32, width: matrix.cols, tile: *tile, blocks }
        });
        (Statement { context: CONTEXT, folds: folds.collect(), claims }, rows)
    }
}

/// The one comparison: proofs about `folds` of `world` by every tier are those of the definition.
fn assert_proof(world: &World, folds: &[Vec<(usize, usize)>], claims: &[usize]) {
    let (statement, rows) = world.statement(folds, claims);
    let expected = naive::prove(&world.powers, &statement, &rows);
    let source = |f: usize, b: usize| {
        let (m, chunk): (usize, usize) = folds[f][b];
        (&world.matrices[m].0, chunk * BLOCK_ROWS)
    };
    for tier in Tier::all_for_tests() {
        let proof = prove(tier, &world.powers, &statement, &source).unwrap();
        assert_eq!(proof.encode(), expected.encode(), "{}", tier.name());
    }
}

#[test]
fn proofs_are_those_of_the_definition_byte_for_byte() {
    // Two widths; two tile heights on one of them; two matrices behind one fold; two claims on one fold.
    let world = World::new(&[(300, 6, 4), (70, 6, 4), (90, 10, 32), (600, 6, 1)]);
    let folds = [vec![(0, 0), (0, 1), (1, 0)], vec![(2, 0)], vec![(3, 2), (3, 0)]];
    assert_proof(&world, &folds, &[0, 1, 2, 1]);
}

#[test]
fn a_proof_of_many_folds_which_makes_a_table_is_that_of_the_definition() {
    let world = World::new(&[(40, 12, 8), (20, 4, 16)]);
    let folds: Vec<_> = (0..60).map(|i| vec![(i % 2, 0)]).collect();
    assert_proof(&world, &folds, &(0..60).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_proved_is_said() {
    let world = World::new(&[(300, 6, 4), (70, 10, 2)]);
    let (statement, _) = world.statement(&[vec![(0, 0), (0, 1)]], &[0]);
    let with = |powers: &[G1Affine], rows: &Rows<'_>| prove(Tier::detect(), powers, &statement, rows).map(|_| ());
    let (tall, wide) = (&world.matrices[0].0, &world.matrices[1].0);
    let right = |_: usize, b: usize| (tall, b * BLOCK_ROWS);
    assert_eq!(with(&world.powers, &right), Ok(()));
    assert_eq!(with(&world.powers[..23], &right), Err(ProveError::Powers { needed: 24, available: 23 }));
    let refused =
        |rows: &Rows<'_>, block| assert_eq!(with(&world.powers, rows), Err(ProveError::Rows { fold: 0, block }));
    refused(&|_, _| (wide, 0), 0);
    refused(&|_, b| (tall, b), 1);
    refused(&|_, _| (tall, BLOCK_ROWS), 0);
    refused(&|_, _| (tall, usize::MAX / BLOCK_ROWS * BLOCK_ROWS), 0);
    let heavy = Matrix { max_abs: sums::MAX_WEIGHT + 1, ..tall.clone() };
    refused(&|_, b| (&heavy, b * BLOCK_ROWS), 0);
}
