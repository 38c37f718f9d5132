//! The tree over the embedding: what a model's rows are in the residual stream, under one scalar.
//!
//! ```text
//! leaf    Poseidon(Row, h_i + 2^31 in 32 bits, 7 to a scalar, the first lowest)    h_i of one chunk of one token's row
//! place   token·C + chunk, C = ⌈dim/256⌉
//! node    Poseidon(Node, 8 children)                                               of depth d, the least d ≥ 1 with 8^d ≥ V·C
//! ```
//!
//! h_i is the residual that `model::steps::embed` makes of the weights, so rescaling is no part of any circuit. What is missing is 0.
//!
//! **Memory.** A [`Tree`] keeps nodes from the third level up, 32 bytes each: 32·V·C/512·8/7 bytes, 11 kB for SmolLM2 and 19 MiB for the
//! largest model that there could be. Making one needs one row and 512 leaves besides, for each thread; so does a path, which
//! makes the leaves beneath its own node of the third level again.

use crate::r1cs::octal::{ARITY, Siblings, node};
use crate::r1cs::poseidon::{self, Use};
use crate::r1cs::power_of_two;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::config::Config;
use assay_model::program::CHUNK;
use std::array::from_fn;
use std::ops::Range;

/// Values of a scalar.
pub const PACKED: usize = 7;
/// Bits of a value.
pub const BITS: usize = 32;
/// Levels under the lowest that is kept.
const BLOCK_DEPTH: usize = 3;

/// C: chunks of a row.
pub fn chunks(config: &Config) -> usize {
    index(config.dim).div_ceil(CHUNK)
}

/// d: levels between a leaf and the root.
pub fn depth(config: &Config) -> usize {
    let mut depth = 1;
    while power(depth) < places(config) {
        depth += 1;
    }
    depth
}

/// Elements of chunk `chunk` of a row: 256, or fewer in the last.
pub fn elements(config: &Config, chunk: u32) -> Range<usize> {
    let dim = index(config.dim);
    let first = index(chunk).saturating_mul(CHUNK).min(dim);
    first..first.saturating_add(CHUNK).min(dim)
}

/// The leaf of a chunk of a row.
pub fn leaf(values: &[i32]) -> Fr {
    let shift = power_of_two(BITS);
    let scalar = |values: &[i32]| {
        values.iter().rev().fold(Fr::ZERO, |sum, h| sum * shift + Fr::from(*h) + power_of_two(BITS - 1))
    };
    poseidon::hash(Use::Row, &values.chunks(PACKED).map(scalar).collect::<Vec<_>>())
}

/// The tree of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    config: Config,
    /// Levels from that of the blocks to the root.
    levels: Vec<Vec<Fr>>,
}

impl Tree {
    /// Of the rows that `row` gives for each token, dim residual values each. On all cores with the feature `parallel`.
    pub fn new(config: &Config, row: impl Fn(u32) -> Vec<i32> + Sync) -> Tree {
        let tree = Tree { config: config.clone(), levels: Vec::new() };
        let block = |n| tree.block(n, &row).pop().unwrap_or_default().first().copied().unwrap_or_default();
        let blocks = each(tree.places().div_ceil(tree.block_places()), block);
        Tree { levels: climb(blocks, depth(config) - tree.block_depth()), ..tree }
    }

    /// E: the root.
    pub fn root(&self) -> Fr {
        self.levels.last().and_then(|top| top.first()).copied().unwrap_or_default()
    }

    /// Siblings of a chunk of a token's row, from its leaf up; `None` if there is no such chunk.
    pub fn path(&self, token: u32, chunk: u32, row: impl Fn(u32) -> Vec<i32>) -> Option<Vec<Siblings>> {
        if token >= self.config.vocab || index(chunk) >= chunks(&self.config) {
            return None;
        }
        let place = index(token) * chunks(&self.config) + index(chunk);
        let size = self.block_places();
        let (number, within) = (place.checked_div(size)?, place.checked_rem(size)?);
        let block = self.block(number, &row);
        let (_, inner) = block.split_last()?;
        let (_, outer) = self.levels.split_last()?;
        Some([siblings(inner, within), siblings(outer, number)].concat())
    }

    fn places(&self) -> usize {
        places(&self.config)
    }

    fn block_depth(&self) -> usize {
        BLOCK_DEPTH.min(depth(&self.config))
    }

    fn block_places(&self) -> usize {
        power(self.block_depth())
    }

    /// Levels of block `number`: its leaves first, its one node last.
    fn block(&self, number: usize, row: &impl Fn(u32) -> Vec<i32>) -> Vec<Vec<Fr>> {
        let size = self.block_places();
        let places = number * size..((number + 1) * size).min(self.places());
        let mut values = (u32::MAX, Vec::new());
        let leaves = places.map(|place| {
            let [token, chunk] = [place.checked_div(chunks(&self.config)), place.checked_rem(chunks(&self.config))]
                .map(|n| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0));
            if values.0 != token {
                values = (token, row(token));
            }
            leaf(values.1.get(elements(&self.config, chunk)).unwrap_or_default())
        });
        climb(leaves.collect(), self.block_depth())
    }
}

/// `levels` levels over the bottom one, all of them.
fn climb(bottom: Vec<Fr>, levels: usize) -> Vec<Vec<Fr>> {
    let above = std::iter::successors(Some(bottom), |level| Some(level.chunks(ARITY).map(parent).collect()));
    above.take(levels + 1).collect()
}

fn parent(children: &[Fr]) -> Fr {
    node(&from_fn(|i| children.get(i).copied().unwrap_or_default()))
}

/// Siblings of node `index` of the lowest level, and of those above it.
fn siblings(levels: &[Vec<Fr>], mut index: usize) -> Vec<Siblings> {
    let of = |level: &Vec<Fr>| {
        let own = index % ARITY;
        let first = index - own;
        index /= ARITY;
        from_fn(|i| level.get(first + i + usize::from(i >= own)).copied().unwrap_or_default())
    };
    levels.iter().map(of).collect()
}

#[cfg(feature = "parallel")]
fn each(n: usize, of: impl Fn(usize) -> Fr + Sync + Send) -> Vec<Fr> {
    rayon::iter::ParallelIterator::collect(rayon::iter::ParallelIterator::map(
        rayon::iter::IntoParallelIterator::into_par_iter(0..n),
        of,
    ))
}

#[cfg(not(feature = "parallel"))]
fn each(n: usize, of: impl Fn(usize) -> Fr) -> Vec<Fr> {
    (0..n).map(of).collect()
}

/// V·C.
fn places(config: &Config) -> usize {
    index(config.vocab).saturating_mul(chunks(config))
}

/// 8^n.
fn power(n: usize) -> usize {
    u32::try_from(n).ok().and_then(|n| ARITY.checked_pow(n)).unwrap_or(usize::MAX)
}

fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
