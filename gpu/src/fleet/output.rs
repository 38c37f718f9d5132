//! What cards read back, as steps of positions.

use assay_model::Model;
use assay_model::program::{Step, StepKind};

use super::{Done, Flight, Seat, Work};
use crate::headers;
use crate::layout::{DIGEST, Layout, Place, header_words};
use crate::stage::{Fetch, Outcome};

/// The tensor of a step, or its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Little-endian.
    Bytes(Vec<u8>),
    /// BLAKE3 of these bytes.
    Digest([u8; 32]),
}

/// What one step commits at one position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepResult {
    /// Number of the step within its position.
    pub step: u32,
    /// Header scalars, wire bytes.
    pub header: Vec<u8>,
    /// The tensor.
    pub content: Content,
}

/// All steps of a position, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionOutput {
    /// Position t.
    pub position: u32,
    /// Its steps.
    pub steps: Vec<StepResult>,
}

/// Whether a row has a step.
fn has(seat: &Seat, place: &Place) -> bool {
    seat.row.tail.is_some() || !matches!(place.step.kind, StepKind::FinalNorm | StepKind::Head)
}

/// Tensors of `seats` whose bytes are wanted.
pub fn fetches(model: &Model, layout: &Layout, seats: &[Seat], works: &[Work<'_>]) -> Vec<Fetch> {
    let mut all = Vec::new();
    for (row, seat) in seats.iter().enumerate() {
        let work = &works[seat.work];
        let wanted = |place: &&Place| {
            work.trace && has(seat, place) && (work.wants)(seat.row.position, model.config.step_index(place.step))
        };
        all.extend(layout.places.iter().filter(wanted).map(|&place| Fetch { row, place }));
    }
    all
}

/// Puts together what the cards of a pipeline found of a batch, in program order.
pub fn collect(
    model: &Model,
    flight: &Flight,
    batch: usize,
    outcomes: &[Outcome],
    works: &[Work<'_>],
    done: &mut [Done],
) {
    let c = &model.config;
    for (row, seat) in flight.batches[batch].iter().enumerate() {
        let done = &mut done[seat.work];
        let sampled = outcomes.last().and_then(|o| o.sampled[row]);
        done.sampled = sampled;
        if !works[seat.work].trace {
            continue;
        }
        let mut steps = Vec::with_capacity(c.step_count(true) as usize);
        for (stage, outcome) in outcomes.iter().enumerate() {
            let report = &outcome.reports[row];
            let tensors = flight.fetches[batch][stage].iter().zip(&outcome.tensors);
            let mut tensors = tensors.filter(|(f, _)| f.row == row).peekable();
            for place in flight.layouts[stage].places.iter().filter(|p| has(seat, p)) {
                let words = &report[place.header as usize..][..header_words(c, place.step.kind) as usize];
                let header = headers::wire(place.step.kind, words);
                let content = match tensors.next_if(|(f, _)| f.place.step == place.step) {
                    Some((_, words)) => Content::Bytes(bytemuck::cast_slice(words).to_vec()),
                    None => {
                        let words = &report[place.digest as usize..][..DIGEST as usize];
                        Content::Digest(bytemuck::cast_slice(words).try_into().expect("eight words"))
                    }
                };
                steps.push(StepResult { step: c.step_index(place.step), header, content });
            }
        }
        if let Some(token) = sampled {
            let step = c.step_index(Step { kind: StepKind::Sample, layer: 0 });
            let content = Content::Bytes(token.to_le_bytes().to_vec());
            steps.push(StepResult { step, header: Vec::new(), content });
        }
        done.positions.push(PositionOutput { position: seat.row.position, steps });
    }
}
