//! Random models: every weight format, tied and untied, with varied head shapes, rotary scalings and tokenizers.

use assay_model::config::Config;
use assay_model::gguf::{Array, TensorType, Value};
use assay_model::testing::Toy;
use assay_model::text::alphabet;

/// Heads, key/value heads, head width: shared and single key heads; widths that are and are not powers of 4.
const SHAPES: [(u32, u32, u32); 7] =
    [(9, 3, 32), (4, 4, 64), (8, 1, 80), (9, 3, 64), (4, 4, 32), (8, 1, 64), (4, 4, 80)];
/// A whole block of every format.
const DIM: u32 = 256;
/// Not a whole number of the 256-weight blocks, nor of the program's chunks.
const FFN: u32 = 352;
const VOCAB: u32 = 320;

/// How a toy's rotation is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rope {
    Plain,
    Linear,
    Llama3,
}

/// A recipe and its name.
pub struct Case {
    pub name: String,
    pub rope: Rope,
    pub toy: Toy,
}

/// Every format, tied and untied.
pub fn cases() -> Vec<Case> {
    // 2, 3 and 7 have no common factor, so shapes, rotations and ties meet in many ways.
    (0..2 * TensorType::ALL.len()).map(|n| case(n, TensorType::ALL[n / 2], n % 2 == 0)).collect()
}

fn case(n: usize, kind: TensorType, tied: bool) -> Case {
    let (heads, kv_heads, head_dim) = SHAPES[n % SHAPES.len()];
    let rope = [Rope::Plain, Rope::Linear, Rope::Llama3][n % 3];
    let sentence_piece = (n / 2).is_multiple_of(2);
    let q_dim = heads * head_dim;
    let fitting = |cols: u32| if (cols as usize).is_multiple_of(kind.block_len()) { kind } else { TensorType::Q5_1 };
    let mut metadata = if sentence_piece { sentence_piece_tokenizer() } else { byte_level_tokenizer() };
    if rope == Rope::Linear {
        metadata.push(("llama.rope.scaling.type".into(), Value::String("linear".into())));
        metadata.push(("llama.rope.scaling.factor".into(), Value::F32(3.0)));
    }
    let toy = Toy {
        config: Config { layers: 3, dim: DIM, heads, kv_heads, head_dim, ffn: FFN, vocab: VOCAB, context: 256 },
        // In the recipe's order: q, k, v, output, gate, up, down.
        kinds: [DIM, DIM, DIM, q_dim, DIM, DIM, FFN].map(fitting).to_vec(),
        embedding: kind,
        output: (!tied).then_some(kind),
        rope_factors: (rope == Rope::Llama3).then(|| llama3_factors(head_dim)),
        seed: 100 + n as u64,
        metadata,
    };
    let tokenizer = if sentence_piece { "SPM" } else { "BPE" };
    let tie = if tied { "tied" } else { "untied" };
    let name = format!("{:5} {tie:6} {heads}/{kv_heads}x{head_dim:<3} {rope:?} {tokenizer}", kind.name());
    Case { name, rope, toy }
}

/// Llama 3's factors for a model trained on 64 positions: fast pairs are kept, slow ones divided by 8.
fn llama3_factors(head_dim: u32) -> Vec<f32> {
    let factor = |i: u32| {
        let wavelength = std::f32::consts::TAU * 10_000f32.powf(2.0 * i as f32 / head_dim as f32);
        let smooth = ((64.0 / wavelength - 1.0) / 3.0).clamp(0.0, 1.0);
        1.0 / ((1.0 - smooth) / 8.0 + smooth)
    };
    (0..head_dim / 2).map(factor).collect()
}

fn sentence_piece_tokenizer() -> Vec<(String, Value)> {
    let pieces = ["▁", "e", "t", "a", "▁t", "he", "▁the", "in", "er", "an", "▁a", "o", "n", "h", "s"];
    let bytes = (0..256).map(|b| format!("<0x{b:02X}>"));
    let tokens: Vec<String> = (["<unk>", "<s>", "</s>"].into_iter().map(str::to_owned))
        .chain(bytes)
        .chain(pieces.into_iter().map(str::to_owned))
        .collect();
    let count = tokens.len();
    let types = [2, 3, 3].into_iter().chain([6; 256]).chain(vec![1; pieces.len()]).collect();
    let scores = (0..count).map(|id| if id < 259 { 0.0 } else { 259.0 - id as f32 }).collect();
    tokenizer("llama", tokens, types, vec![("scores", Value::Array(Array::F32(scores)))])
}

fn byte_level_tokenizer() -> Vec<(String, Value)> {
    let merges = ["h e", "t he", "i n", "e r", "Ġ the", "Ġ a", "a n"];
    let mut tokens: Vec<String> = vec!["<|unk|>".into(), "<|start|>".into(), "<|end|>".into()];
    tokens.extend(alphabet::CHARS.iter().map(char::to_string));
    tokens.extend(merges.iter().map(|m| m.replace(' ', "")));
    let mut types = vec![1; tokens.len()];
    types[..3].fill(3);
    let merges = merges.map(str::to_owned).to_vec();
    let further = vec![("merges", Value::Array(Array::String(merges))), ("pre", Value::String("smollm".into()))];
    tokenizer("gpt2", tokens, types, further)
}

fn tokenizer(model: &str, tokens: Vec<String>, types: Vec<i32>, further: Vec<(&str, Value)>) -> Vec<(String, Value)> {
    let common = [
        ("model", Value::String(model.into())),
        ("tokens", Value::Array(Array::String(tokens))),
        ("token_type", Value::Array(Array::I32(types))),
        ("bos_token_id", Value::U32(1)),
        ("eos_token_id", Value::U32(2)),
    ];
    common.into_iter().chain(further).map(|(key, value)| (format!("tokenizer.ggml.{key}"), value)).collect()
}
