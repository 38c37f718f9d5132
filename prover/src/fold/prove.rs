//! The prover.
//!
//! Rows are read twice. The first time gives every u, which needs D sums; the second, when the weights Δ of the folds are
//! known, gives `Σ Δ F` of each width and from it the one quotient that is committed, so no fold's own quotient ever exists.

use super::buckets::{Scratch, Table};
use super::kernel::Lanes;
use super::polynomial::{add_scaled, evaluate, quotient, witness};
use super::product::{self, Product};
use super::sums::{MAX_WEIGHT, Sums, by_row, by_tile};
use super::workers::gather;
use crate::cpu::platform::Tier;
use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, Field};
use assay_circuits::fold::{BLOCK_ROWS, FoldError, Proof, Statement, Weights, rounds, small};
use assay_model::matrix::Matrix;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Blocks that one thread folds at a time.
const BLOCKS: usize = 16;

/// Bits of a digit where a table is made.
const TABLE_BITS: u32 = 10;
/// Multiplications by all of a table's bases that pay for making it.
const TABLE_PAYS: usize = 24;

/// Where the rows of a block stand: given the numbers of a fold and of one of its blocks, a matrix and its row that the
/// block begins at, a multiple of 256.
pub type Rows<'m> = dyn Fn(usize, usize) -> (&'m Matrix, usize) + Sync + 'm;

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The statement is not one that a proof can be about, or a challenge came out as zero.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The matrix of a block lacks its rows, has another width, or weights of more than 20 bits.
    #[error("the matrix for block {block} of fold {fold} does not have its rows")]
    Rows {
        /// Number of the fold.
        fold: usize,
        /// Number of the block within the fold.
        block: usize,
    },
    /// A matrix is wider than this prover's sums hold.
    #[error("a matrix of {0} columns is wider than this prover can prove")]
    Width(usize),
    /// There are too few powers of tau.
    #[error("the statement needs {needed} powers of tau, there are {available}")]
    Powers {
        /// Powers that the largest polynomial needs.
        needed: usize,
        /// Powers that there are.
        available: usize,
    },
}

/// Proves `statement`, whose claims must hold: a false one gives a proof that is refused. `powers` are those of tau in G1
/// from τ^0; the largest h·D of a fold suffices.
///
/// # Errors
/// [`ProveError`].
pub fn prove(tier: Tier, powers: &[G1Affine], statement: &Statement<'_>, rows: &Rows<'_>) -> Result<Proof, ProveError> {
    let (rho, rounds) = rounds::begin(statement)?.rho();
    let prover = Prover::new(tier, powers, statement, rows, rho)?;
    let us = prover.folds();
    let folds = prover.commit_folds(&us);
    let (delta, rounds) = rounds.delta(&folds);
    let weights = Weights::new(statement, delta);
    let ((a, mut b), quotients) = rayon::join(|| prover.laurent(&us, &weights), || prover.quotients(&weights));
    let product = prover.commit(&a);
    let (gamma, rounds) = rounds.gamma(&product);
    for ((fold, u), weight) in statement.folds.iter().zip(&us).zip(&weights.folds) {
        let weight = gamma * weight;
        b[..fold.width].iter_mut().rev().zip(u).for_each(|(b, u)| *b += weight * u);
    }
    let (degree, quotients) = rayon::join(|| prover.commit(&b), || prover.commit_all(&quotients));
    let (z, rounds) = rounds.z(&degree, &quotients);
    let fold_values: Vec<_> = us.par_iter().map(|u| evaluate(u, z)).collect();
    let product_value = evaluate(&a, z);
    let (nu, _rounds) = rounds.nu(&fold_values, &product_value);
    let mut combined = a;
    for (u, weight) in us.iter().zip(small::powers(nu, us.len() + 1).into_iter().skip(1)) {
        add_scaled(&mut combined, weight, u);
    }
    let inverse = z.inverse().ok_or(FoldError::ZeroChallenge)?;
    let (at_z, at_inverse) =
        rayon::join(|| prover.commit(&witness(&combined, z)), || prover.commit(&witness(&b, inverse)));
    Ok(Proof { folds, product, degree, quotients, fold_values, product_value, at_z, at_inverse })
}

/// Blocks of one fold that are folded together.
struct Piece {
    fold: usize,
    blocks: std::ops::Range<usize>,
}

struct Prover<'a, 'm> {
    tier: Tier,
    powers: &'a [G1Affine],
    statement: &'a Statement<'a>,
    rows: &'a Rows<'m>,
    /// ρ^i for every row i of the longest fold.
    rho: Vec<Fr>,
    pieces: Vec<Piece>,
}

