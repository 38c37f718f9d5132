//! How many rows a tile has.

use super::BLOCK_ROWS;

/// Most weights of a tile; also the powers of tau that committing to one takes.
pub const MAX_TILE: usize = 1 << 15;

/// Tile height h of matrices of width D: the largest power of two up to 256 with h·D ≤ 2^15.
///
/// Doubling h halves the commitments that a manifest carries and that a verifier multiplies, and doubles the quotient that a
/// prover commits to (`docs/benchmarks.md` has both by h).
pub const fn tile_height(width: usize) -> usize {
    let mut h = BLOCK_ROWS;
    while h > 1 && h.saturating_mul(width) > MAX_TILE {
        h /= 2;
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_has_the_height_of_the_rule() {
        for (width, h) in
            [(2, 256), (128, 256), (129, 128), (576, 32), (1024, 32), (1536, 16), (4096, 8), (14336, 2), (1 << 20, 1)]
        {
            assert_eq!(tile_height(width), h, "width {width}");
        }
    }
}
