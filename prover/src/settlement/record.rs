//! A model's record with everything that its roots are over: what opens a chunk, a key or a parameter to a contract.
//!
//! ```text
//! magic "assay-record\x01" ‖ manifest ‖ shape, 8 u32 ‖ chain of powers in the second group, framed
//! ‖ count ‖ per chunk: exponent u8 + 128, commitment 32 bytes
//! ‖ count ‖ per key: 704 bytes
//! ‖ count ‖ per parameter: scalar, big-endian
//! ‖ BLAKE3 of all that
//! ```
//!
//! Which chunk, circuit and parameter stands where follows from the shape, so it is not written.

use super::chunks::places;
use super::tree::Tree;
use ark_bn254::{Fr, G2Affine};
use assay_circuits::settlement::encoding::{decode_key, encode_scalar};
use assay_circuits::settlement::keys::VerifyingKey;
use assay_circuits::srs::points::{decode_g1, encode_g1};
use assay_circuits::srs::widths::{SrsError, VerifierKey, Widths};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::wire::{Reader, WireError, Writer};
use assay_verifier::settlement::answer::Placed;
use assay_verifier::settlement::circuits::{self, Kind, Named};
use assay_verifier::settlement::record::{Chunk, KEY_BYTES, Leaves, Parameter, Record, key_leaf};
use assay_verifier::settlement::tree::{CHUNKS, KEYS, PARAMETERS};

/// Bytes of a verifying key.
pub type KeyBytes = [u8; KEY_BYTES];

