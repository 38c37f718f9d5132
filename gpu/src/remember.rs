//! The plan of a card, found once and kept on disk.
//!
//! A plan is found anew when the card, its driver, the kernels or the model's shapes are others. The self-test of a plan
//! runs at every start all the same: it costs a second, and a card may have aged, cooked or been overclocked since.

#[cfg(test)]
mod tests;

use assay_model::Model;

use crate::card::Gpu;
use crate::error::GpuError;
use crate::plan::Plan;
use crate::selftest::Trial;
use crate::shapes::Shapes;
use crate::store::Store;
use crate::{texts, tune};

/// Everything that a plan depends on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Key {
    vendor: u32,
    device: u32,
    name: String,
    bus: String,
    driver: String,
    driver_info: String,
    /// Digest of the kernels' texts.
    kernels: String,
    /// Digest of the model's shapes and tables.
    shapes: String,
}

/// A plan whose kernels passed their self-test on a card.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Remembered {
    key: Key,
    plan: Plan,
}

impl Key {
    fn of(info: &wgpu::AdapterInfo, shapes: &Shapes<'_>) -> Key {
        Key {
            vendor: info.vendor,
            device: info.device,
            name: info.name.clone(),
            bus: info.device_pci_bus_id.clone(),
            driver: info.driver.clone(),
            driver_info: info.driver_info.clone(),
            kernels: texts::digest(),
            shapes: blake3::hash(shapes.words().as_bytes()).to_hex().to_string(),
        }
    }

    fn file(&self) -> String {
        format!("plan-{}.json", &blake3::hash(format!("{self:?}").as_bytes()).to_hex()[..32])
    }
}

/// The plan for a model on a card: the one that is remembered if it still passes its self-test, otherwise the fastest that
/// does. With `force`, as after a card was lost, nothing remembered is believed.
///
/// # Errors
/// [`GpuError::Wrong`], with the card's name, if the card is not to be trusted, or whatever stops it.
pub fn plan_for(gpu: &Gpu, model: &Model, force: bool) -> Result<Plan, GpuError> {
    let shapes = Shapes::of(model);
    find(&Trial::new(gpu, &shapes), &Key::of(gpu.info(), &shapes), &Store::of_user(), force)
}

/// [`plan_for`] of a card on trial.
fn find(trial: &Trial<'_>, key: &Key, store: &Store, force: bool) -> Result<Plan, GpuError> {
    let remembered = if force { None } else { recall(store, key) };
    let passed = match &remembered {
        Some(plan) => trial.passed(plan, trial.all(plan))?,
        None => false,
    };
    let plan = match remembered {
        Some(plan) if passed => plan,
        _ => {
            let plan = tune::search(trial)?;
            let content = Remembered { key: key.clone(), plan: plan.clone() };
            if let Ok(json) = serde_json::to_vec_pretty(&content) {
                store.write(&key.file(), &json);
            }
            plan
        }
    };
    if let Some(pipelines) = trial.gpu.pipelines() {
        pipelines.save();
    }
    Ok(plan)
}

/// What is remembered under exactly this key.
fn recall(store: &Store, key: &Key) -> Option<Plan> {
    let found: Remembered = serde_json::from_slice(&store.read(&key.file())?).ok()?;
    (found.key == *key && found.plan.is_sane()).then_some(found.plan)
}
