//! Some positions of a head: their scores against M, their weights, and what they add to P and o.
//!
//! ```text
//! z = Σ_i q'_i·K_i      zf = z·2^sk      δ = M − zf      N = δ·c·2^sq
//! N = rem + 2^38·t + 2^50·above          t = N >> 38 mod 2^12, above = 0 iff N >> 38 < 2^12
//! e = EXP[t] if above = 0, else 0        P += e      o_i += e·2^sv·V_i
//! ```
//!
//! `(δ·c) >> (38 − sq)` is `(δ·c·2^sq) >> 38`, as sq ≤ 18. Of n positions the first n places are made; places behind them, which
//! repeat the last one, add nothing and attain nothing.
//!
//! | constraint | a position | group |
//! |---|---|---|
//! | K within ±23170, V not −2^15 | 35·hd | Mantissa |
//! | sk and sv from the header, by g | 4·Hk + … | Select, Header |
//! | z, zf; bits of N and N itself; whether above is 0 | hd + 1, 92, 2 | Score |
//! | 58 bits of δ, whether it is 0, attained | 59, 2, 2 | Maximum |
//! | EXP\[t\] | 188 | Lookup |
//! | e, e·2^sv, its products with V | hd + 3 | Mix |
//! | whether the place counts | 2 | Places |
//!
//! **Bounds.** |q'| ≤ 2^15, |K| ≤ 23170, hd ≤ 512, so |z| < 2^39 and |zf| < 2^57. δ has 58 bits, which every honest one has, both scores
//! being below 2^57 in magnitude. So M is an integer below 2^59 in magnitude, whatever the state says, and never below zf. c < 2^14,
//! so N < 2^58·2^14·2^18 = 2^90, as many bits as it is given. e ≤ 2^15, |e·2^sv·V| < 2^47.
//!
//! **Fields**, in order: leaves of kv, three each; the job's halves; words of the chunks that hold K and V, leaf by leaf; n; g;
//! digest of the state before and after.

use super::state::SCORE_SHIFT;
use super::{State, Variables, score_scale};
use crate::r1cs::blake3::halves;
use crate::r1cs::lookup::Table;
use crate::r1cs::{Bit, Group, Num, System, power_of_two};
use crate::settlement::kv::{belongs, index, numbers, shifts, words};
use crate::settlement::leaf::Committed;
use crate::settlement::span::Span;
use crate::settlement::unit::Circuit;
use crate::settlement::witness::kind_byte;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_model::steps::kv::{Block, MAX_KEY_SHIFT, MAX_ROTATED, MAX_VALUE_SHIFT};
use assay_model::tables::TABLE_BITS;

/// Number of the circuit in the names of keys.
pub const CIRCUIT: u64 = 7;
/// B: positions of a circuit.
pub const PLACES: usize = 4;
/// Bits of δ.
const BELOW_BITS: usize = 58;
/// Bits of N.
const SCALED_BITS: usize = 90;

/// Some positions of a head with their prover's witness.
#[derive(Clone, Debug)]
pub struct AttentionBlock {
    /// Dimensions of the model.
    pub config: Config,
    /// g: the key/value head that the head reads.
    pub head: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaves of kv, one a position: 1 to [`PLACES`].
    pub past: Vec<Committed>,
    /// The state before.
    pub state: State,
    /// Salts of the state before and after: random scalars.
    pub salts: [Fr; 2],
}

impl AttentionBlock {
    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, head: u32) -> AttentionBlock {
        let kind = StepKind::Kv;
        let kv = Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) };
        let query = Block { x: vec![0; index(config.head_dim)], shift: 0 };
        let state = State::new(query, 0);
        AttentionBlock { config: config.clone(), head, job: [0; 32], past: vec![kv], state, salts: [Fr::ZERO; 2] }
    }

    /// Words of its shape: hd, Hk, B, then that of the [`Span`].
    pub fn shape_words(config: &Config, head: u32) -> [u64; 7] {
        let places = u64::try_from(PLACES).unwrap_or(0);
        let span = Span::of_key_value(config, head).word();
        [config.head_dim.into(), config.kv_heads.into(), places, span, 0, 0, 0]
    }
}

