//! Accumulators on the wire: of a fixed number of bits, which the bound on their magnitude gives.
//!
//! An accumulator a with |a| ≤ B travels as a + B, a number of `⌈log2(2B + 1)⌉` bits. Numbers follow each other without
//! gaps, low bits first; the bits that are left over in the last byte are zero.

use assay_model::wire::{Reader, WireError};

/// Bits of an accumulator of magnitude at most `bound`.
const fn bits(bound: i64) -> u32 {
    u64::BITS.saturating_sub(bound.unsigned_abs().saturating_mul(2).leading_zeros())
}

/// Bytes of accumulators with these bounds.
fn len(bounds: &[i64]) -> usize {
    let total = bounds.iter().fold(0u64, |n, b| n.saturating_add(u64::from(bits(*b))));
    usize::try_from(total.div_ceil(8)).unwrap_or(usize::MAX)
}

/// Packs `values` under `bounds`, one each. A value beyond its bound, which no honest rig has, is cut off at it.
pub fn pack(values: &[i64], bounds: &[i64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(len(bounds));
    let (mut word, mut filled) = (0u128, 0u32);
    for (&value, &bound) in values.iter().zip(bounds) {
        let code = value.clamp(bound.saturating_neg(), bound).saturating_add(bound).unsigned_abs();
        word |= u128::from(code).wrapping_shl(filled);
        filled = filled.saturating_add(bits(bound));
        while filled >= 8 {
            out.extend(word.to_le_bytes().first());
            word >>= 8;
            filled = filled.saturating_sub(8);
        }
    }
    if filled > 0 {
        out.extend(word.to_le_bytes().first());
    }
    out
}

/// Reads as many accumulators as there are `bounds`.
///
/// # Errors
/// [`WireError`] if bytes are missing, a number is above its bound, or bits that are left over are not zero.
pub fn unpack(r: &mut Reader<'_>, bounds: &[i64]) -> Result<Vec<i64>, WireError> {
    let mut bytes = r.take(len(bounds), "accumulators")?.iter();
    let (mut word, mut filled) = (0u128, 0u32);
    let mut out = Vec::with_capacity(bounds.len());
    for &bound in bounds {
        let bits = bits(bound);
        while filled < bits {
            let byte = bytes.next().copied().unwrap_or_default();
            word |= u128::from(byte).wrapping_shl(filled);
            filled = filled.saturating_add(8);
        }
        let code = word & 1u128.wrapping_shl(bits).wrapping_sub(1);
        word = word.wrapping_shr(bits);
        filled = filled.saturating_sub(bits);
        let value = i64::try_from(code).ok().and_then(|code| code.checked_sub(bound)).filter(|v| *v <= bound);
        r.require(value.is_some(), "accumulator")?;
        out.extend(value);
    }
    r.require(word == 0, "bits behind the accumulators")?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn accumulators_round_trip_in_one_form(
            pairs in proptest::collection::vec((0i64..1 << 55, any::<i64>()), 0..40),
        ) {
            let bounds: Vec<i64> = pairs.iter().map(|p| p.0).collect();
            let values: Vec<i64> = pairs.iter().map(|p| if p.0 == 0 { 0 } else { p.1 % (p.0 + 1) }).collect();
            let bytes = pack(&values, &bounds);
            prop_assert_eq!(bytes.len(), len(&bounds));
            let mut r = Reader::bare(&bytes);
            prop_assert_eq!(unpack(&mut r, &bounds), Ok(values));
            prop_assert!(r.end().is_ok());
        }

        #[test]
        fn what_is_read_is_what_would_be_written(
            bounds in proptest::collection::vec(0i64..1 << 20, 0..12), bytes in proptest::collection::vec(any::<u8>(), 32),
        ) {
            if let Ok(values) = unpack(&mut Reader::bare(&bytes), &bounds) {
                prop_assert_eq!(&pack(&values, &bounds), &bytes[..len(&bounds)]);
            }
        }
    }

    #[test]
    fn a_number_above_its_bound_and_stray_bits_are_refused() {
        let read = |bytes: &[u8], bounds: &[i64]| unpack(&mut Reader::bare(bytes), bounds).map_err(|e| e.code());
        assert_eq!(read(&[0b110], &[3]), Ok(vec![3]));
        assert_eq!(read(&[0b111], &[3]), Err("wire-value"));
        assert_eq!(read(&[0b1110], &[3]), Err("wire-value"));
        assert_eq!(read(&[], &[3]), Err("wire-truncated"));
        assert_eq!(read(&[], &[0, 0]), Ok(vec![0, 0]));
    }
}
