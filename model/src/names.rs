//! Names of the tensors of a llama model, as its file and its manifest give them.

use crate::program::{Step, StepKind};

/// Token embedding.
pub const EMBEDDING: &str = "token_embd.weight";
/// Output matrix of an untied model.
pub const OUTPUT: &str = "output.weight";
/// Gains of the norm before the head.
pub const FINAL_NORM: &str = "output_norm.weight";
/// Divisors of the rotation speeds in Llama 3 models.
pub const ROPE_FACTORS: &str = "rope_freqs.weight";

/// Name of a layer's tensor.
pub fn of_layer(layer: u32, part: &str) -> String {
    format!("blk.{layer}.{part}.weight")
}

/// Names of the matrices of a linear step, in the order of its parts; empty for other steps. The head of a tied model is
/// [`EMBEDDING`].
pub fn of_step(step: Step) -> Vec<String> {
    let parts: &[&str] = match step.kind {
        StepKind::Qkv => &["attn_q", "attn_k", "attn_v"],
        StepKind::O => &["attn_output"],
        StepKind::GateUp => &["ffn_gate", "ffn_up"],
        StepKind::Down => &["ffn_down"],
        StepKind::Head => return vec![OUTPUT.to_owned()],
        _ => &[],
    };
    parts.iter().map(|part| of_layer(step.layer, part)).collect()
}

/// Name of a norm's gains; of the final norm's for any other step.
pub fn of_gains(norm: Step) -> String {
    match norm.kind {
        StepKind::AttnNorm => of_layer(norm.layer, "attn_norm"),
        StepKind::FfnNorm => of_layer(norm.layer, "ffn_norm"),
        _ => FINAL_NORM.to_owned(),
    }
}
