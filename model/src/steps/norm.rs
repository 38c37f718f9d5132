//! RMS norm with the reciprocal root kept as a scalar.
//!
//! ```text
//! a_i = RSR(h_i, s1)                 s1 = block shift of h to 16 bits
//! S   = max(Σ a_i² + E[s1], 1)       = sig·4^j, sig in [2^30, 2^32), the right shift truncating
//! R   = isqrt(⌊2^62 / sig⌋)          in [2^15, 2^16]
//! u_i = a_i·γ'_i
//! X_i = RSR(u_i, s2)                 s2 = block shift of u to 16 bits
//! ```
//!
//! so that the normed value is `X_i·R·2^−f`, `f = kg + 31 + j − s2`. R is applied after the matrix product that follows.
//! The header carries each chunk's own minimal shifts and its share of Σ a², so that a chunk can be checked alone; the
//! header unit then checks that s1, s2, R and j follow from them.

use super::{OutOfRange, mantissa};
use crate::arith::{MANTISSA_BITS, block_shift, isqrt};

/// Largest s1: an i32 needs at most 17 bits less.
pub const MAX_S1: u8 = 17;
/// Largest s2: |u| < 2^30.
pub const MAX_S2: u8 = 15;

/// What one chunk contributes to the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Minimal shift of this chunk of h.
    pub s1: u8,
    /// Minimal shift of this chunk of u, under the common s1.
    pub s2: u8,
    /// Σ a² over the chunk, under the common s1.
    pub sum: u64,
}

/// The scalars that later steps read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Shift of h.
    pub s1: u8,
    /// Shift of u.
    pub s2: u8,
    /// Reciprocal root R, in [2^15, 2^16].
    pub r: u32,
    /// Exponent j.
    pub j: i8,
}

impl Scale {
    /// Exponent f: a mantissa X stands for `X·R·2^−f` when the gains have exponent `kg`.
    pub const fn exponent(&self, kg: i32) -> i32 {
        kg + 31 + self.j as i32 - self.s2 as i32
    }
}

/// Header of a norm's leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// One entry a chunk.
    pub partials: Vec<Partial>,
    /// Derived from the partials.
    pub scale: Scale,
}

