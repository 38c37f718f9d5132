//! Commitments to the tiles of weight matrices.

use super::buckets::{Scratch, Table};
use ark_bn254::{G1Affine, G1Projective};
use ark_ec::CurveGroup;
use assay_model::matrix::Matrix;
use rayon::prelude::*;

/// Commits to tiles of up to so many weights of up to so many bits.
pub struct Committer(Table);

impl Committer {
    /// For tiles of at most `powers.len()` weights, none larger than `max_abs`. `powers` are those of tau in G1, from τ^0.
    pub fn new(powers: &[G1Affine], max_abs: u32) -> Committer {
        Committer(Table::for_small(powers, max_abs))
    }

    /// Commitments to all tiles of `matrix`, h = `tile` rows each, in order. `done` is told of every tile.
    ///
    /// # Panics
    /// If a tile or a weight is larger than this committer is for.
    pub fn tiles(&self, matrix: &Matrix, tile: usize, done: &(dyn Fn() + Sync)) -> Vec<G1Affine> {
        let commit = |(scratch, weights): &mut (Scratch, Vec<i32>), t: usize| {
            let rows = t * tile..matrix.rows.min((t + 1) * tile);
            weights.resize(rows.len() * matrix.cols, 0);
            for (row, out) in rows.zip(weights.chunks_exact_mut(matrix.cols)) {
                matrix.decode_row(row, out);
            }
            let point = self.0.small(weights, scratch);
            done();
            point
        };
        let count = matrix.rows.div_ceil(tile);
        let points: Vec<_> = (0..count).into_par_iter().with_max_len(4).map_init(Default::default, commit).collect();
        G1Projective::normalize_batch(&points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::tests::{Numbers, decoded, matrix};
    use assay_circuits::fold::naive;
    use assay_circuits::srs::development::powers;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn commitments_are_those_of_the_definition() {
        let (powers, mut n) = (powers(640), Numbers(2));
        let committer = Committer::new(&powers, 1 << 19);
        // The last tile full, of one row, and the only one.
        for (rows, cols, tile) in [(64, 10, 16), (65, 20, 32), (3, 2, 256), (7, 50, 1)] {
            let m = matrix(rows, cols, &mut n);
            let count = AtomicUsize::new(0);
            let done = || {
                count.fetch_add(1, Ordering::Relaxed);
            };
            let tiles = committer.tiles(&m, tile, &done);
            assert_eq!(tiles, naive::tiles(&powers, &decoded(&m), tile));
            assert_eq!(count.into_inner(), tiles.len());
        }
    }
}
