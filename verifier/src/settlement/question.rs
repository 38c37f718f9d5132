//! What a contract asks of a rig: one draw of one job. `contracts/src/interfaces/IUnitVerifier.sol` is the other side.

use super::{hash, number};
use crate::sign::keccak;
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
    /// Root over the prompt's tokens.
    pub prompt: Digest,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens that the receipt counts.
    pub tokens: u32,
    /// Seed of the draws: [`super::draw::seed`].
    pub seed: Digest,
    /// Number of the draw.
    pub draw: u32,
    /// Draws of the job.
    pub draws: u32,
    /// What an earlier answer to the same draw left open; zero at the start.
    pub progress: Digest,
}

/// What a contract decides draws with.
const DECIDE: &str =
    "decide((bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,uint32,uint32,bytes32,uint32,uint32,bytes32),bytes)";

impl Question {
    /// What binds a proof to it: the first word of every transcript. What is left of the draw is no part of it, since it says
    /// which statement is to be shown, and the statement says that as well.
    pub fn context(&self) -> Digest {
        let mut words =
            vec![self.id, self.job, self.record, self.receipt, self.settlement_root, self.prompt, self.seed];
        words.extend([self.prompt_tokens, self.tokens, self.draw, self.draws].map(number));
        hash("assay v1 question", &words)
    }

    /// The call with which a contract is given `answer`: `decide` of `IUnitVerifier`.
    pub fn call(&self, answer: &[u8]) -> Vec<u8> {
        let mut words = vec![self.id, self.job, self.record, self.receipt, self.settlement_root, self.prompt];
        words.extend([self.prompt_tokens, self.tokens].map(number));
        words.push(self.seed);
        words.extend([self.draw, self.draws].map(number));
        words.push(self.progress);
        // The place and the length of the answer.
        let behind = u32::try_from(words.len().saturating_add(1).saturating_mul(32)).unwrap_or(u32::MAX);
        words.extend([number(behind), number(u32::try_from(answer.len()).unwrap_or(u32::MAX))]);
        let selector = keccak(DECIDE.as_bytes());
        [selector.first_chunk::<4>().copied().unwrap_or_default().as_slice(), words.as_flattened(), answer].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question {
            id: [1; 32],
            job: [2; 32],
            record: [3; 32],
            receipt: [4; 32],
            settlement_root: [5; 32],
            prompt: [6; 32],
            prompt_tokens: 7,
            tokens: 8,
            seed: [9; 32],
            draw: 10,
            draws: 11,
            progress: [12; 32],
        }
    }

    #[test]
    fn every_member_but_progress_is_in_the_context_and_all_are_in_the_call() {
        type Change = fn(&mut Question);
        let changes: [(&str, Change); 12] = [
            ("id", |q| q.id[0] ^= 1),
            ("job", |q| q.job[0] ^= 1),
            ("record", |q| q.record[0] ^= 1),
            ("receipt", |q| q.receipt[0] ^= 1),
            ("settlement_root", |q| q.settlement_root[0] ^= 1),
            ("prompt", |q| q.prompt[0] ^= 1),
            ("prompt_tokens", |q| q.prompt_tokens += 1),
            ("tokens", |q| q.tokens += 1),
            ("seed", |q| q.seed[0] ^= 1),
            ("draw", |q| q.draw += 1),
            ("draws", |q| q.draws += 1),
            ("progress", |q| q.progress[0] ^= 1),
        ];
        let plain = question();
        for (member, change) in changes {
            let mut other = question();
            change(&mut other);
            assert_eq!(other.context() == plain.context(), member == "progress", "{member}");
            assert_ne!(other.call(&[1; 32]), plain.call(&[1; 32]), "{member}");
        }
    }
}
