//! Every step, defined by one scalar function per unit.
//!
//! The reference executor is these functions applied to all units in order; the verifier applies the same functions to
//! the units that were drawn. Nothing here indexes by untrusted numbers: slices come in with the lengths that the
//! program fixes, and scalars read from a header are range-checked by [`Range`](OutOfRange) before any arithmetic.

pub mod attention;
pub mod embed;
pub mod kv;
pub mod linear;
pub mod norm;
pub mod pack;

/// Largest magnitude of a mantissa that enters a linear step.
pub const MAX_MANTISSA: i16 = i16::MAX;

/// A header scalar outside the range that the arithmetic gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

/// Mantissa `RSR(v, s)`; `None` where `s` is too small for `v`, which only a wrong header can bring about.
pub(crate) fn mantissa(v: i128, s: u8) -> Option<i16> {
    let x = i16::try_from(crate::arith::rsr(v, i32::from(s))).ok()?;
    (x != i16::MIN).then_some(x)
}

/// Little-endian bytes of i16 values.
pub fn i16_bytes(v: &[i16]) -> Vec<u8> {
    v.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Little-endian bytes of i32 values.
pub fn i32_bytes(v: &[i32]) -> Vec<u8> {
    v.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// i16 values of little-endian bytes; a trailing odd byte is dropped.
pub fn i16_values(bytes: &[u8]) -> Vec<i16> {
    bytes.as_chunks::<2>().0.iter().map(|b| i16::from_le_bytes(*b)).collect()
}

/// i32 values of little-endian bytes; up to three trailing bytes are dropped.
pub fn i32_values(bytes: &[u8]) -> Vec<i32> {
    bytes.as_chunks::<4>().0.iter().map(|b| i32::from_le_bytes(*b)).collect()
}
