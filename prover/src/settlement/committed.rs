//! What the rig's trace commits to, leaf by leaf, as circuits and contracts read it.
//!
//! Headers and tensors are those of positions computed anew; salts follow from the job's secret.

use assay_circuits::settlement::Committed;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_verifier::answer::Source;
use assay_verifier::settlement::tree;
use assay_verifier::{Job, Output, trace};

/// A job's trace with what hides it.
#[derive(Clone, Copy)]
pub struct Trace<'a> {
    /// Shape of the model.
    pub config: &'a Config,
    /// The job.
    pub job: &'a Job,
    /// Its digest.
    pub digest: &'a Digest,
    /// Its output.
    pub output: &'a Output,
    /// Headers and tensors.
    pub source: &'a dyn Source,
}

impl Trace<'_> {
    /// Everything that leaf (t, s) commits to; `None` if there is no such step. Of the source, the step is read.
    pub fn committed(&self, t: u32, s: u32) -> Option<Committed> {
        let step = self.config.step(s)?;
        let (header, tensor) = self.source.step(t, s);
        #[allow(clippy::as_conversions, reason = "the number is the discriminant")]
        let kind = step.kind as u8;
        let shape = self.config.shape(step.kind);
        let (header, tensor) = (header.to_vec(), tensor.to_vec());
        Some(Committed { salt: self.salt(t, s)?, position: t, step: s, kind, shape, header, tensor })
    }

    /// salt(t, s).
    fn salt(&self, t: u32, s: u32) -> Option<Digest> {
        // A salt does not depend on how many are made.
        let salts = trace::salts(&self.job.secret, self.digest, t, s.checked_add(1)?);
        salts.last().copied()
    }

    /// The leaves of all positions as they stand in the settlement tree. `None` if the output has no token for a position.
    pub fn leaves(&self) -> Option<Vec<tree::Leaf>> {
        let tokens = u32::try_from(self.output.tokens.len()).ok()?;
        let mut all = Vec::new();
        for t in 0..self.job.positions(tokens) {
            let leaves = self.source.leaves(t);
            let salts = trace::salts(&self.job.secret, self.digest, t, u32::try_from(leaves.len()).ok()?);
            let (token_in, token_out) = (self.output.token_in(self.job, t)?, self.output.token_out(self.job, t)?);
            for ((s, leaf), salt) in (0u32..).zip(leaves).zip(&salts) {
                let tokens = tree::tokens(salt, token_in, token_out);
                let len = u32::try_from(self.config.shape(self.config.step(s)?.kind).len).ok()?;
                all.push(tree::Leaf { job: *self.digest, t, s, tokens, leaf: *leaf, len });
            }
        }
        Some(all)
    }
}
