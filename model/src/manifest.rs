//! The model manifest: everything that others see of a model. Its digest is the model id.
//!
//! A manifest is a deterministic function of the model file and the version of the arithmetic: shape, digests of the
//! integer tables (which ε and the rotary parameters enter), the tokenizer with its chat template, and per tensor its type, scale exponent and
//! BLAKE3 digest. `docs/wire.md` gives the layout.

use crate::config::Config;
use crate::domain::{Digest, Domain};
use crate::wire::{FileKind, Reader, WireError, Writer};

/// Version of the arithmetic: scheme R1 as `docs/arithmetic.md` freezes it.
pub const ARITHMETIC: u32 = 1;

/// The one architecture of this version.
pub const ARCHITECTURE: &str = "llama";

const MAX_TENSORS: usize = 1 << 15;
const MAX_TABLES: usize = 64;
const MAX_NAME: usize = 256;
const MAX_VOCABULARY: usize = 1 << 26;

/// One weight tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorEntry {
    /// Name in the model file.
    pub name: String,
    /// GGML type number.
    pub kind: u32,
    /// Columns, then rows (1 for a vector).
    pub dims: [u64; 2],
    /// Scale exponent of the integer weights.
    pub k: i32,
    /// Digest under [`Domain::Weights`].
    pub digest: Digest,
}

/// A model's public description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Architecture name, as in the model file.
    pub architecture: String,
    /// Shape.
    pub config: Config,
    /// Digest of every integer table, by name.
    pub tables: Vec<(String, Digest)>,
    /// Tokenizer and chat template, encoded; see `text::codec`.
    pub vocabulary: Vec<u8>,
    /// Weight tensors in file order.
    pub tensors: Vec<TensorEntry>,
}

impl Manifest {
    /// The model id.
    pub fn id(&self) -> Digest {
        Domain::Manifest.hasher().framed(&self.encode()).digest()
    }

    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::file(FileKind::Manifest);
        w.u32(ARITHMETIC).framed(self.architecture.as_bytes());
        for v in shape(&self.config) {
            w.u32(v);
        }
        w.count(self.tables.len());
        for (name, digest) in &self.tables {
            w.framed(name.as_bytes()).raw(digest);
        }
        w.framed(&self.vocabulary);
        w.count(self.tensors.len());
        for t in &self.tensors {
            w.framed(t.name.as_bytes())
                .u32(t.kind)
                .u64(t.dims[0])
                .u64(t.dims[1])
                .raw(&t.k.to_le_bytes())
                .raw(&t.digest);
        }
        w.finish()
    }

    /// From wire bytes.
    ///
    /// # Errors
    /// [`WireError`] for anything that [`Manifest::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Manifest, WireError> {
        let mut r = Reader::file(FileKind::Manifest, bytes)?;
        let arithmetic = r.u32("arithmetic version")?;
        r.require(arithmetic == ARITHMETIC, "arithmetic version")?;
        let architecture = r.text(MAX_NAME, "architecture")?.to_owned();
        r.require(architecture == ARCHITECTURE, "architecture")?;
        let config = read_shape(&mut r)?;
        let tables = (0..r.count(36, MAX_TABLES, "tables")?)
            .map(|_| Ok((r.text(MAX_NAME, "table name")?.to_owned(), r.array("table digest")?)))
            .collect::<Result<_, _>>()?;
        let vocabulary = r.framed(MAX_VOCABULARY, "vocabulary")?.to_vec();
        let tensors =
            (0..r.count(60, MAX_TENSORS, "tensors")?).map(|_| read_tensor(&mut r)).collect::<Result<_, _>>()?;
        r.end()?;
        Ok(Manifest { architecture, config, tables, vocabulary, tensors })
    }
}

fn shape(c: &Config) -> [u32; 8] {
    [c.layers, c.dim, c.heads, c.kv_heads, c.head_dim, c.ffn, c.vocab, c.context]
}

fn read_shape(r: &mut Reader<'_>) -> Result<Config, WireError> {
    let config = Config {
        layers: r.u32("layers")?,
        dim: r.u32("dim")?,
        heads: r.u32("heads")?,
        kv_heads: r.u32("kv_heads")?,
        head_dim: r.u32("head_dim")?,
        ffn: r.u32("ffn")?,
        vocab: r.u32("vocab")?,
        context: r.u32("context")?,
    };
    r.require(config.is_valid(), "shape")?;
    Ok(config)
}

fn read_tensor(r: &mut Reader<'_>) -> Result<TensorEntry, WireError> {
    Ok(TensorEntry {
        name: r.text(MAX_NAME, "tensor name")?.to_owned(),
        kind: r.u32("tensor type")?,
        dims: [r.u64("columns")?, r.u64("rows")?],
        k: i32::from_le_bytes(r.array("k")?),
        digest: r.array("tensor digest")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        Manifest {
            architecture: "llama".into(),
            config: Config {
                layers: 2,
                dim: 64,
                heads: 4,
                kv_heads: 2,
                head_dim: 16,
                ffn: 96,
                vocab: 300,
                context: 64,
            },
            tables: vec![("exp".into(), [1; 32])],
            vocabulary: vec![1, 2, 3],
            tensors: vec![TensorEntry {
                name: "token_embd.weight".into(),
                kind: 8,
                dims: [64, 300],
                k: -3,
                digest: [2; 32],
            }],
        }
    }

    #[test]
    fn a_manifest_round_trips_and_its_id_binds_every_byte() {
        let m = sample();
        let bytes = m.encode();
        assert_eq!(Manifest::decode(&bytes), Ok(m.clone()));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            if let Ok(decoded) = Manifest::decode(&other) {
                assert_ne!(decoded.id(), m.id(), "byte {at}");
            }
            assert!(Manifest::decode(&bytes[..at]).is_err(), "length {at}");
        }
    }

    #[test]
    fn a_shape_or_architecture_that_no_program_has_is_refused() {
        let mut m = sample();
        m.architecture = "mamba".into();
        assert_eq!(Manifest::decode(&m.encode()).unwrap_err().code(), "wire-value");
        let mut m = sample();
        m.config.kv_heads = 3;
        assert_eq!(Manifest::decode(&m.encode()).unwrap_err().code(), "wire-value");
    }
}
