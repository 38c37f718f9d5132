//! Bits, maxima and evaluations.

use super::*;

fn values(system: &mut System, values: &[i64]) -> Vec<Num> {
    values.iter().map(|v| system.witness(Group::Data, Fr::from(*v))).collect()
}

#[test]
fn a_number_is_decomposed_into_bits_only() {
    let nine = |system: &mut System| drop(system.decompose(Group::Header, &Num::constant(9u8.into()), 4));
    only(Group::Header, &[(Group::Header, 0, 2), (Group::Header, 1, -1)], nine);
    assert!(!satisfied(&[], None, |s| drop(s.decompose(Group::Header, &Num::constant(16u8.into()), 4))));
    assert!(!satisfied(&[], None, |s| drop(s.decompose(Group::Header, &Num::constant(Fr::from(-1)), 4))));
}

#[test]
fn bits_in_twos_complement_are_signed() {
    for value in [0i16, 1, -1, i16::MAX, i16::MIN, 12345] {
        let bits = System::counting().bits(Group::Data, u128::from(value as u16), 16);
        assert_eq!(Num::of_signed_bits(&bits).value(), Fr::from(value));
        assert_eq!(Num::of_signed_bits(&bits).signed(), i128::from(value));
    }
}

#[test]
fn a_vector_is_evaluated_at_a_point() {
    let (x, point) = ([3i64, -5, 0, 7, -32767], Fr::from(1_000_003u64));
    let evaluated = |system: &mut System| {
        let x = values(system, &x);
        let point = system.witness(Group::Data, point);
        system.evaluate(&x, &point)
    };
    let want: Fr = x.iter().rev().fold(Fr::from(0), |sum, v| sum * point + Fr::from(*v));
    assert_eq!(evaluated(&mut System::counting()).value(), want);
    for n in 0..4 {
        only(Group::Evaluation, &[(Group::Evaluation, n, 1)], |s| drop(evaluated(s)));
    }
}

#[test]
fn the_largest_is_one_of_them_and_none_is_above_it() {
    let largest = |of: &'static [i64], largest: i64| {
        move |system: &mut System| {
            let of = values(system, of);
            let largest = values(system, &[largest]);
            system.maximum(&of, &largest[0], 32);
        }
    };
    let ends = &[i32::MIN as i64, -3, i32::MAX as i64, i32::MAX as i64];
    assert!(satisfied(&[], None, largest(ends, i32::MAX.into())));
    assert!(satisfied(&[], None, largest(&[-9, -3, -4], -3)));
    for (of, wrong) in [(&[-9, -3, -4], -2), (&[-9, -3, -4], -4), (&[-9, -3, -4], 0)] {
        refused_only(Group::Maximum, &[], largest(of, wrong));
    }
}
