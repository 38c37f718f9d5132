//! The cards of this machine that are used.

use super::choice::{Listed, Pick, PickError, pick};
use crate::cli::vram::VramLimits;
use assay_gpu::GpuError;
use assay_gpu::adapters::{self, Adapter};
use assay_gpu::fleet::Card;
use assay_gpu::remember::plan_for;
use assay_model::Model;

/// A card that was chosen.
#[derive(Clone, Debug)]
pub struct Chosen {
    adapter: Adapter,
    name: String,
    limit: Option<u64>,
}

/// The cards to use, as [`pick`] says.
///
/// # Errors
/// [`PickError`].
pub fn choose(asked: Option<&[String]>, limits: &VramLimits, required: bool) -> Result<Vec<Chosen>, PickError> {
    let found = adapters::all();
    let listed: Vec<Listed> = found.iter().map(listed).collect();
    let picks = pick(&listed, asked, limits, required)?;
    Ok(picks.into_iter().map(|pick| Chosen::new(&found[pick.index], pick)).collect())
}

fn listed(adapter: &Adapter) -> Listed {
    let (bus, name) = (adapter.bus().map(str::to_owned), adapter.info.name.clone());
    Listed { bus, name, software: adapter.is_software() }
}

impl Chosen {
    fn new(adapter: &Adapter, pick: Pick) -> Chosen {
        let name = match pick.copy {
            1 => adapter.name(),
            copy => format!("{} no. {copy}", adapter.name()),
        };
        // A driver needs some memory for itself. The software adapter's is the machine's, which pages.
        let own = adapter.memory().filter(|_| !adapter.is_software()).map(|bytes| bytes - bytes / 16);
        Chosen { adapter: adapter.clone(), name, limit: pick.limit.or(own) }
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the processor plays it.
    pub fn is_software(&self) -> bool {
        self.adapter.is_software()
    }

    /// Opens the card and finds how it computes rightly.
    ///
    /// # Errors
    /// If the driver refuses, or the card computes wrongly.
    pub fn open(&self, model: &Model) -> Result<Card, GpuError> {
        let gpu = self.adapter.open_as(self.name.clone())?;
        let plan = plan_for(&gpu, model, false)?;
        Ok(Card { gpu, limit: self.limit, plan })
    }
}
