//! An attention head at a position, part by part: query, blocks of positions, outputs.
//!
//! All states of the head are made at once, since its largest score must be known before the first is shown. Their salts follow
//! from the draw ([`Blinds`]): a rig that was stopped makes the same states again, and finds by the contract's progress which
//! part comes next.

use super::blinds::{Blinds, Use};
use super::committed::Trace;
use super::parameters::rotations;
use ark_bn254::Fr;
use assay_circuits::settlement::attention::block::PLACES;
use assay_circuits::settlement::attention::{AttentionBlock, AttentionMix, AttentionQuery, State, largest};
use assay_circuits::settlement::encoding::encode_scalar;
use assay_circuits::settlement::{Circuit, Committed};
use assay_model::Model;
use assay_model::domain::Digest;
use assay_model::program::{Step, StepKind};
use assay_model::steps::kv::KeyValue;
use assay_verifier::settlement::answer::Part;
use assay_verifier::settlement::claim::Place;
use assay_verifier::settlement::progress;

/// A head with all of its states.
pub struct Head<'a> {
    model: &'a Model,
    trace: Trace<'a>,
    place: Place,
    query: AttentionQuery,
    /// Before each block, and after the last, with the position that comes next.
    states: Vec<(u32, State, Fr)>,
}

impl<'a> Head<'a> {
    /// The head of the drawn unit; `None` if it is none, or one of its key/value heads is no encoding of any.
    pub fn new(model: &'a Model, trace: Trace<'a>, place: &Place, blinds: &Blinds) -> Option<Head<'a>> {
        let (config, Place { t, unit: head, .. }) = (&model.config, *place);
        let qkv = trace.committed(t, config.step_index(sibling(model, place, StepKind::Qkv)?))?;
        let past: Vec<KeyValue> = (0..=t).map(|j| key_value(model, &trace, place, j)).collect::<Option<_>>()?;
        let salt = |position| blinds.scalar(Use::State(position));
        let (job, rotations) = (*trace.digest, rotations(model, t));
        let mut query = AttentionQuery { config: config.clone(), head, job, qkv, rotations, maximum: 0, salt: salt(0) };
        query.maximum = largest(&query.state().query, &past);
        let mut states = vec![(0u32, query.state(), salt(0))];
        for block in past.chunks(PLACES) {
            let (position, state, _) = states.last()?;
            let position = position.checked_add(u32::try_from(block.len()).ok()?)?;
            states.push((position, state.after(block), salt(position)));
        }
        Some(Head { model, trace, place: *place, query, states })
    }

    /// The part that follows a contract's progress; `None` if no state of this head is there.
    pub fn next(&self, progress: &Digest) -> Option<Part> {
        if *progress == [0; 32] {
            return Some(Part::Query);
        }
        let shown = |(position, state, salt): &&(u32, State, Fr)| {
            progress::attention(*position, &encode_scalar(&state.digest(*salt))) == *progress
        };
        let (position, ..) = self.states.iter().find(shown)?;
        Some(if *position > self.place.t { Part::Mix } else { Part::Block(*position) })
    }

    /// Digests of the states before and after a part, 0 where it has none.
    pub fn digests(&self, part: Part) -> Option<[Fr; 2]> {
        let digest = |index: usize| self.states.get(index).map(|(_, state, salt)| state.digest(*salt));
        let zero = Fr::from(0u8);
        Some(match part {
            Part::Query => [zero, digest(0)?],
            Part::Block(position) => {
                let index = self.index(position)?;
                [digest(index)?, digest(index.checked_add(1)?)?]
            }
            Part::Mix => [digest(self.states.len().checked_sub(1)?)?, zero],
            Part::Whole | Part::Token(_) => return None,
        })
    }

    /// The circuit of a part with its witness.
    pub fn circuit(&self, part: Part) -> Option<Box<dyn Circuit>> {
        let (config, head, job) = (self.model.config.clone(), self.place.unit, *self.trace.digest);
        Some(match part {
            Part::Query => Box::new(self.query.clone()),
            Part::Block(position) => {
                let index = self.index(position)?;
                let (_, state, before) = self.states.get(index)?.clone();
                let (end, _, after) = self.states.get(index.checked_add(1)?)?;
                let step = config.step_index(sibling(self.model, &self.place, StepKind::Kv)?);
                let past: Option<Vec<Committed>> = (position..*end).map(|j| self.trace.committed(j, step)).collect();
                let (head, past, salts) = (config.kv_head_of(head), past?, [before, *after]);
                Box::new(AttentionBlock { config, head, job, past, state, salts })
            }
            Part::Mix => {
                let (_, state, salt) = self.states.last()?.clone();
                let attention = self.trace.committed(self.place.t, self.place.step)?;
                Box::new(AttentionMix { config, head, job, attention, state, salt })
            }
            Part::Whole | Part::Token(_) => return None,
        })
    }

    /// All parts, in order.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let blocks = self.states.split_last().map_or(&[][..], |(_, blocks)| blocks);
        let blocks = blocks.iter().map(|(position, ..)| Part::Block(*position));
        [Part::Query].into_iter().chain(blocks).chain([Part::Mix])
    }

    /// Place of the state before `position`, from which a block begins.
    fn index(&self, position: u32) -> Option<usize> {
        self.states.iter().position(|(own, ..)| *own == position).filter(|_| position <= self.place.t)
    }
}

/// The step of this kind in the layer of the unit.
fn sibling(model: &Model, place: &Place, kind: StepKind) -> Option<Step> {
    let step = model.config.step(place.step)?;
    (step.kind == StepKind::Attention && place.unit < model.config.heads).then_some(Step { kind, ..step })
}

/// The key/value head that the unit reads, at position `j`.
fn key_value(model: &Model, trace: &Trace<'_>, place: &Place, j: u32) -> Option<KeyValue> {
    let config = &model.config;
    let step = config.step_index(sibling(model, place, StepKind::Kv)?);
    let (header, tensor) = trace.source.step(j, step);
    let group = usize::try_from(config.kv_head_of(place.unit)).ok()?;
    let bytes = usize::try_from(config.head_dim).ok()?.checked_mul(4)?;
    let shifts = *header.as_chunks::<2>().0.get(group)?;
    KeyValue::decode(tensor.chunks(bytes).nth(group)?, shifts).ok()
}
