//! Softmax weights from the table of exponentials, entries of a header, and weighted means.
//!
//! **Table.** `EXP[t]`, t of 12 bits, is `Σ_a A_a·(Σ_b EXP[64a + b]·B_b)` where A and B have one 1 each, at the upper and lower six
//! bits of t. 2 + 4 + … + 32 products make each of them from its bits. 188 constraints an entry, and no witness that a prover
//! could choose.
//!
//! **Mean.** `out = sat(floor((o + ⌊P/2⌋)/P))` is shown as `o + ⌊P/2⌋ = Q·P + rem`, 0 ≤ rem ≤ P − 1, Q = out + e with an excess e that
//! is 0, or positive where out = 2^31 − 1, or negative where out = −2^31. P < 2^32; |o| ≤ 2^32·P as every value is below 2^32
//! in magnitude, so |Q| ≤ 2^32 + 1 and |e| < 2^33. Both sides stay below 2^66.

use super::{Bit, Group, Num, System};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use assay_model::tables::{TABLE_BITS, TableParams, Tables};
use std::sync::LazyLock;

/// Bits of P.
pub const TOTAL_BITS: usize = 32;
/// Bits of an excess.
const EXCESS_BITS: usize = 33;

/// The table, which no parameter changes.
static EXP: LazyLock<Vec<Fr>> = LazyLock::new(|| {
    let params = TableParams { dim: 1, head_dim: 2, eps: 0.5, rope_base: 2.0, rope_linear: 1.0, rope_factors: None };
    Tables::new(&params).map(|t| t.exp.iter().map(|e| Fr::from(*e)).collect()).unwrap_or_default()
});

/// `EXP[t]`, 0 from 2^12 on.
pub fn exponential(t: i128) -> Fr {
    usize::try_from(t).ok().and_then(|t| EXP.get(t)).copied().unwrap_or(Fr::ZERO)
}

impl System {
    /// `EXP[t]` of the bits of t, lowest first.
    pub fn exponential(&mut self, bits: &[Bit]) -> Num {
        let half = usize::try_from(TABLE_BITS / 2).unwrap_or(0);
        let (low, high) = bits.split_at(half);
        let [columns, rows] = [low, high].map(|bits| self.one_of(bits));
        let mut entry = Num::default();
        for (row, entries) in rows.iter().zip(EXP.chunks(columns.len())) {
            let inner = Num::sum(entries.iter().copied().zip(&columns)).compact();
            entry.add(Fr::ONE, &self.product(Group::Exponential, row, &inner));
        }
        entry.compact()
    }

    /// A number for each that these bits, lowest first, could be: 1 for the one that they are, 0 for the others.
    fn one_of(&mut self, bits: &[Bit]) -> Vec<Num> {
        let mut numbers = vec![Num::one()];
        for (i, bit) in bits.iter().rev().enumerate() {
            let halves = numbers.into_iter().flat_map(|number| {
                let upper =
                    if i == 0 { Num::from(*bit) } else { self.product(Group::Exponential, &number, &Num::from(*bit)) };
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

    /// ⌊P/2⌋ of a P below 2^32.
    pub fn halved(&mut self, total: &Num) -> Num {
        let bits = self.decompose(Group::Remainder, total, TOTAL_BITS);
        Num::of_bits(&bits[1..])
    }

    /// `output`, of 32 bits, is `sat(floor(sum / total))`, total being below 2^32.
    pub fn quotient(&mut self, sum: &Num, total: &Num, output: &Num) {
        let (own, divisor) = (sum.signed(), total.signed());
        let quotient = own.checked_div_euclid(divisor).unwrap_or(0);
        let rem = own.checked_rem_euclid(divisor).unwrap_or(0);
        let rem = Num::of_bits(&self.bits(Group::Remainder, rem.unsigned_abs(), TOTAL_BITS));
        let lacks = total.clone().minus(&Num::one()).minus(&rem);
        self.decompose(Group::Remainder, &lacks, TOTAL_BITS);

        let excess = quotient.wrapping_sub(output.signed());
        let excess = self.excess(excess, EXCESS_BITS, output);
        self.enforce(Group::Rounding, output.clone().plus(&excess), total.clone(), sum.clone().minus(&rem));
    }
}
