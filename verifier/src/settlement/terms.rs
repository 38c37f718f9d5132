//! Terms of a job on a chain, and the client's word that it was delivered. `contracts/src/types/Terms.sol` is the other side.

use crate::job::Settlement;
use crate::receipt::Address;
use crate::sign::{keccak, typed_digest, word};
use assay_model::domain::Digest;

/// EIP-712 type of terms.
pub const TERMS_TYPE: &str = "Terms(address client,address rig,bytes32 jobDigest,bytes32 manifest,bytes32 record,\
                              bytes4 verifier,bytes32 prompt,uint32 promptTokens,uint32 maxTokens,uint32 draws,\
                              uint96 pricePerToken,uint96 proofFee,uint96 stake,uint64 commitBy,uint64 acknowledgeBy,\
                              uint64 proveBy)";
/// EIP-712 type of an acknowledgement.
pub const ACKNOWLEDGEMENT_TYPE: &str = "Acknowledgement(bytes32 id,bytes32 receipt,uint32 tokens)";

/// An amount of the deployment's asset, big-endian.
pub type Amount = [u8; 12];

/// Terms of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Pays, and acknowledges.
    pub client: Address,
    /// Does the work.
    pub rig: Address,
    /// Digest of the job.
    pub job: Digest,
    /// Model id.
    pub manifest: Digest,
    /// The model's record on the chain: [`super::record::Record::id`]; zero without the contested lane.
    pub record: Digest,
    /// Selector of the verifier that decides drawn units; zero: only the client's word pays.
    pub verifier: [u8; 4],
    /// Root over the prompt's tokens; zero without the contested lane, as are `prompt_tokens`, `draws` and `prove_by`.
    pub prompt: Digest,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Most tokens that are paid for.
    pub max_tokens: u32,
    /// Units that are drawn, besides the last position's sample and the head chunk of its token.
    pub draws: u32,
    /// Price of one token.
    pub price_per_token: Amount,
    /// What proofs are paid, besides the tokens.
    pub proof_fee: Amount,
    /// Stake that commit reserves.
    pub stake: Amount,
    /// Unix second from which on the rig cannot commit.
    pub commit_by: u64,
    /// Unix second from which on the client is late.
    pub acknowledge_by: u64,
    /// Unix second from which on the rig cannot prove, if it had a day by then.
    pub prove_by: u64,
}

impl Terms {
    /// Id of the job that these terms make on this chain, at this contract.
    pub fn id(&self, settlement: &Settlement) -> Digest {
        // bytes4 stands at the left of its word.
        let mut verifier = [0; 32];
        for (to, from) in verifier.iter_mut().zip(&self.verifier) {
            *to = *from;
        }
        let words = [
            keccak(TERMS_TYPE.as_bytes()),
            word(&self.client),
            word(&self.rig),
            self.job,
            self.manifest,
            self.record,
            verifier,
            self.prompt,
            super::number(self.prompt_tokens),
            super::number(self.max_tokens),
            super::number(self.draws),
            word(&self.price_per_token),
            word(&self.proof_fee),
            word(&self.stake),
            word(&self.commit_by.to_be_bytes()),
            word(&self.acknowledge_by.to_be_bytes()),
            word(&self.prove_by.to_be_bytes()),
        ];
        typed_digest(settlement, &keccak(words.as_flattened()))
    }
}

/// The client's word that it took delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Id of the job: [`Terms::id`].
    pub id: Digest,
    /// The receipt that was committed: [`crate::sign::receipt_hash`].
    pub receipt: Digest,
    /// Tokens that are paid for.
    pub tokens: u32,
}

impl Acknowledgement {
    /// What the client signs.
    pub fn digest(&self, settlement: &Settlement) -> Digest {
        let words = [keccak(ACKNOWLEDGEMENT_TYPE.as_bytes()), self.id, self.receipt, super::number(self.tokens)];
        typed_digest(settlement, &keccak(words.as_flattened()))
    }
}