impl Header {
    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(10 * self.partials.len() + 7);
        for p in &self.partials {
            out.extend([p.s1, p.s2]);
            out.extend(p.sum.to_le_bytes());
        }
        out.extend([self.scale.s1, self.scale.s2]);
        out.extend(self.scale.r.to_le_bytes());
        out.extend(self.scale.j.to_le_bytes());
        out
    }

    /// From wire bytes: any number of partials, then the scale.
    ///
    /// # Errors
    /// [`OutOfRange`] if a scalar is outside its range or the length fits no number of chunks.
    pub fn decode(bytes: &[u8]) -> Result<Header, OutOfRange> {
        let (head, tail) = bytes.split_last_chunk::<7>().ok_or(OutOfRange)?;
        let (partials, rest) = head.as_chunks::<10>();
        if !rest.is_empty() {
            return Err(OutOfRange);
        }
        let shift = |s: u8, max: u8| if s <= max { Ok(s) } else { Err(OutOfRange) };
        let partials = partials
            .iter()
            .map(|&[s1, s2, a, b, c, d, e, f, g, h]| {
                Ok(Partial {
                    s1: shift(s1, MAX_S1)?,
                    s2: shift(s2, MAX_S2)?,
                    sum: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let [s1, s2, r0, r1, r2, r3, j] = *tail;
        let r = u32::from_le_bytes([r0, r1, r2, r3]);
        let j = i8::from_le_bytes([j]);
        if !(1 << 15..=1 << 16).contains(&r) || !(-15..=16).contains(&j) {
            return Err(OutOfRange);
        }
        Ok(Header { partials, scale: Scale { s1: shift(s1, MAX_S1)?, s2: shift(s2, MAX_S2)?, r, j } })
    }

    /// The scale that these partials give: the header unit.
    ///
    /// `eps` is the table E; a sum beyond u64 saturates, which no honest header reaches.
    pub fn derive(partials: &[Partial], eps: &[u64]) -> Scale {
        let s1 = partials.iter().map(|p| p.s1).max().unwrap_or(0);
        let s2 = partials.iter().map(|p| p.s2).max().unwrap_or(0);
        let sum = partials.iter().fold(0u64, |s, p| s.saturating_add(p.sum));
        let (r, j) = reciprocal_root(sum.saturating_add(eps.get(usize::from(s1)).copied().unwrap_or(0)));
        Scale { s1, s2, r, j }
    }
}

/// `(R, j)` of the sum S.
pub fn reciprocal_root(sum: u64) -> (u32, i8) {
    let sum = sum.max(1);
    // The even exponent that brings S into [2^30, 2^32).
    let bits = 64 - sum.leading_zeros() as i32;
    let j = (bits - 31).div_euclid(2);
    let sig = if j >= 0 { sum >> (2 * j) } else { sum << (-2 * j) };
    (isqrt((1 << 62) / sig) as u32, j as i8)
}

/// Minimal shift s1 of a chunk of h.
pub fn residual_shift(h: &[i32]) -> u8 {
    block_shift(h.iter().map(|&x| i128::from(x)), MANTISSA_BITS)
}

/// Products `u = a·γ'` of one chunk under the common shift `s1`, with Σ a².
///
/// # Errors
/// [`OutOfRange`] if `s1` is too small for `h`.
pub fn products(h: &[i32], gamma: &[i16], s1: u8) -> Result<(u64, Vec<i32>), OutOfRange> {
    let mut sum = 0;
    let mut u = Vec::with_capacity(h.len());
    for (&h, &g) in h.iter().zip(gamma) {
        let a = i32::from(mantissa(i128::from(h), s1).ok_or(OutOfRange)?);
        sum += u64::from(a.unsigned_abs()).pow(2);
        u.push(a * i32::from(g));
    }
    Ok((sum, u))
}

/// One chunk whole: its partial under `s1`, and its mantissas under `s2`.
///
/// # Errors
/// [`OutOfRange`] if a shift is too small for the chunk.
pub fn chunk(h: &[i32], gamma: &[i16], s1: u8, s2: u8) -> Result<(Partial, Vec<i16>), OutOfRange> {
    let (sum, u) = products(h, gamma, s1)?;
    let partial = Partial { s1: residual_shift(h), s2: product_shift(&u), sum };
    let x = u.iter().map(|&u| mantissa(i128::from(u), s2).ok_or(OutOfRange)).collect::<Result<_, _>>()?;
    Ok((partial, x))
}

/// Minimal shift s2 of a chunk of u.
pub fn product_shift(u: &[i32]) -> u8 {
    block_shift(u.iter().map(|&u| i128::from(u)), MANTISSA_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reciprocal_root_keeps_its_range_for_every_sum() {
        let sums = (0..64).flat_map(|b| [0u64, 1, 2].map(|d| (1u64 << b).wrapping_sub(1).wrapping_add(d)));
        for s in sums.chain([u64::MAX]) {
            let (r, j) = reciprocal_root(s);
            assert!((1 << 15..=1 << 16).contains(&r), "S {s}: R {r}");
            let sig = if j >= 0 { s.max(1) >> (2 * j) } else { s.max(1) << (-2 * j) };
            assert!((1 << 30..1u64 << 32).contains(&sig), "S {s}: sig {sig}");
        }
    }

    #[test]
    fn headers_round_trip_and_refuse_what_is_out_of_range() {
        let h = Header {
            partials: vec![Partial { s1: 3, s2: 15, sum: u64::MAX }; 3],
            scale: Scale { s1: 17, s2: 0, r: 1 << 16, j: -15 },
        };
        let bytes = h.encode();
        assert_eq!(Header::decode(&bytes), Ok(h));
        for (at, value) in [(0, 18), (1, 16), (30, 18), (31, 16), (34, 2), (36, 17), (33, 0x7f)] {
            let mut bad = bytes.clone();
            bad[at] = value;
            assert_eq!(Header::decode(&bad), Err(OutOfRange), "byte {at}");
        }
        assert_eq!(Header::decode(&bytes[1..]), Err(OutOfRange));
        assert_eq!(Header::decode(&[]), Err(OutOfRange));
    }

    #[test]
    fn a_zero_vector_is_defined() {
        let (partial, x) = chunk(&[0; 4], &[7; 4], 0, 0).unwrap();
        assert_eq!((partial, x), (Partial { s1: 0, s2: 0, sum: 0 }, vec![0; 4]));
        assert_eq!(reciprocal_root(0), (1 << 16, -15));
    }

    #[test]
    fn a_shift_too_small_is_refused() {
        assert_eq!(products(&[1 << 20], &[1], 4), Err(OutOfRange));
        assert_eq!(chunk(&[32767], &[32767], 0, 14), Err(OutOfRange));
    }
}
