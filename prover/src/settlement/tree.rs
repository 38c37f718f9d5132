//! A tree with all of its nodes, for who opens many of its leaves: a path is looked up, and not hashed anew.
//!
//! Pairs from the left, an odd last node rises: that is the tree whose left subtrees are full.

use assay_model::domain::Digest;
use assay_verifier::settlement::tree;

/// Nodes of a tree, from its leaves up to its root.
#[derive(Clone, Debug)]
pub struct Tree {
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// Over these leaves, whose inner nodes have this label.
    pub fn new(label: &str, leaves: Vec<Digest>) -> Tree {
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let above = level.chunks(2).map(|pair| tree::root(label, pair)).collect();
            levels.push(above);
        }
        Tree { levels }
    }

    /// Its root; zero over no leaves.
    pub fn root(&self) -> Digest {
        self.levels.last().and_then(|top| top.first()).copied().unwrap_or_default()
    }

    /// Siblings on the way from leaf `index` to the root, lowest first.
    pub fn path(&self, index: usize) -> Vec<Digest> {
        let sibling = |(height, level): (usize, &Vec<Digest>)| level.get((index >> height) ^ 1).copied();
        self.levels.iter().enumerate().filter_map(sibling).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_verifier::settlement::tree::SETTLEMENT;

    #[test]
    fn roots_and_paths_are_those_of_the_protocol() {
        for n in 0..40usize {
            let leaves: Vec<Digest> = (0..n).map(|i| [i as u8; 32]).collect();
            let own = Tree::new(SETTLEMENT, leaves.clone());
            assert_eq!(own.root(), tree::root(SETTLEMENT, &leaves), "{n} leaves");
            (0..n).for_each(|i| assert_eq!(own.path(i), tree::path(SETTLEMENT, &leaves, i), "leaf {i} of {n}"));
        }
    }
}
