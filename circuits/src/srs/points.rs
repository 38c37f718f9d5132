//! Points and scalars of BN254 as bytes: one encoding each, and nothing else is accepted.
//!
//! A scalar is 32 bytes, little-endian, below r. A point is its x coordinate, little-endian (in G2: c0 then c1 of
//! x = c0 + c1·u), and two flags in the top bits of the last byte, which a coordinate below p leaves free: `0x80` says
//! that y is the larger of the two roots (in G2 compared by c1, then c0), `0x40` that the point is the identity, whose
//! other bits are all zero. Neither group has a point with y = 0, so the first flag always says something.
//!
//! The identity is a point like any other here: the zero polynomial commits to it. A caller to whom it means harm
//! refuses it.

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInt, PrimeField};

/// Bytes of an encoded G1 point.
pub const G1_BYTES: usize = 32;
/// Bytes of an encoded G2 point.
pub const G2_BYTES: usize = 64;
/// Bytes of an encoded scalar.
pub const FR_BYTES: usize = 32;

const Y_IS_LARGER: u8 = 0x80;
const IDENTITY: u8 = 0x40;
const FLAGS: u8 = Y_IS_LARGER | IDENTITY;

/// Why bytes are not the encoding of a point or scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// A coordinate is not below p.
    #[error("a coordinate is not below the field's order")]
    Coordinate,
    /// A scalar is not below r.
    #[error("a scalar is not below the group's order")]
    Scalar,
    /// Both flags are set.
    #[error("the flags contradict each other")]
    Flags,
    /// The identity's flag beside a coordinate.
    #[error("the identity has coordinates")]
    Identity,
    /// No point of the curve has these coordinates.
    #[error("no point of the curve has these coordinates")]
    Curve,
    /// A point of the curve of G2 that is not in the group of order r.
    #[error("the point is outside the subgroup")]
    Subgroup,
}

impl PointError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            PointError::Coordinate => "point-coordinate",
            PointError::Scalar => "point-scalar",
            PointError::Flags => "point-flags",
            PointError::Identity => "point-identity",
            PointError::Curve => "point-curve",
            PointError::Subgroup => "point-subgroup",
        }
    }
}

/// A scalar from its encoding.
///
/// # Errors
/// [`PointError::Scalar`].
pub fn decode_fr(bytes: &[u8; FR_BYTES]) -> Result<Fr, PointError> {
    Fr::from_bigint(integer(bytes)).ok_or(PointError::Scalar)
}

