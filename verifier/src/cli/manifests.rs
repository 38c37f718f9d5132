//! Finding the manifest that a job names, among the files that a user has.

use super::{files, hex};
use anyhow::{Context, Result, bail};
use assay_model::domain::Digest;
use assay_model::manifest::Manifest;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Extension of manifest files.
pub const EXTENSION: &str = "manifest";

/// Reads a manifest.
///
/// # Errors
/// Names the file and says what is wrong with it.
pub fn read(path: &Path) -> Result<Manifest> {
    Manifest::decode(&files::read(path)?).with_context(|| format!("{} cannot be used", path.display()))
}

/// The manifest with id `wanted`, whose weights have the manifest `core`: `core` itself, or `named`, or a file beside one of
/// `near` (first of the same name, then any). The path says where it was found.
///
/// # Errors
/// If there is none, or the one found describes other weights.
pub fn find(
    wanted: &Digest,
    core: &Manifest,
    named: Option<&Path>,
    near: &[&Path],
) -> Result<(Manifest, Option<PathBuf>)> {
    if let Some(path) = named {
        let manifest = read(path)?;
        if manifest.id() != *wanted {
            bail!("{} describes model {}, the job is for {}", path.display(), hex(&manifest.id()), hex(wanted));
        }
        same_weights(&manifest, core, path)?;
        return Ok((manifest, Some(path.to_owned())));
    }
    if core.id() == *wanted {
        return Ok((core.clone(), None));
    }
    for path in candidates(near) {
        // A damaged file beside the right one is no reason to stop.
        let Ok(manifest) = read(&path) else { continue };
        if manifest.id() == *wanted {
            same_weights(&manifest, core, &path)?;
            return Ok((manifest, Some(path)));
        }
    }
    bail!(
        "the job is for model {}, these weights are model {} and no manifest beside them has that id: name it with --manifest, or use the weights it was made from",
        hex(wanted),
        hex(&core.id())
    )
}

/// Whether a manifest describes the weights whose manifest without commitments is `core`.
///
/// # Errors
/// If not, with both ids.
pub fn same_weights(manifest: &Manifest, core: &Manifest, path: &Path) -> Result<()> {
    let described = manifest.core();
    if described != *core {
        bail!(
            "{} describes weights {}, but these weights are {}: use the weights it was made from",
            path.display(),
            hex(&described.id()),
            hex(&core.id())
        );
    }
    Ok(())
}

fn candidates(near: &[&Path]) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = near.iter().map(|p| p.with_extension(EXTENSION)).collect();
    let folders: BTreeSet<PathBuf> = near.iter().filter_map(|p| p.parent()).map(Path::to_owned).collect();
    for folder in folders {
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|e| e.path());
        let mut found: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == EXTENSION)).collect();
        found.sort();
        all.extend(found);
    }
    all
}
