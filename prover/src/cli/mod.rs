//! Commands of `assay-prover`.

pub mod bench;
pub mod manifest;
pub mod perplexity;
pub mod prove;
pub mod run;

use crate::backend::Backend;
use anyhow::{Context, Result};
use assay_model::Model;
use assay_model::open::{Opened, open};
use assay_model::reference::Reference;
use std::path::{Path, PathBuf};

/// The weights that a command works with.
#[derive(clap::Args, Clone, Debug)]
pub struct ModelArg {
    /// The model's weights, GGUF.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
}

impl ModelArg {
    /// Opens the model.
    ///
    /// # Errors
    /// Names the file and says what is wrong with it.
    pub fn open(&self) -> Result<Opened> {
        open_model(&self.model)
    }
}

fn open_model(path: &Path) -> Result<Opened> {
    open(path).with_context(|| format!("{} cannot be used", path.display()))
}

/// A fresh sequence on the fastest executor of this machine, for at most `positions` positions.
fn backend(model: &Model, positions: u32) -> Box<dyn Backend + '_> {
    {
        let _ = positions;
        Box::new(Reference::new(model))
    }
}