/// A point of G1 from its encoding.
///
/// # Errors
/// [`PointError`], other than of scalars and the subgroup: every point of this curve is in the group.
pub fn decode_g1(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, PointError> {
    let (bytes, flags) = split_flags(bytes);
    match flags {
        FLAGS => Err(PointError::Flags),
        IDENTITY if bytes == [0; G1_BYTES] => Ok(G1Affine::identity()),
        IDENTITY => Err(PointError::Identity),
        _ => {
            let (smaller, larger) = G1Affine::get_ys_from_x_unchecked(coordinate(&bytes)?).ok_or(PointError::Curve)?;
            let y = if flags == Y_IS_LARGER { larger } else { smaller };
            Ok(G1Affine::new_unchecked(coordinate(&bytes)?, y))
        }
    }
}

/// Points of G1 from their encodings, on all cores with the feature `parallel`.
///
/// # Errors
/// [`PointError`] with the number of a point that is none.
pub fn decode_g1_list(bytes: &[[u8; G1_BYTES]]) -> Result<Vec<G1Affine>, (usize, PointError)> {
    let decode = |(i, bytes): (usize, &[u8; G1_BYTES])| decode_g1(bytes).map_err(|e| (i, e));
    #[cfg(feature = "parallel")]
    return rayon::iter::ParallelIterator::collect(rayon::iter::ParallelIterator::map(
        rayon::iter::IndexedParallelIterator::enumerate(rayon::iter::IntoParallelRefIterator::par_iter(bytes)),
        decode,
    ));
    #[cfg(not(feature = "parallel"))]
    bytes.iter().enumerate().map(decode).collect()
}

/// A point of G2 from its encoding.
///
/// # Errors
/// [`PointError`], other than of scalars.
pub fn decode_g2(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, PointError> {
    let (bytes, flags) = split_flags(bytes);
    match flags {
        FLAGS => Err(PointError::Flags),
        IDENTITY if bytes == [0; G2_BYTES] => Ok(G2Affine::identity()),
        IDENTITY => Err(PointError::Identity),
        _ => {
            let (c0, c1) = halves(&bytes);
            let x = Fq2::new(coordinate(&c0)?, coordinate(&c1)?);
            let (smaller, larger) = G2Affine::get_ys_from_x_unchecked(x).ok_or(PointError::Curve)?;
            let point = G2Affine::new_unchecked(x, if flags == Y_IS_LARGER { larger } else { smaller });
            if point.is_in_correct_subgroup_assuming_on_curve() { Ok(point) } else { Err(PointError::Subgroup) }
        }
    }
}

/// Encoding of a scalar.
pub fn encode_fr(scalar: &Fr) -> [u8; FR_BYTES] {
    bytes_of(scalar.into_bigint())
}

/// Encoding of a point of G1.
pub fn encode_g1(point: &G1Affine) -> [u8; G1_BYTES] {
    match point.xy() {
        None => with_flags([0; G1_BYTES], IDENTITY),
        Some((x, y)) => with_flags(bytes_of(x.into_bigint()), if y > -y { Y_IS_LARGER } else { 0 }),
    }
}

/// Encoding of a point of G2.
pub fn encode_g2(point: &G2Affine) -> [u8; G2_BYTES] {
    match point.xy() {
        None => with_flags([0; G2_BYTES], IDENTITY),
        Some((x, y)) => {
            let mut bytes = [0; G2_BYTES];
            if let ([c0, c1], []) = bytes.as_chunks_mut() {
                *c0 = bytes_of(x.c0.into_bigint());
                *c1 = bytes_of(x.c1.into_bigint());
            }
            with_flags(bytes, if y > -y { Y_IS_LARGER } else { 0 })
        }
    }
}

/// A point of G1 as the precompiles of the EVM take it: x and y, big-endian; the identity as zeros.
pub fn evm_g1(point: &G1Affine) -> [[u8; 32]; 2] {
    point.xy().map_or([[0; 32]; 2], |(x, y)| [x, y].map(evm_word))
}

/// A point of G2 as the precompiles of the EVM take it: x and y, each with its u first, big-endian; the identity as zeros.
pub fn evm_g2(point: &G2Affine) -> [[u8; 32]; 4] {
    point.xy().map_or([[0; 32]; 4], |(x, y)| [x.c1, x.c0, y.c1, y.c0].map(evm_word))
}

fn evm_word(v: Fq) -> [u8; 32] {
    let mut bytes: [u8; 32] = bytes_of(v.into_bigint());
    bytes.reverse();
    bytes
}

fn coordinate(bytes: &[u8; 32]) -> Result<Fq, PointError> {
    Fq::from_bigint(integer(bytes)).ok_or(PointError::Coordinate)
}

/// The integer below 2^256 that 32 little-endian bytes are.
pub(crate) fn integer(bytes: &[u8; 32]) -> BigInt<4> {
    let mut limbs = [0; 4];
    for (limb, word) in limbs.iter_mut().zip(bytes.as_chunks().0) {
        *limb = u64::from_le_bytes(*word);
    }
    BigInt::new(limbs)
}

/// Inverse of [`integer`].
pub(super) fn bytes_of(integer: BigInt<4>) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (word, limb) in bytes.as_chunks_mut().0.iter_mut().zip(integer.0) {
        *word = limb.to_le_bytes();
    }
    bytes
}

/// First and second 32 of 64 bytes.
pub(super) fn halves(bytes: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    match bytes.as_chunks() {
        ([first, second], []) => (*first, *second),
        // 64 bytes are two chunks of 32.
        _ => ([0; 32], [0; 32]),
    }
}

fn split_flags<const N: usize>(bytes: &[u8; N]) -> ([u8; N], u8) {
    let mut bytes = *bytes;
    let mut flags = 0;
    if let Some(last) = bytes.last_mut() {
        flags = *last & FLAGS;
        *last &= !FLAGS;
    }
    (bytes, flags)
}

fn with_flags<const N: usize>(mut bytes: [u8; N], flags: u8) -> [u8; N] {
    if let Some(last) = bytes.last_mut() {
        *last |= flags;
    }
    bytes
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use ark_ec::{CurveGroup, PrimeGroup};
    use ark_ff::{Field, One, Zero};
    use ark_serialize::CanonicalSerialize;
    use proptest::prelude::*;

    fn scalar(bytes: [u8; 32]) -> Fr {
        Fr::from_le_bytes_mod_order(&bytes)
    }

    /// p, which a coordinate must be below.
    fn p() -> [u8; 32] {
        bytes_of(Fq::MODULUS)
    }

    proptest! {
        #[test]
        fn every_point_and_scalar_comes_back(bytes: [u8; 32]) {
            let k = scalar(bytes);
            let g1 = (ark_bn254::G1Projective::generator() * k).into_affine();
            let g2 = (ark_bn254::G2Projective::generator() * k).into_affine();
            prop_assert_eq!(decode_fr(&encode_fr(&k)), Ok(k));
            for (a, b) in [(g1, g2), (-g1, -g2)] {
                prop_assert_eq!(decode_g1(&encode_g1(&a)), Ok(a));
                prop_assert_eq!(decode_g2(&encode_g2(&b)), Ok(b));
                let mut ark = Vec::new();
                a.serialize_compressed(&mut ark).unwrap();
                b.serialize_compressed(&mut ark).unwrap();
                prop_assert_eq!([&encode_g1(&a)[..], &encode_g2(&b)[..]].concat(), ark);
            }
        }

        #[test]
        fn whatever_decodes_is_its_own_encoding(lo: [u8; 32], hi: [u8; 32]) {
            let mut g2 = [0; 64];
            g2[..32].copy_from_slice(&lo);
            g2[32..].copy_from_slice(&hi);
            if let Ok(k) = decode_fr(&lo) {
                prop_assert_eq!(encode_fr(&k), lo);
            }
            if let Ok(point) = decode_g1(&lo) {
                prop_assert!(point.is_on_curve());
                prop_assert_eq!(encode_g1(&point), lo);
            }
            if let Ok(point) = decode_g2(&g2) {
                prop_assert_eq!(encode_g2(&point), g2);
            }
        }
    }

    #[test]
    fn the_identity_has_one_encoding() {
        let (mut g1, mut g2) = ([0; 32], [0; 64]);
        g1[31] = IDENTITY;
        g2[63] = IDENTITY;
        assert_eq!(encode_g1(&G1Affine::identity()), g1);
        assert_eq!(encode_g2(&G2Affine::identity()), g2);
        assert_eq!(decode_g1(&g1), Ok(G1Affine::identity()));
        assert_eq!(decode_g2(&g2), Ok(G2Affine::identity()));
        for bit in 0..254 {
            let mut other = g1;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode_g1(&other), Err(PointError::Identity));
        }
        for bit in 0..510 {
            let mut other = g2;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode_g2(&other), Err(PointError::Identity));
        }
    }

    #[test]
    fn contradicting_flags_are_refused() {
        let (mut g1, mut g2) = (encode_g1(&G1Affine::generator()), encode_g2(&G2Affine::generator()));
        g1[31] |= FLAGS;
        g2[63] |= FLAGS;
        assert_eq!(decode_g1(&g1), Err(PointError::Flags));
        assert_eq!(decode_g2(&g2), Err(PointError::Flags));
    }

    #[test]
    fn a_coordinate_of_p_or_more_is_refused() {
        // p + 1 is the generator's x = 1 under another name.
        let mut g1 = p();
        assert_eq!(decode_g1(&g1), Err(PointError::Coordinate));
        g1[0] += 1;
        assert_eq!(decode_g1(&g1), Err(PointError::Coordinate));
        for (half, top) in [(0, 0xff), (32, 0)] {
            let mut g2 = encode_g2(&G2Affine::generator());
            g2[half..half + 32].copy_from_slice(&p());
            g2[half + 31] |= top;
            assert_eq!(decode_g2(&g2), Err(PointError::Coordinate));
        }
    }

    #[test]
    fn a_scalar_of_r_or_more_is_refused() {
        let mut r = bytes_of(Fr::MODULUS);
        assert_eq!(decode_fr(&r), Err(PointError::Scalar));
        assert_eq!(decode_fr(&[0xff; 32]), Err(PointError::Scalar));
        r[0] -= 1;
        assert_eq!(decode_fr(&r), Ok(-Fr::one()));
    }

    #[test]
    fn an_x_without_a_point_is_refused() {
        // x = 0 asks for a root of 3, and 3 is no square.
        assert!(Fq::from(3u8).sqrt().is_none());
        assert_eq!(decode_g1(&[0; 32]), Err(PointError::Curve));
        let mut xs = (0u8..).map(|i| Fq2::new(Fq::from(i), Fq::zero()));
        let x = xs.find(|x| G2Affine::get_ys_from_x_unchecked(*x).is_none()).unwrap();
        let mut g2 = [0; 64];
        g2[..32].copy_from_slice(&bytes_of(x.c0.into_bigint()));
        assert_eq!(decode_g2(&g2), Err(PointError::Curve));
    }

    #[test]
    fn a_point_of_the_curve_outside_the_subgroup_is_refused() {
        let stray = stray_g2();
        assert!(stray.is_on_curve());
        assert!(!stray.mul_bigint(Fr::MODULUS).is_zero());
        assert_eq!(decode_g2(&encode_g2(&stray)), Err(PointError::Subgroup));
    }

    /// The first point of the curve of G2 with x = i + u: the subgroup has one point in 2^254 of them.
    pub(crate) fn stray_g2() -> G2Affine {
        let mut xs = (0u8..).map(|i| Fq2::new(Fq::from(i), Fq::one()));
        xs.find_map(|x| G2Affine::get_ys_from_x_unchecked(x).map(|(y, _)| G2Affine::new_unchecked(x, y))).unwrap()
    }
}
