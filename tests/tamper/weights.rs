//! A rig that runs another model than the one that it was paid for, different in one part.

use crate::case::{Case, MODEL, assert_all, everything, verdict};
use assay_circuits::fold::FoldError;
use assay_model::matrix::{Codes, Matrix};
use assay_model::model::Model;
use assay_model::program::{Step, StepKind, Unit};
use assay_tests::rig::Honest;
use assay_tests::toy;
use assay_tests::trace::signed;
use assay_tests::{forge, public};
use assay_verifier::{Code, Rejection, audit};
use rayon::prelude::*;
use std::sync::LazyLock;

/// Part, change, and the place where it shows first: position, layer, step, unit, code.
type Swap = (&'static str, fn(&mut Model), (u32, u32, StepKind, Unit), Code);

/// Changes the weight in row 0, column 0.
fn nudge(w: &mut Matrix) {
    match &mut w.codes {
        Codes::I16(v) => v[0][0] ^= 256,
        Codes::I32(v) => v[0] ^= 1 << 12,
        _ => unreachable!("the toy has plain weights"),
    }
}

/// First position with a head.
const TAIL: u32 = 4;

#[rustfmt::skip]
const SWAPS: [Swap; 17] = [
    ("embedding", |m| m.embedding = toy::model(toy::large(), 2).embedding, (0, 0, StepKind::Embed, Unit::Chunk(0)), Code::WrongEmbed),
    ("q", |m| nudge(&mut m.layers[1].q), (0, 1, StepKind::Qkv, Unit::Chunk(0)), Code::WrongLinear),
    ("k", |m| nudge(&mut m.layers[1].k), (0, 1, StepKind::Qkv, Unit::Chunk(1)), Code::WrongLinear),
    ("v", |m| nudge(&mut m.layers[1].v), (0, 1, StepKind::Qkv, Unit::Chunk(2)), Code::WrongLinear),
    ("o", |m| m.layers[1].o.k += 1, (0, 1, StepKind::O, Unit::Chunk(0)), Code::WrongLinear),
    ("gate", |m| m.layers[1].gate.k += 1, (0, 1, StepKind::GateUp, Unit::Chunk(0)), Code::WrongLinear),
    ("up", |m| m.layers[1].up.k += 1, (0, 1, StepKind::GateUp, Unit::Chunk(3)), Code::WrongLinear),
    ("down", |m| m.layers[1].down.k += 1, (0, 1, StepKind::Down, Unit::Chunk(0)), Code::WrongLinear),
    ("output", |m| nudge(m.output.as_mut().expect("untied")), (TAIL, 0, StepKind::Head, Unit::Chunk(0)), Code::WrongLinear),
    ("attn_norm gains", |m| m.layers[1].attn_norm.gamma[300] += 900, (0, 1, StepKind::AttnNorm, Unit::Chunk(1)), Code::WrongNorm),
    ("attn_norm exponent", |m| m.layers[1].attn_norm.k += 1, (0, 1, StepKind::Qkv, Unit::Chunk(0)), Code::WrongLinear),
    ("ffn_norm gains", |m| m.layers[1].ffn_norm.gamma[0] += 900, (0, 1, StepKind::FfnNorm, Unit::Chunk(0)), Code::WrongNorm),
    ("final_norm gains", |m| m.final_norm.gamma[0] += 900, (TAIL, 0, StepKind::FinalNorm, Unit::Chunk(0)), Code::WrongNorm),
    ("eps", |m| m.tables.eps.fill(1 << 34), (0, 0, StepKind::AttnNorm, Unit::Header), Code::WrongHeader),
    ("phases", |m| m.tables.phases[0] /= 2, (1, 0, StepKind::Kv, Unit::Head(0)), Code::WrongKv),
    ("exp", |m| m.tables.exp[0] -= 900, (1, 0, StepKind::Attention, Unit::Head(0)), Code::WrongAttention),
    ("sigmoid", |m| m.tables.sigmoid.fill(16_384), (0, 0, StepKind::Act, Unit::Chunk(0)), Code::WrongAct),
];

pub static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    SWAPS
        .par_iter()
        .map(|(name, swap, (t, layer, kind, unit), code)| {
            let mut model = MODEL.clone();
            swap(&mut model);
            let claim = signed(&model, &toy::job(&MODEL, 5, 5, 2), &mut Honest);
            let step = Step { kind: *kind, layer: *layer };
            Case::new(*name, Rejection::unit(*code, *t, step, *unit), verdict(&claim))
        })
        .collect()
});

#[test]
fn another_models_weights_are_named_where_they_first_matter() {
    assert_all(&CASES);
}

/// Verdicts of a client without weights: on the best answer from the manifest's weights, on one from those that were used.
fn proofs(name: &str, code: Code) -> [Code; 2] {
    let equation = Code::Fold(FoldError::Equation);
    match name {
        "q" | "k" | "v" | "output" => [equation; 2],
        // Another exponent: its accumulators do not round to what was committed under that of the manifest.
        "o" | "gate" | "up" | "down" | "attn_norm exponent" => [equation, Code::WrongLinear],
        "embedding" | "attn_norm gains" | "ffn_norm gains" | "final_norm gains" => [code, Code::WrongWeights],
        _ => [code; 2],
    }
}

#[test]
fn another_models_weights_do_not_prove_what_they_give() {
    let published = public::published(&MODEL);
    SWAPS.par_iter().for_each(|(name, swap, _, code)| {
        let mut model = MODEL.clone();
        swap(&mut model);
        let claim = signed(&model, &toy::job(&MODEL, 5, 5, 2), &mut Honest);
        let challenge = everything(&claim);
        let verdict = |weights| {
            let answer = forge::answer(weights, &published, &claim, &challenge);
            audit::proved(published.public(), &claim.claim(), &challenge, &answer).map_err(|r| r.code)
        };
        let got = [verdict(&MODEL), verdict(&model)];
        assert_eq!(got, proofs(name, *code).map(Err), "{name}");
    });
}
