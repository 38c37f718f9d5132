//! The constraints of a settlement circuit.
//!
//! 1. The parts of the unit's field, each in its width.
//! 2. The input: bytes of x to the digest of its tensor, to its leaf. Mantissas and header scalars in range.
//! 3. The output's chunk: its value, up the path to the digest of its tensor, to its leaf. Likewise the residual's.
//! 4. The shift and the root from the header; the rounding of every accumulator. For head, the chunk's maximum.
//! 5. The values of x at 1/z and of acc at ρ, and the digest of acc.
//! 6. The fields of the statement under the public inputs.

use super::leaf::{constant as constant_of, words};
use super::scalars::NormScalars;
use super::shape::Shape;
use super::statement::{EXPONENT_BIAS, UNIT_BITS};
use super::unit::Circuit;
use super::witness::{Opening, Witness, kind_byte};
use crate::r1cs::blake3::{Mode, Turn, digest_bits, halves, words_of_bits};
use crate::r1cs::poseidon::Use;
use crate::r1cs::rounding::Shift;
use crate::r1cs::word::Word;
use crate::r1cs::{Bit, Counts, Group, Num, System};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_relations::gr1cs::SynthesisError;
use assay_model::domain::{Digest, Domain};
use assay_model::program::{Shape as Tensor, StepKind};

/// Constraints of a shape, by group.
///
/// # Errors
/// None that a counting system has.
pub fn count(shape: &Shape) -> Result<Counts, SynthesisError> {
    super::unit::count(&Linear { shape, witness: &Witness::zeros(shape) })
}

/// A chunk of a linear step.
#[derive(Clone, Copy, Debug)]
pub struct Linear<'a> {
    /// What the circuit depends on.
    pub shape: &'a Shape,
    /// What its prover has.
    pub witness: &'a Witness,
}

impl Circuit for Linear<'_> {
    fn fits(&self) -> bool {
        self.witness.fits(self.shape)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        synthesize(system, self.shape, self.witness)
    }
}

/// All constraints but those of the public inputs, and the fields.
fn synthesize(system: &mut System, shape: &Shape, witness: &Witness) -> Vec<Num> {
    let unit = Unit::new(system, shape, witness);
    let job = system.data(&witness.job);

    let x = system.data(&assay_model::steps::i16_bytes(&witness.input.elements));
    let digest = system.hash(&Mode::HASH, &words_of_bits(&x), shape.input().bytes());
    let header = system.data(&witness.input.header);
    let place = Place { unit: &unit, job: &job, step: &unit.input_step, kind: constant(kind_byte(shape.input_kind())) };
    let input_leaf = leaf(system, &place, &witness.input.salt, &shape.input(), &header, &digest_bits(&digest));
    let x: Vec<Num> = x.chunks(16).map(Num::of_signed_bits).collect();
    x.iter().for_each(|x| mantissa(system, x));

    let place = Place { unit: &unit, job: &job, step: &unit.output_step, kind: constant(kind_byte(shape.kind)) };
    let output = opened(system, &place, &witness.output, &shape.output());
    let residual = witness.residual.as_ref().map(|opening| {
        let place = Place { unit: &unit, job: &job, step: &unit.residual_step, kind: unit.residual_kind.clone() };
        opened(system, &place, opening, &shape.residual())
    });

    let acc: Vec<Num> = witness.accumulators.iter().map(|a| system.witness(Group::Data, Fr::from(*a))).collect();
    let (shift, factor) = scalars(system, shape, &header, &unit.exponent);
    let zero = Num::default();
    for (i, (acc, output)) in acc.iter().zip(&output.elements).enumerate() {
        let residual = residual.as_ref().and_then(|r| r.elements.get(i)).unwrap_or(&zero);
        system.round(&shift, &factor, acc, residual, output);
    }
    if shape.kind == StepKind::Head {
        let largest = chunk_maximum(system, &output.header, &unit.chunk);
        system.maximum(&output.elements, &largest, 32);
    }

    let inverse_z = system.witness(Group::Data, witness.inverse_z);
    let rho = system.witness(Group::Data, witness.rho);
    let x_value = system.evaluate(&x, &inverse_z);
    let acc_value = system.evaluate(&acc, &rho);
    let salt = system.witness(Group::Data, witness.salt);
    let accumulators = system.poseidon(Use::Accumulators, &[&[salt][..], &acc].concat());

    let leaves = [Some(input_leaf), Some(output.leaf), residual.map(|r| r.leaf), Some(halves(&job))];
    let mut fields: Vec<Num> = leaves.into_iter().flatten().flatten().collect();
    fields.extend([unit.field, accumulators, rho, inverse_z, x_value, acc_value]);
    fields
}

/// The parts of a unit's field.
struct Unit {
    field: Num,
    position: Vec<Bit>,
    input_step: Vec<Bit>,
    output_step: Vec<Bit>,
    residual_step: Vec<Bit>,
    residual_kind: Vec<Bit>,
    chunk: Vec<Bit>,
    path: Vec<Bit>,
    exponent: Num,
}

