//! Ids of powers of tau, and the ones that have a name.
//!
//! The id is a digest of \[τ\]₂ alone: every other power follows from it, and [`super::widths`] and [`super::ptau`] check
//! that. A name says whose powers they are; it is no judgement of how the ceremony was held.

use super::development;
use super::points::encode_g2;
use ark_bn254::{Fq2, G2Affine};
use ark_ff::MontFp;
use assay_model::domain::{Digest, Domain};

/// Name of the perpetual powers of tau as users of circom and snarkjs have them, the files `powersOfTau28_hez_final`.
pub const HERMEZ: &str = "powersOfTau28_hez_final";

/// Id of the powers with this \[τ\]₂.
pub fn id(tau2: &G2Affine) -> Digest {
    Domain::Srs.hasher().fixed(&encode_g2(tau2)).digest()
}

/// \[τ\]₂ of the powers of that name.
pub fn tau2(name: &str) -> Option<G2Affine> {
    match name {
        development::NAME => Some(development::tau2()),
        HERMEZ => Some(hermez()),
        _ => None,
    }
}

/// Name of the powers with that id.
pub fn name(id: &Digest) -> Option<&'static str> {
    [HERMEZ, development::NAME].into_iter().find(|name| tau2(name).is_some_and(|point| self::id(&point) == *id))
}

/// As the fflonk verifier contract of Polygon zkEVM has it (X2x1, X2x2, X2y1, X2y2: made by snarkjs, which writes c0
/// first); the halo2 verifier contract of Summa has its negation (c1 first), converted from the same ceremony by other
/// software.
fn hermez() -> G2Affine {
    G2Affine::new_unchecked(
        Fq2::new(
            MontFp!("21831381940315734285607113342023901060522397560371972897001948545212302161822"),
            MontFp!("17231025384763736816414546592865244497437017442647097510447326538965263639101"),
        ),
        Fq2::new(
            MontFp!("2388026358213174446665280700919698872609886601280537296205114254867301080648"),
            MontFp!("11507326595632554467052522095592665270651932854513688777769618397986436103170"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fq;
    use ark_ec::AffineRepr;

    #[test]
    fn every_named_point_is_in_the_group() {
        for name in [HERMEZ, development::NAME] {
            let point = tau2(name).unwrap();
            assert!(point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve() && !point.is_zero());
            assert_eq!(super::name(&id(&point)), Some(name));
        }
        assert_eq!(tau2("another"), None);
        assert_eq!(name(&id(&G2Affine::generator())), None);
    }

    #[test]
    fn two_public_sources_agree_on_the_ceremonys_point() {
        // Words of Summa's verifying key: x.c1, x.c0, y.c1, y.c0 of −[τ]₂.
        let word = |hex: &str| {
            let bytes: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect();
            <Fq as ark_ff::PrimeField>::from_be_bytes_mod_order(&bytes)
        };
        let x1 = word("26186a2d65ee4d2f9c9a5b91f86597d35f192cd120caf7e935d8443d1938e23d");
        let x0 = word("30441fd1b5d3370482c42152a8899027716989a6996c2535bc9f7fee8aaef79e");
        let y1 = word("16f363f103c80d7bbc8ad3c6867e0822bbc6000be91a4689755c7df40221c145");
        let y0 = word("2b1cbb3e521edf5a622d82762a44a5e63f1e50b332d71154a4a7958d6011deff");
        assert_eq!(-G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1)), hermez());
    }
}
