//! What `settle` proves with: a model, the folder that `settlement-setup` made for it, and a machine to compute jobs anew.

use super::backend::BackendArg;
use super::{ModelArg, Ready, settlement_setup};
use crate::commitments::powers::Source;
use crate::session::replay_surely;
use crate::settlement::answerer::Work;
use crate::settlement::shop::Shop;
use anyhow::{Context, Result, ensure};
use assay_verifier::answer;
use assay_verifier::audit::Claim;
use assay_verifier::cli::options::random;
use assay_verifier::cli::progress::Progress;
use assay_verifier::cli::{hex, parse_hex};
use assay_verifier::needs::Needs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Arguments, all of them for terms that pay on proofs.
#[derive(clap::Args, Debug)]
pub struct ProvingArg {
    /// To prove draws with: the folder that `settlement-setup` made.
    #[arg(long, value_name = "DIR", requires = "model")]
    record: Option<PathBuf>,
    /// To prove draws with: the model's weights, GGUF.
    #[arg(long, value_name = "FILE", requires = "record")]
    model: Option<PathBuf>,
    /// Threads to compute with; all of the machine's if not given.
    #[arg(long, value_name = "N", requires = "record")]
    threads: Option<NonZeroUsize>,
    /// The powers of tau of the record; looked for in its folder if not given.
    #[arg(long, value_name = "FILE", requires = "record")]
    srs: Option<Source>,
    #[command(flatten)]
    backend: BackendArg,
}

impl ProvingArg {
    /// The folder and its model, opened; none if neither is named.
    ///
    /// # Errors
    /// As [`ModelArg::open`].
    pub fn open(&self) -> Result<Option<(&Path, Ready)>> {
        let (Some(folder), Some(model)) = (&self.record, &self.model) else { return Ok(None) };
        self.backend.check()?;
        let model = ModelArg { model: model.clone(), threads: self.threads };
        Ok(Some((folder, model.open()?)))
    }

    /// What proves with a folder and its opened model.
    ///
    /// # Errors
    /// A folder that holds no record of this model, or a machine that cannot compute.
    pub fn shop<'a>(&self, folder: &Path, ready: &'a Ready) -> Result<Shop<'a>> {
        let book = settlement_setup::read(folder)?;
        ensure!(book.record.config == ready.model.config, "{} is of a model of another shape", folder.display());
        let keys = settlement_setup::keys(folder)?;
        let powers = settlement_setup::powers(folder, &book, self.srs.as_ref())?;
        let secret = secret(&folder.join("proofs.secret"))?;
        let compute = Mutex::new(ready.backend(&self.backend)?);
        let replay = move |work: &Work<'_>, needs: &Needs| -> Result<Box<dyn answer::Source>> {
            let claim = Claim { receipt: work.receipt, job: work.job, output: work.output };
            let positions = work.job.positions(work.receipt.token_count);
            let mut progress = Progress::new("replaying positions", u64::from(positions));
            let mut compute = compute.lock().map_err(|_| anyhow::anyhow!("the machine failed before"))?;
            let kept = replay_surely(compute.supply(), &ready.model, &claim, needs, &mut |done, _| {
                progress.at(u64::from(done));
            })?;
            Ok(Box::new(kept))
        };
        Ok(Shop::new(&ready.model, book, keys, powers, secret, Box::new(replay)))
    }
}

/// Arguments of `settle`.
#[cfg(feature = "chain")]
#[derive(clap::Args, Debug)]
pub struct SettleArgs {
    #[command(flatten)]
    settle: super::settle::Args,
    #[command(flatten)]
    proving: ProvingArg,
}

/// Runs `settle`, with what there is to prove with.
///
/// # Errors
/// As [`settle::run`](super::settle::run), or a model or a folder that cannot be used.
#[cfg(feature = "chain")]
pub fn settle(args: &SettleArgs) -> Result<assay_verifier::cli::Report> {
    let Some((folder, ready)) = args.proving.open()? else { return super::settle::run(&args.settle, None) };
    let shop = args.proving.shop(folder, &ready)?;
    super::settle::run(&args.settle, Some(&shop))
}

/// The secret in `path`, made if there is none yet: what hides proofs. With another one, an attention head that is half shown is
/// begun anew.
fn secret(path: &Path) -> Result<[u8; 32]> {
    let shown = path.display();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            let bytes = random()?;
            file.write_all(format!("{}\n", hex(&bytes)).as_bytes()).with_context(|| format!("cannot write {shown}"))?;
            file.sync_all().with_context(|| format!("cannot write {shown}"))?;
            Ok(bytes)
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
            parse_hex::<32>(text.trim()).map_err(|e| anyhow::anyhow!("{shown} is damaged, remove it: {e}"))
        }
        Err(e) => Err(e).with_context(|| format!("cannot write {shown}")),
    }
}