impl Unit {
    /// A part that the shape has no use for is 0: it has no bits.
    fn new(system: &mut System, shape: &Shape, witness: &Witness) -> Unit {
        let mut field = Num::default();
        let mut weight = Fr::ONE;
        let mut part = |n: usize, width: usize, parts: &[u32; 8]| {
            let value = parts.get(n).copied().unwrap_or(0);
            let bits = system.bits(Group::Unit, value.into(), width);
            field.add(weight, &Num::of_bits(&bits));
            weight *= crate::r1cs::power_of_two(UNIT_BITS.get(n).copied().unwrap_or(0));
            bits
        };
        let parts = witness.unit.parts(shape);
        let residual = |bits: usize| if shape.has_residual() { bits } else { 0 };
        let position = part(0, 32, &parts);
        let input_step = part(1, 32, &parts);
        let output_step = part(2, 32, &parts);
        let residual_step = part(3, residual(32), &parts);
        let chunk = part(4, 16, &parts);
        let path = part(5, shape.depth, &parts);
        let exponent = part(6, 8, &parts);
        let residual_kind = part(7, residual(8), &parts);
        let exponent = Num::of_bits(&exponent).minus(&Num::constant(Fr::from(EXPONENT_BIAS)));
        Unit { field, position, input_step, output_step, residual_step, residual_kind, chunk, path, exponent }
    }
}

/// What a leaf says besides its tensor.
struct Place<'a> {
    unit: &'a Unit,
    job: &'a [Bit],
    step: &'a [Bit],
    kind: Vec<Bit>,
}

/// The halves of a leaf, of the layout that `docs/protocol.md` gives it.
fn leaf(
    system: &mut System,
    place: &Place<'_>,
    salt: &Digest,
    tensor: &Tensor,
    header: &[Bit],
    digest: &[Bit],
) -> [Num; 2] {
    let mut bits = place.job.to_vec();
    bits.extend([&place.unit.position, place.step, &place.kind[..]].concat());
    bits.extend(constant_of(tensor.element.size(), 8));
    bits.extend(constant_of(tensor.len, 32));
    bits.extend(constant_of(tensor.header, 32));
    bits.extend([header, digest].concat());
    // Salt and bits, up to a whole block.
    let bytes = (32 + bits.len() / 8).next_multiple_of(64);
    let salt = system.words(words(salt));
    let message = [&salt[..], &words_of_bits(&bits)].concat();
    let leaf = system.hash(&Mode::domain(Domain::StepLeaf), &message, bytes);
    halves(&digest_bits(&leaf))
}

/// A chunk under its leaf.
struct Opened {
    elements: Vec<Num>,
    header: Vec<Bit>,
    leaf: [Num; 2],
}

fn opened(system: &mut System, place: &Place<'_>, opening: &Opening, tensor: &Tensor) -> Opened {
    let bytes = 4 * opening.elements.len();
    let bits = system.data(&assay_model::steps::i32_bytes(&opening.elements));
    let index = Word::of_bits(&place.unit.chunk);
    let path: Vec<Turn> = place
        .unit
        .path
        .iter()
        .zip(&opening.siblings)
        .map(|(right, sibling)| Turn { right: *right, sibling: system.words(words(sibling)) })
        .collect();
    let chunk = system.chunk(&Mode::HASH, &words_of_bits(&bits), bytes, &index, path.is_empty());
    let digest = system.climb(&Mode::HASH, chunk, &path);
    let header = system.data(&opening.header);
    let leaf = leaf(system, place, &opening.salt, tensor, &header, &digest_bits(&digest));
    Opened { elements: bits.chunks(32).map(Num::of_signed_bits).collect(), header, leaf }
}

/// x is no −2^15: x + 2^15 has an inverse.
fn mantissa(system: &mut System, x: &Num) {
    let from_end = x.clone().plus(&Num::constant(crate::r1cs::power_of_two(15)));
    let inverse = system.witness(Group::Mantissa, from_end.value().inverse().unwrap_or(Fr::ZERO));
    system.enforce(Group::Mantissa, from_end, inverse, Num::one());
}

/// The shift and R·N, from the header of the input: all of its scalars in range, as its decoder has it.
fn scalars(system: &mut System, shape: &Shape, header: &[Bit], exponent: &Num) -> (Shift, Num) {
    if shape.has_residual() {
        let s = system.pack_scalars(header, shape.input_kind()).shift;
        let shift = system.shift(&exponent.clone().minus(&s), shape.widths());
        let factor = shift.negative_power().clone();
        return (shift, factor);
    }
    let NormScalars { s2, root, exponent: j, .. } = system.norm_scalars(header);
    let shift = system.shift(&exponent.clone().plus(&j).minus(&s2), shape.widths());
    let factor = system.product(Group::Shift, &root, shift.negative_power());
    (shift, factor)
}

/// The entry of chunk `chunk` in a header of 32-bit maxima.
fn chunk_maximum(system: &mut System, header: &[Bit], chunk: &[Bit]) -> Num {
    let chunk = Num::of_bits(chunk);
    let own = chunk.low();
    let (mut ones, mut place, mut maximum) = (Num::default(), Num::default(), Num::default());
    for (i, entry) in (0u128..).zip(header.chunks(32)) {
        let is = system.bit(Group::Maximum, i == own);
        ones.add_bit(Fr::ONE, is);
        place.add_bit(Fr::from(i), is);
        let term = system.product(Group::Maximum, &is.into(), &Num::of_signed_bits(entry));
        maximum.add(Fr::ONE, &term);
    }
    system.equal(Group::Maximum, &ones, &Num::one());
    system.equal(Group::Maximum, &place, &chunk);
    maximum
}

fn constant(byte: u8) -> Vec<Bit> {
    constant_of(byte.into(), 8)
}
