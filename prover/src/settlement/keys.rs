//! Where the keys of circuits come from.
//!
//! **There is one source, and it is insecure**: development keys, whose secrets follow from a seed that everybody may know. Who knows it
//! forges every proof. A ceremony's keys cannot be read yet (docs/settlement-circuit.md, section 5).
//!
//! A proving key of a million constraints has hundreds of megabytes, and a model some dozens of circuits. So proving keys are made
//! again from the seed when they are needed, unless a folder keeps them; the one that was needed last stays in memory, since an attention
//! head takes one key many times over.

use assay_circuits::settlement::encoding::encode_key;
use assay_circuits::settlement::keys::ProvingKey;
use assay_circuits::settlement::{Error, insecure_setup};
use assay_model::config::Config;
use assay_model::domain::{Digest, Domain};
use assay_verifier::cli::hex;
use assay_verifier::settlement::circuits::{Kind, Named};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::record::KeyBytes;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};

/// The seed that development keys have unless another is named: nothing is secret about it.
pub const INSECURE_SEED: [u8; 32] = *b"insecure assay development keys!";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The set-up failed.
    #[error(transparent)]
    Setup(#[from] Error),
    /// Seed and circuits give another key than the record has.
    #[error("circuit {} is not the one of the record: the record is of other keys, or of another version", hex(.0))]
    Other(Digest),
    /// A kept key cannot be written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
}

/// Development keys of a model's circuits.
pub struct Keys {
    seed: [u8; 32],
    folder: Option<PathBuf>,
    last: Mutex<Option<(Digest, Arc<ProvingKey>)>>,
}

impl Keys {
    /// Keys that follow from `seed`; those that are in `folder` are not made again.
    pub const fn insecure(seed: [u8; 32], folder: Option<PathBuf>) -> Keys {
        Keys { seed, folder, last: Mutex::new(None) }
    }

    /// The proving key of a circuit, whose verifying key the record has.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn key(
        &self,
        config: &Config,
        (circuit, kind): (&Named, &Kind),
        expected: &KeyBytes,
    ) -> Result<Arc<ProvingKey>, KeyError> {
        let id = circuit.id();
        if let Some((_, key)) = self.last.lock().ok().and_then(|last| last.clone()).filter(|(of, _)| *of == id) {
            return Ok(key);
        }
        // Before the next is made: two at a time are too many.
        self.forget();
        let kept = self.kept(&id).filter(|key| bytes(key) == Some(*expected));
        let key = match kept {
            Some(key) => key,
            None => self.made(config, circuit, kind)?,
        };
        if bytes(&key) != Some(*expected) {
            return Err(KeyError::Other(id));
        }
        let key = Arc::new(key);
        if let Ok(mut last) = self.last.lock() {
            *last = Some((id, Arc::clone(&key)));
        }
        Ok(key)
    }

    /// Frees the key that is in memory.
    pub fn forget(&self) {
        if let Ok(mut last) = self.last.lock() {
            *last = None;
        }
    }

    /// Makes the key of a circuit.
    ///
    /// # Errors
    /// [`KeyError::Setup`].
    pub fn made(&self, config: &Config, circuit: &Named, kind: &Kind) -> Result<ProvingKey, KeyError> {
        // One seed for all circuits would make the secrets of one those of all.
        let seed = Domain::InsecureSetup.hasher().framed(&self.seed).fixed(&circuit.id()).digest();
        Ok(insecure_setup(kind.zeros(config).as_ref(), &seed)?)
    }

    /// Keeps a key in the folder, if there is one.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn keep(&self, circuit: &Named, key: &ProvingKey) -> Result<(), KeyError> {
        let Some(path) = self.path(&circuit.id()) else { return Ok(()) };
        let partial = path.with_extension("partial");
        write(&partial, key).and_then(|()| std::fs::rename(&partial, &path)).map_err(|e| KeyError::File(path, e))
    }

    fn kept(&self, id: &Digest) -> Option<ProvingKey> {
        let file = File::open(self.path(id)?).ok()?;
        // The points are the rig's own; a damaged file gives proofs that its own check refuses.
        ProvingKey::deserialize_uncompressed_unchecked(BufReader::new(file)).ok()
    }

    fn path(&self, id: &Digest) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(hex(id)).with_extension("key"))
    }
}

fn write(path: &Path, key: &ProvingKey) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = BufWriter::new(File::create(path)?);
    key.serialize_uncompressed(&mut file).map_err(std::io::Error::other)?;
    file.flush()
}

/// The verifying key as a record has it.
pub fn bytes(key: &ProvingKey) -> Option<KeyBytes> {
    encode_key(&key.vk).try_into().ok()
}
