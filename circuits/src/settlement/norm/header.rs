//! Header of a norm: its scale from the partials of all chunks, as `model::steps::norm::Header::derive` has it.
//!
//! ```text
//! s1 = max s1_c    s2 = max s2_c    S = max(min(Σ sum_c + E[s1], 2^64 − 1), 1)    R, j of S
//! ```
//!
//! A sum that saturates with every term is the whole sum, saturated. It is shown as `Σ sum_c + E[s1] = S + e`, e ≥ 0, and e = 0 or
//! S = 2^64 − 1. At most 256 chunks and an E of 64 bits keep the sum below 2^73.
//!
//! | constraint | count | group |
//! |---|---|---|
//! | scalars in range | 13 a chunk, 63 | Header |
//! | s1 and s2 are largest | 14 a chunk, 2 | Maximum |
//! | E\[s1\] | 38 | Select |
//! | bits of S, of e, and the sum | 64, 73, 1 | Root, Excess, Rounding |
//! | e only from the end | 1 | Saturation |
//! | R and j: [`root`](crate::r1cs::root) | 226 | |
//!
//! **Fields**, in order: leaf of the norm; the job's halves; digest of E. Nothing of the tensor is said.

use super::{NORMS, is_one_of};
use crate::r1cs::blake3::halves;
use crate::r1cs::parameters::EPS;
use crate::r1cs::{Group, Num, System, power_of_two};
use crate::settlement::leaf::Committed;
use crate::settlement::scalars::NormScalars;
use crate::settlement::unit::Circuit;
use crate::settlement::witness::kind_byte;
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;

/// Number of the circuit in the names of keys.
pub const CIRCUIT: u64 = 3;
/// Bits of what a shift lacks of the largest.
const SHIFT_BITS: usize = 5;
/// Bits of S.
const SUM_BITS: usize = 64;
/// Bits of what exceeds S.
const EXCESS_BITS: usize = 73;

/// A norm's header with its prover's witness.
#[derive(Clone, Debug)]
pub struct NormHeader {
    /// Dimensions of the model.
    pub config: Config,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of the norm.
    pub norm: Committed,
    /// E: `Tables::eps`.
    pub eps: Vec<u64>,
}

impl NormHeader {
    /// Of this leaf.
    pub const fn new(config: Config, job: Digest, norm: Committed, eps: Vec<u64>) -> NormHeader {
        NormHeader { config, job, norm, eps }
    }

    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config) -> NormHeader {
        let kind = StepKind::AttnNorm;
        let norm = Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) };
        NormHeader::new(config.clone(), [0; 32], norm, vec![0; EPS])
    }

    /// Words of its shape: d.
    pub fn shape_words(config: &Config) -> [u64; 7] {
        [config.dim.into(), 0, 0, 0, 0, 0, 0]
    }
}

impl Circuit for NormHeader {
    fn fits(&self) -> bool {
        is_one_of(&self.norm, &self.config, &NORMS) && self.eps.len() == EPS
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let job = system.data(&self.job);
        let norm = system.leaf(&job, &self.norm, None, &[]);
        let scalars = system.norm_scalars(&norm.header);
        let (eps, digest) = system.eps(&self.eps);
        system.norm_header(&scalars, &eps);

        let mut fields = [&norm.fields[..], &halves(&job)].concat();
        fields.push(digest);
        fields
    }
}

impl System {
    /// The scale is that of the partials.
    pub(in crate::settlement) fn norm_header(&mut self, scalars: &NormScalars, eps: &[Num]) {
        let column = |at: usize| scalars.partials.iter().map(|p| p[at].clone()).collect::<Vec<_>>();
        self.maximum(&column(0), &scalars.s1, SHIFT_BITS);
        self.maximum(&column(1), &scalars.s2, SHIFT_BITS);
        let eps: Vec<[Num; 1]> = eps.iter().map(|e| [e.clone()]).collect();
        let [eps] = self.entry(&scalars.s1, &eps);
        let total = column(2).iter().fold(eps, |sum, own| sum.plus(own)).compact();
        let sum = self.saturated(&total);
        self.reciprocal_root(&sum, &scalars.root, &scalars.exponent);
    }

    /// An integer below 2^73, or 2^64 − 1 if it is above that.
    fn saturated(&mut self, total: &Num) -> Num {
        let own = total.low().min(u64::MAX.into());
        let sum = Num::of_bits(&self.bits(Group::Root, own, SUM_BITS));
        let excess = Num::of_bits(&self.bits(Group::Excess, total.low().wrapping_sub(own), EXCESS_BITS));
        self.equal(Group::Rounding, &sum.clone().plus(&excess), total);
        let end = Num::constant(power_of_two(SUM_BITS) - Fr::ONE);
        self.enforce(Group::Saturation, excess, end.minus(&sum), Num::constant(Fr::ZERO));
        sum
    }
}
