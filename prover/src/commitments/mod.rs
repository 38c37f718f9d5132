//! Commitments to a model's weights: making them, keeping them, and checking that they are those of the weights.

pub mod partial;
pub mod powers;

use crate::cpu::platform::Tier;
use crate::fold::check::{self, CheckError, Tiled};
use crate::fold::tiles::Committer;
use ark_bn254::G1Affine;
use assay_circuits::fold::tile::tile_height;
use assay_circuits::srs::points::{decode_g1, encode_g1};
use assay_circuits::srs::widths::Widths;
use assay_model::Model;
use assay_model::domain::Digest;
use assay_model::manifest::{Commitments, Manifest, Tiles};
use assay_model::matrix::Matrix;
use assay_model::program::{Step, StepKind};
use assay_model::{config::Config, names};
use assay_verifier::parameters;
use assay_verifier::public::PublicModel;
use partial::Partial;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

/// A model's commitments and the powers of tau that its proofs are made with.
pub struct Committed {
    /// The manifest, decoded.
    pub public: PublicModel,
    /// Powers in G1, from τ^0.
    pub powers: Vec<G1Affine>,
}

/// Widths of a model's matrices.
pub fn widths(config: &Config) -> Vec<u32> {
    let kinds = StepKind::ALL.into_iter().filter(|k| k.is_linear());
    kinds.map(|k| config.inputs(k)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Powers in G1 that commitments and proofs of a model of this shape take.
pub fn powers_needed(config: &Config) -> usize {
    let tile = |d: &u32| tile_height(*d as usize).max(1) * *d as usize;
    widths(config).iter().map(tile).max().unwrap_or(0)
}

/// Every matrix of a linear step by the name of its tensor; a tied embedding once.
fn matrices(model: &Model) -> BTreeMap<String, &Matrix> {
    let config = &model.config;
    let layers = (0..config.layers).flat_map(|layer| StepKind::LAYER.map(|kind| Step { kind, layer }));
    let mut all = BTreeMap::new();
    for step in layers.chain([Step { kind: StepKind::Head, layer: 0 }]) {
        for (part, name) in names::of_step(step).into_iter().enumerate() {
            let tied = step.kind == StepKind::Head && model.output.is_none();
            let name = if tied { names::EMBEDDING.to_owned() } else { name };
            all.extend(parameters::matrix(model, step, part).map(|w| (name, w)));
        }
    }
    all
}

/// Number of tiles of a model, for progress.
pub fn tile_count(model: &Model) -> u64 {
    matrices(model).values().map(|w| w.rows.div_ceil(tile_height(w.cols)) as u64).sum()
}

/// Commits to every matrix of `model`, whose manifest without commitments is `core`. `partial` keeps what is done, tensor
/// by tensor; `progress` is told the number of tiles done.
pub fn commit(
    model: &Model,
    core: &Manifest,
    (powers, widths): (&[G1Affine], &Widths),
    partial: &mut Partial,
    progress: &(dyn Fn(u64) + Sync),
) -> Commitments {
    let matrices = matrices(model);
    let done = AtomicU64::new(0);
    let mut committers: BTreeMap<bool, Committer> = BTreeMap::new();
    let tiles = (0u32..).zip(&core.tensors).map(|(i, entry)| {
        let Some(w) = matrices.get(&entry.name) else { return Tiles::default() };
        let height = tile_height(w.cols);
        let count = w.rows.div_ceil(height);
        if let Some(points) = partial.take(i, count) {
            progress(done.fetch_add(count as u64, Ordering::Relaxed) + count as u64);
            return Tiles { height: height as u32, points };
        }
        let wide = w.max_abs >= 1 << 15;
        let reach = if wide { 1 << 19 } else { 1 << 15 };
        let committer = committers.entry(wide).or_insert_with(|| Committer::new(powers, reach));
        let tell = || progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        let points: Vec<[u8; 32]> = committer.tiles(w, height, &tell).iter().map(encode_g1).collect();
        partial.keep(i, &points);
        Tiles { height: height as u32, points }
    });
    Commitments { tiles: tiles.collect(), powers: widths.encode() }
}

/// Whether the commitments of `manifest` are those of `model`'s weights.
///
/// # Errors
/// [`CheckError`].
pub fn check(
    tier: Tier,
    model: &Model,
    manifest: &Manifest,
    srs: &Digest,
    powers: &[G1Affine],
) -> Result<(), CheckError> {
    let Some(commitments) = &manifest.commitments else { return Ok(()) };
    let matrices = matrices(model);
    let entries = manifest.tensors.iter().zip(&commitments.tiles);
    let decoded: Vec<_> = entries
        .filter_map(|(entry, tiles)| Some((*matrices.get(&entry.name)?, entry.digest, tiles)))
        .enumerate()
        .map(|(i, (matrix, digest, tiles))| {
            use rayon::prelude::*;
            let points: Option<Vec<G1Affine>> = tiles.points.par_iter().map(|p| decode_g1(p).ok()).collect();
            Ok((matrix, digest, tiles.height as usize, points.ok_or(CheckError::Shape(i))?))
        })
        .collect::<Result<_, CheckError>>()?;
    let tensors: Vec<Tiled<'_>> = decoded
        .iter()
        .map(|(matrix, digest, tile, commitments)| Tiled { matrix, digest: *digest, tile: *tile, commitments })
        .collect();
    check::check(tier, srs, powers, &tensors)
}
