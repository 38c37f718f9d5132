//! A model as its manifest shows it: what a client without weights checks with.

use crate::needs::to_usize;
use crate::parameters::{PartInfo, tensor_name};
use ark_bn254::{G1Affine, G2Affine};
use assay_circuits::fold::tile_height;
use assay_circuits::srs::points::{PointError, decode_g1_list};
use assay_circuits::srs::widths::{SrsError, VerifierKey, Widths};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::manifest::{Manifest, TensorEntry};
use assay_model::names;
use assay_model::program::{Step, StepKind};
use assay_model::tables::{TableError, Tables};
use std::collections::BTreeMap;

/// Why a manifest cannot be checked with.
#[derive(Debug, thiserror::Error)]
pub enum PublicError {
    /// It has no polynomial commitments.
    #[error("the manifest has no commitments to the weights: ask for one that was made with powers of tau (--srs)")]
    NoCommitments,
    /// A tensor that the shape calls for is not there, or there twice.
    #[error("the manifest does not have one tensor {0}")]
    Tensor(String),
    /// A tensor's entry contradicts the shape.
    #[error("tensor {tensor} of the manifest has the wrong {what}")]
    Entry {
        /// Name.
        tensor: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A commitment is no point.
    #[error("commitment {tile} of tensor {tensor}: {error}")]
    Point {
        /// Name.
        tensor: String,
        /// Number of the tile.
        tile: usize,
        /// What is wrong with it.
        error: PointError,
    },
    /// Its parameters have no tables.
    #[error("the manifest's tables: {0}")]
    Tables(#[from] TableError),
    /// Its parameters give other tables than it names.
    #[error("the manifest's parameters give other tables than the ones it names")]
    TableDigests,
    /// Its powers of tau are not powers of one tau.
    #[error("the manifest's powers of tau: {0}")]
    Powers(#[from] SrsError),
    /// Its powers of tau lack a width.
    #[error("the manifest's powers of tau have none for width {0}")]
    Width(u32),
}

impl PublicError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            PublicError::NoCommitments => "manifest-no-commitments",
            PublicError::Tensor(_) => "manifest-tensor",
            PublicError::Entry { .. } => "manifest-entry",
            PublicError::Point { .. } => "manifest-point",
            PublicError::Tables(_) | PublicError::TableDigests => "manifest-tables",
            PublicError::Powers(_) => "manifest-powers",
            PublicError::Width(_) => "manifest-width",
        }
    }
}

/// A matrix of a linear step, as far as it is public.
#[derive(Clone, Debug)]
pub struct PublicPart {
    /// Scale and bound.
    pub info: PartInfo,
    /// Inputs D.
    pub width: usize,
    /// Tile height h.
    pub tile: usize,
    /// One commitment a tile.
    pub tiles: Vec<G1Affine>,
}

/// Integers that an answer opens: their scale exponent and the root over their rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicRows {
    /// Scale exponent.
    pub k: i32,
    /// Root.
    pub root: Digest,
}

/// A model as its manifest shows it.
#[derive(Clone, Debug)]
pub struct PublicModel {
    /// Model id.
    pub id: Digest,
    /// Shape.
    pub config: Config,
    /// Integer tables, made anew from their parameters.
    pub tables: Tables,
    /// Powers of tau of the widths, all of the same tau. Whose tau it is, the caller decides by its id.
    pub key: VerifierKey,
    /// Embedding.
    pub embedding: PublicRows,
    gains: BTreeMap<Step, PublicRows>,
    parts: BTreeMap<(Step, usize), PublicPart>,
}

/// Steps whose gains or matrices a model has.
fn steps(config: &Config) -> impl Iterator<Item = Step> {
    let layers = (0..config.layers).flat_map(|layer| StepKind::LAYER.map(|kind| Step { kind, layer }));
    layers.chain([StepKind::FinalNorm, StepKind::Head].map(|kind| Step { kind, layer: 0 }))
}

