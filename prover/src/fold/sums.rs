//! Weighted sums of rows: `S_i = Σ_k w_k W_k` over the rows k at place i of their tiles.

use super::kernel::{self, Block, Lanes, Scratch};
use super::limbs::{LIMBS, join, split};
use crate::cpu::platform::Tier;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::matrix::{Matrix, TILE_ROWS};

/// Largest |W|.
pub const MAX_WEIGHT: u32 = 1 << 20;
/// Products that a sum holds: 2^29·2^20·2^13 is a quarter of what an i64 does.
const LIMIT: usize = 1 << 13;

/// Sums in the making: h places of D columns, h·D·72 bytes.
pub struct Sums {
    tier: Tier,
    width: usize,
    tile: usize,
    limbs: Vec<i64>,
    /// Products in the fullest place.
    used: usize,
    /// What has been carried into the field, `[place][column]`.
    total: Vec<Fr>,
    scratch: Scratch,
}

impl Sums {
    /// No rows yet.
    pub fn new(tier: Tier, width: usize, tile: usize) -> Sums {
        let limbs = vec![0; tile * width * LIMBS];
        Sums { tier, width, tile, limbs, used: 0, total: Vec::new(), scratch: Scratch::default() }
    }

    /// Adds `rows` rows of `matrix` from `first`, which is the first of a block; the weight of row i is `weights[i/16]`
    /// at lane i mod 16.
    ///
    /// # Panics
    /// If the rows are not in the matrix, the matrix has another width, or a weight above [`MAX_WEIGHT`].
    pub fn add(&mut self, matrix: &Matrix, first: usize, rows: usize, weights: &[Lanes]) {
        assert!(matrix.cols == self.width && matrix.max_abs <= MAX_WEIGHT, "a matrix of a fold");
        let products = rows.div_ceil(self.tile);
        if self.used + products > LIMIT {
            self.carry();
        }
        self.used += products;
        let block = Block { matrix, first, rows, weights, tile: self.tile };
        kernel::add_block(self.tier, &block, &mut self.scratch, &mut self.limbs);
    }

    /// The sums, `[place][column]`.
    pub fn total(mut self) -> Vec<Fr> {
        self.carry();
        self.total
    }

    fn carry(&mut self) {
        self.total.resize(self.tile * self.width, Fr::ZERO);
        let lanes = self.tile.min(TILE_ROWS);
        for (at, limbs) in self.limbs.chunks_exact_mut(LIMBS * lanes).enumerate() {
            let (period, column) = (at / self.width, at % self.width);
            for lane in 0..lanes {
                let place = period * TILE_ROWS + lane;
                self.total[place * self.width + column] += join(std::array::from_fn(|l| limbs[l * lanes + lane]));
            }
            limbs.fill(0);
        }
        self.used = 0;
    }
}

/// Weights of rows, laid out for [`Sums::add`].
pub fn by_row(weights: &[Fr]) -> Vec<Lanes> {
    let mut out = vec![[[0; TILE_ROWS]; LIMBS]; weights.len().div_ceil(TILE_ROWS)];
    for (i, weight) in weights.iter().enumerate() {
        for (lanes, limb) in out[i / TILE_ROWS].iter_mut().zip(split(weight)) {
            lanes[i % TILE_ROWS] = limb;
        }
    }
    out
}

/// As [`by_row`], from one weight per tile of `tile` rows.
pub fn by_tile(weights: impl Iterator<Item = Fr>, tile: usize) -> Vec<Lanes> {
    let limbs: Vec<_> = weights.map(|w| split(&w)).collect();
    let groups = (limbs.len() * tile).div_ceil(TILE_ROWS);
    let limb = |row: usize, l: usize| limbs.get(row / tile).map_or(0, |limbs| limbs[l]);
    let lanes = |g: usize, l: usize| std::array::from_fn(|lane| limb(g * TILE_ROWS + lane, l));
    (0..groups).map(|g| std::array::from_fn(|l| lanes(g, l))).collect()
}
