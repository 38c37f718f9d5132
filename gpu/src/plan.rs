//! Which of the equal variants of each kernel a card uses.

use std::collections::BTreeMap;

use crate::ops::linear;
use crate::packed::Class;
use crate::variant::{Dot, Reduce, Tokens, Wide};

/// A choice for every kernel.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// Products of one position, and of four.
    pub products: [linear::Variant; 2],
    /// Lanes of the kernels that take a row a workgroup.
    pub row_lanes: u32,
    /// Lanes of a head's workgroup in kv.
    pub kv_lanes: u32,
    /// Lanes of attention, how it keeps sums, and how its lanes add up.
    pub attention: (u32, Wide, Reduce),
}

impl Plan {
    /// What runs on every card.
    pub const PORTABLE: Plan = Plan {
        products: [linear::Variant::PORTABLE; 2],
        row_lanes: crate::ops::LANES,
        kv_lanes: crate::ops::kv::LANES,
        attention: (64, Wide::Pair, Reduce::Memory),
    };

    /// How products of `tokens` positions at once are computed.
    pub const fn product(&self, tokens: Tokens) -> linear::Variant {
        match tokens {
            Tokens::One => self.products[0],
            Tokens::Four => self.products[1],
        }
    }

    /// Whether its numbers are ones that kernels are written for; a plan that was read from a file may have any.
    pub fn is_sane(&self) -> bool {
        let power = |v: u32, most: u32| v.is_power_of_two() && v <= most;
        let product = |v: &linear::Variant| {
            let lanes = 16 / v.rows.max(1) * v.tiles.min(64) * v.split.min(64);
            power(v.rows, 4) && power(v.tiles, 64) && power(v.split, 64) && lanes <= 256
        };
        let lanes = |lanes: u32, least: u32| power(lanes, 256) && lanes >= least;
        self.products.iter().all(product)
            && lanes(self.row_lanes, 32)
            && lanes(self.kv_lanes, 8)
            && lanes(self.attention.0, 32)
    }

    /// How vectors are laid out for products of `tokens` positions.
    pub const fn dot(&self, tokens: Tokens) -> Dot {
        self.product(tokens).dot
    }
}

/// Kernels by key, compiled on first use.
pub(crate) type Compiled<K> = BTreeMap<K, crate::kernel::Kernel>;

/// Classes of a set of slabs.
pub(crate) fn classes<'a>(slabs: impl IntoIterator<Item = &'a linear::Slab>) -> std::collections::BTreeSet<Class> {
    slabs.into_iter().map(|s| s.class).collect()
}
