use assay_model::gguf::{File, TensorType};
use assay_model::testing::Toy;
use assay_model::{Config, load};

use super::*;
use crate::testing::gpu;

pub fn model() -> Model {
    let config = Config { layers: 1, dim: 64, heads: 2, kv_heads: 1, head_dim: 32, ffn: 96, vocab: 300, context: 64 };
    let kind = TensorType::Q4_1;
    let bytes = Toy { config, kinds: vec![kind], embedding: kind, seed: 3, ..Toy::default() }.gguf();
    load::load(&File::parse(&bytes).unwrap()).unwrap().model
}

#[test]
fn a_variant_with_an_error_is_dropped_and_a_right_one_kept() {
    let Some(gpu) = gpu() else { return };
    let model = model();
    let shapes = Shapes::of(&model);
    let planted = |text: &str| {
        let text = text.replace("acc + L(i64(d))", "acc - L(i64(d))");
        let floats = "fn code(word: u32, j: u32) -> f32 {";
        text.replace(floats, &format!("{floats}\n  if (j == 3u) {{ return 1.0; }}"))
    };
    let plan = search(&Trial::of_altered(&gpu, &shapes, &planted)).unwrap();
    for product in plan.products {
        assert_eq!((product.dot == Dot::F32, product.wide), (false, Wide::Pair));
    }
    assert_eq!(Trial::of_altered(&gpu, &shapes, &planted).all(&plan), Ok(()));
}

#[test]
fn a_card_whose_portable_variants_are_wrong_is_refused_by_name() {
    let Some(gpu) = gpu() else { return };
    let model = model();
    let shapes = Shapes::of(&model);
    let planted = |text: &str| text.replace("select(U(0u), U(1u), lo < a.lo)", "U(0u)");
    let refused = search(&Trial::of_altered(&gpu, &shapes, &planted)).unwrap_err();
    assert!(matches!(&refused, GpuError::Wrong { card, .. } if card == gpu.name()), "{refused}");
    assert!(refused.to_string().starts_with(gpu.name()));
}