const MAGIC: &[u8; 13] = b"assay-record\x01";
/// Most of anything.
const MAX: usize = 1 << 26;

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Cut off, damaged, or another file.
    #[error("it is damaged, or no file of a record")]
    Damaged,
    /// Lists of other lengths than the shape gives them.
    #[error("it does not have the {0} of its shape")]
    Count(&'static str),
    /// Powers that do not follow from each other.
    #[error(transparent)]
    Srs(#[from] SrsError),
    /// Bytes that are none of a record.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// A record with its leaves.
#[derive(Clone, Debug)]
pub struct Book {
    /// The record.
    pub record: Record,
    widths: Widths,
    powers: VerifierKey,
    chunks: Vec<Chunk>,
    circuits: Vec<(Named, Kind)>,
    keys: Vec<KeyBytes>,
    parameters: Vec<Fr>,
    chunk_tree: Tree,
    key_tree: Tree,
    parameter_tree: Tree,
}

/// What a record is of.
#[derive(Clone, Debug)]
pub struct Contents {
    /// Model id.
    pub manifest: Digest,
    /// Shape.
    pub config: Config,
    /// Powers of tau in the second group.
    pub widths: Widths,
    /// All chunks, ascending by step and number.
    pub chunks: Vec<Chunk>,
    /// Keys of all circuits, in the order of [`circuits::all`].
    pub keys: Vec<KeyBytes>,
    /// Values of all parameters, in the order of [`Parameter::all`].
    pub parameters: Vec<Fr>,
}

impl Book {
    /// Of everything that it is over.
    ///
    /// # Errors
    /// [`RecordError::Count`], [`RecordError::Srs`].
    pub fn new(contents: Contents) -> Result<Book, RecordError> {
        let Contents { manifest, config, widths, chunks, keys, parameters } = contents;
        let powers = widths.verify()?;
        let circuits = circuits::all(&config);
        let counted = |right: bool, what| if right { Ok(()) } else { Err(RecordError::Count(what)) };
        counted(chunks.len() == places(&config).len(), "chunks")?;
        counted(keys.len() == circuits.len(), "circuits")?;
        counted(parameters.len() == Parameter::all(&config).count(), "parameters")?;
        let chunk_leaves: Vec<Digest> = chunks.iter().map(Chunk::leaf).collect();
        let key_leaves = circuits.iter().zip(&keys).map(|((named, kind), key)| {
            let powers = match kind {
                Kind::Linear(shape) => Some(width_powers(&powers, shape.width).ok_or(RecordError::Count("powers"))?),
                _ => None,
            };
            Ok(key_leaf(&named.id(), key, powers.as_ref()))
        });
        let key_leaves: Vec<Digest> = key_leaves.collect::<Result<_, RecordError>>()?;
        let all = Parameter::all(&config).zip(&parameters);
        let parameter_leaves: Vec<Digest> = all.map(|(what, value)| what.leaf(&encode_scalar(value))).collect();
        let leaves = Leaves { chunks: &chunk_leaves, keys: &key_leaves, parameters: &parameter_leaves };
        let record = Record::new(manifest, powers.id(), config, &leaves);
        let chunk_tree = Tree::new(CHUNKS, chunk_leaves);
        let key_tree = Tree::new(KEYS, key_leaves);
        let parameter_tree = Tree::new(PARAMETERS, parameter_leaves);
        Ok(Book { record, widths, powers, chunks, circuits, keys, parameters, chunk_tree, key_tree, parameter_tree })
    }

    /// \[τ\]₂.
    pub const fn tau2(&self) -> &G2Affine {
        &self.powers.tau2
    }

    /// A chunk with its place; `None` if there is none.
    pub fn chunk(&self, step: u32, chunk: u32) -> Option<Placed<Chunk>> {
        let index = self.chunks.iter().position(|c| (c.step, c.chunk) == (step, chunk))?;
        placed(*self.chunks.get(index)?, index, &self.chunk_tree)
    }

    /// The key of a circuit with its place.
    pub fn key(&self, circuit: &Named) -> Option<Placed<KeyBytes>> {
        let index = self.circuits.iter().position(|(named, _)| named == circuit)?;
        placed(*self.keys.get(index)?, index, &self.key_tree)
    }

    /// The same, decoded.
    pub fn verifying_key(&self, circuit: &Named) -> Option<VerifyingKey> {
        decode_key(&self.key(circuit)?.value).ok()
    }

    /// \[τ\]₂ and \[τ^D\]₂ of a width.
    pub fn width_powers(&self, width: usize) -> Option<[G2Affine; 2]> {
        width_powers(&self.powers, width)
    }

    /// The value of a parameter with its place.
    pub fn parameter(&self, what: Parameter) -> Option<Placed<[u8; 32]>> {
        let index = usize::try_from(what.index(&self.record.config)?).ok()?;
        placed(encode_scalar(self.parameters.get(index)?), index, &self.parameter_tree)
    }

    /// Value of a parameter.
    pub fn parameter_value(&self, what: Parameter) -> Option<Fr> {
        self.parameters.get(usize::try_from(what.index(&self.record.config)?).ok()?).copied()
    }

    /// All circuits, each with its verifying key.
    pub fn keys(&self) -> impl Iterator<Item = (&Named, &Kind, &KeyBytes)> {
        self.circuits.iter().zip(&self.keys).map(|((named, kind), key)| (named, kind, key))
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let c = &self.record.config;
        let mut w = Writer::bare();
        w.raw(MAGIC).raw(&self.record.manifest);
        for n in [c.layers, c.dim, c.heads, c.kv_heads, c.head_dim, c.ffn, c.vocab, c.context] {
            w.u32(n);
        }
        w.framed(&self.widths.encode()).count(self.chunks.len());
        for chunk in &self.chunks {
            w.u8(chunk.exponent.cast_unsigned() ^ 0x80).raw(&encode_g1(&chunk.commitment));
        }
        w.count(self.keys.len());
        self.keys.iter().for_each(|key| {
            w.raw(key);
        });
        w.count(self.parameters.len());
        self.parameters.iter().for_each(|value| {
            w.raw(&encode_scalar(value));
        });
        let mut bytes = w.finish();
        let digest = blake3::hash(&bytes);
        bytes.extend(digest.as_bytes());
        bytes
    }

    /// From its bytes. What they say of weights and keys is not checked: who has the weights makes the record anew.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn decode(bytes: &[u8]) -> Result<Book, RecordError> {
        let (body, digest) = bytes.split_last_chunk::<32>().ok_or(RecordError::Damaged)?;
        if blake3::hash(body).as_bytes() != digest {
            return Err(RecordError::Damaged);
        }
        let mut r = Reader::bare(body.strip_prefix(MAGIC).ok_or(RecordError::Damaged)?);
        let manifest = r.array("manifest")?;
        let mut dimension = || r.u32("dimension");
        let config = Config {
            layers: dimension()?,
            dim: dimension()?,
            heads: dimension()?,
            kv_heads: dimension()?,
            head_dim: dimension()?,
            ffn: dimension()?,
            vocab: dimension()?,
            context: dimension()?,
        };
        if !config.is_valid() {
            return Err(RecordError::Count("dimensions"));
        }
        let widths = Widths::decode(r.framed(MAX, "powers")?)?;
        let places = places(&config);
        if r.count(33, MAX, "chunks")? != places.len() {
            return Err(RecordError::Count("chunks"));
        }
        let mut chunks = Vec::with_capacity(places.len());
        for (step, _, chunk) in places {
            let exponent = (r.u8("exponent")? ^ 0x80).cast_signed();
            let commitment = decode_g1(&r.array("commitment")?).map_err(|_| RecordError::Damaged)?;
            chunks.push(Chunk { step, chunk, exponent, commitment });
        }
        let count = r.count(KEY_BYTES, MAX, "keys")?;
        let keys = (0..count).map(|_| r.array("key")).collect::<Result<_, _>>()?;
        let count = r.count(32, MAX, "parameters")?;
        let parameters = (0..count).map(|_| scalar(&mut r)).collect::<Result<_, _>>()?;
        r.end()?;
        Book::new(Contents { manifest, config, widths, chunks, keys, parameters })
    }
}

/// A scalar that is below r.
fn scalar(r: &mut Reader<'_>) -> Result<Fr, RecordError> {
    let mut bytes: [u8; 32] = r.array("parameter")?;
    bytes.reverse();
    assay_circuits::srs::points::decode_fr(&bytes).map_err(|_| RecordError::Damaged)
}

fn width_powers(powers: &VerifierKey, width: usize) -> Option<[G2Affine; 2]> {
    Some([powers.tau2, *powers.powers2.get(&u32::try_from(width).ok()?)?])
}

fn placed<T>(value: T, index: usize, tree: &Tree) -> Option<Placed<T>> {
    Some(Placed { value, index: u32::try_from(index).ok()?, path: tree.path(index) })
}
