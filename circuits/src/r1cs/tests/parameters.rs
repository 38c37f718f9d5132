//! Digests of parameters.

use super::*;
use crate::r1cs::parameters::{EPS, eps_digest, gains_digest, packed};
use crate::r1cs::poseidon::{self, Use};
use assay_model::steps::norm::MAX_S1;
use assay_model::tables::{TableParams, Tables};

#[test]
fn a_digest_is_the_same_inside_and_outside() {
    let gains: Vec<i16> = (0..44).map(|i| i * 700 - 15_000).chain([i16::MIN, i16::MAX]).collect();
    let mut system = System::counting();
    let (own, digest) = system.gains(&gains);
    assert_eq!(digest.value(), gains_digest(&gains));
    assert_eq!(own.iter().map(Num::value).collect::<Vec<_>>(), gains.iter().map(|g| Fr::from(*g)).collect::<Vec<_>>());
    let params = TableParams { dim: 64, head_dim: 4, eps: 1e-5, rope_base: 1e4, rope_linear: 1.0, rope_factors: None };
    let eps = Tables::new(&params).unwrap().eps;
    assert_eq!([eps.len(), EPS], [usize::from(MAX_S1) + 1; 2]);
    assert_eq!(system.eps(&eps).1.value(), eps_digest(&eps));
    assert!(satisfied(&[], None, |s| drop((s.gains(&gains), s.eps(&eps)))));
}

#[test]
fn a_digest_is_of_every_number_in_its_place() {
    let gains: Vec<i16> = (0..31).collect();
    let scalars = packed(&gains);
    assert_eq!(scalars.len(), 3);
    assert_eq!(scalars[2], Fr::from(30 + (1 << 15)));
    assert_eq!(gains_digest(&gains), poseidon::hash(Use::Gains, &scalars));
    for i in 0..gains.len() {
        let mut other = gains.clone();
        other[i] -= 1;
        assert_ne!(gains_digest(&other), gains_digest(&gains), "gain {i}");
    }
    assert_ne!(gains_digest(&gains[..30]), gains_digest(&gains));
    let eps = [7u64; EPS];
    for i in 0..EPS {
        let mut other = eps;
        other[i] = 8;
        assert_ne!(eps_digest(&other), eps_digest(&eps), "entry {i}");
    }
}

#[test]
fn gains_of_one_scalar_have_sixteen_bits_each() {
    // The first 2^16 more and the second one less are the same scalar.
    only(Group::Gain, &[(Group::Gain, 15, 2), (Group::Gain, 16, -1)], |s| {
        let digest = s.gains(&[5, 6]).1;
        s.equal(Group::Poseidon, &digest, &Num::constant(gains_digest(&[5, 6])));
    });
}
