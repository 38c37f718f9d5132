//! A statement's parts, as a contract makes them from the manifest and the program.

use super::*;
use crate::settlement::shape::path;
use crate::settlement::statement::UNIT_BITS;
use assay_model::steps::linear::Rounding;

#[test]
fn an_exponent_and_a_header_give_the_models_shift() {
    let scale = SCALARS.scale;
    for (kg, k) in [(-24, -24), (30, 32), (14, 13), (0, 0)] {
        let exponent = |kind| i32::from(Unit::exponent(kind, kg, k).unwrap());
        for kind in [StepKind::Qkv, StepKind::GateUp, StepKind::Head] {
            let shift = exponent(kind) + i32::from(scale.j) - i32::from(scale.s2);
            assert_eq!(Rounding::after_norm(kind, &scale, kg, k), Rounding::Scaled { r: scale.r, shift });
        }
        assert_eq!(Rounding::attention_output(9, k), Rounding::Residual { shift: exponent(StepKind::O) - 9 });
        assert_eq!(Rounding::ffn_output(63, k), Rounding::Residual { shift: exponent(StepKind::Down) - 63 });
    }
    assert_eq!(Unit::exponent(StepKind::Kv, 0, 0), None);
    assert_eq!(Unit::exponent(StepKind::Qkv, 0, 127), None);
    assert_eq!(Unit::exponent(StepKind::Qkv, i32::MAX, 0), None);
}

#[test]
fn the_parts_of_a_unit_stand_side_by_side() {
    let toy = Toy::new(StepKind::O, 1);
    let field = toy.witness.unit.field(&toy.shape);
    assert_eq!(UNIT_BITS.iter().sum::<usize>(), 176);
    // Position 41, steps 3, 4 and 2, chunk 1 by the path 1, exponent 24 + 128, a residual of down.
    let high = [(0u128, 0usize), (1, 0), (1, 16), (152, 32), (10, 40)];
    let high = high.iter().fold(0, |sum, (part, bit)| sum + (part << bit));
    let low = 41 + (3u128 << 32) + (4 << 64) + (2 << 96);
    assert_eq!(field, Fr::from(low) + Fr::from(high) * crate::r1cs::power_of_two(128));
}

#[test]
fn a_path_leads_from_the_chunk_to_the_root() {
    assert!(path(1, 0).is_empty());
    assert_eq!(path(5, 4), [true]);
    assert_eq!(path(5, 1), [true, false, false]);
    assert_eq!(path(7, 5), [true, false, true]);
    assert_eq!(path(12, 9), [true, false, true]);
}

#[test]
fn a_statement_that_hides_rows_or_elements_is_not_well_formed() {
    let toy = Toy::new(StepKind::O, 1);
    let changed = |change: &dyn Fn(&mut Statement)| {
        let mut statement = toy.statement();
        change(&mut statement);
        statement.is_well_formed(&toy.shape)
    };
    assert!(changed(&|_| ()));
    assert!(!changed(&|s| s.rho = Fr::from(0)));
    assert!(!changed(&|s| s.inverse_z = Fr::from(0)));
    assert!(!changed(&|s| s.residual_leaf = None));
    assert!(!changed(&|s| s.unit.chunk = 2));
}

#[test]
fn shapes_are_those_of_linear_chunks_alone() {
    assert_eq!(Shape::new(&CONFIG, StepKind::Act, 0), None);
    assert_eq!(Shape::new(&CONFIG, StepKind::O, 2), None);
    let kinds: Vec<StepKind> = Shape::all(&CONFIG).iter().map(|s| s.kind).collect();
    assert!(kinds.iter().all(|k| k.is_linear()));
    // q, k and v are chunks of one tensor; o and down have a full chunk and a last one.
    let of = |kind| kinds.iter().filter(|k| **k == kind).count();
    let linear = [StepKind::Qkv, StepKind::O, StepKind::GateUp, StepKind::Down, StepKind::Head];
    assert_eq!(linear.map(of), [2, 2, 1, 2, 2]);
}
