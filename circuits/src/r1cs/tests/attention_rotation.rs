//! Rotations beside `model::steps::kv::rotary`.

use super::*;
use crate::r1cs::attention_rotation::digest;
use assay_model::steps::kv::rotary;
use assay_model::tables::Rotation;
use proptest::prelude::*;

const SOME: [Rotation; 3] =
    [Rotation { cos: 16384, sin: 0 }, Rotation { cos: -11585, sin: 11585 }, Rotation { cos: 3, sin: -16384 }];

/// That `to` are the mantissas `x`, of fifteen bits, rotated.
fn circuit(x: &[i16], to: &[i16], rotations: &[Rotation]) -> impl Fn(&mut System) + use<> {
    let (x, to, rotations) = (x.to_vec(), to.to_vec(), rotations.to_vec());
    move |system| {
        let [x, to] = [&x, &to].map(|v| v.iter().map(|x| Num::constant(Fr::from(*x))).collect::<Vec<_>>());
        let (pairs, own) = system.rotations(&rotations);
        assert_eq!(own.value(), digest(&rotations));
        for ((x, to), c) in x.chunks(2).zip(to.chunks(2)).zip(&pairs) {
            system.rotate([&x[0], &x[1]], c.each_ref(), [&to[0], &to[1]]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_pair_is_rotated_as_the_model_does_and_no_neighbour_is(
        x in proptest::array::uniform6(-16383i16..=16383), at in 0usize..6, up: bool,
    ) {
        let y = x.map(i32::from);
        let to = rotary(&y, &SOME).x;
        prop_assert!(satisfied(&[], None, circuit(&x, &to, &SOME)));
        let mut other = to;
        other[at] += if up { 1 } else { -1 };
        prop_assert!(!satisfied(&[], None, circuit(&x, &other, &SOME)));
    }
}

#[test]
fn the_ends_of_the_range_are_rotated() {
    for x in [[16383, 16383, 16383, -16383, -16383, -16383], [0; 6]] {
        let to = rotary(&x.map(i32::from), &SOME).x;
        assert!(satisfied(&[], None, circuit(&x, &to, &SOME)));
    }
}

#[test]
fn a_pair_that_is_not_rotated_by_its_constants_is_refused() {
    let x = [5, -9, 100, 16383, -16383, 4];
    let mut to = rotary(&x.map(i32::from), &SOME).x;
    to[2] += 1;
    refused_only(Group::Rotation, &[], circuit(&x, &to, &SOME));
}

#[test]
fn constants_of_one_scalar_have_sixteen_bits_each() {
    // c_0 of 2^16 more and s_0 of one less are the same scalar.
    only(Group::Rotation, &[(Group::Rotation, 15, 2), (Group::Rotation, 16, -1)], |s| {
        let (_, own) = s.rotations(&SOME);
        s.equal(Group::Public, &own, &Num::constant(digest(&SOME)));
    });
}

#[test]
fn a_digest_is_of_every_constant_in_its_place() {
    let rotation = |i: i16| Rotation { cos: i, sin: -i };
    let all: Vec<Rotation> = (0..16).map(rotation).collect();
    assert_eq!(System::counting().rotations(&all).1.value(), digest(&all));
    for at in 0..16 {
        let mut other = all.clone();
        other[at].cos += 1;
        assert_ne!(digest(&other), digest(&all));
        other[at] = Rotation { cos: all[at].sin, sin: all[at].cos };
        assert!(at == 0 || digest(&other) != digest(&all));
    }
    assert_ne!(digest(&all[..15]), digest(&all));
}
