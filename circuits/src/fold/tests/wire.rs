//! Bytes that are no proof, and lists of other lengths than the statement gives.

use super::*;
use crate::srs::points::{PointError, encode_fr};
use ark_ff::{BigInteger, PrimeField};

/// Three folds, A, B, two quotients, three values, A(z), two witnesses.
const ELEMENTS: usize = 3 + 1 + 1 + 2 + 3 + 1 + 2;
const SCALARS: std::ops::Range<usize> = 7..11;

fn decode(bytes: &[u8]) -> Result<Proof, FoldError> {
    Proof::decode(bytes, &mixed().statement)
}

#[test]
fn a_proof_has_one_length() {
    let bytes = mixed().prove().encode();
    let expected = ELEMENTS * 32;
    assert_eq!(bytes.len(), expected);
    let lengths = (0..bytes.len()).chain([expected + 1, expected + 32, expected + 64]);
    for got in lengths {
        let mut other = bytes.clone();
        other.resize(got, 0);
        assert_eq!(decode(&other), Err(FoldError::Length { expected, got }));
    }
}

/// What is said of an honest proof whose element `index` has other bytes.
fn with(index: usize, bytes: [u8; 32]) -> Result<Proof, FoldError> {
    let mut proof = mixed().prove().encode();
    proof[index * 32..][..32].copy_from_slice(&bytes);
    decode(&proof)
}

fn integer(mut v: impl BigInteger, add: u64) -> [u8; 32] {
    v.add_with_carry(&{
        let mut one = v;
        one ^= v;
        one.as_mut()[0] = add;
        one
    });
    v.to_bytes_le().try_into().unwrap()
}

#[test]
fn an_element_that_is_not_canonical_is_named() {
    let p = |add| integer(ark_bn254::Fq::MODULUS, add);
    let r = |add| integer(Fr::MODULUS, add);
    let identity_with = |byte: u8| {
        let mut bytes = [0; 32];
        (bytes[0], bytes[31]) = (byte, 0x40);
        bytes
    };
    for index in 0..ELEMENTS {
        let refused = |bytes, error| assert_eq!(with(index, bytes), Err(FoldError::Element { index, error }));
        if SCALARS.contains(&index) {
            // r + v names the same scalar as v.
            [r(0), r(1), r(77), [0xff; 32]].iter().for_each(|bytes| refused(*bytes, PointError::Scalar));
            assert!(with(index, encode_fr(&-Fr::ONE)).is_ok());
        } else {
            // p + 1 names the generator's x.
            [p(0), p(1)].iter().for_each(|bytes| refused(*bytes, PointError::Coordinate));
            // x = 0 is on no point of y² = x³ + 3.
            refused([0; 32], PointError::Curve);
            refused([0xff; 32], PointError::Flags);
            refused(identity_with(1), PointError::Identity);
            assert!(with(index, identity_with(0)).is_ok());
        }
    }
}

#[test]
fn lists_of_another_length_are_refused_whatever_their_order() {
    let stated = mixed();
    let honest = stated.prove();
    let refused = |change: &dyn Fn(&mut Proof)| {
        let mut other = honest.clone();
        change(&mut other);
        let got = other.encode().len();
        assert_eq!(stated.verify(&other), Err(FoldError::Length { expected: ELEMENTS * 32, got }));
    };
    refused(&|p| _ = p.folds.pop());
    refused(&|p| p.folds.push(p.folds[0]));
    refused(&|p| _ = p.fold_values.pop());
    refused(&|p| p.fold_values.push(p.fold_values[0]));
    refused(&|p| _ = p.quotients.pop());
    refused(&|p| p.quotients.push(p.quotients[0]));
    refused(&|p| {
        p.folds.clear();
        p.fold_values.clear();
        p.quotients.clear();
    });
    // One list pays for another.
    refused(&|p| {
        p.folds.pop();
        p.fold_values.push(p.fold_values[0]);
    });
}

#[test]
fn the_identity_in_any_place_and_in_all_of_them_proves_nothing() {
    let stated = mixed();
    let honest = stated.prove().encode();
    let mut identity = [0; 32];
    identity[31] = 0x40;
    let mut all = honest.clone();
    for index in 0..ELEMENTS {
        let mut other = honest.clone();
        let zero = if SCALARS.contains(&index) { [0; 32] } else { identity };
        other[index * 32..][..32].copy_from_slice(&zero);
        all[index * 32..][..32].copy_from_slice(&zero);
        assert_eq!(stated.verify(&decode(&other).unwrap()), Err(FoldError::Equation), "element {index}");
    }
    assert_eq!(stated.verify(&decode(&all).unwrap()), Err(FoldError::Equation));
}

#[test]
fn two_elements_in_each_others_place_are_refused() {
    let stated = mixed();
    let honest = stated.prove().encode();
    for a in 0..ELEMENTS {
        for b in 0..a {
            let mut other = honest.clone();
            for i in 0..32 {
                other.swap(a * 32 + i, b * 32 + i);
            }
            let verdict = decode(&other).and_then(|proof| stated.verify(&proof));
            let refused = matches!(verdict, Err(FoldError::Equation | FoldError::Element { .. }));
            assert!(refused, "elements {a} and {b}: {verdict:?}");
        }
    }
}
