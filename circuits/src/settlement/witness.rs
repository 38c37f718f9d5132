//! What a prover has.

use crate::chunks;
use crate::r1cs::poseidon::{self, Use};
use crate::settlement::shape::{Shape, path};
use crate::settlement::statement::{Statement, Unit};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use assay_model::domain::{Digest, Domain};
use assay_model::program::{CHUNK, Shape as Tensor, StepKind};

/// A whole tensor of 16-bit mantissas with its leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Salt of the leaf.
    pub salt: Digest,
    /// Header of the leaf.
    pub header: Vec<u8>,
    /// All elements.
    pub elements: Vec<i16>,
}

/// A chunk of a tensor of 32-bit integers with its leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Salt of the leaf.
    pub salt: Digest,
    /// Header of the leaf.
    pub header: Vec<u8>,
    /// The chunk's elements.
    pub elements: Vec<i32>,
    /// The other children, from the chunk up to the root.
    pub siblings: Vec<Digest>,
}

impl Opening {
    /// Chunk `chunk` of `tensor`; nothing if there is no such chunk.
    pub fn new(salt: Digest, header: Vec<u8>, tensor: &[i32], chunk: u32) -> Option<Opening> {
        let bytes = assay_model::steps::i32_bytes(tensor);
        let count = chunks::count(bytes.len());
        let elements = tensor.chunks(CHUNK).nth(usize::try_from(chunk).ok()?)?.to_vec();
        let turns = path(count, chunk);
        // An opening lists siblings on the left from the root down, then those on the right from the chunk up.
        let values = chunks::open(&bytes, &[chunk]);
        let (left, right) = values.split_at_checked(turns.iter().filter(|right| **right).count())?;
        let (mut left, mut right) = (left.iter().rev(), right.iter());
        let siblings = turns.iter().map(|turn| if *turn { left.next() } else { right.next() }.copied());
        Some(Opening { salt, header, elements, siblings: siblings.collect::<Option<_>>()? })
    }
}

/// Everything that a proof is made from. Nothing of it but the [`Statement`] that it gives is seen by a verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Which chunk.
    pub unit: Unit,
    /// Digest of the job.
    pub job: Digest,
    /// x.
    pub input: Vector,
    /// y.
    pub output: Opening,
    /// h, for o and down.
    pub residual: Option<Opening>,
    /// acc, one for each element of y, rows that pad a part included (theirs are 0).
    pub accumulators: Vec<i64>,
    /// What keeps the digest of acc from confirming a guess: a random scalar.
    pub salt: Fr,
    /// ρ.
    pub rho: Fr,
    /// 1/z.
    pub inverse_z: Fr,
}

impl Witness {
    /// Zeros: what a key is set up with.
    pub fn zeros(shape: &Shape) -> Witness {
        let opening = |tensor: &Tensor| Opening {
            salt: [0; 32],
            header: vec![0; tensor.header],
            elements: vec![0; shape.rows],
            siblings: vec![[0; 32]; shape.depth],
        };
        Witness {
            unit: Unit::default(),
            job: [0; 32],
            input: Vector { salt: [0; 32], header: vec![0; shape.input().header], elements: vec![0; shape.width] },
            output: opening(&shape.output()),
            residual: shape.has_residual().then(|| opening(&shape.residual())),
            accumulators: vec![0; shape.rows],
            salt: Fr::ZERO,
            rho: Fr::ZERO,
            inverse_z: Fr::ZERO,
        }
    }

    /// Whether every list has the length that the shape gives it.
    pub fn fits(&self, shape: &Shape) -> bool {
        let lengths = |opening: &Opening, tensor: Tensor| {
            (opening.header.len(), opening.elements.len(), opening.siblings.len())
                == (tensor.header, shape.rows, shape.depth)
        };
        self.input.header.len() == shape.input().header
            && self.input.elements.len() == shape.width
            && lengths(&self.output, shape.output())
            && self.residual.is_some() == shape.has_residual()
            && self.residual.as_ref().is_none_or(|r| lengths(r, shape.residual()))
            && self.accumulators.len() == shape.rows
    }

    /// The salted digest of the accumulators: what a transcript absorbs before it draws ρ.
    pub fn accumulators_digest(&self) -> Fr {
        let acc = self.accumulators.iter().map(|a| Fr::from(*a));
        poseidon::hash(Use::Accumulators, &std::iter::once(self.salt).chain(acc).collect::<Vec<_>>())
    }

    /// What it proves, if it proves anything.
    pub fn statement(&self, shape: &Shape) -> Statement {
        let u = &self.unit;
        let input = {
            let digest = *blake3::hash(&assay_model::steps::i16_bytes(&self.input.elements)).as_bytes();
            let place = (u.input_step, kind_byte(shape.input_kind()));
            self.leaf(&self.input.salt, place, &shape.input(), &self.input.header, &digest)
        };
        let opened = |opening: &Opening, tensor: Tensor, place| {
            let digest = self.climb(opening, &tensor);
            self.leaf(&opening.salt, place, &tensor, &opening.header, &digest)
        };
        let values =
            |values: &mut dyn DoubleEndedIterator<Item = Fr>, at: Fr| values.rfold(Fr::ZERO, |sum, v| sum * at + v);
        Statement {
            input_leaf: input,
            output_leaf: opened(&self.output, shape.output(), (u.output_step, kind_byte(shape.kind))),
            residual_leaf: self
                .residual
                .as_ref()
                .map(|r| opened(r, shape.residual(), (u.residual_step, u.residual_kind))),
            job: self.job,
            unit: self.unit,
            accumulators: self.accumulators_digest(),
            rho: self.rho,
            inverse_z: self.inverse_z,
            x_value: values(&mut self.input.elements.iter().map(|v| Fr::from(*v)), self.inverse_z),
            acc_value: values(&mut self.accumulators.iter().map(|v| Fr::from(*v)), self.rho),
        }
    }

    /// Digest of the tensor that an opening is of.
    fn climb(&self, opening: &Opening, tensor: &Tensor) -> Digest {
        let chunk = assay_model::steps::i32_bytes(&opening.elements);
        let index = self.unit.chunk.into();
        let own = chunks::value(tensor.bytes(), index, &chunk);
        let turns = path(chunks::count(tensor.bytes()), index);
        // In the order of an opening: see `Opening::new`.
        let both = || turns.iter().zip(&opening.siblings);
        let left = both().rev().filter(|(right, _)| **right).map(|(_, s)| *s);
        let right = both().filter(|(right, _)| !**right).map(|(_, s)| *s);
        chunks::digest_of_values(tensor.bytes(), &[(index, own)], &mut left.chain(right)).unwrap_or_default()
    }

    fn leaf(&self, salt: &Digest, (step, kind): (u32, u8), tensor: &Tensor, header: &[u8], digest: &Digest) -> Digest {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
        let element = u8::try_from(tensor.element.size()).unwrap_or(0);
        let mut preimage = [&salt[..], &self.job].concat();
        preimage.extend([self.unit.position, step].iter().flat_map(|n| n.to_le_bytes()));
        preimage.extend([kind, element]);
        preimage.extend(number(tensor.len));
        preimage.extend(number(tensor.header));
        preimage.extend(header);
        preimage.extend(digest);
        preimage.resize(preimage.len().next_multiple_of(64), 0);
        Domain::StepLeaf.hash(&preimage)
    }
}

/// The byte that a leaf has for a kind.
#[allow(clippy::as_conversions, reason = "the number is the discriminant")]
pub(super) const fn kind_byte(kind: StepKind) -> u8 {
    kind as u8
}
