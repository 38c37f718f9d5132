//! Exponentials, entries and means beside the model's.

use super::*;
use crate::r1cs::attention_weight::exponential;
use assay_model::arith::{floor_div, saturate_i32};
use proptest::prelude::*;

fn entry(t: u128) -> impl Fn(&mut System) -> Num {
    move |system| {
        let bits = system.bits(Group::Data, t, 12);
        system.exponential(&bits)
    }
}

#[test]
fn every_part_of_the_table_is_looked_up() {
    assert_eq!([exponential(0), exponential(4096)], [Fr::from(1 << 15), Fr::from(0)]);
    for t in (0..4096).step_by(61).chain([1, 63, 64, 65, 4095]) {
        assert_eq!(entry(t)(&mut System::counting()).value(), exponential(t as i128), "{t}");
    }
    assert!(satisfied(&[], None, |s| drop(entry(777)(s))));
}

#[test]
fn an_entry_is_that_of_its_bits() {
    // A half, a one-hot number of a row, and a row's product.
    for at in [0, 40, 70, 130, 187] {
        only(Group::Exponential, &[(Group::Exponential, at, 1)], |s| drop(entry(2900)(s)));
    }
}

#[test]
fn an_entry_of_a_header_is_that_of_its_head() {
    let chosen = |index: u64| {
        move |system: &mut System| {
            let of = |n: i64| [Num::constant(Fr::from(n)), Num::constant(Fr::from(-n))];
            let index = Num::constant(index.into());
            system.entry(&index, &[of(5), of(7), of(9)])
        }
    };
    assert_eq!(chosen(1)(&mut System::counting()).map(|n| n.value()), [Fr::from(7), Fr::from(-7)]);
    assert!(satisfied(&[], None, |s| drop(chosen(2)(s))));
    assert!(!satisfied(&[], None, |s| drop(chosen(3)(s))));
    only(Group::Select, &[(Group::Select, 0, -1), (Group::Select, 1, 1)], |s| drop(chosen(0)(s)));
    // Entries 0 and 2 less entry 1 are at place 1 as well: 0 + 2 − 1.
    let sum = [(Group::Select, 0, 1), (Group::Select, 1, -2), (Group::Select, 2, 1)];
    only(Group::Select, &sum, |s| drop(chosen(1)(s)));
}

#[test]
fn a_number_is_zero_or_has_an_inverse() {
    let zero = |n: u64| {
        move |system: &mut System| {
            let n = system.witness(Group::Data, n.into());
            drop(system.is_zero(Group::Score, &n));
        }
    };
    only(Group::Score, &[(Group::Score, 1, -1)], zero(0));
    only(Group::Score, &[(Group::Score, 0, -1), (Group::Score, 1, 1)], zero(1));
    assert!(satisfied(&[], None, zero(u64::MAX)));
}

fn mean(sum: i128, total: i128, output: i64) -> impl Fn(&mut System) {
    move |system| {
        let total = Num::constant(Fr::from(total));
        let half = system.halved(&total);
        let sum = Num::constant(Fr::from(sum)).plus(&half);
        system.quotient(&sum, &total, &Num::constant(Fr::from(output)));
    }
}

fn exact(sum: i128, total: i128) -> bool {
    let output = saturate_i32(floor_div(sum + (total >> 1), total));
    let near = |by| output.checked_add(by).is_none_or(|n| !satisfied(&[], None, mean(sum, total, n.into())));
    satisfied(&[], None, mean(sum, total, output.into())) && near(1) && near(-1)
}

#[test]
fn means_round_and_saturate_as_the_model_does() {
    for total in [1i128, 2, 3, 1 << 15, (1 << 15) + 1, 1 << 31] {
        let end = (32767i128 << 17) * total;
        for sum in [0, 1, -1, total / 2, -total / 2, -total / 2 - 1, end, -end, total << 31, -total << 31] {
            assert!(exact(sum, total), "{sum} of {total}");
        }
    }
    assert!(!satisfied(&[], None, mean(0, 0, 0)), "there is no mean of nothing");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_mean_is_the_models_and_no_neighbour(total in 1i64..=1 << 31, value in -(32767i64 << 17)..=32767 << 17, off: i32) {
        let total = i128::from(total);
        prop_assert!(exact(i128::from(value) * total + i128::from(off) % total, total));
    }
}

#[test]
fn a_remainder_is_below_the_total() {
    // (21 + 3)/7 is 3 with a remainder of 3: or 4 with −4, or 2 with 10.
    let no_excess = (Group::Excess, 0, -1);
    refused_only(Group::Remainder, &[no_excess, (Group::Remainder, 32, -7)], mean(21, 7, 4));
    refused_only(Group::Remainder, &[no_excess, (Group::Remainder, 32, 7)], mean(21, 7, 2));
}

#[test]
fn only_an_end_of_the_range_has_an_excess() {
    refused_only(Group::Saturation, &[], mean(21, 7, 2));
    refused_only(Group::Saturation, &[], mean(21, 7, i32::MAX.into()));
    refused_only(Group::Rounding, &[(Group::Excess, 0, -1)], mean(21, 7, 2));
}
