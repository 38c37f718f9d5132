//! What a proof is about, as a contract has it.

use crate::r1cs::blake3::halves_of;
use crate::settlement::shape::{Shape, path};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::config::{GATE_BITS, RESIDUAL_BITS, VALUE_BITS};
use assay_model::domain::Digest;
use assay_model::program::StepKind;

/// What is added to the exponent in a unit, so that it is no negative number.
pub const EXPONENT_BIAS: i32 = 128;

/// Bits of the parts of a unit's field, lowest first: position, the three steps, chunk, path, exponent, residual's kind.
pub const UNIT_BITS: [usize; 8] = [32, 32, 32, 32, 16, 16, 8, 8];

/// Where a chunk stands, and what of the manifest its rounding reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Position t.
    pub position: u32,
    /// Number of the step that made x.
    pub input_step: u32,
    /// Number of the linear step.
    pub output_step: u32,
    /// Number of the step that made the residual; 0 if none is read.
    pub residual_step: u32,
    /// Kind of the step that made the residual: o reads embed or down, down reads o. 0 if none is read.
    pub residual_kind: u8,
    /// Number of the chunk.
    pub chunk: u16,
    /// What a shift is besides the header's part: `kg + 31 + k − Fy` after a norm (the shift is that + j − s2), `k + 16 − 12` for
    /// o and `k + 39 − 12` for down (the shift is that − s).
    pub exponent: i8,
}

impl Unit {
    /// The exponent of a linear step: `kg` of the gains of the norm that it reads, if it reads one, and `k` of the weights of
    /// the chunk's rows. `None` outside of what a manifest can say.
    pub fn exponent(kind: StepKind, kg: i32, k: i32) -> Option<i8> {
        let fixed = match kind {
            StepKind::GateUp => kg.checked_add(31 - GATE_BITS)?,
            StepKind::Qkv | StepKind::Head => kg.checked_add(31 - VALUE_BITS)?,
            StepKind::O => VALUE_BITS - RESIDUAL_BITS,
            StepKind::Down => 2 * GATE_BITS + 15 - RESIDUAL_BITS,
            _ => return None,
        };
        i8::try_from(fixed.checked_add(k)?).ok()
    }

    /// The parts that its field is made of.
    pub fn parts(&self, shape: &Shape) -> [u32; 8] {
        let turns = path(crate::chunks::count(shape.output().bytes()), self.chunk.into());
        let path = turns.iter().rev().fold(0, |path, right| path << 1 | u32::from(*right));
        let exponent = EXPONENT_BIAS.saturating_add(self.exponent.into()).unsigned_abs();
        [
            self.position,
            self.input_step,
            self.output_step,
            self.residual_step,
            self.chunk.into(),
            path,
            exponent,
            self.residual_kind.into(),
        ]
    }

    /// Its field: the parts side by side, the first lowest.
    pub fn field(&self, shape: &Shape) -> Fr {
        let mut field = Fr::ZERO;
        for (part, bits) in self.parts(shape).into_iter().zip(UNIT_BITS).rev() {
            field = field * crate::r1cs::power_of_two(bits) + Fr::from(part);
        }
        field
    }
}

/// All that a proof binds. `fields` has the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Leaf of the step that made x.
    pub input_leaf: Digest,
    /// Leaf of the linear step.
    pub output_leaf: Digest,
    /// Leaf of the step that made the residual, for o and down.
    pub residual_leaf: Option<Digest>,
    /// Digest of the job that all leaves name.
    pub job: Digest,
    /// Which chunk.
    pub unit: Unit,
    /// Salted digest of the accumulators, which must be absorbed before ρ is drawn.
    pub accumulators: Fr,
    /// ρ, which is not 0.
    pub rho: Fr,
    /// 1/z.
    pub inverse_z: Fr,
    /// Σ_j x_j z^{−j}.
    pub x_value: Fr,
    /// Σ_i ρ^i acc_i.
    pub acc_value: Fr,
}

impl Statement {
    /// The fields in their order; digests are two numbers of 128 bits.
    pub fn fields(&self, shape: &Shape) -> Vec<Fr> {
        let digests = [Some(self.input_leaf), Some(self.output_leaf), self.residual_leaf, Some(self.job)];
        let mut fields: Vec<Fr> = digests.iter().flatten().flat_map(halves_of).collect();
        fields.extend([
            self.unit.field(shape),
            self.accumulators,
            self.rho,
            self.inverse_z,
            self.x_value,
            self.acc_value,
        ]);
        fields
    }

    /// Digest of the fields: the first public input. β must be drawn after it and after the fields.
    pub fn digest(&self, shape: &Shape) -> Fr {
        super::unit::digest(&self.fields(shape))
    }

    /// The public inputs as a contract computes them, from a digest that it takes as it comes.
    pub fn inputs(&self, shape: &Shape, digest: Fr, beta: Fr) -> [Fr; 3] {
        super::unit::inputs(&self.fields(shape), digest, beta)
    }

    /// Whether a verifier may look at it at all: a residual where the step has one, no zero where one would hide rows or
    /// elements.
    pub fn is_well_formed(&self, shape: &Shape) -> bool {
        self.residual_leaf.is_some() == shape.has_residual()
            && [self.rho, self.inverse_z].iter().all(|c| *c != Fr::ZERO)
            && u32::from(self.unit.chunk) < crate::chunks::count(shape.output().bytes())
    }
}
