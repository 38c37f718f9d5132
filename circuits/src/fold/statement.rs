//! What a fold proof is about. Counts, orders and widths of a proof follow from it alone.

use super::FoldError;
use ark_bn254::G1Affine;
use assay_model::domain::Digest;
use assay_model::program::CHUNK;
use std::collections::BTreeSet;

/// Rows that a block counts for, whether it has as many or not.
pub const BLOCK_ROWS: usize = CHUNK;

/// Widest matrix.
const MAX_WIDTH: usize = 1 << 20;

/// What the proof is bound to besides its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Id of the powers of tau.
    pub srs: Digest,
    /// Id of the manifest.
    pub manifest: Digest,
    /// Id of the receipt.
    pub receipt: Digest,
    /// Digest of the challenge.
    pub challenge: Digest,
}

/// Consecutive rows of a matrix that begin on a tile.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// Number of the chunk of outputs; names the rows within the step.
    pub chunk: u32,
    /// Rows, 1 to 256.
    pub rows: usize,
    /// Commitments to the tiles that hold these rows and no other: `⌈rows/h⌉`.
    pub tiles: &'a [G1Affine],
}

/// Rows of one matrix, folded together.
#[derive(Clone, Debug)]
pub struct Fold<'a> {
    /// Number of the step within its position; names the matrix.
    pub matrix: u32,
    /// Width D of the matrix.
    pub width: usize,
    /// Tile height h, a power of two up to 256.
    pub tile: usize,
    /// Blocks, chunk numbers ascending.
    pub blocks: Vec<Block<'a>>,
}

impl Fold<'_> {
    /// Rows of all blocks.
    pub fn rows(&self) -> usize {
        self.blocks.iter().fold(0, |n, b| n.saturating_add(b.rows))
    }
}

/// The rows of one fold times x are acc.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Number of the fold.
    pub fold: usize,
    /// Input, D integers.
    pub x: Vec<i16>,
    /// Accumulators of the fold's rows, in order.
    pub acc: Vec<i64>,
}

/// Everything that a fold proof proves.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    /// What it is bound to.
    pub context: Context,
    /// Folds; every one has a claim.
    pub folds: Vec<Fold<'a>>,
    /// Claims.
    pub claims: Vec<Claim>,
}

impl Statement<'_> {
    /// Distinct widths.
    pub fn widths(&self) -> BTreeSet<usize> {
        self.folds.iter().map(|f| f.width).collect()
    }

    /// Whether every length is the one that the shapes give it.
    ///
    /// # Errors
    /// [`FoldError::Statement`].
    pub fn check(&self) -> Result<(), FoldError> {
        let require = |holds: bool, what| if holds { Ok(()) } else { Err(FoldError::Statement(what)) };
        require(!self.claims.is_empty(), "it has no claim")?;
        for fold in &self.folds {
            require((2..=MAX_WIDTH).contains(&fold.width), "width of a matrix")?;
            require(fold.tile.is_power_of_two() && fold.tile <= BLOCK_ROWS, "tile height")?;
            require(!fold.blocks.is_empty(), "a fold without rows")?;
            let chunks = fold.blocks.iter().map(|b| b.chunk);
            require(chunks.clone().zip(chunks.skip(1)).all(|(a, b)| a < b), "chunks out of order")?;
            for block in &fold.blocks {
                require((1..=BLOCK_ROWS).contains(&block.rows), "rows of a block")?;
                require(block.tiles.len() == block.rows.div_ceil(fold.tile), "tiles of a block")?;
            }
        }
        let mut used = vec![false; self.folds.len()];
        for claim in &self.claims {
            let fold = self.folds.get(claim.fold).ok_or(FoldError::Statement("a claim about no fold"))?;
            require(claim.x.len() == fold.width, "length of an input")?;
            require(claim.acc.len() == fold.rows(), "number of accumulators")?;
            if let Some(used) = used.get_mut(claim.fold) {
                *used = true;
            }
        }
        require(used.iter().all(|u| *u), "a fold without claim")
    }
}
