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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settlement::tree::root_of_path;

    const CONFIG: Config =
        Config { layers: 2, dim: 600, heads: 4, kv_heads: 2, head_dim: 8, ffn: 272, vocab: 272, context: 5 };

    fn record() -> Record {
        let leaves: Vec<Digest> = (0..7).map(|i| [i; 32]).collect();
        let of = Leaves { chunks: &leaves[..3], keys: &leaves[..5], parameters: &leaves };
        Record::new([1; 32], [2; 32], CONFIG, &of)
    }

    #[test]
    fn every_member_is_in_the_id() {
        let id = record().id();
        type Change = fn(&mut Record);
        let changes: [(&str, Change); 16] = [
            ("manifest", |r| r.manifest[0] ^= 1),
            ("srs", |r| r.srs[0] ^= 1),
            ("layers", |r| r.config.layers += 1),
            ("dim", |r| r.config.dim += 1),
            ("heads", |r| r.config.heads += 1),
            ("kv_heads", |r| r.config.kv_heads += 1),
            ("head_dim", |r| r.config.head_dim += 1),
            ("ffn", |r| r.config.ffn += 1),
            ("vocab", |r| r.config.vocab += 1),
            ("context", |r| r.config.context += 1),
            ("chunks_root", |r| r.chunks_root[0] ^= 1),
            ("chunks", |r| r.chunks += 1),
            ("keys_root", |r| r.keys_root[0] ^= 1),
            ("keys", |r| r.keys += 1),
            ("parameters_root", |r| r.parameters_root[0] ^= 1),
            ("parameters", |r| r.parameters += 1),
        ];
        for (member, change) in changes {
            let mut other = record();
            change(&mut other);
            assert_ne!(other.id(), id, "{member}");
        }
    }

    #[test]
    fn a_circuit_is_named_by_its_number_and_each_of_its_words() {
        let words = [1 << 40, 2, 3, 4, 5, 6, 7];
        let id = circuit_id(9, &words);
        assert_ne!(circuit_id(10, &words), id);
        for i in 0..7 {
            let mut other = words;
            other[i] ^= 1 << 63;
            assert_ne!(circuit_id(9, &other), id, "word {i}");
        }
    }

    #[test]
    fn a_key_without_powers_is_no_key_with_some() {
        use assay_circuits::srs::development::{power2, tau2};
        let key = [3; KEY_BYTES];
        let leaves = [
            key_leaf(&[1; 32], &key, None),
            key_leaf(&[2; 32], &key, None),
            key_leaf(&[1; 32], &[4; KEY_BYTES], None),
            key_leaf(&[1; 32], &key, Some(&[tau2(), power2(2)])),
            key_leaf(&[1; 32], &key, Some(&[tau2(), power2(3)])),
        ];
        for (i, leaf) in leaves.iter().enumerate() {
            assert!(!leaves[..i].contains(leaf), "leaf {i}");
        }
    }

    #[test]
    fn no_two_parameters_share_a_leaf_and_each_opens_at_its_place_alone() {
        let all: Vec<_> = Parameter::all(&CONFIG).collect();
        // eps, three chunks of five norms, five positions, the embedding.
        assert_eq!(all.len(), 1 + 3 * 5 + 5 + 1);
        let leaves: Vec<_> = all.iter().map(|parameter| parameter.leaf(&[9; 32])).collect();
        let root = root(PARAMETERS, &leaves);
        for (place, leaf) in leaves.iter().enumerate() {
            assert!(!leaves[..place].contains(leaf));
            assert_ne!(all[place].leaf(&[8; 32]), *leaf, "the value is in the leaf");
            let path = crate::settlement::tree::path(PARAMETERS, &leaves, place);
            for other in 0..leaves.len() as u64 {
                let got = root_of_path(PARAMETERS, leaves.len() as u64, other, leaf, &path);
                assert_eq!(got == Some(root), other == place as u64, "{place} at {other}");
            }
        }
    }

    #[test]
    fn what_a_model_does_not_have_is_no_parameter_of_it() {
        let none = |parameter: Parameter| assert_eq!(parameter.index(&CONFIG), None, "{parameter:?}");
        none(Parameter::Gains { step: 0, chunk: 0 });
        none(Parameter::Gains { step: 2, chunk: 0 });
        none(Parameter::Gains { step: 1, chunk: 3 });
        none(Parameter::Rotation { position: 5 });
    }
}
