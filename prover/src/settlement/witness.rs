//! The witness of a drawn chunk, from what the rig has of the position: headers and tensors of its steps, computed anew.

use super::chunks;
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, PrimeField};
use assay_circuits::settlement::{Opening, Shape, Unit, Vector, Witness};
use assay_model::Model;
use assay_model::domain::Digest;
use assay_model::program::{Step, StepKind};
use assay_model::steps::{i16_values, i32_values};
use assay_verifier::answer::Source;
use assay_verifier::{needs, trace};

/// Where the chunk stands, and what hides it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Digest of the job.
    pub job: &'a Digest,
    /// Secret of the job.
    pub secret: &'a [u8; 32],
    /// Position.
    pub t: u32,
    /// Step.
    pub step: Step,
    /// Chunk.
    pub chunk: u32,
    /// 64 bytes from a good source, used once: what hides the accumulators.
    pub fresh: &'a [u8; 64],
}

/// The witness with its shape. ρ and z are not in it yet. `None` if there is no such chunk.
pub fn witness(model: &Model, source: &dyn Source, place: &Place<'_>) -> Option<(Shape, Witness)> {
    let Place { job, secret, t, step, chunk, fresh } = *place;
    let config = &model.config;
    let shape = Shape::new(config, step.kind, chunk)?;
    let salts = trace::salts(secret, job, t, config.step_count(true));
    let salt = |number: u32| salts.get(usize::try_from(number).ok()?).copied();
    let number = |step| config.step_index(step);

    let opening = |step: Step| {
        let (header, tensor) = source.step(t, number(step));
        Opening::new(salt(number(step))?, header.to_vec(), &i32_values(tensor), chunk)
    };
    let from = Step { kind: needs::input(step), ..step };
    let (header, tensor) = source.step(t, number(from));
    let input = Vector { salt: salt(number(from))?, header: header.to_vec(), elements: i16_values(tensor) };
    let residual = matches!(step.kind, StepKind::O | StepKind::Down).then(|| config.residual_source(step));
    let mut accumulators = source.accumulators(model, t, step, chunk);
    accumulators.resize(shape.rows, 0);

    #[allow(clippy::as_conversions, reason = "the number is the discriminant")]
    let kind = |step: Step| step.kind as u8;
    let unit = Unit {
        position: t,
        input_step: number(from),
        output_step: number(step),
        residual_step: residual.map_or(0, number),
        residual_kind: residual.map_or(0, kind),
        chunk: chunk.try_into().ok()?,
        exponent: chunks::exponent(model, step, chunk)?,
    };
    let witness = Witness {
        unit,
        job: *job,
        input,
        output: opening(step)?,
        residual: match residual {
            Some(source) => Some(opening(source)?),
            None => None,
        },
        accumulators,
        salt: Fr::from_le_bytes_mod_order(fresh),
        rho: Fr::ZERO,
        inverse_z: Fr::ZERO,
    };
    witness.fits(&shape).then_some((shape, witness))
}
