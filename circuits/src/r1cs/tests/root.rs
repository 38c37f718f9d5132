//! Reciprocal roots beside `model::steps::norm::reciprocal_root`.

use super::*;
use assay_model::steps::norm::reciprocal_root;
use proptest::prelude::*;

/// Numbers of bits that an exponent is chosen by, then what they stand for.
const POWER: usize = 32;
const NEGATIVE_POWER: usize = 33;
const MASKS: usize = 34;
/// The first bit of sig, behind the two variables of whether the sum is 0.
const SIG: usize = 2;

fn circuit(sum: u64, root: u32, exponent: i8) -> impl Fn(&mut System) {
    move |system| {
        let sum = system.witness(Group::Data, sum.into());
        system.reciprocal_root(&sum, &Num::constant(root.into()), &Num::constant(exponent.into()));
    }
}

fn exact(sum: u64) -> bool {
    let (root, j) = reciprocal_root(sum);
    satisfied(&[], None, circuit(sum, root, j))
        && [root - 1, root + 1].iter().all(|root| !satisfied(&[], None, circuit(sum, *root, j)))
        && [j - 1, j + 1].iter().all(|j| !satisfied(&[], None, circuit(sum, root, *j)))
}

#[test]
fn every_length_of_a_sum_has_the_models_root() {
    for bit in 0..64 {
        let power = 1u64 << bit;
        for sum in [power - 1, power, power + 1, power + power / 2] {
            assert!(exact(sum), "{sum}");
        }
    }
    assert!(exact(u64::MAX) && exact(u64::MAX - 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_sum_has_the_models_root_and_no_neighbour(sum: u64, by in 0u32..64) {
        prop_assert!(exact(sum >> by));
    }
}

/// A sum of j = 3 whose significand is odd, and one less has the same root.
const SUM: u64 = (((1 << 30) + 12_345) << 6) + 5;

#[test]
fn a_root_is_the_largest_integer_that_fits() {
    let (root, j) = reciprocal_root(SUM);
    assert_eq!(j, 3);
    refused_only(Group::Root, &[], circuit(SUM, root + 1, j));
    refused_only(Group::Root, &[], circuit(SUM, root - 1, j));
    refused_only(Group::Root, &[], circuit(SUM, 0, j));
    // Nor does a 0 pass for more.
    let (root, j) = reciprocal_root(2);
    assert_ne!(reciprocal_root(0), (root, j));
    refused_only(Group::Root, &[(Group::Root, 1, 1)], circuit(0, root, j));
}

#[test]
fn an_exponent_leaves_the_significand_its_highest_bits() {
    // A significand below 2^30, and one that takes two bits of its highest to pass for 32.
    let (_, j) = reciprocal_root(SUM);
    let root = |by: u32| u32::try_from(((1u64 << 62) / (SUM >> by)).isqrt()).unwrap();
    refused_only(Group::Root, &[], circuit(SUM, root(8), j + 1));
    let carried = [(Group::Root, SIG + 31, 2)];
    refused_only(Group::Root, &carried, circuit(SUM, root(4), j - 1));
}

#[test]
fn a_remainder_is_below_its_power() {
    let (root, j) = reciprocal_root(SUM);
    assert_eq!(reciprocal_root(SUM - 64), (root, j), "one less makes the same root");
    let less = (Group::Root, SIG, -1);
    refused_only(Group::Remainder, &[less, (Group::Remainder, 6, 1)], circuit(SUM, root, j));
    // One less, and no remainder for it.
    refused_only(Group::Rounding, &[less], circuit(SUM, root, j));
    only(Group::Rounding, &[(Group::Rounding, 0, 1)], circuit(SUM, root, j));
}

#[test]
fn an_exponent_stands_for_one_power() {
    let (root, j) = reciprocal_root(SUM);
    // The bits of another exponent than the header's, and powers of another than the bits'.
    let chosen = 15 + j as usize;
    let other = [(Group::Shift, chosen, 1), (Group::Shift, chosen + 1, -1)];
    refused_only(Group::Shift, &other, circuit(SUM, root, j + 1));
    refused_only(Group::Shift, &[(Group::Shift, POWER, -(3 << 6))], circuit(SUM, root, j + 1));
    let mask = [(Group::Shift, MASKS + 3, 1), (Group::Root, SIG, -1), (Group::Remainder, 6, 1)];
    refused_only(Group::Shift, &mask, circuit(SUM, root, j));
    let (root, j) = reciprocal_root(1000);
    assert!(j < -1);
    let missing = 3i64 << (2 * (-j - 1));
    refused_only(Group::Shift, &[(Group::Shift, NEGATIVE_POWER, missing)], circuit(1000, root, j + 1));
}
