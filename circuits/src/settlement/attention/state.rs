//! What one circuit of a head hands on to the next.

use super::score_scale;
use crate::r1cs::lookup::Table;
use crate::r1cs::poseidon::{self, Use};
use crate::r1cs::{Group, Num, System};
use crate::settlement::kv::scalar;
use ark_bn254::Fr;
use ark_ff::PrimeField;
use assay_model::steps::kv::{Block, KeyValue};

/// Fraction bits of a scaled score, before the query's shift.
pub(super) const SCORE_SHIFT: usize = 38;

/// A head between two of its circuits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// q' and sq.
    pub query: Block,
    /// M.
    pub maximum: i128,
    /// Whether a score so far was M.
    pub attained: bool,
    /// P.
    pub total: i128,
    /// o.
    pub mix: Vec<i128>,
}

/// zf of a position.
fn score(query: &Block, kv: &KeyValue) -> i128 {
    let products = query.x.iter().zip(&kv.key.x).map(|(q, k)| i128::from(*q) * i128::from(*k));
    products.sum::<i128>() << kv.key.shift.min(64)
}

/// The largest score of positions, 0 of none: what M has to be.
pub fn largest<'a>(query: &Block, past: impl IntoIterator<Item = &'a KeyValue>) -> i128 {
    past.into_iter().map(|kv| score(query, kv)).max().unwrap_or(0)
}

impl State {
    /// Before any position.
    pub fn new(query: Block, maximum: i128) -> State {
        let mix = vec![0; query.x.len()];
        State { query, maximum, attained: false, total: 0, mix }
    }

    /// After these positions as well.
    pub fn after<'a>(&self, past: impl IntoIterator<Item = &'a KeyValue>) -> State {
        let mut state = self.clone();
        let scale = u32::try_from(self.query.x.len()).map_or(0, score_scale);
        for kv in past {
            let below = self.maximum - score(&self.query, kv);
            let scaled = (below * i128::from(scale)) << self.query.shift.min(18);
            let [weight, ..] = Table::Exponential.entry(scaled >> SCORE_SHIFT).into_bigint().0;
            let weight = i128::from(weight);
            state.attained |= below == 0;
            state.total += weight;
            for (sum, v) in state.mix.iter_mut().zip(&kv.value.x) {
                *sum += weight * (i128::from(*v) << kv.value.shift.min(64));
            }
        }
        state
    }

    /// Its digest under a salt.
    pub fn digest(&self, salt: Fr) -> Fr {
        let mut elements = vec![salt];
        elements.extend(self.query.x.iter().map(|q| Fr::from(*q)));
        elements.extend([
            Fr::from(self.query.shift),
            scalar(self.maximum),
            Fr::from(self.attained),
            scalar(self.total),
        ]);
        elements.extend(self.mix.iter().map(|o| scalar(*o)));
        poseidon::hash(Use::Attention, &elements)
    }
}

/// A state inside of a circuit.
#[derive(Clone, Debug)]
pub struct Variables {
    pub query: Vec<Num>,
    pub shift: Num,
    pub maximum: Num,
    pub attained: Num,
    pub total: Num,
    pub mix: Vec<Num>,
}

impl Variables {
    /// Variables of a state that another circuit has shown.
    pub fn new(system: &mut System, state: &State) -> Variables {
        let mut variable = |value| system.witness(Group::Mix, value);
        Variables {
            query: state.query.x.iter().map(|q| variable(Fr::from(*q))).collect(),
            shift: variable(state.query.shift.into()),
            maximum: variable(scalar(state.maximum)),
            attained: variable(state.attained.into()),
            total: variable(scalar(state.total)),
            mix: state.mix.iter().map(|o| variable(scalar(*o))).collect(),
        }
    }

    /// [`State::digest`].
    pub fn digest(&self, system: &mut System, salt: Fr) -> Num {
        let mut elements = vec![system.witness(Group::Mix, salt)];
        elements.extend(self.query.iter().cloned());
        elements.extend([&self.shift, &self.maximum, &self.attained, &self.total].map(Num::clone));
        elements.extend(self.mix.iter().cloned());
        system.poseidon(Use::Attention, &elements)
    }
}
