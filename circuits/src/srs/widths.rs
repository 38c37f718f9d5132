//! What a verifier needs of the powers: \[τ\]₂ and \[τ^D\]₂ for every width D, with a proof that the second follow from the
//! first.
//!
//! Whoever gets a verifier to use \[s\]₂ with a known s in place of \[τ^D\]₂ opens every fold of that width. A manifest may
//! carry these points all the same, because they come with a chain. The exponents that lead to D are those of double and
//! add: D, then half of an even one or one less than an odd one, down to 1. For every exponent e of any width's chain
//! there are A_e = \[τ^e\]₁ and B_e = \[τ^e\]₂, and with T = B₁:
//!
//! - e(A_e, H) = e(G, B_e): both groups have the same exponent;
//! - e(A_{e/2}, B_{e/2}) = e(A_e, H) for even e;
//! - e(A_{e−1}, T) = e(A_e, H) for odd e > 1.
//!
//! By induction A_e = \[τ^e\]₁ for the τ of T. All equations are merged into one product of pairings, with weights a_e
//! (first kind) and b_e (second and third) of 128 bits drawn from a hash of everything: if one equation is false, the
//! product is 1 for one in 2^128 hashes. The widths alone say which exponents there are and in which order, so a chain
//! has one form.
//!
//! **The proof is relative to T**: that T is the \[τ\]₂ of a ceremony is for the caller to check by [`VerifierKey::id`].

use super::draw;
use super::known;
use super::points::{G1_BYTES, G2_BYTES, PointError, decode_g1, decode_g2, encode_g1, encode_g2};
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::Zero;
use assay_model::domain::{Digest, Domain};
use assay_model::wire::{Reader, WireError, Writer};
use std::collections::{BTreeMap, BTreeSet};

/// Most widths that a chain leads to.
pub const MAX_WIDTHS: usize = 64;
/// Largest width.
pub const MAX_WIDTH: u32 = 1 << 20;

/// Why a verifier's powers are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SrsError {
    /// Bytes that are no such message.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Widths that do not ascend, are none, or lie outside 2 … 2^20.
    #[error("the widths are not an ascending list within 2 to {MAX_WIDTH}")]
    Widths,
    /// A point that is none.
    #[error("the power {exponent} of tau: {error}")]
    Point {
        /// Exponent e.
        exponent: u32,
        /// What is wrong with it.
        error: PointError,
    },
    /// The prover's powers do not reach so far.
    #[error("there is no power {0} of tau")]
    Missing(u32),
    /// A point is the identity, or \[τ\]₂ is the generator: τ would be 0 or 1.
    #[error("the power {0} of tau is trivial")]
    Trivial(u32),
    /// The points do not follow from \[τ\]₂.
    #[error("the powers do not follow from [tau]_2")]
    Chain,
}

impl SrsError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            SrsError::Wire(e) => e.code(),
            SrsError::Widths => "srs-widths",
            SrsError::Point { error, .. } => error.code(),
            SrsError::Missing(_) => "srs-missing",
            SrsError::Trivial(_) => "srs-trivial",
            SrsError::Chain => "srs-chain",
        }
    }
}

/// Points that lead from \[τ\]₂ to \[τ^D\]₂ for every width D. Not checked until [`Widths::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widths {
    widths: Vec<u32>,
    /// A_e and B_e of every exponent.
    links: BTreeMap<u32, (G1Affine, G2Affine)>,
}

/// Powers that a verifier may use, all of the τ of `tau2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    /// \[τ\]₂.
    pub tau2: G2Affine,
    /// \[τ^D\]₂ by width D.
    pub powers2: BTreeMap<u32, G2Affine>,
}

impl VerifierKey {
    /// What a client pins.
    pub fn id(&self) -> Digest {
        known::id(&self.tau2)
    }
}

/// The exponents of the chains to `widths`: what a prover keeps of a file in both groups.
///
/// # Errors
/// [`SrsError::Widths`].
pub fn exponents(widths: &[u32]) -> Result<BTreeSet<u32>, SrsError> {
    let ascending = widths.iter().zip(widths.iter().skip(1)).all(|(a, b)| a < b);
    let within = widths.iter().all(|width| (2..=MAX_WIDTH).contains(width));
    if widths.is_empty() || widths.len() > MAX_WIDTHS || !ascending || !within {
        return Err(SrsError::Widths);
    }
    let chain = |width| std::iter::successors(Some(width), |e| Some(previous(*e)).filter(|e| *e > 0));
    Ok(widths.iter().flat_map(|width| chain(*width)).collect())
}

