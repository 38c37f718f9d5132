//! Whether commitments to tiles are those of a rig's weights, all at once.
//!
//! With C_k the commitments and f_k the polynomials of all tiles of all matrices, `Σ r_k C_k = Com(Σ r_k f_k)` for 128-bit
//! r_k that are drawn by hash from the commitments and from what they are said to commit to. If any C_k is another point
//! than Com(f_k), that holds for at most one value of its r_k, so with chance 2^−128 a draw. The right side is one fold of
//! all weights and one multi-scalar multiplication.

use super::polynomial::add_scaled;
use super::sums::{MAX_WEIGHT, Sums, by_tile};
use super::workers::gather;
use crate::cpu::platform::Tier;
use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::VariableBaseMSM;
use ark_ff::AdditiveGroup;
use assay_circuits::fold::BLOCK_ROWS;
use assay_circuits::srs::points::encode_g1;
use assay_model::domain::{Digest, Domain};
use assay_model::matrix::Matrix;
use std::collections::BTreeMap;

/// A matrix and what is said to commit to it.
#[derive(Clone, Copy, Debug)]
pub struct Tiled<'a> {
    /// The weights.
    pub matrix: &'a Matrix,
    /// Digest of their tensor.
    pub digest: Digest,
    /// Tile height h, a power of two up to 256.
    pub tile: usize,
    /// One commitment per tile.
    pub commitments: &'a [G1Affine],
}

/// Why commitments are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// A tile height that is none, another number of commitments than tiles, or weights of more than 20 bits.
    #[error("tensor {0} does not have the shape of its commitments")]
    Shape(usize),
    /// There are too few powers of tau.
    #[error("the largest tile needs {needed} powers of tau, there are {available}")]
    Powers {
        /// Powers that the largest tile needs.
        needed: usize,
        /// Powers that there are.
        available: usize,
    },
    /// A commitment is not that of its tile.
    #[error("the commitments are not those of the weights")]
    Commitments,
}

