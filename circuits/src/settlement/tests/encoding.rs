//! Keys and proofs as bytes: one encoding each, and nothing else is a point.

use crate::settlement::encoding::*;
use crate::settlement::keys::{Proof, VerifyingKey};
use crate::srs::points::PointError;
use ark_bn254::{Fq, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{BigInteger, PrimeField};

fn g1(k: u64) -> G1Affine {
    (G1Projective::generator() * Fr::from(k)).into_affine()
}

fn g2(k: u64) -> G2Affine {
    (G2Projective::generator() * Fr::from(k)).into_affine()
}

fn proof() -> Proof {
    Proof { a: g1(3), b: g2(5), c: g1(7) }
}

/// The proof's bytes with `change`d ones in the word `at`.
fn changed(at: usize, change: impl FnOnce(&mut [u8; 32])) -> Result<Proof, EncodingError> {
    let mut bytes = encode_proof(&proof());
    change(&mut bytes.as_chunks_mut().0[at]);
    decode_proof(&bytes)
}

#[test]
fn keys_and_proofs_come_back() {
    assert_eq!(decode_proof(&encode_proof(&proof())), Ok(proof()));
    let key = VerifyingKey {
        alpha_g1: g1(2),
        beta_g2: g2(3),
        gamma_g2: g2(4),
        delta_g2: g2(5),
        gamma_abc_g1: (6..10).map(g1).collect(),
    };
    let bytes = encode_key(&key);
    assert_eq!(bytes.len(), KEY_BYTES);
    assert_eq!(decode_key(&bytes), Ok(key));
    assert_eq!(decode_key(&bytes[..KEY_BYTES - 1]), Err(EncodingError::Length(KEY_BYTES - 1, KEY_BYTES)));
}

#[test]
fn the_generator_of_g2_has_the_words_that_contracts_name_it_by() {
    let words = [
        "11559732032986387107991004021392285783925812861821192530917403151452391805634",
        "10857046999023057135944570762232829481370756359578518086990519993285655852781",
        "4082367875863433681332203403145435568316851327593401208105741076214120093531",
        "8495653923123431417604973247489272438418190587263600148770280649306958101930",
    ];
    let bytes = encode_proof(&Proof { b: G2Affine::generator(), ..proof() });
    for (word, want) in bytes.as_chunks::<32>().0[2..6].iter().zip(words) {
        assert_eq!(num_bigint::BigUint::from_bytes_be(word).to_string(), want);
    }
}

#[test]
fn bytes_missing_or_left_over_are_refused() {
    let bytes = encode_proof(&proof());
    for n in [0, 32, PROOF_BYTES - 1] {
        assert_eq!(decode_proof(&bytes[..n]), Err(EncodingError::Length(n, PROOF_BYTES)));
    }
    let long = [&bytes[..], &[0; 32]].concat();
    assert_eq!(decode_proof(&long), Err(EncodingError::Length(PROOF_BYTES + 32, PROOF_BYTES)));
}

#[test]
fn a_coordinate_under_another_name_is_refused() {
    for (at, point) in [(0, 0), (1, 0), (2, 1), (3, 1), (4, 1), (5, 1), (6, 2), (7, 2)] {
        let other = changed(at, |word| {
            let mut integer = crate::srs::points::integer(&std::array::from_fn(|i| word[31 - i]));
            assert!(!integer.add_with_carry(&Fq::MODULUS));
            word.copy_from_slice(&integer.to_bytes_be());
        });
        assert_eq!(other, Err(EncodingError::Point(point, PointError::Coordinate)), "word {at}");
    }
}

#[test]
fn what_is_no_point_of_the_curve_is_refused() {
    for (at, point) in [(0, 0), (1, 0), (2, 1), (5, 1), (6, 2), (7, 2)] {
        assert_eq!(changed(at, |word| word[31] ^= 1), Err(EncodingError::Point(point, PointError::Curve)), "word {at}");
    }
}

#[test]
fn the_identity_is_refused() {
    let identity = Proof { a: G1Affine::identity(), ..proof() };
    assert_eq!(decode_proof(&encode_proof(&identity)), Err(EncodingError::Point(0, PointError::Identity)));
    let identity = Proof { b: G2Affine::identity(), ..proof() };
    assert_eq!(decode_proof(&encode_proof(&identity)), Err(EncodingError::Point(1, PointError::Identity)));
}

#[test]
fn a_point_of_g2_outside_the_group_is_refused() {
    let stray = crate::srs::points::tests::stray_g2();
    for b in [stray, (stray + g2(5)).into_affine()] {
        let bytes = encode_proof(&Proof { b, ..proof() });
        assert_eq!(decode_proof(&bytes), Err(EncodingError::Point(1, PointError::Subgroup)));
    }
}
