//! The model manifest: everything that others see of a model. Its digest is the model id.
//!
//! A manifest is a deterministic function of the model file and the version of the arithmetic: shape, digests of the
//! integer tables and the parameters that they are made from, the tokenizer with its chat template, and per tensor its type,
//! scale exponent and digests. With [`Commitments`] it holds all that a client without the weights checks them by; they
//! are a function of the weights and the powers of tau. `docs/wire.md` gives the layout.

use crate::config::Config;
use crate::domain::{Digest, Domain};
use crate::tables::TableParams;
use crate::wire::{FileKind, Reader, WireError, Writer};

/// Version of the arithmetic: scheme R1 as `docs/arithmetic.md` freezes it.
pub const ARITHMETIC: u32 = 1;

/// The one architecture of this version.
pub const ARCHITECTURE: &str = "llama";

const MAX_TENSORS: usize = 1 << 15;
const MAX_TABLES: usize = 64;
const MAX_NAME: usize = 256;
const MAX_VOCABULARY: usize = 1 << 26;
const MAX_FACTORS: usize = 1 << 11;
const MAX_POWERS: usize = 1 << 20;
const MAX_TILES: usize = 1 << 24;

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
    /// Largest magnitude of a matrix' integers; 0 for a vector.
    pub max_abs: u32,
    /// Root over the integer rows of what answers open (`rows`): the embedding and gains; zero for the others.
    pub rows: Digest,
}

/// Real parameters of the tables, as the bits of an `f32`; `TableParams` says what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealParams {
    /// Epsilon of the norms.
    pub eps: u32,
    /// Base of the rotation speeds.
    pub rope_base: u32,
    /// Linear scale of the rotation.
    pub rope_linear: u32,
    /// Divisors of the rotation speeds; empty for none.
    pub rope_factors: Vec<u32>,
}

impl RealParams {
    /// Of `params`.
    pub fn of(params: &TableParams) -> Self {
        RealParams {
            eps: params.eps.to_bits(),
            rope_base: params.rope_base.to_bits(),
            rope_linear: params.rope_linear.to_bits(),
            rope_factors: params.rope_factors.iter().flatten().map(|f| f.to_bits()).collect(),
        }
    }

    /// For a model of shape `config`.
    pub fn params(&self, config: &Config) -> TableParams {
        let factors = self.rope_factors.iter().map(|&b| f32::from_bits(b)).collect::<Vec<_>>();
        TableParams {
            dim: config.dim,
            head_dim: config.head_dim,
            eps: f32::from_bits(self.eps),
            rope_base: f32::from_bits(self.rope_base),
            rope_linear: f32::from_bits(self.rope_linear),
            rope_factors: (!factors.is_empty()).then_some(factors),
        }
    }
}

/// Commitments to the tiles of one tensor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tiles {
    /// Rows of a tile, h; 0 for a tensor that is no matrix of a linear step.
    pub height: u32,
    /// Encoded points, one a tile.
    pub points: Vec<[u8; 32]>,
}

/// Polynomial commitments to every matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitments {
    /// The powers of tau that the commitments were made with, and those that a verifier needs: `circuits::srs` reads it.
    pub powers: Vec<u8>,
    /// One entry a tensor, in the manifest's order.
    pub tiles: Vec<Tiles>,
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
    /// Parameters of the tables.
    pub params: RealParams,
    /// Tokenizer and chat template, encoded; see `text::codec`.
    pub vocabulary: Vec<u8>,
    /// Weight tensors in file order.
    pub tensors: Vec<TensorEntry>,
    /// Polynomial commitments; without them only those who hold the weights can check a rig.
    pub commitments: Option<Commitments>,
}

impl Manifest {
    /// What the weights alone give: the manifest without commitments.
    pub fn core(&self) -> Manifest {
        Manifest { commitments: None, ..self.clone() }
    }

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
        let p = &self.params;
        w.u32(p.eps).u32(p.rope_base).u32(p.rope_linear).u32s(&p.rope_factors);
        w.framed(&self.vocabulary);
        w.count(self.tensors.len());
        for t in &self.tensors {
            w.framed(t.name.as_bytes())
                .u32(t.kind)
                .u64(t.dims[0])
                .u64(t.dims[1])
                .raw(&t.k.to_le_bytes())
                .raw(&t.digest)
                .u32(t.max_abs)
                .raw(&t.rows);
        }
        w.u8(u8::from(self.commitments.is_some()));
        if let Some(c) = &self.commitments {
            w.framed(&c.powers);
            for t in &c.tiles {
                w.u32(t.height).digests(&t.points);
            }
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
        let params = RealParams {
            eps: r.u32("epsilon")?,
            rope_base: r.u32("rotary base")?,
            rope_linear: r.u32("rotary scale")?,
            rope_factors: r.u32s(MAX_FACTORS, "rotary factors")?,
        };
        let vocabulary = r.framed(MAX_VOCABULARY, "vocabulary")?.to_vec();
        let tensors: Vec<_> =
            (0..r.count(96, MAX_TENSORS, "tensors")?).map(|_| read_tensor(&mut r)).collect::<Result<_, _>>()?;
        let committed = r.u8("commitments")?;
        r.require(committed <= 1, "commitments")?;
        let commitments = if committed == 1 { Some(read_commitments(&mut r, tensors.len())?) } else { None };
        r.end()?;
        Ok(Manifest { architecture, config, tables, params, vocabulary, tensors, commitments })
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
        max_abs: r.u32("largest weight")?,
        rows: r.array("root over rows")?,
    })
}

fn read_commitments(r: &mut Reader<'_>, tensors: usize) -> Result<Commitments, WireError> {
    let powers = r.framed(MAX_POWERS, "powers of tau")?.to_vec();
    let tiles = (0..tensors)
        .map(|_| Ok(Tiles { height: r.u32("tile height")?, points: r.digests(MAX_TILES, "tiles")? }))
        .collect::<Result<_, _>>()?;
    Ok(Commitments { powers, tiles })
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
            params: RealParams { eps: 1, rope_base: 2, rope_linear: 3, rope_factors: vec![4, 5] },
            vocabulary: vec![1, 2, 3],
            tensors: vec![TensorEntry {
                name: "token_embd.weight".into(),
                kind: 8,
                dims: [64, 300],
                k: -3,
                digest: [2; 32],
                max_abs: 7,
                rows: [3; 32],
            }],
            commitments: Some(Commitments {
                powers: vec![6; 5],
                tiles: vec![Tiles { height: 32, points: vec![[7; 32], [8; 32]] }],
            }),
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
