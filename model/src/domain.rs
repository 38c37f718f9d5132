//! Every domain label of the protocol, in one table.
//!
//! A hash is BLAKE3 in `derive_key` mode under one of these labels; no two uses share a label. Inputs are built by
//! [`Framed`], which writes every variable-length part behind its length, so that two different inputs never give the
//! same bytes.

use blake3::hazmat::HasherExt;
use std::sync::LazyLock;

/// A 32-byte BLAKE3 digest.
pub type Digest = [u8; 32];

/// What a hash is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Root of a model manifest: the model id.
    Manifest,
    /// Bytes of one weight tensor as they stand in the model file.
    Weights,
    /// One integer table.
    Table,
    /// A job's terms; the first link of its chain.
    Job,
    /// Commitment to a job's secret.
    Secret,
    /// Key of the salts of one position.
    Salt,
    /// One step's output at one position.
    StepLeaf,
    /// Inner node of the tree over the steps of a position.
    StepNode,
    /// One link of the chain over the positions.
    Link,
    /// Inner node of the tree over the links.
    LinkNode,
    /// One generated token.
    TokenLeaf,
    /// Inner node of the tree over the generated tokens.
    TokenNode,
    /// The unsigned canonical receipt: its id.
    Receipt,
    /// A challenge: what an answer names.
    Challenge,
    /// The stream of draws that a challenge stands for.
    Draw,
    /// Sampling randomness at one position.
    Sample,
    /// The transcript of a fold proof.
    Fold,
    /// One row of integers of a tensor that answers open.
    WeightRow,
    /// Inner node of the tree over such rows.
    WeightNode,
    /// Powers of tau, by \[tau\]_2: their id.
    Srs,
    /// The checked sections of a powers-of-tau file.
    SrsFile,
    /// Points that lead from \[tau\]_2 to the powers of every width.
    SrsWidths,
    /// Powers in the first group that came without a ceremony's file.
    SrsPowers,
    /// The public tau of the insecure development powers.
    InsecureTau,
    /// Coefficients under which commitments to tiles are checked against weights.
    TileCheck,
    /// What the kept part of an interrupted commitment to weights is part of.
    Partial,
    /// The public secrets of an insecure set-up of a settlement circuit.
    InsecureSetup,
    /// What blinds a settlement proof.
    Blinding,
    /// Salts of a prompt's tokens, under a job's nonce.
    PromptSalt,
    /// What hides the proofs of a draw, under a rig's secret.
    Blinds,
}

impl Domain {
    /// All domains, for tests over the table.
    pub const ALL: [Domain; 30] = [
        Domain::Manifest,
        Domain::Weights,
        Domain::Table,
        Domain::Job,
        Domain::Secret,
        Domain::Salt,
        Domain::StepLeaf,
        Domain::StepNode,
        Domain::Link,
        Domain::LinkNode,
        Domain::TokenLeaf,
        Domain::TokenNode,
        Domain::Receipt,
        Domain::Challenge,
        Domain::Draw,
        Domain::Sample,
        Domain::Fold,
        Domain::WeightRow,
        Domain::WeightNode,
        Domain::Srs,
        Domain::SrsFile,
        Domain::SrsWidths,
        Domain::SrsPowers,
        Domain::InsecureTau,
        Domain::TileCheck,
        Domain::Partial,
        Domain::InsecureSetup,
        Domain::Blinding,
        Domain::PromptSalt,
        Domain::Blinds,
    ];