impl PublicModel {
    /// Reads a manifest: every entry is looked at, every commitment is a point, the powers of tau are powers of one tau.
    ///
    /// # Errors
    /// [`PublicError`] with the tensor.
    pub fn new(manifest: &Manifest) -> Result<PublicModel, PublicError> {
        let commitments = manifest.commitments.as_ref().ok_or(PublicError::NoCommitments)?;
        let config = &manifest.config;
        let tables = Tables::new(&manifest.params.params(config))?;
        let digests = tables.digests();
        if !manifest.tables.iter().map(|(n, d)| (n.as_str(), d)).eq(digests.iter().map(|(n, d)| (*n, d))) {
            return Err(PublicError::TableDigests);
        }
        let key = Widths::decode(&commitments.powers)?.verify()?;
        let mut by_name = BTreeMap::new();
        for (entry, tiles) in manifest.tensors.iter().zip(&commitments.tiles) {
            if by_name.insert(entry.name.as_str(), (entry, tiles)).is_some() {
                return Err(PublicError::Tensor(entry.name.clone()));
            }
        }
        let find = |name: &str| by_name.get(name).copied().ok_or_else(|| PublicError::Tensor(name.to_owned()));
        let tied = !by_name.contains_key(names::OUTPUT);
        let (mut gains, mut parts) = (BTreeMap::new(), BTreeMap::new());
        for step in steps(config) {
            if matches!(step.kind, StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm) {
                let (entry, _) = find(&names::of_gains(step))?;
                gains.insert(step, rows(entry, config.dim, 1)?);
            }
            for (number, part) in config.parts(step.kind).iter().enumerate() {
                let name = tensor_name(step, number, tied).unwrap_or_default();
                let (entry, tiles) = find(&name)?;
                let wrong = |what| PublicError::Entry { tensor: name.clone(), what };
                let width = config.inputs(step.kind);
                rows(entry, width, part.rows)?;
                if entry.max_abs >= 1 << 20 {
                    return Err(wrong("largest weight"));
                }
                let tile = to_usize(tiles.height);
                if tile != tile_height(to_usize(width)) {
                    return Err(wrong("tile height"));
                }
                if tiles.points.len() != to_usize(part.rows).div_ceil(tile) {
                    return Err(wrong("number of commitments"));
                }
                if !key.powers2.contains_key(&width) {
                    return Err(PublicError::Width(width));
                }
                let point = |(tile, error)| PublicError::Point { tensor: name.clone(), tile, error };
                let tiles = decode_g1_list(&tiles.points).map_err(point)?;
                let info = PartInfo::new(entry.k, to_usize(width), entry.max_abs);
                parts.insert((step, number), PublicPart { info, width: to_usize(width), tile, tiles });
            }
        }
        let embedding = rows(find(names::EMBEDDING)?.0, config.dim, config.vocab)?;
        Ok(PublicModel { id: manifest.id(), config: config.clone(), tables, key, embedding, gains, parts })
    }

    /// `[τ^e]_2` for e = 1 and every width.
    pub fn power(&self, e: usize) -> Option<G2Affine> {
        let e = u32::try_from(e).ok()?;
        if e == 1 { Some(self.key.tau2) } else { self.key.powers2.get(&e).copied() }
    }

    /// Gains of a norm.
    pub fn gains(&self, norm: Step) -> Option<&PublicRows> {
        self.gains.get(&norm)
    }

    /// A part of a linear step.
    pub fn part(&self, step: Step, part: usize) -> Option<&PublicPart> {
        self.parts.get(&(step, part))
    }
}

/// Scale exponents lie within ±2^5; the arithmetic of shifts is defined for all of them.
fn rows(entry: &TensorEntry, columns: u32, rows: u32) -> Result<PublicRows, PublicError> {
    let wrong = |what| Err(PublicError::Entry { tensor: entry.name.clone(), what });
    if entry.dims != [u64::from(columns), u64::from(rows)] {
        return wrong("dimensions");
    }
    if !(-32..=32).contains(&entry.k) {
        return wrong("scale exponent");
    }
    Ok(PublicRows { k: entry.k, root: entry.rows })
}
