//! Proofs and verifying keys as the EVM's precompiles read points.
//!
//! A coordinate is 32 bytes, big-endian, below p. A point of G1 is x ‖ y; of G2, whose coordinates are c0 + c1·u, it is
//! x.c1 ‖ x.c0 ‖ y.c1 ‖ y.c0. The identity is refused, which the precompiles would read as (0, 0): no honest proof or key has it.
//!
//! A proof is A ‖ B ‖ C, 256 bytes. A key is α ‖ β ‖ γ ‖ δ ‖ IC_0 ‖ … ‖ IC_3, 704 bytes.

use super::keys::{INPUTS, Proof, VerifyingKey};
use crate::srs::points::PointError;
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};

/// Bytes of a proof.
pub const PROOF_BYTES: usize = 256;
/// Bytes of a verifying key.
pub const KEY_BYTES: usize = 64 + 3 * 128 + 64 * (INPUTS + 1);

/// Why bytes are no proof or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Another length.
    #[error("{0} bytes where there must be {1}")]
    Length(usize, usize),
    /// A point is not canonical, or none of its group.
    #[error("point {0}: {1}")]
    Point(usize, PointError),
}

/// A scalar as a `uint256`.
pub fn encode_scalar(scalar: &Fr) -> [u8; 32] {
    big_endian(&scalar.into_bigint())
}

/// Bytes of a proof.
pub fn encode_proof(proof: &Proof) -> Vec<u8> {
    [&g1(&proof.a)[..], &g2(&proof.b), &g1(&proof.c)].concat()
}

/// Bytes of a key.
pub fn encode_key(key: &VerifyingKey) -> Vec<u8> {
    let mut bytes = g1(&key.alpha_g1).to_vec();
    [key.beta_g2, key.gamma_g2, key.delta_g2].iter().for_each(|p| bytes.extend(g2(p)));
    key.gamma_abc_g1.iter().for_each(|p| bytes.extend(g1(p)));
    bytes
}

/// A proof from its bytes.
///
/// # Errors
/// [`EncodingError`].
pub fn decode_proof(bytes: &[u8]) -> Result<Proof, EncodingError> {
    let mut points = Points::new(bytes, PROOF_BYTES)?;
    Ok(Proof { a: points.g1()?, b: points.g2()?, c: points.g1()? })
}

/// A key from its bytes.
///
/// # Errors
/// [`EncodingError`].
pub fn decode_key(bytes: &[u8]) -> Result<VerifyingKey, EncodingError> {
    let mut points = Points::new(bytes, KEY_BYTES)?;
    Ok(VerifyingKey {
        alpha_g1: points.g1()?,
        beta_g2: points.g2()?,
        gamma_g2: points.g2()?,
        delta_g2: points.g2()?,
        gamma_abc_g1: (0..=INPUTS).map(|_| points.g1()).collect::<Result<_, _>>()?,
    })
}

/// Points one after the other.
struct Points<'a> {
    coordinates: std::slice::Iter<'a, [u8; 32]>,
    read: usize,
}

impl<'a> Points<'a> {
    fn new(bytes: &'a [u8], len: usize) -> Result<Points<'a>, EncodingError> {
        match bytes.as_chunks() {
            (coordinates, []) if bytes.len() == len => Ok(Points { coordinates: coordinates.iter(), read: 0 }),
            _ => Err(EncodingError::Length(bytes.len(), len)),
        }
    }

    fn coordinate(&mut self) -> Result<Fq, PointError> {
        let mut bytes = *self.coordinates.next().ok_or(PointError::Coordinate)?;
        bytes.reverse();
        Fq::from_bigint(crate::srs::points::integer(&bytes)).ok_or(PointError::Coordinate)
    }

    fn numbered<T>(&mut self, point: Result<T, PointError>) -> Result<T, EncodingError> {
        let number = self.read;
        self.read = number.saturating_add(1);
        point.map_err(|e| EncodingError::Point(number, e))
    }

    fn g1(&mut self) -> Result<G1Affine, EncodingError> {
        let point = self.coordinate().and_then(|x| {
            let point = G1Affine::new_unchecked(x, self.coordinate()?);
            match point.is_zero() {
                true => Err(PointError::Identity),
                false if point.is_on_curve() => Ok(point),
                false => Err(PointError::Curve),
            }
        });
        self.numbered(point)
    }

    fn g2(&mut self) -> Result<G2Affine, EncodingError> {
        let point = self.pair().and_then(|x| {
            let point = G2Affine::new_unchecked(x, self.pair()?);
            if point.is_zero() {
                Err(PointError::Identity)
            } else if !point.is_on_curve() {
                Err(PointError::Curve)
            } else if !point.is_in_correct_subgroup_assuming_on_curve() {
                Err(PointError::Subgroup)
            } else {
                Ok(point)
            }
        });
        self.numbered(point)
    }

    fn pair(&mut self) -> Result<Fq2, PointError> {
        let c1 = self.coordinate()?;
        Ok(Fq2::new(self.coordinate()?, c1))
    }
}

fn big_endian(integer: &impl BigInteger) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(integer.to_bytes_be()).for_each(|(to, from)| *to = from);
    bytes
}

fn g1(point: &G1Affine) -> [u8; 64] {
    let (x, y) = point.xy().unwrap_or_default();
    joined([x, y])
}

fn g2(point: &G2Affine) -> [u8; 128] {
    let (x, y) = point.xy().unwrap_or_default();
    joined([x.c1, x.c0, y.c1, y.c0])
}

fn joined<const N: usize, const BYTES: usize>(coordinates: [Fq; N]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (to, from) in bytes.as_chunks_mut().0.iter_mut().zip(coordinates) {
        *to = big_endian(&from.into_bigint());
    }
    bytes
}
