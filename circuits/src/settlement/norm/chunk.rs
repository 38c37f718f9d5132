//! A chunk of a norm: its partial and its mantissas, from its residual and its gains, as `model::steps::norm::chunk` has them.
//!
//! ```text
//! s1_c the least shift of h       a_i = RSR(h_i, s1)       sum_c = Σ a_i²
//! u_i = a_i·γ'_i                  s2_c the least of u      X_i = RSR(u_i, s2)
//! ```
//!
//! s1 and s2 are those of the header, which its own circuit shows to be the largest of all chunks'.
//!
//! | constraint | count | group |
//! |---|---|---|
//! | scalars in range, shifts as choices | 13 a chunk of the norm, 63; 76 | Header |
//! | entry c of the header | 4 a chunk of the norm, 2 | Select |
//! | bits of a and of the two mantissas under least shifts, none −2^15; X is none | 52 an element | Mantissa |
//! | remainders: h and u twice | 64 an element | Remainder, Rounding (4) |
//! | powers and masks of shifts | 72 | Shift |
//! | least shifts | 4 an element, 73 | Minimal |
//! | a², u, the sum | 2 an element, 1 | Product |
//! | bits of gains | 16 an element | Gain |
//!
//! **Bounds.** |h| ≤ 2^31; |a| ≤ 2^15 − 1, |γ'| ≤ 2^15, so |u| < 2^30, and Σ a² < 2^38.
//!
//! **Fields**, in order: leaf of the norm, leaf of the residual (three each); the job's halves; word of the chunk that holds the
//! mantissas, of that which holds the residual; c; digest of the chunk's gains.

use super::{NORMS, RESIDUALS, is_one_of};
use crate::r1cs::blake3::halves;
use crate::r1cs::{Group, Num, System, power_of_two};
use crate::settlement::kv::{INTEGER, numbers, words};
use crate::settlement::leaf::Committed;
use crate::settlement::span::Span;
use crate::settlement::unit::Circuit;
use crate::settlement::witness::kind_byte;
use assay_model::arith::MANTISSA_BITS;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_model::steps::norm::{MAX_S1, MAX_S2};

/// Number of the circuit in the names of keys.
pub const CIRCUIT: u64 = 4;
/// W of u: |u| ≤ 2^30.
const PRODUCT: usize = 30;

/// A chunk of a norm with its prover's witness.
#[derive(Clone, Debug)]
pub struct NormChunk {
    /// Dimensions of the model.
    pub config: Config,
    /// c.
    pub chunk: u32,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of the norm.
    pub norm: Committed,
    /// Leaf of the residual that it reads, at the same position.
    pub residual: Committed,
    /// γ' of the chunk.
    pub gains: Vec<i16>,
}

impl NormChunk {
    /// Of these leaves.
    pub const fn new(
        config: Config,
        chunk: u32,
        job: Digest,
        norm: Committed,
        residual: Committed,
        gains: Vec<i16>,
    ) -> NormChunk {
        NormChunk { config, chunk, job, norm, residual, gains }
    }

    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, chunk: u32) -> NormChunk {
        let zeros = |kind| Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) };
        let gains = vec![0; spans(config, chunk)[0].elements];
        let (norm, residual) = (zeros(StepKind::AttnNorm), zeros(StepKind::Embed));
        NormChunk::new(config.clone(), chunk, [0; 32], norm, residual, gains)
    }

    /// Words of its shape: d, those of the [`Span`]s of mantissas and of the residual, and rows.
    pub fn shape_words(config: &Config, chunk: u32) -> [u64; 7] {
        let [own, residual] = spans(config, chunk);
        [config.dim.into(), own.word(), residual.word(), own.rows(), 0, 0, 0]
    }
}

/// Where mantissas and residual of a chunk stand.
fn spans(config: &Config, chunk: u32) -> [Span; 2] {
    [StepKind::AttnNorm, StepKind::Embed].map(|kind| Span::of_chunk(&config.shape(kind), chunk))
}

impl Circuit for NormChunk {
    fn fits(&self) -> bool {
        self.gains.len() == spans(&self.config, self.chunk)[0].elements
            && !self.gains.is_empty()
            && is_one_of(&self.norm, &self.config, &NORMS)
            && is_one_of(&self.residual, &self.config, &RESIDUALS)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let [own, rows] = spans(&self.config, self.chunk);
        let job = system.data(&self.job);
        let chunk = system.witness(Group::Unit, self.chunk.into());
        let norm = system.leaf(&job, &self.norm, None, &own.chunks);
        let residual = system.leaf(&job, &self.residual, None, &rows.chunks);
        let scalars = system.norm_scalars(&norm.header);
        let partial = system.entry(&chunk, &scalars.partials);
        let (gains, digest) = system.gains(&self.gains);
        let (h, x) = (numbers(&rows, &residual.chunks, 32), numbers(&own, &norm.chunks, 16));
        system.norm_chunk(&Elements { h: &h, gains: &gains, x: &x }, &partial, [&scalars.s1, &scalars.s2]);

        let mut fields = [&norm.fields[..], &residual.fields, &halves(&job)].concat();
        fields.extend([&norm, &residual].into_iter().flat_map(words));
        fields.extend([chunk, digest]);
        fields
    }
}

/// Elements of a chunk.
pub(in crate::settlement) struct Elements<'a> {
    pub h: &'a [Num],
    /// γ'.
    pub gains: &'a [Num],
    /// X.
    pub x: &'a [Num],
}

impl System {
    /// `partial` and the mantissas, of sixteen bits, are those of h and γ' under the common shifts.
    pub(in crate::settlement) fn norm_chunk(
        &mut self,
        elements: &Elements<'_>,
        partial: &[Num; 3],
        [s1, s2]: [&Num; 2],
    ) {
        let Elements { h, gains, x } = elements;
        let [own1, own2, sum] = partial;
        let bits = usize::try_from(MANTISSA_BITS).unwrap_or(0);
        self.least(h, own1, MAX_S1, INTEGER);
        let a = self.mantissas(&System::rounded(h, s1), bits);
        self.under(h, &a, s1, MAX_S1);
        let squares: Vec<Num> = a.iter().map(|a| self.product(Group::Product, a, a)).collect();
        let total = squares.iter().fold(Num::default(), |sum, square| sum.plus(square));
        self.equal(Group::Product, &total, sum);

        let u: Vec<Num> = a.iter().zip(*gains).map(|(a, gain)| self.product(Group::Product, a, gain)).collect();
        self.least(&u, own2, MAX_S2, PRODUCT);
        x.iter().for_each(|x| self.differs(x, -power_of_two(bits - 1)));
        self.under(&u, x, s2, MAX_S2);
    }
}
