//! Poseidon over the scalars of BN254: a sponge of 8 elements a permutation.
//!
//! t = 9 elements of state, S-box x^5, 8 full rounds of which half come first, 63 partial rounds: the numbers that the
//! authors give for 128 bits of security at this width. Round constants and matrix are those of the reference's generator, as
//! arkworks implements it. 405 constraints a permutation, so 51 an element where t = 3 would have 122.
//!
//! The capacity (element 0) begins with `2^64·use + length`, so inputs of different uses or lengths never meet.

use super::{Group, Num, System};
use ark_bn254::Fr;
use ark_crypto_primitives::sponge::poseidon::traits::find_poseidon_ark_and_mds;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use std::array::from_fn;
use std::sync::LazyLock;

/// Elements that a permutation absorbs.
pub const RATE: usize = 8;
const WIDTH: usize = RATE + 1;
const FULL: usize = 8;
const PARTIAL: usize = 63;

type State<T> = [T; WIDTH];

struct Parameters {
    rounds: Vec<State<Fr>>,
    matrix: State<State<Fr>>,
}

static PARAMETERS: LazyLock<Parameters> = LazyLock::new(|| {
    let bits = u64::from(Fr::MODULUS_BIT_SIZE);
    let [full, partial] = [FULL, PARTIAL].map(|n| u64::try_from(n).unwrap_or(0));
    let (rounds, matrix) = find_poseidon_ark_and_mds::<Fr>(bits, RATE, full, partial, 0);
    let state = |row: Vec<Fr>| from_fn(|i| row[i]);
    let rows: Vec<State<Fr>> = matrix.into_iter().map(state).collect();
    Parameters { rounds: rounds.into_iter().map(state).collect(), matrix: from_fn(|i| rows[i]) }
});

/// What is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Use {
    /// Accumulators behind their salt.
    Accumulators = 1,
    /// The fields of a settlement statement.
    Statement = 2,
    /// A chunk of one token's row of the embedding.
    Row = 3,
    /// Eight nodes of the embedding's tree.
    Node = 4,
    /// A token of the prompt behind its salt.
    Prompt = 5,
    /// What eps adds to a norm's sum, by shift.
    Eps = 6,
    /// The gains of a chunk of a norm.
    Gains = 7,
    /// The rotations of a position.
    Rotation = 8,
    /// The state of an attention head between two of its circuits.
    Attention = 9,
}

impl Use {
    #[allow(clippy::as_conversions, reason = "the number is the discriminant")]
    fn capacity(self, length: usize) -> Fr {
        Fr::from(u128::from(self as u8) << 64 | u128::try_from(length).unwrap_or(0))
    }
}

/// The parameters as arkworks has them.
#[cfg(test)]
pub(super) fn config() -> ark_crypto_primitives::sponge::poseidon::PoseidonConfig<Fr> {
    let rows = |states: &[State<Fr>]| states.iter().map(|s| s.to_vec()).collect();
    let (rounds, matrix) = (rows(&PARAMETERS.rounds), rows(&PARAMETERS.matrix));
    ark_crypto_primitives::sponge::poseidon::PoseidonConfig::new(FULL, PARTIAL, 5, matrix, rounds, RATE, 1)
}

fn is_full(round: usize) -> bool {
    !(FULL / 2..FULL / 2 + PARTIAL).contains(&round)
}

/// The permutation.
fn permute(mut state: State<Fr>) -> State<Fr> {
    let fifth = |x: Fr| x.square().square() * x;
    for (round, constants) in PARAMETERS.rounds.iter().enumerate() {
        state = from_fn(|i| state[i] + constants[i]);
        state = if is_full(round) {
            state.map(fifth)
        } else {
            from_fn(|i| if i == 0 { fifth(state[0]) } else { state[i] })
        };
        state = PARAMETERS.matrix.map(|row| Fr::sum_of_products(&row, &state));
    }
    state
}

/// Digest of `elements`.
pub fn hash(what: Use, elements: &[Fr]) -> Fr {
    let mut state = [Fr::ZERO; WIDTH];
    state[0] = what.capacity(elements.len());
    for block in elements.chunks(RATE) {
        state.iter_mut().skip(1).zip(block).for_each(|(s, e)| *s += e);
        state = permute(state);
    }
    state[1]
}

impl System {
    /// Digest of `elements`: [`hash`].
    pub fn poseidon(&mut self, what: Use, elements: &[Num]) -> Num {
        let mut state: State<Num> = Default::default();
        state[0] = Num::constant(what.capacity(elements.len()));
        for block in elements.chunks(RATE) {
            state.iter_mut().skip(1).zip(block).for_each(|(s, e)| s.add(Fr::ONE, e));
            state = self.permute(state);
        }
        state[1].clone()
    }

    fn permute(&mut self, mut state: State<Num>) -> State<Num> {
        for (round, constants) in PARAMETERS.rounds.iter().enumerate() {
            let boxes = if is_full(round) { WIDTH } else { 1 };
            for (i, element) in state.iter_mut().enumerate() {
                element.add(Fr::ONE, &Num::constant(constants[i]));
                if i < boxes {
                    *element = self.fifth_power(&element.clone().compact());
                }
            }
            // A partial round leaves elements that are sums over all rounds so far: one term for each variable.
            state = PARAMETERS.matrix.map(|row| Num::sum(row.into_iter().zip(&state)).compact());
        }
        state
    }

    fn fifth_power(&mut self, x: &Num) -> Num {
        let square = self.product(Group::Poseidon, x, x);
        let fourth = self.product(Group::Poseidon, &square, &square);
        self.product(Group::Poseidon, &fourth, x)
    }
}
