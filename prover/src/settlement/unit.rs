//! The circuit of any drawn unit that is no product, with its witness.
//!
//! Which leaves a circuit reads is what a contract says of the unit ([`Claim`]); here they are filled with what the rig computed.

use super::committed::Trace;
use super::head::Head;
use super::parameters::{chunk_gains, rotations, row};
use ark_bn254::Fr;
use assay_circuits::settlement::act::ActChunk;
use assay_circuits::settlement::embed::{EmbedGenerated, EmbedPrompt};
use assay_circuits::settlement::embedding::Tree;
use assay_circuits::settlement::greedy::GreedySample;
use assay_circuits::settlement::kv::KeyValueHead;
use assay_circuits::settlement::norm::{NormChunk, NormHeader};
use assay_circuits::settlement::pack::{PackChunk, PackHeader};
use assay_circuits::settlement::{Circuit, Committed};
use assay_model::Model;
use assay_model::config::Config;
use assay_model::program::CHUNK;
use assay_verifier::settlement::answer::Part;
use assay_verifier::settlement::circuits::Kind;
use assay_verifier::settlement::claim::{Claim, Place};
use assay_verifier::settlement::prompt;

/// What a witness is made of.
#[derive(Clone, Copy)]
pub struct Makings<'a> {
    /// Weights and tables.
    pub model: &'a Model,
    /// The trace.
    pub trace: Trace<'a>,
    /// The tree over the embedding.
    pub embedding: &'a Tree,
}

impl Makings<'_> {
    /// The circuit that `claim` names, for the unit at `place`. An attention head's is made by `head`, which has its states. `None`
    /// for a linear chunk, and where leaves are missing.
    pub fn circuit(
        &self,
        claim: &Claim,
        place: &Place,
        part: Part,
        head: Option<&Head<'_>>,
    ) -> Option<Box<dyn Circuit>> {
        let (config, job) = (self.model.config.clone(), *self.trace.digest);
        let leaves: Vec<Committed> =
            claim.leaves.iter().map(|leaf| self.trace.committed(leaf.t, leaf.step)).collect::<Option<_>>()?;
        let mut leaves = leaves.into_iter();
        let mut leaf = || leaves.next();
        Some(match claim.circuit {
            Kind::EmbedPrompt(chunk) => {
                let token = self.token(place.t)?;
                let (salt, path) = (prompt::salt(&self.trace.job.nonce, place.t), self.path(token, chunk)?);
                Box::new(EmbedPrompt { config, chunk, job, embed: leaf()?, salt, token, path })
            }
            Kind::EmbedGenerated(chunk) => {
                let path = self.path(self.token(place.t)?, chunk)?;
                Box::new(EmbedGenerated { config, chunk, job, embed: leaf()?, sample: leaf()?, path })
            }
            Kind::NormHeader => Box::new(NormHeader::new(config, job, leaf()?, self.model.tables.eps.clone())),
            Kind::NormChunk(chunk) => {
                let gains = chunk_gains(self.model, place.step, chunk)?;
                Box::new(NormChunk::new(config, chunk, job, leaf()?, leaf()?, gains))
            }
            Kind::KeyValueHead(head) => {
                let rotations = rotations(self.model, place.t);
                Box::new(KeyValueHead { config, head, job, kv: leaf()?, qkv: leaf()?, rotations })
            }
            Kind::AttentionQuery(_) | Kind::AttentionBlock(_) | Kind::AttentionMix(_) => head?.circuit(part)?,
            Kind::PackHeader(kind) => Box::new(PackHeader::new(config, kind, job, leaf()?)),
            Kind::PackChunk(chunk) => Box::new(PackChunk::new(config, chunk, job, leaf()?, leaf()?)),
            Kind::ActChunk(chunk) => Box::new(ActChunk::new(config, chunk, job, leaf()?, leaf()?)),
            Kind::GreedySample(chunk) => Box::new(GreedySample { config, chunk, job, sample: leaf()?, head: leaf()? }),
            Kind::Linear(_) => return None,
        })
    }

    /// p_t of a prompt's position.
    pub fn prompt_token(&self, t: u32) -> Option<Fr> {
        Some(prompt::hidden(&self.trace.job.nonce, t, self.token(t)?))
    }

    /// The part that shows the sample of a position whole: its chunk of logits is that of the token.
    pub fn sample(&self, t: u32) -> Option<Part> {
        token_chunk(self.trace.output.token_out(self.trace.job, t)?).map(Part::Token)
    }

    fn token(&self, t: u32) -> Option<u32> {
        self.trace.output.token_in(self.trace.job, t)
    }

    fn path(&self, token: u32, chunk: u32) -> Option<Vec<assay_circuits::r1cs::octal::Siblings>> {
        self.embedding.path(token, chunk, |token| row(self.model, token))
    }
}

/// Chunk of logits that holds a token.
pub fn token_chunk(token: u32) -> Option<u32> {
    token.checked_div(u32::try_from(CHUNK).ok()?)
}

/// Whether the units of this step are shown by a product and not by a circuit alone.
pub fn is_product(config: &Config, step: u32) -> bool {
    config.step(step).is_some_and(|step| step.kind.is_linear())
}
