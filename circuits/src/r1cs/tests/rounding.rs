//! Roundings beside `model::steps::linear::Rounding`.

use super::*;
use crate::r1cs::rounding::Widths;
use assay_model::steps::linear::Rounding;
use proptest::prelude::*;

/// Of accumulators below 2^45.
const BITS: usize = 45;
/// Elements of a test: the shift is shared.
type Element = (i64, i32, i32);

/// The outputs are these roundings of these accumulators on these residuals.
fn circuit(rounding: Rounding, elements: &[Element]) -> impl Fn(&mut System) + use<> {
    let elements = elements.to_vec();
    move |system| {
        let (root, shift, widths) = match rounding {
            Rounding::Scaled { r, shift } => (r, shift, Widths::scaled(BITS)),
            Rounding::Residual { shift } => (1, shift, Widths::residual(BITS)),
        };
        let of = |n: i32| Num::constant(Fr::from(n));
        let shift = system.shift(&of(shift), widths);
        let root = Num::constant(root.into());
        let factor = system.product(Group::Shift, &root, shift.negative_power());
        for (acc, residual, output) in &elements {
            let acc = system.witness(Group::Data, (*acc).into());
            let output = system.witness(Group::Data, (*output).into());
            let residual = if matches!(rounding, Rounding::Residual { .. }) { of(*residual) } else { Num::default() };
            system.round(&shift, &factor, &acc, &residual, &output);
        }
    }
}

fn honest(rounding: Rounding, inputs: &[(i64, i32)]) -> Vec<Element> {
    inputs.iter().map(|(acc, h)| (*acc, *h, rounding.apply(*acc, *h))).collect()
}

/// That honest outputs pass and each output that is off by one does not.
fn exact(rounding: Rounding, inputs: &[(i64, i32)]) -> bool {
    let elements = honest(rounding, inputs);
    let off = |at: usize, by: i32| {
        let mut other = elements.clone();
        match other[at].2.checked_add(by) {
            Some(output) => other[at].2 = output,
            None => return true,
        }
        !satisfied(&[], None, circuit(rounding, &other))
    };
    satisfied(&[], None, circuit(rounding, &elements))
        && (0..elements.len()).all(|at| [1, -1].into_iter().all(|by| off(at, by)))
}

const EDGE: i64 = (1 << BITS) - 1;

#[test]
fn every_shift_rounds_ties_signs_and_ends_as_the_model_does() {
    let inputs: Vec<(i64, i32)> = [0, 1, -1, 3, 1 << 20, -(1 << 20), 3 << 30, EDGE, -EDGE]
        .into_iter()
        .zip([0, i32::MAX, i32::MIN, -7, 5, 0, i32::MAX, i32::MIN, i32::MAX])
        .collect();
    for shift in (-70..=75).chain([-160, 100, 120, 160]) {
        let passes = |rounding| satisfied(&[], None, circuit(rounding, &honest(rounding, &inputs)));
        let scaled = |r| Rounding::Scaled { r, shift };
        assert!(passes(scaled(1 << 16)) && passes(scaled(40_001)), "after a norm, shift {shift}");
        // The model shifts an i128 here.
        assert!(shift > 120 || passes(Rounding::Residual { shift }), "onto a residual, shift {shift}");
    }
}

#[test]
fn ties_round_up_on_both_sides_of_zero() {
    for shift in [1, 2, 13] {
        let inputs = [3i64, -3, 5, -5, 1, -1].map(|n| (n << (shift - 1), 0));
        assert!(exact(Rounding::Residual { shift }, &inputs));
    }
}

#[test]
fn saturation_is_exact_at_both_ends() {
    let residual = |shift| Rounding::Residual { shift };
    assert!(exact(residual(0), &[(1, i32::MAX), (-1, i32::MIN), (1, i32::MAX - 1), (-1, i32::MIN + 1), (1 << 31, -5)]));
    for shift in [-31, -32, -33, -60] {
        assert!(exact(residual(shift), &[(1, i32::MIN), (-1, i32::MAX), (0, 9), (EDGE, -4), (-EDGE, 4)]));
    }
    for shift in [-30, -31, -32, -90, 0, 7] {
        assert!(exact(Rounding::Scaled { r: 1 << 15, shift }, &[(1, 0), (-1, 0), (0, 0), (EDGE, 0), (-EDGE, 0)]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_rounding_is_the_models_and_no_neighbour(
        scaled: bool, r in 1u32 << 15..=1 << 16, shift in -70i32..90,
        inputs in proptest::collection::vec((-EDGE..=EDGE, 0u32..46, any::<i32>()), 1..4),
    ) {
        let rounding = if scaled { Rounding::Scaled { r, shift } } else { Rounding::Residual { shift } };
        let inputs: Vec<_> = inputs.into_iter().map(|(acc, by, h)| (acc >> by, h)).collect();
        prop_assert!(exact(rounding, &inputs));
    }
}

/// One accumulator of 1,000 under a shift of 4: 62.5, so 63 with remainder 0.
fn one(output: i32) -> impl Fn(&mut System) {
    circuit(Rounding::Residual { shift: 4 }, &[(1000, 0, output)])
}

#[test]
fn a_remainder_is_below_the_power_of_two() {
    // 62 with a remainder of 16 = 2^4, and no excess.
    refused_only(Group::Remainder, &[(Group::Excess, 0, -1), (Group::Remainder, 4, 1)], one(62));
    // 64 with a remainder of −16.
    refused_only(Group::Remainder, &[(Group::Excess, 0, -1), (Group::Remainder, 4, -1)], one(64));
}

#[test]
fn an_excess_has_a_magnitude() {
    // i32::MAX, as if 63 exceeded it: up, by a negative magnitude.
    let short = i64::from(i32::MAX) - 63;
    let up = Widths::residual(BITS).excess;
    let mut lies = vec![(Group::Excess, up, 1)];
    // The honest bits of the magnitude are those of the distance; all of them go, and the lowest takes the negative.
    lies.extend((0..31).filter(|i| short >> i & 1 == 1).map(|i| (Group::Excess, i, -1)));
    lies.push((Group::Excess, 0, -short));
    refused_only(Group::Excess, &lies, one(i32::MAX));
}

#[test]
fn only_the_ends_of_the_range_have_an_excess() {
    refused_only(Group::Saturation, &[], one(62));
    refused_only(Group::Saturation, &[], one(i32::MAX));
    refused_only(Group::Saturation, &[], one(i32::MIN));
}

#[test]
fn an_accumulator_belongs_to_its_output() {
    // 1,001 rounds to 63 as well, but 1,000 is what stands there.
    only(Group::Rounding, &[(Group::Rounding, 0, 1)], one(63));
}

#[test]
fn a_shift_stands_for_one_power_of_two() {
    // The bit of a shift of 5 in place of that of 4, and all that follows from it: 1,000/32 is 31.25.
    let (four, five) = (160 + 4, 160 + 5);
    refused_only(Group::Shift, &[(Group::Shift, four, -1), (Group::Shift, five, 1)], one(31));
    // Powers and masks are those of the shift. Bits, then P, N, half, then masks from the lowest.
    let (power, half, mask) = (321, 323, 324);
    let short = circuit(Rounding::Residual { shift: 4 }, &[(999, 0, 31)]);
    refused_only(Group::Shift, &[(Group::Shift, power, 16)], short);
    refused_only(Group::Shift, &[(Group::Shift, half, -8)], one(62));
    let higher = [(Group::Shift, mask + 4, 1), (Group::Excess, 0, -1), (Group::Remainder, 4, 1)];
    refused_only(Group::Shift, &higher, one(62));
}
