//! What a contract asks of a rig: one draw of one job. `contracts/src/interfaces/IUnitVerifier.sol` is the other side.

use super::{hash, number};
use assay_model::domain::Digest;

/// A draw of a job, as far as an answer is bound to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Id of the job, which names chain, contract and terms.
    pub id: Digest,
    /// Digest of the job.
    pub job: Digest,
    /// Id of the model's record.
    pub record: Digest,
    /// Struct hash of the receipt.
    pub receipt: Digest,
    /// Root over the leaves of the trace.
    pub settlement_root: Digest,
    /// Seed of the draws: [`super::draw::seed`].
    pub seed: Digest,
    /// Number of the draw.
    pub draw: u32,
}

impl Question {
    /// What binds a proof to it: the first word of every transcript.
    pub fn context(&self) -> Digest {
        let words = [self.id, self.job, self.record, self.receipt, self.settlement_root, self.seed, number(self.draw)];
        hash("assay v1 question", &words)
    }
}
