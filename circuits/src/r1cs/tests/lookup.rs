//! Entries of tables and headers.

use super::*;
use crate::r1cs::lookup::Table;
use assay_model::tables::{TableParams, Tables};

fn entry(table: Table, t: u128) -> impl Fn(&mut System) -> Num {
    move |system| {
        let bits: Vec<Num> = system.bits(Group::Data, t, 12).into_iter().map(Num::from).collect();
        system.lookup(table, &bits)
    }
}

#[test]
fn every_part_of_a_table_is_looked_up() {
    let params = TableParams { dim: 64, head_dim: 4, eps: 1e-5, rope_base: 1e4, rope_linear: 1.0, rope_factors: None };
    let tables = Tables::new(&params).unwrap();
    for (table, own) in [(Table::Exponential, tables.exp), (Table::Sigmoid, tables.sigmoid)] {
        assert_eq!([table.entry(0), table.entry(4096)], [Fr::from(own[0]), Fr::from(0)]);
        for t in (0..4096).step_by(61).chain([1, 63, 64, 65, 4095]) {
            assert_eq!(entry(table, t)(&mut System::counting()).value(), Fr::from(own[t as usize]), "{t}");
        }
        assert!(satisfied(&[], None, |s| drop(entry(table, 777)(s))));
    }
}

#[test]
fn an_entry_is_that_of_its_bits() {
    // A half, a one-hot number of a row, and a row's product.
    for at in [0, 40, 70, 130, 187] {
        only(Group::Lookup, &[(Group::Lookup, at, 1)], |s| drop(entry(Table::Sigmoid, 2900)(s)));
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