impl Circuit for AttentionBlock {
    fn fits(&self) -> bool {
        let width = index(self.config.head_dim);
        self.head < self.config.kv_heads
            && (1..=PLACES).contains(&self.past.len())
            && self.past.iter().all(|kv| belongs(kv, &self.config, StepKind::Kv))
            && [self.state.query.x.len(), self.state.mix.len()] == [width; 2]
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let span = Span::of_key_value(&self.config, self.head);
        let job = system.data(&self.job);
        let head = system.witness(Group::Unit, self.head.into());
        let (counts, count) = system.places(self.past.len());
        let mut state = Variables::new(system, &self.state);
        let before = state.digest(system, self.salts[0]);

        let query = Query::new(system, &state);
        let (mut fields, mut opened) = (Vec::new(), Vec::new());
        for (place, counts) in counts.into_iter().enumerate() {
            let Some(kv) = self.past.get(place).or(self.past.last()) else { continue };
            let kv = system.leaf(&job, kv, Some(kind_byte(StepKind::Kv)), &span.chunks);
            let [sk, sv] = shifts(system, &kv, &head);
            let own = numbers(&span, &kv.chunks, 16);
            let (key, value) = own.split_at(index(self.config.head_dim));
            system.attend(&mut state, &query, &Place { key, value, sk, sv, counts });
            fields.extend(kv.fields.iter().cloned());
            opened.extend(words(&kv));
        }
        let after = state.digest(system, self.salts[1]);
        fields.extend(halves(&job));
        fields.extend(opened);
        fields.extend([count, head, before, after]);
        fields
    }
}

/// What all positions of a block read of the state before it.
pub(in crate::settlement) struct Query {
    /// c·2^sq.
    scale: Num,
}

impl Query {
    pub(in crate::settlement) fn new(system: &mut System, state: &Variables) -> Query {
        let width = u32::try_from(state.query.len()).unwrap_or(0);
        let shift = system.choice(Group::Shift, &state.shift, MAX_KEY_SHIFT.into());
        Query { scale: shift.power().times(Fr::from(score_scale(width))) }
    }
}

/// A position inside of a circuit.
pub(in crate::settlement) struct Place<'a> {
    pub key: &'a [Num],
    pub value: &'a [Num],
    pub sk: Num,
    pub sv: Num,
    /// Whether it counts.
    pub counts: Bit,
}

impl System {
    /// Which of the places count: the first `n`, of which there is at least one; and n.
    pub(in crate::settlement) fn places(&mut self, n: usize) -> (Vec<Bit>, Num) {
        let mut counts = vec![Bit::constant(true)];
        for place in 1..PLACES {
            let counted = self.bit(Group::Places, place < n);
            let gap = Num::from(counts[place - 1].complement());
            self.enforce(Group::Places, counted.into(), gap, Num::default());
            counts.push(counted);
        }
        let mut count = Num::default();
        counts.iter().for_each(|counted| count.add_bit(Fr::from(1u8), *counted));
        (counts, count)
    }

    /// Adds a position to a state.
    pub(in crate::settlement) fn attend(&mut self, state: &mut Variables, query: &Query, place: &Place<'_>) {
        place.key.iter().for_each(|k| self.within(k, MAX_ROTATED.unsigned_abs()));
        place.value.iter().for_each(|v| self.differs(v, -power_of_two(15)));
        let sk = self.choice(Group::Header, &place.sk, MAX_KEY_SHIFT.into()).power();
        let sv = self.choice(Group::Header, &place.sv, MAX_VALUE_SHIFT.into()).power();

        let mut score = Num::default();
        for (q, k) in state.query.iter().zip(place.key) {
            score.add(Fr::from(1u8), &self.product(Group::Score, q, k));
        }
        let score = self.product(Group::Score, &score, &sk);
        let below = state.maximum.clone().minus(&score);
        self.decompose(Group::Maximum, &below, BELOW_BITS);
        let equal = self.is_zero(Group::Maximum, &below);
        let attains = self.product(Group::Maximum, &equal, &place.counts.into());
        let open = Num::one().minus(&state.attained);
        let first = self.product(Group::Maximum, &open, &attains);
        state.attained = state.attained.clone().plus(&first);

        let scaled = self.product(Group::Score, &below, &query.scale);
        let bits = self.decompose(Group::Score, &scaled, SCALED_BITS);
        let (entry, above) = bits[SCORE_SHIFT..].split_at(index(TABLE_BITS));
        let within = self.is_zero(Group::Score, &Num::of_bits(above));
        let entry: Vec<Num> = entry.iter().map(|bit| (*bit).into()).collect();
        let entry = self.lookup(Table::Exponential, &entry);
        let counts = self.product(Group::Mix, &within, &place.counts.into());
        let weight = self.product(Group::Mix, &entry, &counts);
        state.total.add(Fr::from(1u8), &weight);
        let factor = self.product(Group::Mix, &weight, &sv);
        for (sum, v) in state.mix.iter_mut().zip(place.value) {
            sum.add(Fr::from(1u8), &self.product(Group::Mix, &factor, v));
        }
    }
}
