//! Cards that compute, and what takes over from a card that fails: the other cards, then the processor if that is allowed.

use super::cards::Chosen;
use super::engine::GpuEngine;
use crate::backend::supply::Supply;
use crate::backend::{BackendError, Engine};
use assay_gpu::GpuError;
use assay_gpu::fleet::Fleet;
use assay_model::Model;
use std::sync::Arc;

/// Makes the engine that takes over when no card is left.
pub type Processor = Box<dyn Fn() -> Box<dyn Engine>>;

enum Now {
    Cards(GpuEngine),
    Processor(Box<dyn Engine>),
}

/// The cards of a machine, with a model on them.
pub struct Rig {
    model: Arc<Model>,
    /// Cards that have not failed.
    cards: Vec<Chosen>,
    processor: Option<Processor>,
    now: Option<Now>,
}

impl Rig {
    /// Loads `model` onto `cards`. When none of them can be used any longer, `processor` takes over, if there is one.
    ///
    /// # Errors
    /// If nothing can compute.
    pub fn start(model: Arc<Model>, cards: Vec<Chosen>, processor: Option<Processor>) -> Result<Rig, BackendError> {
        let mut rig = Rig { model, cards, processor, now: None };
        match (rig.load(), &rig.processor) {
            (Ok(()), _) => {}
            (Err(error), None) => return Err(error.into()),
            (Err(error), Some(processor)) => {
                tracing::warn!("{error}; the processor computes instead");
                rig.now = Some(Now::Processor(processor()));
            }
        }
        Ok(rig)
    }

    /// The cards at work, unless the processor is.
    pub fn engine_of_cards(&self) -> Option<&GpuEngine> {
        match &self.now {
            Some(Now::Cards(engine)) => Some(engine),
            _ => None,
        }
    }

    /// Names of the cards that have not failed, and whether each is a software adapter.
    pub fn cards(&self) -> impl Iterator<Item = (&str, bool)> {
        self.cards.iter().map(|c| (c.name(), c.is_software()))
    }

    /// Loads the model onto the cards, without those that fail.
    fn load(&mut self) -> Result<(), GpuError> {
        let mut failed = Vec::new();
        loop {
            let mut opened = Vec::new();
            self.cards.retain(|card| match card.open(&self.model) {
                Ok(card) => {
                    opened.push(card);
                    true
                }
                Err(error) => {
                    failed.push(error);
                    false
                }
            });
            if opened.is_empty() {
                let last = failed.pop().unwrap_or_else(|| GpuError::NoAdapter("no graphics card is left".into()));
                failed.iter().for_each(left_out);
                return Err(last);
            }
            match Fleet::load(&self.model, opened) {
                Ok(fleet) => {
                    failed.iter().for_each(left_out);
                    self.now = Some(Now::Cards(GpuEngine::new(fleet)));
                    return Ok(());
                }
                Err(error) => {
                    self.leave_out(error.card());
                    failed.push(error);
                }
            }
        }
    }

    /// Takes a card out, or all of them if the fault is not that of one.
    fn leave_out(&mut self, named: Option<&str>) {
        let before = self.cards.len();
        self.cards.retain(|card| Some(card.name()) != named);
        if self.cards.len() == before {
            self.cards.clear();
        }
    }

    fn names(&self) -> String {
        self.cards().map(|(name, _)| name).collect::<Vec<_>>().join(" and ")
    }
}

fn left_out(error: &GpuError) {
    tracing::warn!("{error}; this card is left out");
}

impl Supply for Rig {
    fn engine(&mut self) -> &mut dyn Engine {
        match self.now.as_mut().expect("there is an engine unless `replace` has failed") {
            Now::Cards(engine) => engine,
            Now::Processor(engine) => &mut **engine,
        }
    }

    fn replace(&mut self, failure: BackendError) -> Result<(), BackendError> {
        if matches!(self.now, Some(Now::Processor(_))) {
            return Err(failure);
        }
        // Its memory is needed by what takes over.
        self.now = None;
        let error = match &failure {
            BackendError::Device(error) => error.downcast_ref::<GpuError>(),
            _ => None,
        };
        self.leave_out(error.and_then(GpuError::card));
        match (self.load(), &self.processor) {
            (Ok(()), _) => tracing::warn!("{failure}; its work is done again on {}", self.names()),
            (Err(_), None) => return Err(failure),
            (Err(_), Some(processor)) => {
                tracing::warn!("{failure}; its work is done again on the processor");
                self.now = Some(Now::Processor(processor()));
            }
        }
        Ok(())
    }
}
