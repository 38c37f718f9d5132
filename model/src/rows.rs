//! Commitments to the rows of integers that an answer opens: a row of the embedding, the gains of a norm.
//!
//! A row is a leaf, `H("assay v1 weight row", W_0 ‖ W_1 ‖ …)` of its entries as `i32`; rows stand in a tree in order. Gains
//! are a tensor of one row, so their root is that leaf.

use crate::domain::{Digest, Domain};
use crate::matrix::Matrix;
use crate::model::Gains;
use crate::tree;
use crate::weights::par;

/// Leaf of one row.
pub fn leaf(row: &[i32]) -> Digest {
    Domain::WeightRow.hash(&row.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>())
}

/// Root of gains.
pub fn of_gains(gains: &Gains) -> Digest {
    leaf(&gains.gamma.iter().map(|&g| i32::from(g)).collect::<Vec<_>>())
}

/// Leaves of all rows of a matrix.
pub fn leaves(matrix: &Matrix) -> Vec<Digest> {
    const BAND: usize = 256;
    let bands: Vec<_> = (0..matrix.rows).step_by(BAND).map(|i| i..matrix.rows.min(i + BAND)).collect();
    let hashed = par::map(&bands, |band| {
        let mut row = vec![0; matrix.cols];
        band.clone()
            .map(|i| {
                matrix.decode_row(i, &mut row);
                leaf(&row)
            })
            .collect::<Vec<_>>()
    });
    hashed.concat()
}

/// Root of a matrix.
pub fn of_matrix(matrix: &Matrix) -> Digest {
    tree::root(Domain::WeightNode, &leaves(matrix))
}
