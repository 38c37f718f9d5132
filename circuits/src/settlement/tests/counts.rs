//! How many constraints each shape has.

use super::*;
use crate::r1cs::Group;

const SMOLLM2: Config =
    Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 };

/// Constraints of a compression whose state is variables, and whose counter is none.
const COMPRESSION: usize = 14_800;

#[test]
fn every_shape_of_smollm2_has_the_constraints_of_the_documentation() {
    let counts: Vec<_> =
        Shape::all(&SMOLLM2).into_iter().map(|s| (s.to_string(), count(&s).unwrap().total())).collect();
    let want = [
        ("qkv 576 to 1280, 256 rows, depth 3", 710_364),
        ("qkv 576 to 1280, 256 rows, depth 1", 681_010),
        ("o 576 to 576, 256 rows, depth 2", 976_574),
        ("o 576 to 576, 64 rows, depth 1", 544_861),
        ("gate_up 576 to 3072, 256 rows, depth 4", 725_041),
        ("gate_up 576 to 3072, 256 rows, depth 3", 710_364),
        ("down 1536 to 576, 256 rows, depth 2", 1_452_955),
        ("down 1536 to 576, 64 rows, depth 1", 1_020_858),
        ("head 576 to 49152, 256 rows, depth 8", 976_584),
        ("head 576 to 49152, 256 rows, depth 7", 961_907),
    ];
    assert_eq!(counts, want.map(|(shape, n)| (shape.to_owned(), n)));
    let bar = |kind| want.iter().filter(|(shape, _)| shape.starts_with(kind)).map(|w| w.1).max().unwrap();
    assert!(bar("qkv") <= 750_000 && bar("o ") <= 1_050_000 && bar("down") <= 1_550_000);
}

#[test]
fn compressions_are_most_of_a_circuit() {
    // x: 18 blocks, a parent, 3 blocks of leaf. y: 16 blocks, 3 parents, 2 blocks of leaf.
    let qkv = count(&Shape::new(&SMOLLM2, StepKind::Qkv, 0).unwrap()).unwrap();
    let hashing = [Group::Sum, Group::Carry, Group::Xor].map(|g| qkv.of(g)).iter().sum::<usize>();
    assert!((43 * (COMPRESSION - 132)..43 * COMPRESSION + 16 * 512).contains(&hashing), "{hashing}");
    assert!(qkv.total() - hashing < 80_000);
}
