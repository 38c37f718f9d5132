//! Block shifts beside `model::arith`.

use super::*;
use assay_model::arith::{block_shift, min_shift, rsr};
use proptest::prelude::*;

/// That `x` are the mantissas of `v` of `bits` bits under the shift `s`.
fn circuit(v: &[i32], x: &[i128], s: u64, bits: usize) -> impl Fn(&mut System) + use<> {
    let (v, x) = (v.to_vec(), x.to_vec());
    move |system| {
        let v: Vec<Num> = v.iter().map(|v| system.witness(Group::Data, Fr::from(*v))).collect();
        let x = system.mantissas(&x, bits);
        let shift = system.choice(Group::Header, &Num::constant(s.into()), if bits == 15 { 18 } else { 17 });
        system.block(&v, &x, &shift, bits, 31);
    }
}

fn under(v: &[i32], s: u64) -> Vec<i128> {
    v.iter().map(|v| rsr((*v).into(), s as i32)).collect()
}

fn least(v: &[i32], bits: usize) -> u64 {
    block_shift(v.iter().map(|v| (*v).into()), bits as u32).into()
}

/// That the honest block passes, no neighbour of a mantissa does, and no other shift.
fn exact(v: &[i32], bits: usize) -> bool {
    let s = least(v, bits);
    let honest = under(v, s);
    let off = (0..v.len()).flat_map(|at| [1, -1].map(|by| (at, by))).all(|(at, by)| {
        let mut x = honest.clone();
        x[at] += by;
        !satisfied(&[], None, circuit(v, &x, s, bits))
    });
    let larger =
        s == if bits == 15 { 18 } else { 17 } || !satisfied(&[], None, circuit(v, &under(v, s + 1), s + 1, bits));
    let smaller = s == 0 || !satisfied(&[], None, circuit(v, &under(v, s - 1), s - 1, bits));
    satisfied(&[], None, circuit(v, &honest, s, bits)) && off && larger && smaller
}

#[test]
fn a_block_of_extreme_integers_has_the_models_shift_and_mantissas() {
    let edges = [0, 1, -1, 16383, 16384, -16383, -16384, 32767, 32768, -32767, -32768, 65535, -65535];
    for v in edges.into_iter().chain([i32::MAX, i32::MIN, i32::MIN + 1]) {
        assert!(exact(&[v], 15) && exact(&[v], 16), "{v}");
    }
    for v in [&[0, 0, 0][..], &[i32::MAX, i32::MIN], &[-3, 1 << 30, 5], &[131071, -131071, 40]] {
        assert!(exact(v, 15) && exact(v, 16), "{v:?}");
    }
}

