//! How many constraints each shape has.

use super::*;
use crate::r1cs::Group;

fn smollm2() -> Config {
    Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 }
}

#[test]
fn every_shape_of_smollm2_has_the_constraints_of_the_documentation() {
    let counts: Vec<(String, usize)> =
        Shape::all(&smollm2()).iter().map(|s| (s.to_string(), count(s).unwrap().total())).collect();
    for (shape, n) in &counts {
        println!("{shape}: {n}");
    }
    let shown = counts.iter().map(|(s, n)| (s.as_str(), *n)).collect::<Vec<_>>();
    assert_eq!(shown, []);
}

#[test]
fn shapes_of_smollm2_stay_below_their_bars() {
    let most = |kind| {
        let shapes = Shape::all(&smollm2()).into_iter().filter(|s| s.kind == kind);
        shapes.map(|s| count(&s).unwrap().total()).max().unwrap()
    };
    assert!(most(StepKind::Qkv) <= 750_000);
    assert!(most(StepKind::O) <= 1_050_000);
    assert!(most(StepKind::Down) <= 1_550_000);
}