/// The exponent that e is made from; 0 before 1.
const fn previous(e: u32) -> u32 {
    if e & 1 == 0 { e >> 1 } else { e.saturating_sub(1) }
}

impl Widths {
    /// The chain to `widths`, from a source of powers in each group.
    ///
    /// # Errors
    /// [`SrsError::Widths`], or [`SrsError::Missing`] where a source has no such power.
    pub fn prove(
        widths: &[u32],
        g1: &dyn Fn(u32) -> Option<G1Affine>,
        g2: &dyn Fn(u32) -> Option<G2Affine>,
    ) -> Result<Widths, SrsError> {
        let link = |e| Some((e, (g1(e)?, g2(e)?)));
        let links =
            exponents(widths)?.into_iter().map(|e| link(e).ok_or(SrsError::Missing(e))).collect::<Result<_, _>>()?;
        Ok(Widths { widths: widths.to_vec(), links })
    }

    /// The widths that the chain leads to.
    pub fn widths(&self) -> &[u32] {
        &self.widths
    }

    /// As bytes: the list of widths, then A_e and B_e by ascending exponent.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::bare();
        w.u32s(&self.widths);
        for (a, b) in self.links.values() {
            w.raw(&encode_g1(a)).raw(&encode_g2(b));
        }
        w.finish()
    }

    /// From bytes that hold nothing else.
    ///
    /// # Errors
    /// As [`Widths::read`], or [`WireError::Trailing`].
    pub fn decode(bytes: &[u8]) -> Result<Widths, SrsError> {
        let mut reader = Reader::bare(bytes);
        let widths = Widths::read(&mut reader)?;
        reader.end()?;
        Ok(widths)
    }

    /// From within a message.
    ///
    /// # Errors
    /// [`SrsError`] other than of the chain: the points are points, no more.
    pub fn read(reader: &mut Reader<'_>) -> Result<Widths, SrsError> {
        let widths = reader.u32s(MAX_WIDTHS, "widths")?;
        let mut links = BTreeMap::new();
        for exponent in exponents(&widths)? {
            let a: [u8; G1_BYTES] = reader.array("power in G1")?;
            let b: [u8; G2_BYTES] = reader.array("power in G2")?;
            let point = |error| SrsError::Point { exponent, error };
            links.insert(exponent, (decode_g1(&a).map_err(point)?, decode_g2(&b).map_err(point)?));
        }
        Ok(Widths { widths, links })
    }

    /// The powers, if they follow from \[τ\]₂. The caller compares [`VerifierKey::id`] with the one that it trusts.
    ///
    /// # Errors
    /// [`SrsError::Trivial`] or [`SrsError::Chain`].
    pub fn verify(&self) -> Result<VerifierKey, SrsError> {
        let tau2 = self.links.get(&1).ok_or(SrsError::Chain)?.1;
        if tau2 == G2Affine::generator() {
            return Err(SrsError::Trivial(1));
        }
        if let Some((e, _)) = self.links.iter().find(|(_, (a, b))| a.is_zero() || b.is_zero()) {
            return Err(SrsError::Trivial(*e));
        }
        let (points1, points2) = self.pairs(&self.weights())?;
        if !Bn254::multi_pairing(points1, points2).is_zero() {
            return Err(SrsError::Chain);
        }
        let power2 = |width: &u32| self.links.get(width).map(|(_, b)| (*width, *b)).ok_or(SrsError::Chain);
        let powers2 = self.widths.iter().map(power2).collect::<Result<_, _>>()?;
        Ok(VerifierKey { tau2, powers2 })
    }

    /// a_e and b_e of each exponent, from a hash of everything: whoever knew them first could choose points by them.
    fn weights(&self) -> BTreeMap<u32, (Fr, Fr)> {
        let mut draws = Domain::SrsWidths.hasher().framed(&self.encode()).xof();
        let weigh = |e: &u32| {
            let same = draw::half_scalar(&mut draws);
            (*e, (same, if *e == 1 { Fr::zero() } else { draw::half_scalar(&mut draws) }))
        };
        self.links.keys().map(weigh).collect()
    }

    /// The merged equation: for each point of G2 (H, and every B_e) the point of G1 that it is paired with.
    fn pairs(&self, weights: &BTreeMap<u32, (Fr, Fr)>) -> Result<(Vec<G1Affine>, Vec<G2Affine>), SrsError> {
        let mut with_h = (Vec::new(), Vec::new());
        let mut with_b: BTreeMap<u32, G1Projective> = BTreeMap::new();
        for ((e, (a, _)), (same, step)) in self.links.iter().zip(weights.values()) {
            // e(A_e, H)·e(−G, B_e) = 1, to the power a_e.
            *with_b.entry(*e).or_default() -= G1Affine::generator() * same;
            // e(A_previous, B_previous or T)·e(−A_e, H) = 1, to the power b_e.
            if *e > 1 {
                let from = previous(*e);
                let (before, _) = self.links.get(&from).ok_or(SrsError::Chain)?;
                *with_b.entry(if e & 1 == 0 { from } else { 1 }).or_default() += *before * step;
            }
            with_h.0.push(*a);
            with_h.1.push(*same - step);
        }
        let (mut points1, mut points2) = (Vec::new(), Vec::new());
        for (e, (_, b)) in &self.links {
            points1.push(with_b.remove(e).unwrap_or_default());
            points2.push(*b);
        }
        points1.push(G1Projective::msm_unchecked(&with_h.0, &with_h.1));
        points2.push(G2Affine::generator());
        Ok((G1Projective::normalize_batch(&points1), points2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::srs::development::{power2, powers, tau2};
    use ark_bn254::G2Projective;
    use ark_ec::PrimeGroup;

    const WIDTHS: [u32; 4] = [2, 15, 96, 576];

    fn honest(widths: &[u32]) -> Widths {
        let g1 = powers(577);
        Widths::prove(widths, &|e| g1.get(e as usize).copied(), &|e| Some(power2(u64::from(e)))).unwrap()
    }

    #[test]
    fn an_honest_chain_gives_the_powers_of_every_width() {
        let widths = honest(&WIDTHS);
        let bytes = widths.encode();
        let key = Widths::decode(&bytes).unwrap().verify().unwrap();
        assert_eq!(key.tau2, tau2());
        assert_eq!(key.powers2, WIDTHS.into_iter().map(|d| (d, power2(u64::from(d)))).collect());
        assert_eq!(known::name(&key.id()), Some(crate::srs::development::NAME));
        assert_eq!(Widths::decode(&bytes).unwrap().encode(), bytes);
    }

    #[test]
    fn chains_share_their_links() {
        assert_eq!(exponents(&[2, 15, 96]).unwrap(), [1, 2, 3, 6, 7, 12, 14, 15, 24, 48, 96].into());
        assert_eq!(exponents(&[1 << 20]).unwrap().len(), 21);
    }

    #[test]
    fn a_point_with_a_known_exponent_is_refused_at_every_link() {
        let (g, h) = (G1Projective::generator(), G2Projective::generator());
        let s = Fr::from(1_234_567u32);
        for e in exponents(&WIDTHS).unwrap() {
            let mut in_g2 = honest(&WIDTHS);
            in_g2.links.get_mut(&e).unwrap().1 = (h * s).into_affine();
            assert_eq!(in_g2.verify(), Err(SrsError::Chain), "[s]_2 in place of the power {e}");
            let mut in_g1 = honest(&WIDTHS);
            in_g1.links.get_mut(&e).unwrap().0 = (g * s).into_affine();
            assert_eq!(in_g1.verify(), Err(SrsError::Chain), "[s]_1 in place of the power {e}");
            let mut both = honest(&WIDTHS);
            *both.links.get_mut(&e).unwrap() = ((g * s).into_affine(), (h * s).into_affine());
            assert_eq!(both.verify(), Err(SrsError::Chain), "[s] in both groups in place of the power {e}");
        }
    }

    #[test]
    fn a_chain_of_another_tau_has_another_id() {
        let s = Fr::from(7u8);
        let power = |e: u32| ark_ff::Field::pow(&s, [u64::from(e)]);
        let theirs = Widths::prove(&WIDTHS, &|e| Some((G1Projective::generator() * power(e)).into_affine()), &|e| {
            Some((G2Projective::generator() * power(e)).into_affine())
        });
        assert_ne!(theirs.unwrap().verify().unwrap().id(), known::id(&tau2()));
    }

    #[test]
    fn exchanged_links_and_another_widths_chain_are_refused() {
        let mut swapped = honest(&WIDTHS);
        let (a, b) = (swapped.links[&48], swapped.links[&96]);
        swapped.links.insert(48, b);
        swapped.links.insert(96, a);
        assert_eq!(swapped.verify(), Err(SrsError::Chain));
        let mut repeated = honest(&WIDTHS);
        repeated.links.insert(96, a);
        assert_eq!(repeated.verify(), Err(SrsError::Chain));
        // 6 and 5 both take three links from 1: the list of one under the name of the other.
        let mut bytes = honest(&[6]).encode();
        assert_eq!(exponents(&[5]).unwrap().len(), exponents(&[6]).unwrap().len());
        bytes[4] = 5;
        assert_eq!(Widths::decode(&bytes).unwrap().verify(), Err(SrsError::Chain));
    }

    #[test]
    fn a_chain_of_another_length_is_refused() {
        let bytes = honest(&WIDTHS).encode();
        let dropped = Widths::decode(&bytes[..bytes.len() - G1_BYTES - G2_BYTES]).unwrap_err();
        assert_eq!(dropped.code(), "wire-truncated");
        let longer = [&bytes[..], &bytes[bytes.len() - G1_BYTES - G2_BYTES..]].concat();
        assert_eq!(Widths::decode(&longer), Err(SrsError::Wire(WireError::Trailing(G1_BYTES + G2_BYTES))));
        let mut without = honest(&WIDTHS);
        without.links.remove(&12);
        assert_eq!(without.verify(), Err(SrsError::Chain));
        without.links.remove(&1);
        assert_eq!(without.verify(), Err(SrsError::Chain));
    }

    #[test]
    fn widths_that_are_no_ascending_list_within_bounds_are_refused() {
        let many: Vec<u32> = (2..67).collect();
        for widths in [&[][..], &[1], &[0, 2], &[3, 3], &[4, 3], &[MAX_WIDTH + 1], &many] {
            assert_eq!(exponents(widths), Err(SrsError::Widths));
            let err = Widths::decode(&Writer::bare().u32s(widths).raw(&[0; 512]).finish()).unwrap_err();
            assert_eq!(err.code(), if widths.len() > MAX_WIDTHS { "wire-count" } else { "srs-widths" });
        }
    }

    #[test]
    fn weights_known_before_the_points_let_any_power_through() {
        let honest = honest(&WIDTHS);
        let weights = honest.weights();
        let holds = |chain: &Widths| {
            let (points1, points2) = chain.pairs(&weights).unwrap();
            Bn254::multi_pairing(points1, points2).is_zero()
        };
        // [s]_2 in place of the last power; a·s = a·τ^e + (a − b)·d is solved for the d by which A_e differs.
        let (same, step) = weights[&576];
        let s = Fr::from(1_234_567u32);
        let mut forged = honest.clone();
        let (a, b) = forged.links.get_mut(&576).unwrap();
        let shift = same * ark_ff::Field::inverse(&(same - step)).unwrap();
        (*a, *b) = (
            (*a + (G1Projective::generator() * s - *a) * shift).into_affine(),
            (G2Projective::generator() * s).into_affine(),
        );
        assert!(holds(&honest) && holds(&forged));
        assert_eq!(forged.verify(), Err(SrsError::Chain));
    }

    #[test]
    fn trivial_powers_are_refused() {
        let ones = Widths::prove(&[2], &|_| Some(G1Affine::generator()), &|_| Some(G2Affine::generator())).unwrap();
        assert_eq!(ones.verify(), Err(SrsError::Trivial(1)));
        let zeros = Widths::prove(&[2], &|_| Some(G1Affine::zero()), &|_| Some(G2Affine::zero())).unwrap();
        assert_eq!(zeros.verify(), Err(SrsError::Trivial(1)));
        let mut zero = honest(&WIDTHS);
        zero.links.get_mut(&96).unwrap().0 = G1Affine::zero();
        assert_eq!(zero.verify(), Err(SrsError::Trivial(96)));
        let mut zero = honest(&WIDTHS);
        zero.links.get_mut(&48).unwrap().1 = G2Affine::zero();
        assert_eq!(zero.verify(), Err(SrsError::Trivial(48)));
    }

    #[test]
    fn a_bad_point_is_named() {
        let mut bytes = honest(&[2]).encode();
        let second = 8 + G1_BYTES + G2_BYTES;
        bytes[second..second + G1_BYTES].fill(0xff);
        assert_eq!(Widths::decode(&bytes), Err(SrsError::Point { exponent: 2, error: PointError::Flags }));
    }

    #[test]
    fn powers_that_the_prover_lacks_are_named() {
        assert_eq!(
            Widths::prove(&[4], &|e| powers(4).get(e as usize).copied(), &|_| Some(tau2())),
            Err(SrsError::Missing(4))
        );
    }
}
