//! A place in a tree of eight children a node, hashed by Poseidon.
//!
//! ```text
//! node = Poseidon(Node, child_0, …, child_7)        a node with nothing under it is 0, and no hash
//! ```
//!
//! A place is an integer whose digits to the base 8, lowest first, say which child each node on the way up is. The prover names all
//! eight children of a parent; the three bits of a digit choose the one that has to be the node.
//!
//! **Places with nothing.** The circuit hashes on every level. So a leaf under a node that is 0 would need eight scalars whose
//! hash is 0, or be itself a hash that is 0: both break Poseidon.
//!
//! 8 constraints for the choice and 405 for the hash, on each level.

use super::poseidon::{self, Use};
use super::{Bit, Group, Num, System};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use std::array::from_fn;

/// Children of a node.
pub const ARITY: usize = 8;
/// Bits of a digit.
pub const DIGIT: usize = 3;

/// The other children of a node's parent, in order.
pub type Siblings = [Fr; ARITY - 1];

/// A node of its children; missing ones are 0.
pub fn node(children: &[Fr; ARITY]) -> Fr {
    if children.iter().all(|child| *child == Fr::ZERO) { Fr::ZERO } else { poseidon::hash(Use::Node, children) }
}

impl System {
    /// The root of a tree in which `leaf` has this place, three bits a level, and these siblings.
    pub fn climb_octal(&mut self, leaf: Num, place: &[Bit], siblings: &[Siblings]) -> Num {
        let (digits, _) = place.as_chunks::<DIGIT>();
        digits.iter().zip(siblings).fold(leaf, |node, (digit, siblings)| {
            let children = self.children(&node, digit, siblings);
            let chosen = self.child(&children, digit);
            self.equal(Group::Path, &chosen, &node);
            self.poseidon(Use::Node, &children)
        })
    }

    /// Variables for all children: the node at its digit, its siblings around it.
    fn children(&mut self, node: &Num, digit: &[Bit; DIGIT], siblings: &Siblings) -> [Num; ARITY] {
        let own = usize::try_from(Num::of_bits(digit).low()).unwrap_or(0);
        from_fn(|i| {
            let value = match i {
                i if i < own => siblings.get(i).copied().unwrap_or_default(),
                i if i > own => siblings[i - 1],
                _ => node.value(),
            };
            self.witness(Group::Path, value)
        })
    }

    /// The child that a digit names.
    fn child(&mut self, children: &[Num; ARITY], digit: &[Bit; DIGIT]) -> Num {
        let mut left = children.to_vec();
        for bit in digit {
            let (pairs, _) = left.as_chunks::<2>();
            let chosen = pairs.iter().map(|[even, odd]| {
                let difference = odd.clone().minus(even);
                self.product(Group::Path, &(*bit).into(), &difference).plus(even)
            });
            left = chosen.collect();
        }
        left.swap_remove(0)
    }
}
