//! The transcript of a fold proof: everything that both sides know, in one order, and the challenges drawn from it.
//!
//! One BLAKE3 state under [`Domain::Fold`]. An item is absorbed as `tag ‖ length ‖ bytes`; a challenge absorbs its own tag
//! with no bytes and is then the state's 64-byte extended output, read little-endian and reduced modulo r, so that it is
//! uniform up to 2^−256. [`Item`] is the one table of tags, in the order in which they are absorbed; `fold::rounds` is the
//! one place that absorbs them.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use assay_model::domain::{Domain, Framed};

/// What is absorbed or drawn, in order. The numbers are frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Item {
    /// Id of the powers of tau.
    Srs = 1,
    /// Id of the manifest.
    Manifest = 2,
    /// Id of the receipt.
    Receipt = 3,
    /// Digest of the challenge.
    Challenge = 4,
    /// Number of folds and number of claims.
    Counts = 5,
    /// Per fold: matrix, width D, tile height h.
    Matrix = 6,
    /// Per fold: its blocks, each a chunk number and a number of rows.
    Blocks = 7,
    /// Per claim: the number of its fold.
    Claim = 8,
    /// Per claim: x, as 16-bit integers.
    Input = 9,
    /// Per claim: acc, as 64-bit integers.
    Accumulators = 10,
    /// Drawn: combines the rows of a fold.
    Rho = 11,
    /// Per fold: commitment to u.
    Fold = 12,
    /// Drawn: combines the claims.
    Delta = 13,
    /// Commitment to A.
    Product = 14,
    /// Drawn: weight of the degree bound.
    Gamma = 15,
    /// Commitment to B.
    Degree = 16,
    /// Per distinct width, ascending: commitment to q.
    Quotient = 17,
    /// Drawn: the point of evaluation.
    Z = 18,
    /// Per fold: u(z).
    FoldValue = 19,
    /// A(z).
    ProductValue = 20,
    /// Drawn: combines the polynomials opened at z.
    Nu = 21,
    /// Witness of the opening at z.
    OpeningZ = 22,
    /// Witness of the opening at 1/z.
    OpeningInverse = 23,
    /// Drawn: combines the two openings and the fold equations.
    E = 24,
}

/// A transcript in the making.
#[derive(Clone)]
pub struct Transcript(Framed);

impl Default for Transcript {
    fn default() -> Self {
        Transcript(Domain::Fold.hasher())
    }
}

impl Transcript {
    /// Absorbs an item.
    pub fn absorb(&mut self, item: Item, bytes: &[u8]) {
        self.0.fixed(&[tag(item)]).framed(bytes);
    }

    /// Draws a challenge.
    pub fn draw(&mut self, item: Item) -> Fr {
        self.absorb(item, &[]);
        let mut wide = [0; 64];
        self.0.xof().fill(&mut wide);
        Fr::from_le_bytes_mod_order(&wide)
    }
}

#[allow(clippy::as_conversions, reason = "the tag is the discriminant")]
const fn tag(item: Item) -> u8 {
    item as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_everything_before_it_and_on_its_own_name() {
        let mut t = Transcript::default();
        t.absorb(Item::Srs, b"x");
        let drawn = |t: &Transcript, item| t.clone().draw(item);
        assert_ne!(drawn(&t, Item::Rho), drawn(&t, Item::Delta));
        let before = drawn(&t, Item::Rho);
        t.absorb(Item::Fold, b"");
        assert_ne!(drawn(&t, Item::Rho), before);
    }

    #[test]
    fn items_do_not_run_into_each_other() {
        let drawn = |parts: &[&[u8]]| {
            let mut t = Transcript::default();
            parts.iter().for_each(|p| t.absorb(Item::Input, p));
            t.draw(Item::Rho)
        };
        assert_ne!(drawn(&[b"ab", b"c"]), drawn(&[b"a", b"bc"]));
        assert_ne!(drawn(&[b"ab"]), drawn(&[b"ab", b""]));
    }
}
