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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_how_far_which_state_and_which_chunk() {
        let plain = attention(4, &[1; 32]);
        assert_ne!(attention(5, &[1; 32]), plain);
        assert_ne!(attention(4, &[2; 32]), plain);
        let mut word = [0; 32];
        (word[0], word[30], word[31]) = (0x80, 0x01, 0x02);
        assert_eq!(last(0x0102), word);
        // Zero is a decided draw, and so no progress at all.
        assert_ne!(last(0), [0; 32]);
    }
}