#[test]
fn ties_on_the_two_sides_of_zero_have_their_own_shifts() {
    for s in 1..17u64 {
        // (2^15 − ½)·2^s: up from below zero, out of the range from above.
        let tie = ((1i64 << 16) - 1) << (s - 1);
        let [up, down] = [tie, -tie].map(|v| i32::try_from(v).unwrap());
        assert_eq!([least(&[up], 16), least(&[down], 16)], [s + 1, s]);
        assert!(exact(&[up], 16) && exact(&[down], 16) && exact(&[up, down], 16), "{s}");
        refused_only(Group::Minimal, &[], circuit(&[down], &under(&[down], s + 1), s + 1, 16));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_block_is_the_models_and_no_neighbour(
        v in proptest::collection::vec((any::<i32>(), 0u32..31), 1..5), least in 0u32..31,
    ) {
        let v: Vec<i32> = v.into_iter().map(|(v, by)| v >> by >> least.min(31 - by)).collect();
        prop_assert!(exact(&v, 15) && exact(&v, 16));
    }
}

#[test]
fn a_shift_that_is_not_the_least_is_refused() {
    let v = [-70_000, 9, 1 << 20];
    let s = least(&v, 15);
    refused_only(Group::Minimal, &[], circuit(&v, &under(&v, s + 1), s + 1, 15));
    // Nor does it help to name two elements.
    let two = [(Group::Minimal, 0, 1)];
    refused_only(Group::Minimal, &two, circuit(&v, &under(&v, s), s, 15));
}

#[test]
fn a_mantissa_has_its_bits_and_is_no_end() {
    // 2^14 would do under a shift of one less.
    let v = [1 << 14, 3];
    assert_eq!(least(&v, 15), 1);
    assert!(!satisfied(&[], None, circuit(&v, &under(&v, 0), 0, 15)));
    let end = |system: &mut System| drop(system.mantissas(&[-(1 << 14)], 15));
    refused_only(Group::Mantissa, &[], end);
    let bound = |x: i64| move |system: &mut System| system.within(&Num::constant(Fr::from(x)), 23170);
    for x in [23170, -23170, 0] {
        assert!(satisfied(&[], None, bound(x)));
    }
    for x in [23171, -23171, 32767, -32768] {
        refused_only(Group::Mantissa, &[], bound(x));
    }
}

#[test]
fn a_shift_out_of_range_is_no_choice() {
    let choice = |n: u64| move |system: &mut System| drop(system.choice(Group::Header, &Num::constant(n.into()), 17));
    assert!(satisfied(&[], None, choice(17)));
    refused_only(Group::Header, &[], choice(18));
    // As 8 and 9 and 1.
    refused_only(Group::Header, &[(Group::Header, 8, 1), (Group::Header, 9, 1), (Group::Header, 1, 1)], choice(18));
}

/// That `s` is the least shift of `v`, of up to 2^77, and `x` are its mantissas under `common`.
fn wide(v: &[i128], s: i64, x: &[i128], common: i64) -> impl Fn(&mut System) + use<> {
    let (v, x) = (v.to_vec(), x.to_vec());
    move |system| {
        let v: Vec<Num> = v.iter().map(|v| system.witness(Group::Data, Fr::from(*v))).collect();
        let x: Vec<Num> = x.iter().map(|x| Num::constant(Fr::from(*x))).collect();
        system.least(&v, &Num::constant(Fr::from(s)), 63, 77);
        system.under(&v, &x, &Num::constant(Fr::from(common)), 63);
    }
}

#[test]
fn wide_integers_have_the_models_least_shifts() {
    let (end, tie) = (1i128 << 77, |s: u32| ((1i128 << 16) - 1) << (s - 1));
    let edges = (16..77).flat_map(|bit| [-1, 0, 1].map(|d| (1i128 << bit) + d));
    let ties = (1..62).map(tie);
    for v in edges.chain(ties).flat_map(|v| [v, -v]).chain([0, end - (1 << 46), -(end - (1 << 46))]) {
        let s = i64::from(min_shift(v, 16));
        let shown = |s: i64| satisfied(&[], None, wide(&[v, 0, -1], s, &[rsr(v, 62 + 1), 0, 0], 63));
        assert!(shown(s) && !shown(s + 1) && !shown(s - 1), "{v}");
    }
}

/// 990 under a shift of 4 is 62 with a remainder of 6, and under 5 it is 31 with the same.
fn common(x: i128) -> impl Fn(&mut System) {
    move |system| {
        let v = system.witness(Group::Data, Fr::from(990));
        system.under(&[v], &[Num::constant(Fr::from(x))], &Num::constant(Fr::from(4)), 17);
    }
}

#[test]
fn mantissas_are_those_of_the_common_shift() {
    assert!(satisfied(&[], None, common(62)));
    refused_only(Group::Rounding, &[], common(63));
    refused_only(Group::Remainder, &[(Group::Remainder, 4, 1)], common(61));
    refused_only(Group::Header, &[(Group::Header, 4, -1), (Group::Header, 5, 1)], common(31));
    // The power, half of it, and a mask.
    refused_only(Group::Shift, &[(Group::Shift, 0, 16)], common(31));
    refused_only(Group::Shift, &[(Group::Shift, 1, -16)], common(61));
    refused_only(Group::Shift, &[(Group::Shift, 2 + 4, 1), (Group::Remainder, 4, 1)], common(61));
}