impl<'a, 'm> Prover<'a, 'm> {
    fn new(
        tier: Tier,
        powers: &'a [G1Affine],
        statement: &'a Statement<'a>,
        rows: &'a Rows<'m>,
        rho: Fr,
    ) -> Result<Self, ProveError> {
        let mut pieces = Vec::new();
        let (mut longest, mut needed) = (0, 0);
        for (f, fold) in statement.folds.iter().enumerate() {
            if fold.width > product::MAX_WIDTH {
                return Err(ProveError::Width(fold.width));
            }
            for (b, block) in fold.blocks.iter().enumerate() {
                let (matrix, first) = rows(f, b);
                let fits = matrix.cols == fold.width
                    && matrix.max_abs <= MAX_WEIGHT
                    && first.is_multiple_of(BLOCK_ROWS)
                    && first.checked_add(block.rows).is_some_and(|end| end <= matrix.rows);
                if !fits {
                    return Err(ProveError::Rows { fold: f, block: b });
                }
            }
            let count = fold.blocks.len();
            pieces.extend((0..count).step_by(BLOCKS).map(|b| Piece { fold: f, blocks: b..(b + BLOCKS).min(count) }));
            longest = longest.max(count * BLOCK_ROWS);
            needed = needed.max(fold.width * fold.tile);
        }
        if powers.len() < needed {
            return Err(ProveError::Powers { needed, available: powers.len() });
        }
        Ok(Prover { tier, powers, statement, rows, rho: small::powers(rho, longest), pieces })
    }

    /// u of each fold.
    fn folds(&self) -> Vec<Vec<Fr>> {
        let weights = by_row(&self.rho);
        let groups = BLOCK_ROWS / assay_model::matrix::TILE_ROWS;
        let of_block = |b: usize| &weights[b * groups..][..groups];
        let parts: Vec<_> = self
            .pieces
            .par_iter()
            .map(|piece| {
                let mut sums = Sums::new(self.tier, self.statement.folds[piece.fold].width, 1);
                piece.blocks.clone().for_each(|b| self.add(&mut sums, piece.fold, b, of_block(b)));
                sums.total()
            })
            .collect();
        let mut us: Vec<_> = self.statement.folds.iter().map(|f| vec![Fr::ZERO; f.width]).collect();
        for (piece, part) in self.pieces.iter().zip(parts) {
            add_scaled(&mut us[piece.fold], Fr::ONE, &part);
        }
        us
    }

    /// `q_D = (Σ Δ F − Σ Δ u) / (X^D − ρ)` of each width, ascending.
    fn quotients(&self, weights: &Weights) -> Vec<Vec<Fr>> {
        let mut shapes: BTreeMap<(usize, usize), Vec<&Piece>> = BTreeMap::new();
        for piece in &self.pieces {
            let fold = &self.statement.folds[piece.fold];
            shapes.entry((fold.width, fold.tile)).or_default().push(piece);
        }
        let mut sums: BTreeMap<usize, Vec<Fr>> = BTreeMap::new();
        for ((width, tile), pieces) in shapes {
            let add = |sums: &mut Sums, piece: &&Piece| {
                for b in piece.blocks.clone() {
                    let at_tiles = self.rho[b * BLOCK_ROWS..][..BLOCK_ROWS].iter().step_by(tile);
                    let weights = by_tile(at_tiles.map(|rho| weights.folds[piece.fold] * rho), tile);
                    self.add(sums, piece.fold, b, &weights);
                }
            };
            let total = sums.entry(width).or_default();
            for part in gather(&pieces, || Sums::new(self.tier, width, tile), add) {
                add_scaled(total, Fr::ONE, &part.total());
            }
        }
        let rho = self.rho.get(1).copied().unwrap_or_default();
        sums.into_iter().map(|(width, sum)| quotient(&sum, width, rho)).collect()
    }

    fn add(&self, sums: &mut Sums, fold: usize, block: usize, weights: &[Lanes]) {
        let (matrix, first) = (self.rows)(fold, block);
        sums.add(matrix, first, self.statement.folds[fold].blocks[block].rows, weights);
    }

    /// A and B₀.
    fn laurent(&self, us: &[Vec<Fr>], weights: &Weights) -> (Vec<Fr>, Vec<Fr>) {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for width in self.statement.widths() {
            let claims = self.statement.claims.iter().zip(&weights.claims);
            let claims: Vec<_> = claims.filter(|(c, _)| us[c.fold].len() == width).collect();
            let add = |product: &mut Product, (claim, weight): &(&assay_circuits::fold::Claim, &Fr)| {
                product.add(**weight, &us[claim.fold], &claim.x);
            };
            for part in gather(&claims, || Product::new(self.tier, width), add) {
                let (positive, negative) = part.total();
                add_scaled(&mut a, Fr::ONE, &positive);
                add_scaled(&mut b, Fr::ONE, &negative);
            }
        }
        (a, b)
    }

    /// Commitments to every u: many over the same few bases, which is what a table is for.
    fn commit_folds(&self, us: &[Vec<Fr>]) -> Vec<G1Affine> {
        let widest = us.iter().map(Vec::len).max().unwrap_or(0);
        if us.iter().map(Vec::len).sum::<usize>() < TABLE_PAYS * widest {
            return self.commit_all(us);
        }
        let table = Table::for_field(&self.powers[..widest], TABLE_BITS);
        let commit = |scratch: &mut Scratch, u: &Vec<Fr>| table.field(u, scratch);
        let points: Vec<_> = us.par_iter().with_max_len(1).map_init(Scratch::default, commit).collect();
        G1Projective::normalize_batch(&points)
    }

    fn commit(&self, polynomial: &[Fr]) -> G1Affine {
        G1Projective::msm_unchecked(&self.powers[..polynomial.len()], polynomial).into_affine()
    }

    fn commit_all(&self, polynomials: &[Vec<Fr>]) -> Vec<G1Affine> {
        polynomials.par_iter().map(|p| self.commit(p)).collect()
    }
}
