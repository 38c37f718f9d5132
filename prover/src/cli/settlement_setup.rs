//! `assay-prover settlement-setup`: makes a model's record and the keys of its circuits, in a folder that `settle` proves with.

use super::ModelArg;
use crate::commitments::powers::{self, Source};
use crate::commitments::widths;
use crate::settlement::chunks::powers_needed;
use crate::settlement::keys::{INSECURE_SEED, Keys};
use crate::settlement::record::Book;
use crate::settlement::setup::{Setup, Stage, Took, done, of};
use anyhow::{Context, Result, bail, ensure};
use assay_circuits::srs::{development, known};
use assay_verifier::cli::progress::Progress;
use assay_verifier::cli::{Ending, Report, files, hex, manifests, parse_hex};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The record with its leaves.
pub const RECORD: &str = "record.bin";
/// The same for people.
const SHOWN: &str = "record.json";
/// The powers of tau of the first group, if they are not the development ones.
pub const POWERS: &str = "record.powers";
/// The seed of the keys.
pub const SEED: &str = "INSECURE-SEED";
/// Proving keys that are kept.
pub const KEYS: &str = "keys";

/// Where circuits' keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The insecure development keys.
    Development,
}

impl std::str::FromStr for KeySource {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let other = "only `insecure-development` is there: keys of a ceremony cannot be read yet";
        if text == development::NAME { Ok(KeySource::Development) } else { Err(other) }
    }
}

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    model: ModelArg,
    /// The manifest that jobs for this model name; that of the weights alone if not given.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Powers of tau to commit to the weights with: a ceremony's .ptau file, or `insecure-development` (anyone can forge
    /// proofs made with that).
    #[arg(long, value_name = "FILE")]
    srs: Source,
    /// Where the keys of circuits come from: `insecure-development` (anyone can forge proofs made with that).
    #[arg(long, value_name = "SOURCE")]
    keys: KeySource,
    /// Another seed of development keys, 32 bytes of hexadecimal. It makes them no safer.
    #[arg(long, value_name = "HEX", value_parser = parse_hex::<32>)]
    insecure_seed: Option<[u8; 32]>,
    /// Keep the proving keys, hundreds of megabytes each, instead of making each again when it is needed.
    #[arg(long)]
    keep_proving_keys: bool,
    /// Make everything anew and compare it with the record that is there. Writes nothing.
    #[arg(long, conflicts_with = "keep_proving_keys")]
    check: bool,
    /// The folder.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// A model, manifest or powers that cannot be used, or a folder that cannot be written.
pub fn run(args: &Args) -> Result<Report> {
    if !args.check {
        std::fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
        files::can_write(&args.out.join(RECORD))?;
    }
    eprintln!("{WARNING}");
    let opened = args.model.open()?;
    let manifest = match &args.manifest {
        None => opened.manifest.id(),
        Some(path) => {
            let manifest = manifests::read(path)?;
            manifests::same_weights(&manifest, &opened.manifest, path)?;
            manifest.id()
        }
    };
    let config = &opened.model.config;
    let count = powers_needed(config);
    let powers = args.srs.read(count, &widths(config))?;
    let seed = args.insecure_seed.unwrap_or(INSECURE_SEED);
    let folder = args.keep_proving_keys.then(|| args.out.join(KEYS));
    let keys = Keys::insecure(seed, folder);
    let srs = known::id(&powers.tau2);
    let of = of(&manifest, &srs, &seed);
    let setup = Setup { model: &opened.model, manifest, powers: &powers, keys: &keys, of };
    let mut shown = Shown::default();
    let (book, took) = setup.make((!args.check).then_some(args.out.as_path()), &mut |stage| shown.at(stage))?;
    drop(shown);
    if args.check {
        return compared(&args.out, &book, &took);
    }
    let insecure = powers.tau2 == development::tau2();
    let powers_bytes = powers::encode(&powers.tau2, powers.g1.get(..count).unwrap_or(&powers.g1));
    let record = book.encode();
    let json = report(&book, &took, insecure, record.len());
    let text = serde_json::to_vec_pretty(&json)?;
    let seed = format!("{}\n", hex(&seed)).into_bytes();
    let places = [RECORD, SHOWN, SEED, POWERS].map(|name| args.out.join(name));
    let contents: [&[u8]; 4] = [&record, &text, &seed, &powers_bytes];
    let mut all: Vec<(&Path, &[u8])> = places.iter().map(PathBuf::as_path).zip(contents).collect();
    if insecure {
        all.pop();
    }
    files::write_all(&all)?;
    done(&args.out);
    let r = &book.record;
    let text = format!(
        "record {}\n{} chunks in {:.1} s, {} parameters in {:.1} s, {} keys in {:.1} s, written to {}\n{WARNING}",
        hex(&r.id()),
        r.chunks,
        took.chunks,
        r.parameters,
        took.parameters,
        r.keys,
        took.keys,
        args.out.display(),
    );
    Ok(Report::done(text, json))
}

