//! What a contract checks, hashed as a contract hashes: keccak256 over EVM words.
//!
//! The trace is hashed with BLAKE3, which costs a chain some 20,000 gas a block. Where a contract must recompute a hash,
//! the same facts are therefore hashed a second time. `docs/settlement.md` has the layouts, `contracts/` the other side;
//! both sides answer to the vectors in `tests/vectors/chain`.
//!
//! | module | holds |
//! |---|---|
//! | [`terms`] | what client and rig agree on before a job, and what the client signs after it |
//! | [`tree`] | the settlement tree: every leaf of a trace once more |
//! | [`trace`] | the root over all leaves of a trace |
//! | [`draw`] | the units that a contract draws |
//! | [`record`] | what a contract knows of a model |
//! | `prompt` (with the feature `settlement`) | the commitment to a prompt, which shows one token at a time |
//! | `circuits` (with `settlement`) | the circuits of a model |
//! | `claim` (with `settlement`) | what a proof about a unit must be about |
//! | `statement` (with `settlement`) | the public inputs of a unit's proof |
//! | [`progress`] | what is left of a draw that one proof does not decide |
//! | [`rounds`] | which round of a beacon decides the draws |
//! | [`question`] | what a contract asks of a rig |
//! | [`answer`] | what the rig answers |

pub mod answer;
#[cfg(feature = "settlement")]
pub mod circuits;
#[cfg(feature = "settlement")]
pub mod claim;
pub mod draw;
pub mod progress;
#[cfg(feature = "settlement")]
pub mod prompt;
pub mod question;
pub mod record;
pub mod rounds;
#[cfg(feature = "settlement")]
pub mod statement;
pub mod terms;
pub mod trace;
pub mod tree;

use crate::sign::keccak;
use assay_model::domain::Digest;
use sha3::{Digest as _, Keccak256};

/// An EVM word.
type Word = [u8; 32];

/// keccak256 of words, of which the first names the use: no two uses share one.
fn hash(label: &str, words: &[Word]) -> Digest {
    under(&keccak(label.as_bytes()), words)
}

/// [`hash`] with the label's own hash.
fn under(label: &Word, words: &[Word]) -> Digest {
    Keccak256::new_with_prefix(label).chain_update(words.as_flattened()).finalize().into()
}

/// A number as a word.
fn number(v: u32) -> Word {
    crate::sign::word(&v.to_be_bytes())
}
