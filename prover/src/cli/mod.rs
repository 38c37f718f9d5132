//! Commands of `assay-prover`.

pub mod backend;
pub mod bench;
pub mod devices;
pub mod manifest;
pub mod perplexity;
pub mod prove;
pub mod proving;
pub mod run;
#[cfg(feature = "chain")]
pub mod settle;
pub mod settlement_setup;
pub mod vram;
#[cfg(any(feature = "chain", feature = "gpu"))]
pub mod warnings;

use crate::backend::separate::Separate;
use crate::backend::supply::Only;
use crate::backend::{BackendError, Engine};
use crate::commitments::powers::{self, Source};
use crate::commitments::{self, Committed};
use crate::cpu::executor::Executor;
use crate::cpu::platform::Tier;
use anyhow::{Context, Result};
use assay_model::Model;
use assay_model::manifest::Manifest;
use assay_model::open::open;
use assay_model::text::Tokenizer;
use assay_verifier::public::PublicModel;
pub use backend::BackendArg;
use backend::Compute;
#[cfg(feature = "gpu")]
use backend::Kind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The weights that a command works with, and what it may use of the machine.
#[derive(clap::Args, Clone, Debug)]
pub struct ModelArg {
    /// The model's weights, GGUF.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Threads to compute with; all of the machine's if not given.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}

/// A model, ready to compute.
pub struct Ready {
    /// The integer program.
    pub model: Arc<Model>,
    /// Its public description.
    pub manifest: Manifest,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    tier: Tier,
    threads: usize,
}

impl ModelArg {
    /// Opens the model.
    ///
    /// # Errors
    /// Names the file and says what is wrong with it.
    pub fn open(&self) -> Result<Ready> {
        let tier = Tier::from_environment()?;
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        // The global pool loads the model and hashes; the executor has its own.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        let shown = self.model.display();
        let opened = open(&self.model).with_context(|| format!("{shown} cannot be used"))?;
        let tokenizer =
            Tokenizer::new(opened.vocabulary).with_context(|| format!("the tokenizer of {shown} cannot be used"))?;
        Ok(Ready { model: Arc::new(opened.model), manifest: opened.manifest, tokenizer, tier, threads })
    }
}

impl Ready {
    /// What to compute with, as chosen.
    ///
    /// # Errors
    /// If the choice cannot be had.
    pub fn backend(&self, chosen: &BackendArg) -> Result<Compute> {
        chosen.check()?;
        #[cfg(feature = "gpu")]
        if let Some(compute) = self.cards(chosen)? {
            return Ok(compute);
        }
        Ok(Compute::Processor(Box::new(Only(self.processor()))))
    }

    /// Cards, if they are chosen and there.
    #[cfg(feature = "gpu")]
    fn cards(&self, chosen: &BackendArg) -> Result<Option<Compute>> {
        let cards = if chosen.backend == Kind::Cpu { Vec::new() } else { chosen.cards()? };
        if cards.is_empty() {
            return Ok(None);
        }
        if chosen.gpus.is_none() && cards.iter().all(crate::gpu::cards::Chosen::is_software) {
            tracing::warn!("there is no graphics card but a software adapter, which is slower than --backend cpu");
        }
        let make = self.maker();
        let processor = move || -> Box<dyn Engine> { Box::new(Separate::new(make.clone())) };
        let processor = (chosen.backend == Kind::Auto).then(|| Box::new(processor) as crate::gpu::rig::Processor);
        let rig = crate::gpu::rig::Rig::start(Arc::clone(&self.model), cards, processor)
            .context("no graphics card can be used")?;
        Ok(Some(Compute::Cards(Box::new(rig))))
    }

    fn maker(&self) -> impl Fn() -> Result<Executor, BackendError> + Clone + use<> {
        let (model, tier, threads) = (Arc::clone(&self.model), self.tier, self.threads);
        move || Executor::new(Arc::clone(&model), tier, threads).map_err(BackendError::Threads)
    }

    fn processor(&self) -> impl Engine + use<> {
        Separate::new(self.maker())
    }

    /// Threads in use.
    pub const fn threads(&self) -> usize {
        self.threads
    }

    /// The commitments of `manifest`, checked against the weights if `check`, and the powers of tau that go with them: from
    /// `named`, or from beside the manifest at `path`. `None` for a manifest without commitments.
    ///
    /// # Errors
    /// A manifest that cannot be used, powers that are not there, or commitments that are not those of the weights.
    pub fn committed(
        &self,
        manifest: &Manifest,
        path: Option<&Path>,
        named: Option<&Source>,
        check: bool,
    ) -> Result<Option<Committed>> {
        if manifest.commitments.is_none() {
            return Ok(None);
        }
        let public = PublicModel::new(manifest)?;
        let config = &self.model.config;
        let (count, widths) = (commitments::powers_needed(config), commitments::widths(config));
        let powers = powers::find(&public.key.tau2, count, &widths, named, path)?;
        if check {
            commitments::check(self.tier, &self.model, manifest, &public.key.id(), &powers)
                .context("the manifest's commitments: an honest answer would be rejected, do not work for it")?;
        }
        Ok(Some(Committed { public, powers }))
    }

    /// Instruction set to compute with.
    pub const fn instruction_set(&self) -> Tier {
        self.tier
    }

    /// Instruction set in use.
    pub const fn tier(&self) -> &'static str {
        self.tier.name()
    }
}
