//! What is left of a draw that one proof does not decide: the word that a contract keeps between two answers.

use super::{Word, hash, number};

/// Of an attention head: positions before `position` are read, and `state` is the digest of its state.
pub fn attention(position: u32, state: &Word) -> Word {
    hash("assay v1 attention progress", &[number(position), *state])
}

/// Of the draw behind the last: the sample of the last position is shown, and `chunk` of head, which has its token, is left.
pub fn last(chunk: u32) -> Word {
    let mut word = number(chunk);
    if let Some(first) = word.first_mut() {
        *first |= 1 << 7;
    }
    word
}
