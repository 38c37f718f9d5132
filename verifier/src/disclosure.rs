//! What an answer discloses to those who check without weights, and the check of it against the manifest.
//!
//! ```text
//! per drawn token, ascending: its row of the embedding, i32 each
//! digests that open these rows in the tree of the manifest
//! per norm with a drawn chunk, in program order: its gains, i16 each
//! the fold proof of all products, if there is one
//! ```

use crate::needs::{WeightNeeds, to_usize};
use crate::parameters::{Parameters, PartInfo, Rows};
use crate::public::PublicModel;
use crate::reject::{Code, Rejection};
use assay_circuits::tree;
use assay_model::config::Config;
use assay_model::domain::{Digest, Domain};
use assay_model::model::Gains;
use assay_model::program::Step;
use assay_model::steps::{i16_bytes, i16_values, i32_bytes, i32_values};
use assay_model::tables::Tables;
use assay_model::wire::{FileKind, Reader, WireError, Writer};
use assay_model::{Model, rows};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Opens what `needs` names of `model`, before `fold_proof`. `leaves` are those of all rows of the embedding.
pub fn build(model: &Model, leaves: &[Digest], needs: &WeightNeeds, fold_proof: &[u8]) -> Vec<u8> {
    let mut w = Writer::bare();
    for &token in &needs.tokens {
        if let Ok((row, _)) = model.embedding(token) {
            w.raw(&i32_bytes(&row));
        }
    }
    let tokens: Vec<u32> = needs.tokens.iter().copied().collect();
    if !tokens.is_empty() {
        for digest in tree::open(Domain::WeightNode, leaves, &tokens) {
            w.raw(&digest);
        }
    }
    for &norm in &needs.norms {
        if let Ok(gains) = model.gains(norm) {
            w.raw(&i16_bytes(&gains.gamma));
        }
    }
    w.raw(fold_proof).finish()
}

/// A model as far as a manifest and an answer disclose it.
#[derive(Debug)]
pub struct Disclosed<'a> {
    public: &'a PublicModel,
    rows: BTreeMap<u32, Vec<i32>>,
    gains: BTreeMap<Step, Gains>,
    /// Bytes of the fold proof.
    pub fold_proof: &'a [u8],
}

impl<'a> Disclosed<'a> {
    /// Reads a disclosure and checks it against the manifest.
    ///
    /// # Errors
    /// `malformed-proof` if it is too short; `wrong-weights` if rows or gains are not those of the manifest.
    pub fn open(public: &'a PublicModel, needs: &WeightNeeds, bytes: &'a [u8]) -> Result<Disclosed<'a>, Rejection> {
        let mut r = Reader::bare(bytes);
        let rows = read_rows(&mut r, public, needs)?;
        let gains = read_gains(&mut r, public, needs)?;
        let fold_proof = bytes.get(r.at()..).unwrap_or_default();
        Ok(Disclosed { public, rows, gains, fold_proof })
    }
}

const fn malformed(e: WireError) -> Rejection {
    Rejection::malformed(FileKind::Proof, e)
}

fn read_rows(
    r: &mut Reader<'_>,
    public: &PublicModel,
    needs: &WeightNeeds,
) -> Result<BTreeMap<u32, Vec<i32>>, Rejection> {
    let dim = to_usize(public.config.dim);
    let mut all = BTreeMap::new();
    for &token in &needs.tokens {
        let bytes = r.take(dim.saturating_mul(4), "row of the embedding").map_err(malformed)?;
        all.insert(token, i32_values(bytes));
    }
    if all.is_empty() {
        return Ok(all);
    }
    let leaves: Vec<(u32, Digest)> = all.iter().map(|(token, row)| (*token, rows::leaf(row))).collect();
    let tokens: Vec<u32> = all.keys().copied().collect();
    let siblings = (0..tree::opening_len(public.config.vocab, &tokens))
        .map(|_| r.array("sibling of a row"))
        .collect::<Result<Vec<Digest>, _>>()
        .map_err(malformed)?;
    let root = tree::root_of_opening(&Domain::WeightNode, public.config.vocab, &leaves, &mut siblings.into_iter());
    if root.ok() == Some(public.embedding.root) { Ok(all) } else { Err(Rejection::whole(Code::WrongWeights)) }
}

fn read_gains(
    r: &mut Reader<'_>,
    public: &PublicModel,
    needs: &WeightNeeds,
) -> Result<BTreeMap<Step, Gains>, Rejection> {
    let dim = to_usize(public.config.dim);
    let mut all = BTreeMap::new();
    for &norm in &needs.norms {
        let gamma = i16_values(r.take(dim.saturating_mul(2), "gains").map_err(malformed)?);
        let known = public.gains(norm).ok_or(Rejection::whole(Code::WrongWeights))?;
        let gains = Gains { gamma, k: known.k };
        if rows::of_gains(&gains) != known.root {
            return Err(Rejection::whole(Code::WrongWeights));
        }
        all.insert(norm, gains);
    }
    Ok(all)
}

impl Parameters for Disclosed<'_> {
    fn config(&self) -> &Config {
        &self.public.config
    }

    fn tables(&self) -> &Tables {
        &self.public.tables
    }

    fn embedding(&self, token: u32) -> Result<(Cow<'_, [i32]>, i32), Code> {
        let row = self.rows.get(&token).ok_or(Code::Opening)?;
        Ok((Cow::Borrowed(row), self.public.embedding.k))
    }

    fn gains(&self, norm: Step) -> Result<&Gains, Code> {
        self.gains.get(&norm).ok_or(Code::Opening)
    }

    fn gains_k(&self, norm: Step) -> Option<i32> {
        self.public.gains(norm).map(|g| g.k)
    }

    fn part(&self, step: Step, part: usize) -> Option<PartInfo> {
        self.public.part(step, part).map(|p| p.info)
    }

    fn product(&self, _: Step, _: &Rows, _: &[i16]) -> Option<Vec<i64>> {
        None
    }
}
