//! Means beside the model's.

use super::*;
use assay_model::arith::{floor_div, saturate_i32};
use proptest::prelude::*;

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
