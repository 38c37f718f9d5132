//! What an answer holds for clients without weights: rows and gains of the model, and the fold proof of every product.

use crate::commitments::Committed;
use crate::cpu::platform::Tier;
use crate::fold::{self, ProveError};
use assay_model::config::Config;
use assay_model::program::Step;
use assay_model::steps::i16_values;
use assay_model::{Model, rows};
use assay_verifier::answer::Source;
use assay_verifier::audit::Claim;
use assay_verifier::needs::{self, Needs};
use assay_verifier::products::{self, Products};
use assay_verifier::{Challenge, disclosure, draw, parameters};

/// Why an answer has no disclosure.
#[derive(Debug, thiserror::Error)]
pub enum DiscloseError {
    /// There is no fold proof.
    #[error("the fold proof cannot be made: {0}")]
    Fold(#[from] ProveError),
    /// The commitments are for another shape.
    #[error("the commitments are not those of this model")]
    Commitments,
}

/// Position, step and chunk of each product that `needs` opens.
pub fn products(config: &Config, needs: &Needs) -> Vec<(u32, Step, u32)> {
    let steps = needs.iter().flat_map(|(&t, steps)| steps.iter().map(move |(&index, opening)| (t, index, opening)));
    steps
        .filter_map(|(t, index, opening)| Some((t, config.step(index)?, opening)))
        .filter(|(_, step, _)| step.kind.is_linear())
        .flat_map(|(t, step, opening)| opening.derived.iter().map(move |&c| (t, step, c)))
        .collect()
}

/// Disclosure of an answer to `challenge` that opens `source`. The fold proof is about the accumulators of `source`: if the
/// weights do not give them it will be refused.
///
/// # Errors
/// [`DiscloseError`].
pub fn disclose(
    tier: Tier,
    model: &Model,
    committed: &Committed,
    claim: &Claim<'_>,
    challenge: &Challenge,
    source: &dyn Source,
) -> Result<Vec<u8>, DiscloseError> {
    let drawn = draw::draw(challenge, &claim.extent(&model.config));
    let needs = claim.needs(&model.config, &drawn);
    let binding = products::Binding { receipt: challenge.receipt, challenge: challenge.digest() };
    let fold_proof = fold_proof(tier, model, committed, &binding, &needs, source)?;
    let weights = claim.weight_needs(&model.config, &drawn);
    let leaves = if weights.tokens.is_empty() { Vec::new() } else { rows::leaves(&model.embedding) };
    Ok(disclosure::build(model, &leaves, &weights, &fold_proof))
}

fn fold_proof(
    tier: Tier,
    model: &Model,
    committed: &Committed,
    binding: &products::Binding,
    needs: &Needs,
    source: &dyn Source,
) -> Result<Vec<u8>, DiscloseError> {
    let (config, public) = (&model.config, &committed.public);
    let mut list: Vec<Products> = Vec::new();
    let mut last = None;
    for (t, step, chunk) in products(config, needs) {
        if last != Some((t, step)) {
            last = Some((t, step));
            let from = config.step_index(Step { kind: needs::input(step), ..step });
            list.push(Products { step, x: i16_values(source.step(t, from).1), chunks: Vec::new() });
        }
        let acc = source.accumulators(model, t, step, chunk);
        list.last_mut().expect("one was pushed").chunks.push((chunk, acc));
    }
    let Some(statement) = products::statement(public, binding, list) else { return Ok(Vec::new()) };
    let places = statement.folds.iter().map(|f| products::places(public, f)).collect::<Option<Vec<_>>>();
    let places = places.ok_or(DiscloseError::Commitments)?;
    let rows = |fold: usize, block: usize| {
        let (step, blocks) = &places[fold];
        let matrix = parameters::matrix(model, *step, blocks[block].part).expect("a part of the step");
        (matrix, blocks[block].first)
    };
    Ok(fold::prove(tier, &committed.powers, &statement, &rows)?.encode())
}
