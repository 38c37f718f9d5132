//! What a model asks of kernels: its shapes and its tables, without its weights.

use std::collections::BTreeSet;

use assay_model::config::Config;
use assay_model::tables::Tables;
use assay_model::{Matrix, Model};

use crate::packed::Class;

/// A product of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product {
    /// How its matrix is packed.
    pub class: Class,
    /// Whether it is added to the residual.
    pub residual: bool,
    /// Columns of the matrix.
    pub columns: u32,
    /// Rows of the matrix.
    pub rows: u32,
}

/// Shapes and tables of a model.
#[derive(Clone, Debug)]
pub struct Shapes<'m> {
    /// Dimensions.
    pub config: &'m Config,
    /// Integer tables.
    pub tables: &'m Tables,
    /// How the embedding is packed.
    pub embedding: Class,
    /// Products, each kind once.
    pub products: BTreeSet<Product>,
}

impl Shapes<'_> {
    /// Of a model.
    pub fn of(model: &Model) -> Shapes<'_> {
        let product = |w: &Matrix, residual| Product {
            class: Class::of(w),
            residual,
            columns: w.cols as u32,
            rows: w.rows as u32,
        };
        let mut products = BTreeSet::from([product(model.head(), false)]);
        for l in &model.layers {
            products.extend([&l.q, &l.k, &l.v, &l.gate, &l.up].map(|w| product(w, false)));
            products.extend([&l.o, &l.down].map(|w| product(w, true)));
        }
        Shapes { config: &model.config, tables: &model.tables, embedding: Class::of(&model.embedding), products }
    }

    /// What known answers are asked for: rows do not matter, because a workgroup sees a few only.
    pub fn kinds(&self) -> BTreeSet<Product> {
        self.products.iter().map(|p| Product { rows: 0, ..*p }).collect()
    }

    /// In words: equal for models whose kernels have the same shapes.
    pub fn words(&self) -> String {
        let tables = blake3::hash(format!("{:?}", self.tables).as_bytes()).to_hex();
        format!("{:?} embedding {:?} products {:?} tables {tables}", self.config, self.embedding, self.products)
    }
}
