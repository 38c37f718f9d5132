//! What a contract knows of a model: its shape, and a root over the commitments to its tiles.
//!
//! A manifest's id is a BLAKE3 hash over all of its bytes, which no contract can look into. A record is a second name, of
//! what a contract must see, and follows from the manifest: whoever has the manifest makes the record and compares. **A
//! contract cannot**: that a record belongs to the manifest that it names is for client and rig to check before they agree
//! to terms. `contracts/src/types/ModelRecord.sol` is the other side.

use super::tree::{TILES, root};
use super::{hash, number};
use crate::public::{PublicModel, PublicPart};
use ark_bn254::G1Affine;
use assay_circuits::srs::known;
use assay_circuits::srs::points::evm_g1;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::Step;

/// A model's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Model id.
    pub manifest: Digest,
    /// Id of the powers of tau.
    pub srs: Digest,
    /// Shape.
    pub config: Config,
    /// Root over the tiles.
    pub tiles_root: Digest,
    /// Tiles.
    pub tiles: u32,
}

impl Record {
    /// Of a model.
    pub fn of(public: &PublicModel) -> Record {
        let leaves = tile_leaves(public);
        Record {
            manifest: public.id,
            srs: known::id(&public.key.tau2),
            config: public.config.clone(),
            tiles_root: root(TILES, &leaves),
            tiles: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
        }
    }

    /// Its id: the hash of all of it.
    pub fn id(&self) -> Digest {
        let c = &self.config;
        let shape = [c.layers, c.dim, c.heads, c.kv_heads, c.head_dim, c.ffn, c.vocab, c.context];
        let mut words = vec![self.manifest, self.srs];
        words.extend(shape.map(number));
        words.extend([self.tiles_root, number(self.tiles)]);
        hash("assay v1 record", &words)
    }
}

/// A leaf for every tile of every linear step, ascending by step and row.
pub fn tile_leaves(public: &PublicModel) -> Vec<Digest> {
    let config = &public.config;
    let steps = (0..config.step_count(true)).filter_map(|s| Some((s, config.step(s)?)));
    steps.filter(|(_, step)| step.kind.is_linear()).flat_map(|(s, step)| leaves_of_step(public, s, step)).collect()
}

fn leaves_of_step(public: &PublicModel, s: u32, step: Step) -> Vec<Digest> {
    let parts = public.config.parts(step.kind);
    let known = parts.iter().enumerate().filter_map(|(i, part)| Some((part.first, public.part(step, i)?)));
    known.flat_map(|(first, part)| leaves_of_part(s, first, part)).collect()
}

fn leaves_of_part(s: u32, first: u32, part: &PublicPart) -> Vec<Digest> {
    let height = u32::try_from(part.tile).unwrap_or(u32::MAX);
    let rows = (0u32..).map(|i| first.saturating_add(i.saturating_mul(height)));
    part.tiles.iter().zip(rows).map(|(point, row)| tile_leaf(s, row, height, point)).collect()
}

/// The leaf of one tile: the step, the first of its rows as the step's output counts them, its height, its commitment.
pub fn tile_leaf(s: u32, row: u32, height: u32, commitment: &G1Affine) -> Digest {
    let [x, y] = evm_g1(commitment);
    hash("assay v1 tile leaf", &[number(s), number(row), number(height), x, y])
}
