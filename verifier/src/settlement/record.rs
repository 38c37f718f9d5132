//! What a contract knows of a model: its shape, and roots over what deciding a unit takes.
//!
//! A manifest's id is a BLAKE3 hash over all of its bytes, which no contract can look into. A record is a second name, of
//! what a contract must see, and follows from the weights, the powers of tau and the circuits' keys: whoever has these makes the
//! record and compares. **A contract cannot**: that a record belongs to the manifest that it names is for client and rig to
//! check before they agree to terms. `contracts/src/types/ModelRecord.sol` is the other side.
//!
//! | tree | a leaf says |
//! |---|---|
//! | chunks | of one chunk of outputs of a linear step: the exponent of its rounding, and the commitment to its rows of W |
//! | keys | of one circuit: its verifying key, and the powers of tau of its width |
//!
//! A chunk has one commitment, whatever its width, because a contract pays some 6,500 gas for each point that it multiplies. It
//! is that of a tile of 256 rows: Σ_i τ^{iD} Σ_j W_ij τ^j.

use super::tree::{CHUNKS, KEYS, root};
use super::{hash, number};
use crate::sign::keccak;
use ark_bn254::{G1Affine, G2Affine};
use assay_circuits::srs::points::{evm_g1, evm_g2};
use assay_model::config::Config;
use assay_model::domain::Digest;

/// Bytes of a circuit's verifying key.
pub const KEY_BYTES: usize = 704;

/// What a record says of one chunk of a linear step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Number of the step.
    pub step: u32,
    /// Number of the chunk.
    pub chunk: u32,
    /// What the weights add to the shift of the rounding (docs/settlement-circuit.md, section 2).
    pub exponent: i8,
    /// Commitment to the chunk's rows of W.
    pub commitment: G1Affine,
}

impl Chunk {
    /// Its leaf.
    pub fn leaf(&self) -> Digest {
        let [x, y] = evm_g1(&self.commitment);
        let exponent = number(u32::try_from(i32::from(self.exponent).saturating_add(128)).unwrap_or(0));
        hash("assay v1 chunk leaf", &[number(self.step), number(self.chunk), exponent, x, y])
    }
}

/// Name of a circuit: its number, and up to seven numbers of its shape.
pub fn circuit_id(circuit: u32, shape: [u32; 7]) -> Digest {
    let mut words = vec![number(circuit)];
    words.extend(shape.map(number));
    hash("assay v1 circuit", &words)
}

/// Leaf of a circuit's key with the powers of tau \[τ\]₂ and \[τ^D\]₂ that go with it.
pub fn key_leaf(circuit: &Digest, key: &[u8; KEY_BYTES], powers: &[G2Affine; 2]) -> Digest {
    let powers: Vec<_> = powers.iter().flat_map(evm_g2).collect();
    hash("assay v1 key leaf", &[*circuit, keccak(key), keccak(powers.as_flattened())])
}

/// A model's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Model id.
    pub manifest: Digest,
    /// Id of the powers of tau.
    pub srs: Digest,
    /// Shape.
    pub config: Config,
    /// Root over the chunks.
    pub chunks_root: Digest,
    /// Chunks.
    pub chunks: u32,
    /// Root over the keys.
    pub keys_root: Digest,
    /// Keys.
    pub keys: u32,
}

impl Record {
    /// Of a model, from the leaves of its chunks, ascending by step and chunk, and of its keys.
    pub fn new(manifest: Digest, srs: Digest, config: Config, chunks: &[Digest], keys: &[Digest]) -> Record {
        let count = |leaves: &[Digest]| u32::try_from(leaves.len()).unwrap_or(u32::MAX);
        Record {
            manifest,
            srs,
            config,
            chunks_root: root(CHUNKS, chunks),
            chunks: count(chunks),
            keys_root: root(KEYS, keys),
            keys: count(keys),
        }
    }

    /// Its id: the hash of all of it.
    pub fn id(&self) -> Digest {
        let c = &self.config;
        let shape = [c.layers, c.dim, c.heads, c.kv_heads, c.head_dim, c.ffn, c.vocab, c.context];
        let mut words = vec![self.manifest, self.srs];
        words.extend(shape.map(number));
        words.extend([self.chunks_root, number(self.chunks), self.keys_root, number(self.keys)]);
        hash("assay v1 record", &words)
    }
}