/// What everyone must see who uses such keys.
const WARNING: &str = "INSECURE KEYS: they follow from a seed that is no secret, so ANYONE CAN FORGE ANY PROOF under this record. For tests and trials only, never for money";

fn report(book: &Book, took: &Took, insecure_srs: bool, bytes: usize) -> Value {
    let r = &book.record;
    json!({
        "record": hex(&r.id()), "manifest": hex(&r.manifest), "bytes": bytes,
        "srs": { "id": hex(&r.srs), "name": known::name(&r.srs), "insecure": insecure_srs },
        "chunks": { "root": hex(&r.chunks_root), "count": r.chunks },
        "keys": { "root": hex(&r.keys_root), "count": r.keys, "source": development::NAME, "insecure": true, "warning": WARNING },
        "parameters": { "root": hex(&r.parameters_root), "count": r.parameters },
        "seconds": { "chunks": took.chunks, "parameters": took.parameters, "keys": took.keys },
        "resumed": { "steps": took.resumed_steps, "keys": took.resumed_keys },
    })
}

/// Compares a record that was made anew with the one in the folder.
fn compared(folder: &Path, made: &Book, took: &Took) -> Result<Report> {
    let there = read(folder)?;
    let (ours, theirs) = (made.record.id(), there.record.id());
    let json = json!({
        "record": hex(&theirs), "made": hex(&ours), "same": ours == theirs,
        "seconds": { "chunks": took.chunks, "parameters": took.parameters, "keys": took.keys },
    });
    if ours == theirs {
        return Ok(Report::done(format!("record {} is that of these weights, powers and keys", hex(&theirs)), json));
    }
    let (a, b) = (&made.record, &there.record);
    let differs = [
        ("model id", a.manifest != b.manifest),
        ("powers of tau", a.srs != b.srs),
        ("shape", a.config != b.config),
        ("chunks", a.chunks_root != b.chunks_root),
        ("keys", a.keys_root != b.keys_root),
        ("parameters", a.parameters_root != b.parameters_root),
    ];
    let differs: Vec<&str> = differs.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
    let text = format!(
        "record {} is NOT that of these weights, powers and keys, which give {}: other {}",
        hex(&theirs),
        hex(&ours),
        differs.join(", ")
    );
    Ok(Report { ending: Ending::Rejected, text, json })
}

/// The record in a folder.
///
/// # Errors
/// Names the file and says what is wrong with it.
pub fn read(folder: &Path) -> Result<Book> {
    let path = folder.join(RECORD);
    Book::decode(&files::read(&path)?).with_context(|| format!("{} cannot be used", path.display()))
}

/// The development keys of the record in a folder.
///
/// # Errors
/// Names the file and says what is wrong with it.
pub fn keys(folder: &Path) -> Result<Keys> {
    let path = folder.join(SEED);
    let text = String::from_utf8(files::read(&path)?).ok();
    let seed = text.and_then(|text| parse_hex::<32>(text.trim()).ok());
    let Some(seed) = seed else { bail!("{} holds no seed of 32 bytes", path.display()) };
    Ok(Keys::insecure(seed, Some(folder.join(KEYS))))
}

/// The powers of tau of the record in a folder, as many as its chunks take.
///
/// # Errors
/// If they are not there, or others.
pub fn powers(folder: &Path, book: &Book, named: Option<&Source>) -> Result<Vec<ark_bn254::G1Affine>> {
    let config = &book.record.config;
    let count = powers_needed(config);
    let found = powers::find(book.tau2(), count, &widths(config), named, Some(&folder.join(RECORD)))?;
    ensure!(found.len() >= count, "the record takes {count} powers of tau, and there are {}", found.len());
    Ok(found)
}

/// Progress on the screen.
#[derive(Default)]
struct Shown(Option<(&'static str, Progress)>);

impl Shown {
    fn at(&mut self, stage: Stage) {
        let (what, done, total) = match stage {
            Stage::Chunks(done, total) => ("committing to chunks", done, total),
            Stage::Parameters => ("hashing parameters", 0, 1),
            Stage::Keys(done, total) => ("making keys", done, total),
        };
        if self.0.as_ref().is_none_or(|(shown, _)| *shown != what) {
            self.0 = Some((what, Progress::new(what, total)));
        }
        if let Some((_, progress)) = &mut self.0 {
            progress.at(done);
        }
    }
}
