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
//! | keys | of one circuit: its verifying key, and for a linear one the powers of tau of its width |
//! | parameters | of what other circuits read of a model: its digest ([`Parameter`]) |
//!
//! A chunk has one commitment, whatever its width, because a contract pays some 6,500 gas for each point that it multiplies. It
//! is that of a tile of 256 rows: Σ_i τ^{iD} Σ_j W_ij τ^j.

use super::tree::{CHUNKS, KEYS, PARAMETERS, root};
use super::{Word, hash, number};
use crate::sign::{keccak, word};
use ark_bn254::{G1Affine, G2Affine};
use assay_circuits::srs::points::{evm_g1, evm_g2};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;

/// Outputs of one chunk.
const CHUNK_OUTPUTS: u32 = 256;
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
pub fn circuit_id(circuit: u64, shape: &[u64; 7]) -> Digest {
    let mut words = vec![word(&circuit.to_be_bytes())];
    words.extend(shape.map(|n| word(&n.to_be_bytes())));
    hash("assay v1 circuit", &words)
}

/// Leaf of a circuit's key. Only a linear circuit has powers of tau, \[τ\]₂ and \[τ^D\]₂, that go with it.
pub fn key_leaf(circuit: &Digest, key: &[u8; KEY_BYTES], powers: Option<&[G2Affine; 2]>) -> Digest {
    let powers = powers.map(|powers| powers.iter().flat_map(evm_g2).collect::<Vec<_>>());
    let powers = powers.map_or([0; 32], |words| keccak(words.as_flattened()));
    hash("assay v1 key leaf", &[*circuit, keccak(key), powers])
}

/// What a circuit that is no product reads of a model, as far as it is not in the shape: digests under Poseidon, each a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parameter {
    /// The digest of eps, which every norm reads.
    Eps,
    /// The digest of the gains of one chunk of a norm.
    Gains {
        /// Number of the norm's step.
        step: u32,
        /// Number of the chunk.
        chunk: u32,
    },
    /// The digest of a position's rotations.
    Rotation {
        /// The position.
        position: u32,
    },
    /// The root over all rows of the embedding matrix.
    Embedding,
}

impl Parameter {
    /// Every parameter of a model, in the order of their leaves.
    pub fn all(config: &Config) -> impl Iterator<Item = Parameter> + '_ {
        let norm = |step: &u32| {
            let kind = config.step(*step).map(|step| step.kind);
            matches!(kind, Some(StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm))
        };
        let chunks = config.dim.div_ceil(CHUNK_OUTPUTS);
        let norms = (0..config.step_count(true)).filter(norm);
        let gains = norms.flat_map(move |step| (0..chunks).map(move |chunk| Parameter::Gains { step, chunk }));
        let rotations = (0..config.context).map(|position| Parameter::Rotation { position });
        [Parameter::Eps].into_iter().chain(gains).chain(rotations).chain([Parameter::Embedding])
    }

    /// Its place among [`Parameter::all`]; `None` for one that the model does not have.
    pub fn index(&self, config: &Config) -> Option<u32> {
        let place = Parameter::all(config).position(|other| other == *self)?;
        u32::try_from(place).ok()
    }

    /// What it is, and of what: parameters ascend by these.
    pub const fn numbers(&self) -> [u32; 3] {
        match *self {
            Parameter::Eps => [1, 0, 0],
            Parameter::Gains { step, chunk } => [2, step, chunk],
            Parameter::Rotation { position } => [3, position, 0],
            Parameter::Embedding => [4, 0, 0],
        }
    }

    /// Its leaf; `value` is the scalar, big-endian.
    pub fn leaf(&self, value: &Word) -> Digest {
        let [what, a, b] = self.numbers().map(number);
        hash("assay v1 parameter leaf", &[what, a, b, *value])
    }
}

/// The leaves of a record's trees.
#[derive(Clone, Copy, Debug)]
pub struct Leaves<'a> {
    /// Of chunks, ascending by step and chunk.
    pub chunks: &'a [Digest],
    /// Of keys, ascending by number of the circuit, then by first use over steps and units.
    pub keys: &'a [Digest],
    /// Of parameters, as [`Parameter::all`] has them.
    pub parameters: &'a [Digest],
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
    /// Root over the parameters.
    pub parameters_root: Digest,
    /// Parameters.
    pub parameters: u32,
}

impl Record {
    /// Of a model, from its leaves, each list in its own order.
    pub fn new(manifest: Digest, srs: Digest, config: Config, leaves: &Leaves<'_>) -> Record {
        let count = |leaves: &[Digest]| u32::try_from(leaves.len()).unwrap_or(u32::MAX);
        Record {
            manifest,
            srs,
            config,
            chunks_root: root(CHUNKS, leaves.chunks),
            chunks: count(leaves.chunks),
            keys_root: root(KEYS, leaves.keys),
            keys: count(leaves.keys),
            parameters_root: root(PARAMETERS, leaves.parameters),
            parameters: count(leaves.parameters),
        }
    }

    /// All of it, as words.
    pub(super) fn words(&self) -> Vec<Word> {
        let c = &self.config;
        let shape = [c.layers, c.dim, c.heads, c.kv_heads, c.head_dim, c.ffn, c.vocab, c.context];
        let mut words = vec![self.manifest, self.srs];
        words.extend(shape.map(number));
        words.extend([self.chunks_root, number(self.chunks), self.keys_root, number(self.keys)]);
        words.extend([self.parameters_root, number(self.parameters)]);
        words
    }

    /// Its id: the hash of all of it.
    pub fn id(&self) -> Digest {
        hash("assay v1 record", &self.words())
    }
}
