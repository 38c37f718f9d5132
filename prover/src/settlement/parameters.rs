//! What the circuits of a model read of it besides its shape: the values of a record's parameters.

use ark_bn254::Fr;
use assay_circuits::r1cs::attention_rotation;
use assay_circuits::r1cs::parameters::{eps_digest, gains_digest};
use assay_circuits::settlement::embedding::{Tree, elements};
use assay_model::Model;
use assay_model::model::Gains;
use assay_model::program::{Step, StepKind};
use assay_model::steps::embed;
use assay_model::tables::Rotation;
use assay_verifier::settlement::record::Parameter;
use rayon::prelude::*;

/// Values of all parameters, in the order of [`Parameter::all`]. `None` for a model without one of its norms.
pub fn values(model: &Model, embedding: &Tree) -> Option<Vec<Fr>> {
    let all: Vec<Parameter> = Parameter::all(&model.config).collect();
    all.into_par_iter().map(|parameter| value(model, embedding, parameter)).collect()
}

/// Value of a parameter. `None` for one that the model does not have.
pub fn value(model: &Model, embedding: &Tree, parameter: Parameter) -> Option<Fr> {
    Some(match parameter {
        Parameter::Eps => eps_digest(&model.tables.eps),
        Parameter::Gains { step, chunk } => gains_digest(&chunk_gains(model, step, chunk)?),
        Parameter::Rotation { position } => attention_rotation::digest(&rotations(model, position)),
        Parameter::Embedding => embedding.root(),
    })
}

/// The tree over the embedding. Takes a hash of every weight of the embedding.
pub fn embedding(model: &Model) -> Tree {
    Tree::new(&model.config, |token| row(model, token))
}

/// The residual that a token begins with.
pub fn row(model: &Model, token: u32) -> Vec<i32> {
    let mut row = vec![0; model.embedding.cols];
    let token = usize::try_from(token).unwrap_or(usize::MAX);
    model.embedding.decode_row(token, &mut row);
    embed::chunk(&row, model.embedding.k)
}

/// γ' of a chunk of a norm.
pub fn chunk_gains(model: &Model, step: u32, chunk: u32) -> Option<Vec<i16>> {
    let gamma = &gains(model, model.config.step(step)?)?.gamma;
    gamma.get(elements(&model.config, chunk)).filter(|gains| !gains.is_empty()).map(<[i16]>::to_vec)
}

fn gains(model: &Model, step: Step) -> Option<&Gains> {
    let layer = model.layers.get(usize::try_from(step.layer).ok()?);
    match step.kind {
        StepKind::AttnNorm => layer.map(|layer| &layer.attn_norm),
        StepKind::FfnNorm => layer.map(|layer| &layer.ffn_norm),
        StepKind::FinalNorm => Some(&model.final_norm),
        _ => None,
    }
}

/// Rotations of a position, one a pair.
pub fn rotations(model: &Model, position: u32) -> Vec<Rotation> {
    let mut rotations = vec![Rotation::default(); model.tables.phases.len()];
    model.tables.rotation(position, &mut rotations);
    rotations
}