    /// The label; frozen.
    pub const fn label(self) -> &'static str {
        match self {
            Domain::Manifest => "assay v1 manifest",
            Domain::Weights => "assay v1 weights",
            Domain::Table => "assay v1 table",
            Domain::Job => "assay v1 job",
            Domain::Secret => "assay v1 secret",
            Domain::Salt => "assay v1 salt",
            Domain::StepLeaf => "assay v1 step leaf",
            Domain::StepNode => "assay v1 step node",
            Domain::Link => "assay v1 link",
            Domain::LinkNode => "assay v1 link node",
            Domain::TokenLeaf => "assay v1 token leaf",
            Domain::TokenNode => "assay v1 token node",
            Domain::Receipt => "assay v1 receipt",
            Domain::Challenge => "assay v1 challenge",
            Domain::Draw => "assay v1 draw",
            Domain::Sample => "assay v1 sample",
            Domain::Fold => "assay v1 fold",
            Domain::WeightRow => "assay v1 weight row",
            Domain::WeightNode => "assay v1 weight node",
            Domain::Srs => "assay v1 srs",
            Domain::SrsFile => "assay v1 srs file",
            Domain::SrsWidths => "assay v1 srs widths",
            Domain::SrsPowers => "assay v1 srs powers",
            Domain::InsecureTau => "assay v1 insecure tau",
            Domain::TileCheck => "assay v1 tile check",
            Domain::Partial => "assay v1 partial",
            Domain::InsecureSetup => "assay v1 insecure settlement setup",
            Domain::Blinding => "assay v1 settlement blinding",
            Domain::PromptSalt => "assay v1 prompt salt",
            Domain::Blinds => "assay v1 settlement blinds",
        }
    }

    /// A hasher under this label.
    pub fn hasher(self) -> Framed {
        Framed(blake3::Hasher::new_from_context_key(&self.context_key()))
    }

    /// Hash of bytes that frame themselves.
    pub fn hash(self, bytes: &[u8]) -> Digest {
        *self.hasher().0.update(bytes).finalize().as_bytes()
    }

    /// BLAKE3's key for this label, made once: hashing the label again for every leaf of a trace would cost as much as
    /// the leaf.
    pub fn context_key(self) -> Digest {
        static KEYS: LazyLock<[Digest; Domain::ALL.len()]> =
            LazyLock::new(|| Domain::ALL.map(|d| blake3::hazmat::hash_derive_key_context(d.label())));
        KEYS[self as usize]
    }
}

/// A hash in the making, with framed writes.
#[derive(Clone)]
pub struct Framed(blake3::Hasher);

impl Framed {
    /// A part whose length is fixed by its meaning (a digest, an integer).
    pub fn fixed<const N: usize>(&mut self, bytes: &[u8; N]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    /// A `u32`, little-endian.
    pub fn u32(&mut self, v: u32) -> &mut Self {
        self.fixed(&v.to_le_bytes())
    }

    /// A `u64`, little-endian.
    pub fn u64(&mut self, v: u64) -> &mut Self {
        self.fixed(&v.to_le_bytes())
    }

    /// A part of variable length, behind its length as `u64`.
    pub fn framed(&mut self, bytes: &[u8]) -> &mut Self {
        self.u64(bytes.len() as u64);
        self.0.update(bytes);
        self
    }

    /// The digest.
    pub fn digest(&self) -> Digest {
        *self.0.finalize().as_bytes()
    }

    /// The extendable output.
    pub fn xof(&self) -> blake3::OutputReader {
        self.0.finalize_xof()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_distinct() {
        for (i, a) in Domain::ALL.iter().enumerate() {
            for b in &Domain::ALL[..i] {
                assert_ne!(a.label(), b.label());
            }
        }
    }

    #[test]
    fn a_domain_hashes_as_blake3_derive_key_under_its_label() {
        for (i, d) in Domain::ALL.into_iter().enumerate() {
            assert_eq!(d as usize, i);
            assert_eq!(d.hasher().fixed(b"x").digest(), blake3::derive_key(d.label(), b"x"));
        }
    }

    #[test]
    fn framing_separates_parts() {
        let h = |parts: [&[u8]; 2]| Domain::Job.hasher().framed(parts[0]).framed(parts[1]).digest();
        assert_ne!(h([b"ab", b"c"]), h([b"a", b"bc"]));
    }
}
