//! Scalars from BLAKE3's extendable output.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use blake3::OutputReader;

/// A scalar, uniform up to 2^−256: 64 bytes, little-endian, reduced modulo r.
pub(super) fn scalar(stream: &mut OutputReader) -> Fr {
    let mut bytes = [0; 64];
    stream.fill(&mut bytes);
    Fr::from_le_bytes_mod_order(&bytes)
}

/// A scalar, uniform below 2^128.
pub(super) fn half_scalar(stream: &mut OutputReader) -> Fr {
    let mut bytes = [0; 16];
    stream.fill(&mut bytes);
    Fr::from(u128::from_le_bytes(bytes))
}
