//! Attention heads without leaves: beside `model::steps::{kv, attention}`, and for each group a lie that it alone refuses.

use crate::r1cs::tests::{only, refused_only, satisfied};
use crate::r1cs::{Bit, Group, Num, System};
use crate::settlement::attention::block::{PLACES, Place, Query};
use crate::settlement::attention::{State, Variables, largest, score_scale};
use ark_bn254::Fr;
use ark_ff::Field;
use assay_model::steps::attention;
use assay_model::steps::kv::{Block, KeyValue, rotary};
use assay_model::tables::{Rotation, TableParams, Tables};
use proptest::prelude::*;

fn tables(head_dim: usize) -> Tables {
    let head_dim = head_dim as u32;
    let params = TableParams { dim: 64, head_dim, eps: 1e-5, rope_base: 1e4, rope_linear: 1.0, rope_factors: None };
    Tables::new(&params).unwrap()
}

fn rotations(tables: &Tables, position: u32) -> Vec<Rotation> {
    let mut rotations = vec![Rotation::default(); tables.phases.len()];
    tables.rotation(position, &mut rotations);
    rotations
}

/// A query and what it reads.
#[derive(Clone, Debug)]
struct Head {
    query: Block,
    past: Vec<KeyValue>,
}

impl Head {
    /// Of rows: the query's, then k and v of each position.
    fn new(query: &[i32], past: &[[&[i32]; 2]]) -> Head {
        let tables = tables(query.len());
        let at = |t: usize| rotations(&tables, t as u32);
        let past: Vec<KeyValue> = past.iter().zip(0..).map(|([k, v], t)| KeyValue::new(k, v, &at(t))).collect();
        Head { query: rotary(query, &at(past.len() - 1)), past }
    }

    fn largest(&self) -> i128 {
        largest(&self.query, &self.past)
    }

    fn outputs(&self) -> Vec<i32> {
        attention::head(&self.query, &self.past, &tables(self.query.x.len()))
    }

    /// The head under this M, with these outputs if there are any.
    fn circuit(&self, maximum: i128, outputs: Option<&[i32]>) -> impl Fn(&mut System) + use<> {
        let (head, outputs) = (self.clone(), outputs.map(<[i32]>::to_vec));
        move |system| {
            let before = State::new(head.query.clone(), maximum);
            let mut state = Variables::new(system, &before);
            head.attend(system, &mut state);
            if let Some(outputs) = &outputs {
                let outputs: Vec<Num> = outputs.iter().map(|o| Num::constant(Fr::from(*o))).collect();
                system.mix(&state, &outputs);
            }
        }
    }

    fn attend(&self, system: &mut System, state: &mut Variables) {
        let query = Query::new(system, state);
        let numbers = |x: &[i16]| x.iter().map(|x| Num::constant(Fr::from(*x))).collect::<Vec<_>>();
        for kv in &self.past {
            let (key, value) = (numbers(&kv.key.x), numbers(&kv.value.x));
            let [sk, sv] = [&kv.key, &kv.value].map(|b| Num::constant(Fr::from(b.shift)));
            let counts = Bit::constant(true);
            system.attend(state, &query, &Place { key: &key, value: &value, sk, sv, counts });
        }
    }

    /// That its outputs are shown, and no neighbour of any of them is.
    fn exact(&self) -> bool {
        let (maximum, outputs) = (self.largest(), self.outputs());
        let off = |at: usize, by: i32| {
            let mut other = outputs.clone();
            other[at] = other[at].saturating_add(by);
            other == outputs || !satisfied(&[], None, self.circuit(maximum, Some(&other)))
        };
        satisfied(&[], None, self.circuit(maximum, Some(&outputs)))
            && (0..outputs.len().min(6)).all(|at| off(at, 1) && off(at, -1))
    }
}

/// Two positions of which the first has the larger score.
fn two() -> Head {
    Head::new(
        &[70_000, -5, 9, 40_000],
        &[[&[80_000, 7, 1, 90_000], &[5, -6, 7, 8]], [&[10, 900, 3, 2], &[400, 3, -2, -1]]],
    )
}

