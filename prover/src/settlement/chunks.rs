//! The chunks of a model's record: of every 256 rows of every linear step one commitment, and the exponent of their rounding.

use ark_bn254::G1Affine;
use assay_circuits::settlement::Unit;
use assay_circuits::settlement::product::prove::commit_rows;
use assay_model::Model;
use assay_model::config::Config;
use assay_model::program::{Step, StepKind};
use assay_verifier::parameters::{self, Rows};
use assay_verifier::settlement::record::Chunk;
use rayon::prelude::*;

/// Powers of tau that committing to a model's chunks takes: 256 rows of its widest matrix, if a part has as many.
pub fn powers_needed(config: &Config) -> usize {
    let steps = places(config).into_iter();
    let weights = steps.filter_map(|(_, step, chunk)| {
        let rows = Rows::of_chunk(config, step.kind, chunk)?.count;
        usize::try_from(config.inputs(step.kind)).ok()?.checked_mul(rows)
    });
    weights.max().unwrap_or(0)
}

/// All chunks, ascending by step and number. `None` if there are not enough powers, or an exponent is none that a manifest has.
pub fn chunks(model: &Model, powers: &[G1Affine]) -> Option<Vec<Chunk>> {
    of_places(model, powers, &places(&model.config))
}

/// The chunks at some of the [`places`].
pub fn of_places(model: &Model, powers: &[G1Affine], places: &[(u32, Step, u32)]) -> Option<Vec<Chunk>> {
    let place = |&(number, step, chunk): &(u32, Step, u32)| {
        let commitment = commit_rows(powers, &rows(model, step, chunk)?)?;
        Some(Chunk { step: number, chunk, exponent: exponent(model, step, chunk)?, commitment })
    };
    places.par_iter().map(place).collect()
}

/// What the weights add to the shift of a chunk's rounding. `None` if there is no such chunk, or it is none that a manifest has.
pub fn exponent(model: &Model, step: Step, chunk: u32) -> Option<i8> {
    let part = Rows::of_chunk(&model.config, step.kind, chunk)?.part;
    let layer = model.layers.get(usize::try_from(step.layer).ok()?);
    let gains = match step.kind {
        StepKind::Qkv => layer?.attn_norm.k,
        StepKind::GateUp => layer?.ffn_norm.k,
        StepKind::Head => model.final_norm.k,
        _ => 0,
    };
    Unit::exponent(step.kind, gains, parameters::matrix(model, step, part)?.k)
}

/// Rows of W that a chunk holds; those that pad its part are left out.
pub fn rows(model: &Model, step: Step, chunk: u32) -> Option<Vec<Vec<i32>>> {
    let rows = Rows::of_chunk(&model.config, step.kind, chunk)?;
    let matrix = parameters::matrix(model, step, rows.part)?;
    let row = |row| {
        let mut out = vec![0; matrix.cols];
        matrix.decode_row(row, &mut out);
        out
    };
    Some((rows.first..rows.first.checked_add(rows.count)?).map(row).collect())
}

/// Number, step and chunk of all linear chunks.
pub fn places(config: &Config) -> Vec<(u32, Step, u32)> {
    let steps = (0..config.step_count(true)).filter_map(|number| Some((number, config.step(number)?)));
    let linear = steps.filter(|(_, step)| step.kind.is_linear());
    linear.flat_map(|(number, step)| (0..config.unit_count(step.kind)).map(move |c| (number, step, c))).collect()
}
