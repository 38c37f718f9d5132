//! Points as they stand in a powers-of-tau file.
//!
//! Uncompressed: x then y, in G2 c0 before c1, each coordinate v as 32 little-endian bytes of v·R mod p, R = 2^256
//! (Montgomery's form). The identity is all zeros.

use crate::srs::points::{PointError, integer};
use ark_bn254::{Fq, Fq2, Fr, g1, g2};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{Field, PrimeField};

/// A curve whose points the file holds.
pub(super) trait FileCurve: SWCurveConfig<ScalarField = Fr> {
    /// Bytes of a point.
    const SIZE: u64;

    /// The point that these `SIZE` bytes are; `r_inverse` is 1/R.
    fn decode(bytes: &[u8], r_inverse: Fq) -> Result<Affine<Self>, PointError>;
}

/// 1/R.
pub(super) fn r_inverse() -> Fq {
    let half = Fq::from(2u8).inverse().unwrap_or_default();
    half.pow([256])
}

impl FileCurve for g1::Config {
    const SIZE: u64 = super::layout::G1_SIZE;

    fn decode(bytes: &[u8], r_inverse: Fq) -> Result<Affine<Self>, PointError> {
        let ([x, y], []) = bytes.as_chunks() else { return Err(PointError::Coordinate) };
        on_curve(coordinate(x, r_inverse)?, coordinate(y, r_inverse)?)
    }
}

impl FileCurve for g2::Config {
    const SIZE: u64 = super::layout::G2_SIZE;

    fn decode(bytes: &[u8], r_inverse: Fq) -> Result<Affine<Self>, PointError> {
        let ([x0, x1, y0, y1], []) = bytes.as_chunks() else { return Err(PointError::Coordinate) };
        let x = Fq2::new(coordinate(x0, r_inverse)?, coordinate(x1, r_inverse)?);
        let y = Fq2::new(coordinate(y0, r_inverse)?, coordinate(y1, r_inverse)?);
        on_curve(x, y)
    }
}

fn on_curve<C: FileCurve>(x: C::BaseField, y: C::BaseField) -> Result<Affine<C>, PointError> {
    let point: Affine<C> = Affine::new_unchecked(x, y);
    if !point.is_on_curve() {
        Err(PointError::Curve)
    } else if !point.is_in_correct_subgroup_assuming_on_curve() {
        Err(PointError::Subgroup)
    } else {
        Ok(point)
    }
}

fn coordinate(bytes: &[u8; 32], r_inverse: Fq) -> Result<Fq, PointError> {
    Ok(Fq::from_bigint(integer(bytes)).ok_or(PointError::Coordinate)? * r_inverse)
}
