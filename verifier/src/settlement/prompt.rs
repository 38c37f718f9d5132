//! The commitment to a prompt: terms pin it before any work, and a rig shows one token of it at a time.
//!
//! The token is a secret of the job even then. So a contract sees no token but its salted hash
//!
//! ```text
//! p_t    = Poseidon(Prompt, salt_t, token_t)           salt_t: 31 bytes of BLAKE3 over nonce ‖ t
//! leaf_t = keccak("assay v1 prompt leaf", t, p_t)
//! ```
//!
//! and a circuit shows that the token which enters position t is the one behind p_t. The salts follow from the job's nonce,
//! which client and rig share: both make the commitment, neither chooses it. Poseidon, because p_t is hashed inside of a circuit.

use super::tree::{self, PROMPT};
use super::{Word, hash, number};
use crate::Job;
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use assay_circuits::r1cs::poseidon::{self, Use};
use assay_model::domain::{Digest, Domain};

/// Bytes of a salt: the most that are always below r.
const SALT_BYTES: usize = 31;

/// salt_t of a job's nonce.
pub fn salt(nonce: &[u8; 32], t: u32) -> Fr {
    let digest = Domain::PromptSalt.hasher().fixed(nonce).u32(t).digest();
    Fr::from_le_bytes_mod_order(digest.first_chunk::<SALT_BYTES>().map_or(&[][..], |b| b))
}

/// p_t: the token that enters position t, hidden.
pub fn hidden(nonce: &[u8; 32], t: u32, token: u32) -> Fr {
    poseidon::hash(Use::Prompt, &[salt(nonce, t), Fr::from(token)])
}

/// Leaf of p_t.
pub fn leaf(t: u32, hidden: &Fr) -> Digest {
    hash("assay v1 prompt leaf", &[number(t), word(hidden)])
}

/// A scalar as a word.
fn word(scalar: &Fr) -> Word {
    let bytes = scalar.into_bigint().to_bytes_be();
    bytes.first_chunk().copied().unwrap_or_default()
}

/// A prompt with its tree.
#[derive(Clone, Debug)]
pub struct Prompt {
    hidden: Vec<Fr>,
    leaves: Vec<Digest>,
}

impl Prompt {
    /// Of a job.
    pub fn of(job: &Job) -> Prompt {
        let hidden: Vec<Fr> = (0u32..).zip(&job.prompt).map(|(t, token)| self::hidden(&job.nonce, t, *token)).collect();
        let leaves = (0u32..).zip(&hidden).map(|(t, p)| leaf(t, p)).collect();
        Prompt { hidden, leaves }
    }

    /// What terms name: the root over all tokens.
    pub fn root(&self) -> Digest {
        tree::root(PROMPT, &self.leaves)
    }

    /// p_t with its path; none past the prompt.
    pub fn open(&self, t: u32) -> Option<(Word, Vec<Digest>)> {
        let place = usize::try_from(t).ok()?;
        let hidden = self.hidden.get(place)?;
        Some((word(hidden), tree::path(PROMPT, &self.leaves, place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::sampling::Sampling;

    fn job(prompt: &[u32]) -> Job {
        Job {
            manifest: [1; 32],
            settlement: Default::default(),
            prompt: prompt.to_vec(),
            sampling: Sampling::Greedy,
            seed: [2; 32],
            max_tokens: 4,
            stop: Vec::new(),
            nonce: [3; 32],
            secret: [4; 32],
            expires: u64::MAX,
            previous: [0; 32],
        }
    }

    #[test]
    fn every_token_opens_at_its_place_and_at_no_other() {
        for n in [1u32, 2, 3, 5, 8, 11] {
            let tokens: Vec<u32> = (0..n).map(|t| 7 * t).collect();
            let prompt = Prompt::of(&job(&tokens));
            for t in 0..n {
                let (word, path) = prompt.open(t).unwrap();
                for place in 0..n + 2 {
                    // The leaf says its place too: neither the path alone nor the leaf alone fixes it.
                    let leaf = hash("assay v1 prompt leaf", &[number(place), word]);
                    let got = tree::root_of_path(PROMPT, n.into(), place.into(), &leaf, &path);
                    assert_eq!(got == Some(prompt.root()), place == t, "token {t} of {n} at {place}");
                }
            }
            assert!(prompt.open(n).is_none());
        }
    }

    #[test]
    fn another_token_nonce_or_length_is_another_commitment() {
        let root = |j: &Job| Prompt::of(j).root();
        let plain = job(&[5, 6, 7]);
        for other in [[4, 6, 7], [5, 7, 7], [5, 6, 8]] {
            assert_ne!(root(&plain), root(&job(&other)));
        }
        assert_ne!(root(&plain), root(&job(&[5, 6])));
        assert_ne!(root(&plain), root(&Job { nonce: [9; 32], ..plain.clone() }));
        // Nothing else of a job enters: the terms pin the job's digest besides.
        assert_eq!(root(&plain), root(&Job { secret: [9; 32], max_tokens: 1, ..plain.clone() }));
    }

    #[test]
    fn salts_differ_with_the_position_and_are_31_bytes_of_blake3() {
        let digest =
            blake3::Hasher::new_derive_key("assay v1 prompt salt").update(&[3; 32]).update(&[7, 0, 0, 0]).finalize();
        assert_eq!(salt(&[3; 32], 7).into_bigint().to_bytes_le()[..31], digest.as_bytes()[..31]);
        assert_eq!(salt(&[3; 32], 7).into_bigint().to_bytes_le()[31], 0);
        assert_ne!(salt(&[3; 32], 7), salt(&[3; 32], 8));
    }
}
