//! Headers of norms and of packed vectors, each scalar in the range that its decoder has.

use crate::r1cs::{Bit, Group, Num, System};
use ark_bn254::Fr;
use assay_model::program::StepKind;
use assay_model::steps::{norm, pack};

/// Bits of an entry of a norm's header: s1, s2, Σa².
const PARTIAL: usize = 80;
/// Bits of its scale: s1, s2, R, j.
const SCALE: usize = 8 * 7;

/// Header of a norm.
pub(super) struct NormScalars {
    /// Own s1, own s2, and Σa², of each chunk.
    pub partials: Vec<[Num; 3]>,
    /// s1.
    pub s1: Num,
    /// s2.
    pub s2: Num,
    /// R.
    pub root: Num,
    /// j.
    pub exponent: Num,
}

/// Header of a packed vector.
pub(super) struct PackScalars {
    /// Own shift of each chunk.
    pub chunks: Vec<Num>,
    /// The shift of all.
    pub shift: Num,
}

/// Largest shift in the header of attn_pack or act.
pub(super) const fn largest_shift(kind: StepKind) -> u8 {
    if matches!(kind, StepKind::Act) { pack::MAX_ACT_SHIFT } else { pack::MAX_ATTN_SHIFT }
}

impl System {
    /// The scalars of a norm's header.
    pub(super) fn norm_scalars(&mut self, header: &[Bit]) -> NormScalars {
        let (partials, scale) = header.split_at(header.len().saturating_sub(SCALE));
        let [shifts, root, j] = [&scale[..16], &scale[16..48], &scale[48..]];
        for entry in partials.chunks(PARTIAL).chain([shifts]) {
            for (bits, max) in entry.chunks(8).zip([norm::MAX_S1, norm::MAX_S2]) {
                self.at_most(&Num::of_bits(bits), max.into());
            }
        }
        let partials = partials.chunks(PARTIAL).map(|p| [&p[..8], &p[8..16], &p[16..]].map(Num::of_bits)).collect();
        let [s1, s2] = [&shifts[..8], &shifts[8..]].map(Num::of_bits);
        let (root, exponent) = (Num::of_bits(root), Num::of_signed_bits(j));
        self.at_most(&root, 1 << 16);
        self.at_most(&Num::constant(Fr::from(1u64 << 16)).minus(&root), 1 << 15);
        self.at_most(&exponent, 16);
        self.at_most(&Num::default().minus(&exponent), 15);
        NormScalars { partials, s1, s2, root, exponent }
    }

    /// The scalars of the header of attn_pack or act.
    pub(super) fn pack_scalars(&mut self, header: &[Bit], kind: StepKind) -> PackScalars {
        let mut chunks: Vec<Num> = header.chunks(8).map(Num::of_bits).collect();
        chunks.iter().for_each(|s| self.at_most(s, largest_shift(kind).into()));
        let shift = chunks.pop().unwrap_or_default();
        PackScalars { chunks, shift }
    }

    /// A header's scalar is at most `max`: what it lacks of that is no negative number.
    fn at_most(&mut self, number: &Num, max: u64) {
        let lacks = Num::constant(Fr::from(max)).minus(number);
        // Wide enough for what any header could lack of its own maximum.
        let bits = usize::try_from(64 - max.leading_zeros()).unwrap_or(0) + 1;
        self.decompose(Group::Header, &lacks, bits);
    }
}
