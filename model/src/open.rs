//! A model file opened for use: the integer program, its manifest and its tokenizer's data.

use crate::config::Config;
use crate::gguf::{File, FromValue, GgufError, Metadata};
use crate::load::{LoadError, Loaded, load};
use crate::manifest::{ARCHITECTURE, Manifest, RealParams, TensorEntry};
use crate::model::Model;
use crate::text::{Vocabulary, VocabularyError, VocabularyParts, codec};
use std::path::Path;

/// A model file, ready for use.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The integer program.
    pub model: Model,
    /// Its public description.
    pub manifest: Manifest,
    /// Tokenizer and chat template.
    pub vocabulary: Vocabulary,
}

/// Why a model file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A directory stands there.
    #[error("it is a directory: name the .gguf file in it")]
    Directory,
    /// Not a readable GGUF file.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// Not a model that the integer program covers.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its tokenizer cannot be used.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// Tokenizer and embedding disagree.
    #[error(
        "the tokenizer has {tokens} tokens, the embedding {rows} rows: the file is damaged or was put together wrongly"
    )]
    Size {
        /// Tokens of the tokenizer.
        tokens: usize,
        /// Rows of the embedding.
        rows: u32,
    },
}

/// Opens a GGUF file.
///
/// # Errors
/// [`OpenError`] says what is wrong and where.
pub fn open(path: impl AsRef<Path>) -> Result<Opened, OpenError> {
    if path.as_ref().is_dir() {
        return Err(OpenError::Directory);
    }
    let Loaded { model, tensors, metadata } = load(&File::open(path)?)?;
    let vocabulary = Vocabulary::from_parts(vocabulary_parts(&metadata)?)?;
    check_size(&vocabulary, &model.config)?;
    let entry = |t: crate::load::TensorInfo| {
        let dim = |i: usize| t.dims.get(i).copied().unwrap_or(1);
        TensorEntry {
            kind: t.kind.id(),
            dims: [dim(0), dim(1)],
            k: t.k,
            digest: t.digest,
            max_abs: t.max_abs,
            rows: t.rows,
            name: t.name,
        }
    };
    let manifest = Manifest {
        architecture: ARCHITECTURE.to_owned(),
        config: model.config.clone(),
        tables: model.tables.digests().into_iter().map(|(name, digest)| (name.to_owned(), digest)).collect(),
        params: RealParams::of(&model.tables.params),
        vocabulary: codec::encode(&vocabulary),
        tensors: tensors.into_iter().map(entry).collect(),
        commitments: None,
    };
    Ok(Opened { model, manifest, vocabulary })
}

/// A tokenizer may name fewer tokens than a padded embedding has rows, never more.
fn check_size(vocabulary: &Vocabulary, config: &Config) -> Result<(), OpenError> {
    let tokens = vocabulary.tokens.len();
    if tokens <= config.vocab as usize { Ok(()) } else { Err(OpenError::Size { tokens, rows: config.vocab }) }
}

fn vocabulary_parts(metadata: &Metadata) -> Result<VocabularyParts, GgufError> {
    fn get<'a, T: FromValue<'a>>(metadata: &'a Metadata, key: &str) -> Result<Option<T>, GgufError> {
        metadata.optional(&format!("tokenizer.ggml.{key}"))
    }
    let texts = |key| -> Result<Option<Vec<Vec<u8>>>, GgufError> {
        Ok(get::<&[String]>(metadata, key)?.map(|v| v.iter().map(|s| s.clone().into_bytes()).collect()))
    };
    Ok(VocabularyParts {
        model: get::<&str>(metadata, "model")?.map(str::to_owned),
        pre: get::<&str>(metadata, "pre")?.map(str::to_owned),
        tokens: texts("tokens")?,
        merges: texts("merges")?,
        scores: get::<&[f32]>(metadata, "scores")?.map(<[f32]>::to_vec),
        token_types: get::<&[i32]>(metadata, "token_type")?.map(<[i32]>::to_vec),
        bos: get(metadata, "bos_token_id")?,
        eos: get(metadata, "eos_token_id")?,
        eot: get(metadata, "eot_token_id")?,
        unk: get(metadata, "unknown_token_id")?,
        pad: get(metadata, "padding_token_id")?,
        add_bos: get(metadata, "add_bos_token")?,
        add_eos: get(metadata, "add_eos_token")?,
        add_space_prefix: get(metadata, "add_space_prefix")?,
        chat_template: metadata.optional::<&str>("tokenizer.chat_template")?.map(str::to_owned),
    })
}
