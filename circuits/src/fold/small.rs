//! Inner products of field elements with small integers, without a field multiplication per term.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, PrimeField};

/// `1, x, x², …`, n of them.
#[allow(clippy::arithmetic_side_effects, reason = "field arithmetic is total")]
pub fn powers(x: Fr, n: usize) -> Vec<Fr> {
    std::iter::successors(Some(Fr::ONE), |p| Some(*p * x)).take(n).collect()
}

/// The four 64-bit limbs of each element, least significant first.
pub fn limbs(elements: &[Fr]) -> Vec<[u64; 4]> {
    elements.iter().map(|e| e.into_bigint().0).collect()
}

/// `Σ_i limbs_i · v_i`, to the shorter length.
///
/// Each limb's products are summed in two halves, so nothing overflows before 2^63 terms; the field enters once at the end.
pub fn inner(limbs: &[[u64; 4]], v: impl Iterator<Item = i64>) -> Fr {
    let (mut low, mut high) = ([0u128; 4], [0i128; 4]);
    for (limbs, v) in limbs.iter().zip(v) {
        for ((limb, low), high) in limbs.iter().zip(&mut low).zip(&mut high) {
            // |limb·v| ≤ 2^64·2^63.
            let product = i128::from(*limb).wrapping_mul(i128::from(v));
            *low = low.wrapping_add(low_half(product));
            *high = high.wrapping_add(product >> 64);
        }
    }
    total(&low, &high)
}

#[allow(clippy::as_conversions, clippy::cast_sign_loss, reason = "the low 64 bits are meant")]
const fn low_half(product: i128) -> u128 {
    product as u64 as u128
}

/// `Σ_l 2^{64 l}·(low_l + 2^64·high_l)`.
#[allow(clippy::arithmetic_side_effects, reason = "field arithmetic is total")]
fn total(low: &[u128; 4], high: &[i128; 4]) -> Fr {
    let word = Fr::from(1u128 << 64);
    let limb = |(low, high): (&u128, &i128)| Fr::from(*low) + word * Fr::from(*high);
    low.iter().zip(high).rev().fold(Fr::ZERO, |sum, l| sum * word + limb(l))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_inner_product_is_the_sum_of_field_products(
            x in any::<[u8; 32]>(), v in proptest::collection::vec(any::<i64>(), 0..40),
        ) {
            let p = powers(Fr::from_le_bytes_mod_order(&x), v.len());
            let want: Fr = p.iter().zip(&v).map(|(p, v)| *p * Fr::from(*v)).sum();
            prop_assert_eq!(inner(&limbs(&p), v.iter().copied()), want);
        }
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        let p = vec![-Fr::ONE; 3000];
        for v in [i64::MIN, i64::MAX] {
            assert_eq!(inner(&limbs(&p), std::iter::repeat(v)), -Fr::from(3000u64) * Fr::from(v));
        }
    }
}
