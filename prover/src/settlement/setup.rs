//! Makes a model's record: chunks from weights and powers, keys from circuits, parameters from weights and tables.
//!
//! What is done is kept in two files beside the record to come, so that a set-up that was cut off goes on where it stood.

use super::chunks::{of_places, places};
use super::keys::{KeyError, Keys, bytes};
use super::parameters::{embedding, values};
use super::record::{Book, Contents, KeyBytes, RecordError};
use crate::commitments::partial::Partial;
use crate::commitments::powers::Powers;
use assay_circuits::srs::points::{decode_g1, encode_g1};
use assay_model::Model;
use assay_model::domain::{Digest, Domain};
use assay_model::program::Step;
use assay_verifier::settlement::circuits;
use assay_verifier::settlement::record::Chunk;
use std::path::Path;
use std::time::Instant;

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There are not enough powers, or the model is none that a manifest has.
    #[error("the model's chunks cannot be committed to with these powers of tau")]
    Chunks,
    /// The model lacks one of its norms.
    #[error("the model does not have all of its parameters")]
    Parameters,
    /// No key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What was made is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// What the set-up is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Chunks that are committed to, of so many.
    Chunks(u64, u64),
    /// The embedding's tree and other parameters.
    Parameters,
    /// Keys that are made, of so many.
    Keys(u64, u64),
}

/// Seconds that the parts took, and what was taken over from a run that was cut off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// Committing to chunks.
    pub chunks: f64,
    /// Hashing parameters.
    pub parameters: f64,
    /// Making keys.
    pub keys: f64,
    /// Steps whose chunks were there.
    pub resumed_steps: usize,
    /// Keys that were there.
    pub resumed_keys: usize,
}

/// What a record is made from.
pub struct Setup<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its id in jobs.
    pub manifest: Digest,
    /// Powers of tau.
    pub powers: &'a Powers,
    /// Where keys come from.
    pub keys: &'a Keys,
    /// Names everything that the result depends on: another one starts anew.
    pub of: Digest,
}

impl Setup<'_> {
    /// Makes the record; `folder` keeps what is done until [`done`] removes it, and nothing is kept without.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn make(&self, folder: Option<&Path>, progress: &mut dyn FnMut(Stage)) -> Result<(Book, Took), SetupError> {
        let kept = |name| folder.map_or_else(Partial::none, |f| Partial::open(&f.join(name), &self.of));
        let mut took = Took::default();
        let (mut of_chunks, mut of_keys) = (kept(CHUNKS), kept(KEYS));
        (took.resumed_steps, took.resumed_keys) = (of_chunks.len(), of_keys.len());
        let started = Instant::now();
        let chunks = self.chunks(&mut of_chunks, progress)?;
        took.chunks = started.elapsed().as_secs_f64();

        progress(Stage::Parameters);
        let started = Instant::now();
        let tree = embedding(self.model);
        let parameters = values(self.model, &tree).ok_or(SetupError::Parameters)?;
        took.parameters = started.elapsed().as_secs_f64();

        let started = Instant::now();
        let keys = self.keys(&mut of_keys, progress)?;
        took.keys = started.elapsed().as_secs_f64();
        let (manifest, config, widths) = (self.manifest, self.model.config.clone(), self.powers.widths.clone());
        Ok((Book::new(Contents { manifest, config, widths, chunks, keys, parameters })?, took))
    }

    fn chunks(&self, kept: &mut Partial, progress: &mut dyn FnMut(Stage)) -> Result<Vec<Chunk>, SetupError> {
        let places = places(&self.model.config);
        let total = u64::try_from(places.len()).unwrap_or(u64::MAX);
        let mut all = Vec::with_capacity(places.len());
        for step in places.chunk_by(|a, b| a.0 == b.0) {
            let number = step.first().map_or(0, |(number, ..)| *number);
            let chunks = match kept.take(number, step.len()).and_then(|points| self.resumed(step, &points)) {
                Some(chunks) => chunks,
                None => {
                    let chunks = of_places(self.model, &self.powers.g1, step).ok_or(SetupError::Chunks)?;
                    kept.keep(number, &chunks.iter().map(|c| encode_g1(&c.commitment)).collect::<Vec<_>>());
                    chunks
                }
            };
            all.extend(chunks);
            progress(Stage::Chunks(u64::try_from(all.len()).unwrap_or(0), total));
        }
        Ok(all)
    }

    /// Chunks of a step from points that were kept.
    fn resumed(&self, step: &[(u32, Step, u32)], points: &[[u8; 32]]) -> Option<Vec<Chunk>> {
        let chunk = |(&(number, step, chunk), point): (&(u32, Step, u32), &[u8; 32])| {
            let exponent = super::chunks::exponent(self.model, step, chunk)?;
            Some(Chunk { step: number, chunk, exponent, commitment: decode_g1(point).ok()? })
        };
        step.iter().zip(points).map(chunk).collect()
    }

    fn keys(&self, kept: &mut Partial, progress: &mut dyn FnMut(Stage)) -> Result<Vec<KeyBytes>, SetupError> {
        let config = &self.model.config;
        let all = circuits::all(config);
        let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let mut keys = Vec::with_capacity(all.len());
        for (number, (named, kind)) in (0u32..).zip(&all) {
            progress(Stage::Keys(number.into(), total));
            let key = match kept.take(number, WORDS).and_then(|words| words.as_flattened().try_into().ok()) {
                Some(key) => key,
                None => {
                    let key = self.keys.made(config, named, kind)?;
                    self.keys.keep(named, &key)?;
                    let key: KeyBytes = bytes(&key).ok_or(RecordError::Count("bytes of keys"))?;
                    kept.keep(number, key.as_chunks().0);
                    key
                }
            };
            keys.push(key);
        }
        Ok(keys)
    }
}

const CHUNKS: &str = "chunks.partial";
const KEYS: &str = "keys.partial";
/// 32-byte words of a key.
const WORDS: usize = assay_verifier::settlement::record::KEY_BYTES / 32;

/// What the work depends on: whatever else changes the record is in the model's id.
pub fn of(manifest: &Digest, srs: &Digest, seed: &[u8; 32]) -> Digest {
    Domain::Partial.hash(&[&manifest[..], srs, seed, env!("CARGO_PKG_VERSION").as_bytes()].concat())
}

/// Removes what was kept, once the record is written.
pub fn done(folder: &Path) {
    for name in [CHUNKS, KEYS] {
        let _ = std::fs::remove_file(folder.join(name));
    }
}