/// Checks all commitments of `tensors`. `powers` are those of tau in G1, from τ^0; `srs` is their id.
///
/// # Errors
/// [`CheckError`].
pub fn check(tier: Tier, srs: &Digest, powers: &[G1Affine], tensors: &[Tiled<'_>]) -> Result<(), CheckError> {
    for (i, t) in tensors.iter().enumerate() {
        let fits = t.tile.is_power_of_two()
            && t.tile <= BLOCK_ROWS
            && t.commitments.len() == t.matrix.rows.div_ceil(t.tile)
            && t.matrix.max_abs <= MAX_WEIGHT;
        if !fits {
            return Err(CheckError::Shape(i));
        }
        let needed = t.tile.saturating_mul(t.matrix.cols);
        if powers.len() < needed {
            return Err(CheckError::Powers { needed, available: powers.len() });
        }
    }
    let r = coefficients(srs, tensors);
    let (points, scalars): (Vec<_>, Vec<_>) =
        tensors.iter().zip(&r).flat_map(|(t, r)| t.commitments.iter().copied().zip(r.iter().copied())).unzip();
    let f = combine(tier, tensors, &r);
    let (left, right) = rayon::join(
        || G1Projective::msm_unchecked(&points, &scalars),
        || G1Projective::msm_unchecked(&powers[..f.len()], &f),
    );
    if left == right { Ok(()) } else { Err(CheckError::Commitments) }
}

/// r_k of every tile of every tensor.
fn coefficients(srs: &Digest, tensors: &[Tiled<'_>]) -> Vec<Vec<Fr>> {
    let mut hasher = Domain::TileCheck.hasher();
    hasher.fixed(srs).u32(tensors.len() as u32);
    for t in tensors {
        hasher.fixed(&t.digest);
        for n in [t.matrix.rows, t.matrix.cols, t.tile] {
            hasher.fixed(&(n as u64).to_le_bytes());
        }
        hasher.framed(&t.commitments.iter().flat_map(encode_g1).collect::<Vec<_>>());
    }
    let mut stream = hasher.xof();
    let mut draw = || {
        let mut bytes = [0; 16];
        stream.fill(&mut bytes);
        Fr::from(u128::from_le_bytes(bytes))
    };
    tensors.iter().map(|t| t.commitments.iter().map(|_| draw()).collect()).collect()
}

/// A block of a matrix: its first row and the r_k of its tiles.
type Piece<'a> = (&'a Tiled<'a>, usize, &'a [Fr]);

/// `Σ r_k f_k`.
fn combine(tier: Tier, tensors: &[Tiled<'_>], r: &[Vec<Fr>]) -> Vec<Fr> {
    let mut shapes: BTreeMap<(usize, usize), Vec<Piece<'_>>> = BTreeMap::new();
    for (t, r) in tensors.iter().zip(r) {
        let blocks = (0..t.matrix.rows).step_by(BLOCK_ROWS).zip(r.chunks(BLOCK_ROWS / t.tile));
        let pieces = shapes.entry((t.matrix.cols, t.tile)).or_default();
        pieces.extend(blocks.map(|(first, r)| (t, first, r)));
    }
    let mut f = Vec::new();
    for ((width, tile), pieces) in shapes {
        let add = |sums: &mut Sums, (t, first, r): &Piece<'_>| {
            let rows = BLOCK_ROWS.min(t.matrix.rows - first);
            sums.add(t.matrix, *first, rows, &by_tile(r.iter().copied(), tile));
        };
        for sums in gather(&pieces, || Sums::new(tier, width, tile), add) {
            add_scaled(&mut f, Fr::from(1u8), &sums.total());
        }
    }
    // Places that no row reaches need no power.
    while f.last() == Some(&Fr::ZERO) {
        f.pop();
    }
    f
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::tests::{Numbers, matrix};
    use crate::fold::tiles::Committer;
    use ark_ec::{AffineRepr, CurveGroup};
    use ark_ff::{BigInteger, PrimeField};
    use assay_circuits::srs::development::powers;

    #[test]
    fn only_the_commitments_of_the_weights_are_accepted() {
        let (powers, mut n) = (powers(512), Numbers(4));
        let committer = Committer::new(&powers, 1 << 19);
        let shapes = [(300, 6, 64), (40, 10, 8), (70, 10, 32), (40, 10, 8), (5, 2, 256)];
        let matrices = shapes.map(|(rows, cols, _)| matrix(rows, cols, &mut n));
        let tiles: Vec<_> = matrices.iter().zip(shapes).map(|(m, s)| committer.tiles(m, s.2, &|| ())).collect();
        let with = |change: &dyn Fn(&mut Vec<Vec<G1Affine>>)| {
            let mut tiles = tiles.clone();
            change(&mut tiles);
            let tensors: Vec<_> = matrices
                .iter()
                .zip(shapes)
                .zip(&tiles)
                .enumerate()
                .map(|(i, ((matrix, s), commitments))| Tiled { matrix, digest: [i as u8; 32], tile: s.2, commitments })
                .collect();
            let checked = Tier::all_for_tests().into_iter().map(|tier| check(tier, &[9; 32], &powers, &tensors));
            let all: Vec<_> = checked.collect();
            assert!(all.iter().all(|c| *c == all[0]), "tiers agree");
            all[0]
        };
        assert_eq!(with(&|_| ()), Ok(()));
        let refused = |change: &dyn Fn(&mut Vec<Vec<G1Affine>>)| assert_eq!(with(change), Err(CheckError::Commitments));
        for i in 0..shapes.len() {
            refused(&|tiles| tiles[i][0] = -tiles[i][0]);
            refused(&|tiles| *tiles[i].last_mut().unwrap() = G1Affine::identity());
        }
        refused(&|tiles| tiles[0].swap(0, 1));
        refused(&|tiles| tiles.swap(1, 3));
        assert_eq!(with(&|tiles| tiles.swap(0, 2)), Err(CheckError::Shape(0)));
        assert_eq!(with(&|tiles| tiles[4].clear()), Err(CheckError::Shape(4)));
    }

    #[test]
    fn shapes_that_are_none_are_refused() {
        let powers = powers(2048);
        let mut m = matrix(600, 2, &mut Numbers(2));
        let with = |matrix: &Matrix, tile: usize| {
            let commitments = vec![G1Affine::identity(); 600usize.div_ceil(tile.max(1))];
            let tensors = [Tiled { matrix, digest: [0; 32], tile, commitments: &commitments }];
            check(Tier::detect(), &[9; 32], &powers, &tensors)
        };
        for tile in [0, 3, 96, 512] {
            assert_eq!(with(&m, tile), Err(CheckError::Shape(0)), "tile height {tile}");
        }
        assert_eq!(with(&m, 256), Err(CheckError::Commitments));
        m.max_abs = MAX_WEIGHT + 1;
        assert_eq!(with(&m, 256), Err(CheckError::Shape(0)), "weights of more than 20 bits");
    }

    #[test]
    fn coefficients_known_before_the_commitments_let_errors_cancel() {
        let (powers, m) = (powers(80), matrix(16, 10, &mut Numbers(1)));
        let mut commitments = Committer::new(&powers, 1 << 19).tiles(&m, 8, &|| ());
        let honest = [Tiled { matrix: &m, digest: [0; 32], tile: 8, commitments: &commitments }];
        let r = coefficients(&[9; 32], &honest).concat();
        let g = G1Affine::generator();
        commitments[0] = (commitments[0] + g * r[1]).into_affine();
        commitments[1] = (commitments[1] - g * r[0]).into_affine();
        let tensors = [Tiled { matrix: &m, digest: [0; 32], tile: 8, commitments: &commitments }];
        assert_eq!(check(Tier::detect(), &[9; 32], &powers, &tensors), Err(CheckError::Commitments));
    }

    #[test]
    fn coefficients_of_128_bits_follow_from_all_that_is_checked() {
        let [m, longer, wider] = [(16, 10), (15, 10), (16, 9)].map(|(rows, cols)| matrix(rows, cols, &mut Numbers(1)));
        let commitments = powers(4);
        let tensor = Tiled { matrix: &m, digest: [0; 32], tile: 8, commitments: &commitments };
        let r = coefficients(&[9; 32], &[tensor]);
        assert!(r.concat().iter().any(|r| (121..=128).contains(&r.into_bigint().num_bits())), "{r:?}");
        assert_ne!(coefficients(&[8; 32], &[tensor]), r, "other powers");
        for (name, other) in [
            ("digest", Tiled { digest: [1; 32], ..tensor }),
            ("rows", Tiled { matrix: &longer, ..tensor }),
            ("columns", Tiled { matrix: &wider, ..tensor }),
            ("tile height", Tiled { tile: 4, ..tensor }),
        ] {
            assert_ne!(coefficients(&[9; 32], &[other]), r, "{name}");
        }
    }

    #[test]
    fn too_few_powers_are_said() {
        let m = matrix(8, 10, &mut Numbers(1));
        let powers = powers(80);
        let commitments = Committer::new(&powers, 1 << 19).tiles(&m, 8, &|| ());
        let tensors = [Tiled { matrix: &m, digest: [0; 32], tile: 8, commitments: &commitments }];
        let with = |powers: &[G1Affine]| check(Tier::detect(), &[9; 32], powers, &tensors);
        assert_eq!(with(&powers), Ok(()));
        assert_eq!(with(&powers[..79]), Err(CheckError::Powers { needed: 80, available: 79 }));
    }
}
