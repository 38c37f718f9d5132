//! Field elements as limbs for 32-bit multipliers, and sums of their products back into the field.
//!
//! `x = Σ_l 2^{29 l}·x_l` with nine x_l in 0..2^29. A product with a weight of 20 bits has 49, so 2^13 of them add up in an
//! i64 with a bit to spare.

use ark_bn254::Fr;
use ark_ff::PrimeField;

/// Limbs of a field element.
pub const LIMBS: usize = 9;
/// Bits of a limb.
pub const LIMB_BITS: usize = 29;

const _: () = assert!(LIMBS * LIMB_BITS >= Fr::MODULUS_BIT_SIZE as usize);

/// Limbs of x, each below 2^29.
pub fn split(x: &Fr) -> [i64; LIMBS] {
    let words = x.into_bigint().0;
    std::array::from_fn(|l| {
        let (word, shift) = (l * LIMB_BITS / 64, l * LIMB_BITS % 64);
        let high = words.get(word + 1).copied().unwrap_or(0);
        let bits = (u128::from(high) << 64 | u128::from(words[word])) >> shift;
        (bits & ((1 << LIMB_BITS) - 1)) as i64
    })
}

/// `Σ_l 2^{29 l}·sums_l` as a field element.
pub fn join(sums: [i64; LIMBS]) -> Fr {
    // Three limbs at a time have at most 63 + 2·29 + 1 bits.
    let wide = |l: usize| {
        let limb = |i: usize| i128::from(sums[l + i]) << (LIMB_BITS * i);
        Fr::from(limb(0) + limb(1) + limb(2))
    };
    let step = Fr::from(1u128 << (3 * LIMB_BITS));
    (wide(6) * step + wide(3)) * step + wide(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::{AdditiveGroup, Field};

    #[test]
    fn elements_come_back_from_their_limbs() {
        let mut x = Fr::from(0x1234_5678_9abc_def0u64);
        for _ in 0..100 {
            x = x.square() + Fr::ONE;
            for x in [x, -x] {
                assert!(split(&x).iter().all(|l| (0..1 << LIMB_BITS).contains(l)));
                assert_eq!(join(split(&x)), x);
            }
        }
        for x in [Fr::ZERO, Fr::ONE, -Fr::ONE] {
            assert_eq!(join(split(&x)), x);
        }
    }

    #[test]
    fn extreme_sums_join_to_what_they_stand_for() {
        for s in [i64::MIN, i64::MAX] {
            let weights = (0..LIMBS).map(|l| Fr::from(2u8).pow([(l * LIMB_BITS) as u64]));
            assert_eq!(join([s; LIMBS]), weights.map(|w| w * Fr::from(s)).sum());
        }
    }
}
