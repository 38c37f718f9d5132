//! The fold proof: `acc = W·x` for many x and many matrices at once, where the verifier knows of each W only
//! commitments to its tiles.
//!
//! **Commitment.** W has rows of D integers. A tile is h rows, the polynomial `f(X) = Σ_i X^{iD} Σ_j W_ij X^j`, and its
//! commitment is f(τ)·G over a powers-of-tau SRS.
//!
//! **Statement.** A [`Fold`] names rows of one matrix, in blocks; row number i of the fold, counted with 256 to a block, has
//! weight ρ^i. A [`Claim`] says of one fold and one x that the rows times x are acc. m runs over claims, m' over folds.
//!
//! **Protocol** (`rounds` has the order, `scalars` and `verify` the equations):
//!
//! 1. ρ is drawn. `u = Σ_i ρ^i W_i` is the fold of the rows: as polynomials, `u = F mod (X^D − ρ)` with `F = Σ ρ^k f_k` over
//!    the tiles, k the number of a tile's first row. Commit to every u.
//! 2. δ is drawn. If the claims hold then `⟨u, x_m⟩ = c_m = Σ_i ρ^i acc_{m,i}`, and ⟨u, x⟩ is the constant term of
//!    `u(X)·x(1/X)`. So `Σ_m δ^m u(X) x_m(1/X) = Σ_m δ^m c_m + X·A(X) + X^{−1}·B₀(1/X)`. Commit to A.
//! 3. γ is drawn, after A. `B(Y) = B₀(Y) + γ Σ_{m'} Δ_{m'} Y^{D−1} u_{m'}(1/Y)`, with Δ the sum of δ^m over the claims on the
//!    fold, is a polynomial only if every u has degree below D. Commit to B, and per distinct width to
//!    `q_D = Σ_{m'} Δ_{m'} q_{m'}` where `F − u = (X^D − ρ)·q`.
//! 4. z is drawn. Open every u and A at z; what B is at 1/z follows.
//! 5. ν is drawn: one opening of `A + ν u_1 + ν² u_2 + …` at z, one of B at 1/z.
//! 6. e is drawn: both openings and the fold equation of each width in one pairing product.
//!
//! The bound on what a false claim can pass with stands in [`error_bound`]; `docs/soundness.md` derives it.

#[cfg(any(test, feature = "testing"))]
pub mod naive;
mod proof;
pub mod rounds;
mod scalars;
pub mod small;
mod statement;
#[cfg(test)]
mod tests;
pub mod tile;
mod verify;

pub use proof::Proof;
pub use scalars::{Scalars, Weights};
pub use statement::{BLOCK_ROWS, Block, Claim, Context, Fold, Statement};
pub use tile::{MAX_TILE, tile_height};
pub use verify::{error_bound, verify};

use crate::srs::points::PointError;

/// Why a fold proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The statement is not one that a proof can be about.
    #[error("the statement is not well formed: {0}")]
    Statement(&'static str),
    /// The proof has another number of bytes than the statement gives it.
    #[error("the fold proof has {got} bytes, the statement gives it {expected}")]
    Length {
        /// Bytes that the statement gives it.
        expected: usize,
        /// Bytes that it has.
        got: usize,
    },
    /// A point or scalar of the proof is not canonical, or no point.
    #[error("element {index} of the fold proof: {error}")]
    Element {
        /// Number of the element, in the order of the wire.
        index: usize,
        /// What is wrong with it.
        error: PointError,
    },
    /// A challenge that must not be zero is zero.
    #[error("a challenge of the transcript is zero")]
    ZeroChallenge,
    /// The SRS has no power for a width of the statement.
    #[error("the powers of tau have no point for width {0}")]
    Width(u32),
    /// The equations do not hold.
    #[error("the fold proof's equations do not hold")]
    Equation,
}

impl FoldError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            FoldError::Statement(_) => "fold-statement",
            FoldError::Length { .. } => "fold-length",
            FoldError::Element { .. } => "fold-element",
            FoldError::ZeroChallenge => "fold-zero-challenge",
            FoldError::Width(_) => "fold-width",
            FoldError::Equation => "fold-equation",
        }
    }
}