/// That a kv step's head has these K, V and shifts.
fn key_value(k: &[i32], v: &[i32], kv: &KeyValue, rotations: &[Rotation]) -> bool {
    satisfied(&[], None, |system| {
        let of = |v: &[i32]| v.iter().map(|v| Num::constant(Fr::from(*v))).collect::<Vec<_>>();
        let small = |x: &[i16]| x.iter().map(|x| Num::constant(Fr::from(*x))).collect::<Vec<_>>();
        let (pairs, _) = system.rotations(rotations);
        system.key(&of(k), &small(&kv.key.x), &pairs, &Num::constant(kv.key.shift.into()));
        system.value(&of(v), &small(&kv.value.x), &Num::constant(kv.value.shift.into()));
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_key_and_value_are_the_models_and_no_neighbours(
        k in proptest::array::uniform4(any::<i32>()), v in proptest::array::uniform4(any::<i32>()), by in 0u32..31, t in 0u32..1000,
    ) {
        let (k, v, rotations) = (k.map(|k| k >> by), v.map(|v| v >> (30 - by)), rotations(&tables(4), t));
        let honest = KeyValue::new(&k, &v, &rotations);
        prop_assert!(key_value(&k, &v, &honest, &rotations));
        let changes: [&dyn Fn(&mut KeyValue); 6] = [
            &|kv| kv.key.x[1] += 1,
            &|kv| kv.key.x[2] -= 1,
            &|kv| kv.value.x[0] = kv.value.x[0].wrapping_add(1),
            &|kv| kv.key.shift += 1,
            &|kv| kv.value.shift += 1,
            &|kv| kv.value.shift = kv.value.shift.wrapping_sub(1),
        ];
        for change in changes {
            let mut other = honest.clone();
            change(&mut other);
            prop_assert!(!key_value(&k, &v, &other, &rotations));
        }
        let mut turned = rotations.clone();
        turned[0].cos ^= 64;
        prop_assert!(honest.key.x[..2] == [0, 0] || KeyValue::new(&k, &v, &turned) == honest || !key_value(&k, &v, &honest, &turned));
    }
}

#[test]
fn a_query_is_rotated_as_a_key_is() {
    let rows = [i32::MIN, 77, -65535, i32::MAX];
    let rotations = rotations(&tables(4), 9);
    let shown = |lies: &[(Group, usize, i64)]| {
        satisfied(lies, None, |system| {
            let (pairs, _) = system.rotations(&rotations);
            let rows: Vec<Num> = rows.iter().map(|v| Num::constant(Fr::from(*v))).collect();
            let (query, shift) = system.query(&rows, &pairs);
            let want = rotary(&[i32::MIN, 77, -65535, i32::MAX], &rotations);
            let own: Vec<i128> = query.iter().map(Num::signed).collect();
            assert!(!lies.is_empty() || own == want.x.iter().map(|x| i128::from(*x)).collect::<Vec<_>>());
            assert!(!lies.is_empty() || shift.value() == Fr::from(want.shift));
        })
    };
    assert!(shown(&[]));
    // The shift, which no header has, and a bit of q' behind the constants.
    assert!(!shown(&[(Group::Minimal, 0, 1)]));
    assert!(!shown(&[(Group::Rotation, 4 * 16, 1)]) && !shown(&[(Group::Rotation, 4 * 16, -1)]));
}

#[test]
fn the_scale_of_scores_is_the_tables() {
    for head_dim in (2..=512).step_by(2) {
        assert_eq!(score_scale(head_dim as u32), tables_scale(head_dim), "hd {head_dim}");
    }
}

fn tables_scale(head_dim: usize) -> u64 {
    // round(2^14/√hd): the c with (2c − 1)²·hd ≤ 2^30 < (2c + 1)²·hd.
    (1..=1 << 14).find(|c| (2 * c + 1u64).pow(2) * head_dim as u64 > 1 << 30).unwrap()
}

#[test]
fn heads_of_extreme_rows_are_shown() {
    let (high, low) = ([i32::MAX; 4], [i32::MIN; 4]);
    let mixed = [i32::MAX, i32::MIN, 1, 0];
    for query in [high, low, mixed, [0; 4]] {
        let head =
            Head::new(&query, &[[&high, &low], [&low, &high], [&mixed, &mixed], [&[0; 4], &[0; 4]], [&low, &low]]);
        assert!(head.exact(), "{query:?}");
        let alone = Head::new(&query, &[[&mixed, &mixed]]);
        assert!(alone.exact(), "{query:?} at position 0");
    }
    // All scores are the same, all weights with them.
    assert!(Head::new(&[0; 4], &[[&high, &[1, 2, 3, 4]], [&low, &[-1, -2, -3, -5]], [&low, &[0; 4]]]).exact());
}

#[test]
fn the_widest_head_at_its_bounds_is_shown() {
    let block = |x: i16, shift| Block { x: vec![x; 512], shift };
    let kv = |key: i16, value: i16| KeyValue { key: block(key, 18), value: block(value, 17) };
    let head = Head { query: block(23170, 18), past: vec![kv(-23170, 32767), kv(23170, -32767), kv(0, 1)] };
    assert!(head.largest() > 1 << 55);
    assert!(head.exact());
    let turned = Head { query: block(-23170, 0), ..head };
    assert!(turned.exact());
}

#[test]
fn a_position_that_dominates_leaves_the_others_no_weight() {
    let head =
        Head::new(&[1 << 20; 4], &[[&[-9; 4], &[100; 4]], [&[1 << 24; 4], &[7, -8, 9, 1]], [&[5; 4], &[-50; 4]]]);
    let state = State::new(head.query.clone(), head.largest()).after(&head.past);
    assert_eq!(state.total, 1 << 15, "one weight, EXP[0]");
    assert!(head.exact());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_head_is_the_models_and_no_neighbour(
        rows in proptest::collection::vec(proptest::array::uniform6(any::<i32>()), 3..12), by in 0u32..24,
    ) {
        let rows: Vec<[i32; 6]> = rows.into_iter().map(|r| r.map(|v| v >> by)).collect();
        let past: Vec<[&[i32]; 2]> = rows[1..].chunks_exact(2).map(|kv| [&kv[0][..], &kv[1]]).collect();
        prop_assert!(Head::new(&rows[0], &past).exact());
    }
}

#[test]
fn a_largest_score_that_is_none_is_refused() {
    let head = two();
    let (maximum, outputs) = (head.largest(), head.outputs());
    // One more makes the same weights.
    refused_only(Group::Maximum, &[], head.circuit(maximum + 1, Some(&outputs)));
    // One less is below a score.
    assert!(!satisfied(&[], None, head.circuit(maximum - 1, None)));
    assert!(!satisfied(&[], None, head.circuit(-maximum, None)));
}

#[test]
fn what_a_score_lacks_of_the_largest_is_no_fraction() {
    // δ = 1/(c·2^sq), of which a position would have the weight EXP[0].
    let head = Head { past: two().past[..1].to_vec(), ..two() };
    let scale = Fr::from(score_scale(4) << head.query.shift).inverse().unwrap();
    refused_only(Group::Maximum, &[], |system| {
        let mut state = Variables::new(system, &State::new(head.query.clone(), 0));
        state.maximum = Num::constant(Fr::from(head.largest()) + scale);
        head.attend(system, &mut state);
    });
}

#[test]
fn a_state_that_did_not_attain_the_largest_has_no_outputs() {
    let head = two();
    let state = State::new(head.query.clone(), head.largest()).after(&head.past[1..]);
    assert!(!state.attained && state.total > 0);
    let outputs: Vec<i128> = state.mix.iter().map(|o| (o + (state.total >> 1)).div_euclid(state.total)).collect();
    let mix = |state: State, outputs: Vec<i128>| {
        move |system: &mut System| {
            let variables = Variables::new(system, &state);
            let outputs: Vec<Num> = outputs.iter().map(|o| Num::constant(Fr::from(*o))).collect();
            system.mix(&variables, &outputs);
        }
    };
    refused_only(Group::Maximum, &[], mix(state.clone(), outputs.clone()));
    assert!(satisfied(&[], None, mix(State { attained: true, ..state }, outputs)));
}

#[test]
fn scores_and_sums_are_those_of_keys_and_values() {
    let circuit = two().circuit(two().largest(), None);
    // Of the second position: its first product, one less. Behind hd + 94 of the first.
    only(Group::Score, &[(Group::Score, 4 + 94, -1)], &circuit);
    // Behind 2·hd + 4 variables of the state: whether it counts, its weight, the weight under sv, a product.
    for at in [12, 13, 14, 15] {
        only(Group::Mix, &[(Group::Mix, at, 1)], &circuit);
    }
}

#[test]
fn mantissas_and_shifts_out_of_range_are_refused() {
    let changed = |change: &dyn Fn(&mut KeyValue)| {
        let mut head = two();
        change(&mut head.past[1]);
        let maximum = head.largest();
        head.circuit(maximum, None)
    };
    refused_only(Group::Mantissa, &[], changed(&|kv| kv.key.x[0] = 23171));
    refused_only(Group::Mantissa, &[], changed(&|kv| kv.key.x[1] = -23171));
    refused_only(Group::Mantissa, &[], changed(&|kv| kv.value.x[3] = i16::MIN));
    assert!(!satisfied(&[], None, changed(&|kv| kv.key.shift = 19)));
    refused_only(Group::Header, &[], changed(&|kv| kv.value.shift = 18));
}

#[test]
fn places_that_count_are_the_first() {
    for n in 1..=PLACES {
        assert!(satisfied(&[], None, move |s| drop(s.places(n))));
        assert_eq!(System::counting().places(n).1.value(), Fr::from(n as u64));
    }
    // The third in place of the second.
    only(Group::Places, &[(Group::Places, 0, -1), (Group::Places, 1, 1)], |s| drop(s.places(2)));
}

#[test]
fn a_place_that_does_not_count_adds_and_attains_nothing() {
    let head = Head { past: two().past[..1].to_vec(), ..two() };
    let mut system = System::counting();
    let mut state = Variables::new(&mut system, &State::new(head.query.clone(), head.largest()));
    let query = Query::new(&mut system, &state);
    let zero: Vec<Num> = head.past[0].key.x.iter().map(|x| Num::constant(Fr::from(*x))).collect();
    let sk = Num::constant(Fr::from(head.past[0].key.shift));
    let place = Place { key: &zero, value: &zero, sk, sv: Num::default(), counts: Bit::constant(false) };
    system.attend(&mut state, &query, &place);
    assert_eq!([state.total.value(), state.attained.value(), state.mix[0].value()], [Fr::from(0); 3]);
}

#[test]
fn a_state_is_the_same_inside_and_outside() {
    let head = two();
    let salt = Fr::from(99);
    let mut system = System::counting();
    let before = State::new(head.query.clone(), head.largest());
    let mut state = Variables::new(&mut system, &before);
    assert_eq!(state.digest(&mut system, salt).value(), before.digest(salt));
    head.attend(&mut system, &mut state);
    assert_eq!(state.digest(&mut system, salt).value(), before.after(&head.past).digest(salt));
}

#[test]
fn a_position_left_out_or_doubled_gives_another_state() {
    let head = Head::new(&[9, -900, 77, 5], &[[&[5; 4], &[1; 4]], [&[6; 4], &[2; 4]], [&[7; 4], &[3; 4]]]);
    let before = State::new(head.query.clone(), head.largest());
    let of = |places: &[usize]| before.after(places.iter().map(|p| &head.past[*p])).digest(Fr::from(1));
    let all = of(&[0, 1, 2]);
    assert_eq!(of(&[2, 0, 1]), all, "the order is no matter");
    for other in [&[0, 1][..], &[1, 2], &[0, 2], &[0, 1, 2, 2], &[0, 0, 1, 2], &[0, 1, 1]] {
        assert_ne!(of(other), all, "{other:?}");
    }
}

#[test]
fn every_element_of_a_state_is_in_its_digest() {
    let head = two();
    let state = State::new(head.query.clone(), head.largest()).after(&head.past);
    let digest = state.digest(Fr::from(1));
    let changes: [&dyn Fn(&mut State); 6] = [
        &|s| s.query.x[3] += 1,
        &|s| s.query.shift += 1,
        &|s| s.maximum += 1,
        &|s| s.attained = false,
        &|s| s.total += 1,
        &|s| s.mix[0] += 1,
    ];
    for change in changes {
        let mut other = state.clone();
        change(&mut other);
        assert_ne!(other.digest(Fr::from(1)), digest);
    }
    assert_ne!(state.digest(Fr::from(2)), digest);
}
