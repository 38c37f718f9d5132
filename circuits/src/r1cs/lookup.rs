//! Entries of tables and of headers.
//!
//! **Tables** of 2^12 entries, which no parameter of a model changes: exponentials and sigmoids. Entry t is
//! `Σ_a A_a·(Σ_b T[64a + b]·B_b)` where A and B have one 1 each, at the upper and lower six bits of t. 2 + 4 + … + 32 products make
//! each of them from its bits. 188 constraints an entry, and no witness that a prover could choose.

use super::{Bit, Group, Num, System};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use assay_model::tables::{TABLE_BITS, TableParams, Tables};
use std::sync::LazyLock;

/// A table of 2^12 entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// EXP of `docs/arithmetic.md`.
    Exponential,
    /// SIG.
    Sigmoid,
}

static TABLES: LazyLock<[Vec<Fr>; 2]> = LazyLock::new(|| {
    let params = TableParams { dim: 1, head_dim: 2, eps: 0.5, rope_base: 2.0, rope_linear: 1.0, rope_factors: None };
    let scalars = |table: &[u16]| table.iter().map(|e| Fr::from(*e)).collect();
    Tables::new(&params).map(|t| [scalars(&t.exp), scalars(&t.sigmoid)]).unwrap_or_default()
});

impl Table {
    fn entries(self) -> &'static [Fr] {
        let [exponential, sigmoid] = &*TABLES;
        match self {
            Table::Exponential => exponential,
            Table::Sigmoid => sigmoid,
        }
    }

    /// Entry number t, 0 from 2^12 on.
    pub fn entry(self, t: i128) -> Fr {
        usize::try_from(t).ok().and_then(|t| self.entries().get(t)).copied().unwrap_or(Fr::ZERO)
    }
}

impl System {
    /// The entry of a table whose number has these bits, each 0 or 1, lowest first.
    pub fn lookup(&mut self, table: Table, bits: &[Num]) -> Num {
        let half = usize::try_from(TABLE_BITS / 2).unwrap_or(0);
        let (low, high) = bits.split_at(half);
        let [columns, rows] = [low, high].map(|bits| self.one_of(bits));
        let mut entry = Num::default();
        for (row, entries) in rows.iter().zip(table.entries().chunks(columns.len())) {
            let inner = Num::sum(entries.iter().copied().zip(&columns)).compact();
            entry.add(Fr::ONE, &self.product(Group::Lookup, row, &inner));
        }
        entry.compact()
    }

    /// A number for each that these bits, lowest first, could be: 1 for the one that they are, 0 for the others.
    fn one_of(&mut self, bits: &[Num]) -> Vec<Num> {
        let mut numbers = vec![Num::one()];
        for (i, bit) in bits.iter().rev().enumerate() {
            let halves = numbers.into_iter().flat_map(|number| {
                let upper = if i == 0 { bit.clone() } else { self.product(Group::Lookup, &number, bit) };
                [number.minus(&upper).compact(), upper]
            });
            numbers = halves.collect();
        }
        numbers
    }

    /// 1 if `number` is 0, and 0 if not.
    pub fn is_zero(&mut self, group: Group, number: &Num) -> Num {
        let inverse = self.witness(group, number.value().inverse().unwrap_or(Fr::ZERO));
        let is = self.witness(group, Fr::from(number.value() == Fr::ZERO));
        self.enforce(group, number.clone(), inverse, Num::one().minus(&is));
        self.enforce(group, number.clone(), is.clone(), Num::default());
        is
    }

    /// The entry number `index` of a header, which there is.
    pub fn entry<const N: usize>(&mut self, index: &Num, entries: &[[Num; N]]) -> [Num; N] {
        let choice: Vec<Bit> =
            (0u64..).zip(entries).map(|(i, _)| self.bit(Group::Select, Fr::from(i) == index.value())).collect();
        let (mut ones, mut place) = (Num::default(), Num::default());
        let mut chosen = std::array::from_fn(|_| Num::default());
        for ((i, is), entry) in (0u64..).zip(choice).zip(entries) {
            ones.add_bit(Fr::ONE, is);
            place.add_bit(Fr::from(i), is);
            for (sum, part) in chosen.iter_mut().zip(entry) {
                sum.add(Fr::ONE, &self.product(Group::Select, &is.into(), part));
            }
        }
        self.equal(Group::Select, &ones, &Num::one());
        self.equal(Group::Select, &place, index);
        chosen
    }
}
