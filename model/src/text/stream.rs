//! Tokens to text as they come.
//!
//! One token may end inside a character. The bytes of an unfinished character wait for the next token; bytes that can
//! never become a character show as U+FFFD, exactly as [`String::from_utf8_lossy`] shows them in the whole text.

use super::tokenizer::Tokenizer;

/// A text in the making.
pub struct TokenStream<'a> {
    tokenizer: &'a Tokenizer,
    started: bool,
    waiting: Vec<u8>,
}

impl<'a> TokenStream<'a> {
    pub(super) fn new(tokenizer: &'a Tokenizer) -> Self {
        Self { tokenizer, started: false, waiting: Vec::new() }
    }

    /// The text that is certain once `id` is there.
    pub fn push(&mut self, id: u32) -> String {
        let before = self.waiting.len();
        self.tokenizer.bytes_of(id, &mut self.waiting);
        if !self.started && self.waiting.len() > before {
            self.started = true;
            if self.tokenizer.drops_first_space() && self.waiting[0] == b' ' {
                self.waiting.remove(0);
            }
        }
        let whole = whole_characters(&self.waiting);
        let text = String::from_utf8_lossy(&self.waiting[..whole]).into_owned();
        self.waiting.drain(..whole);
        text
    }

    /// What is left: U+FFFD if the last character is unfinished, else nothing.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.waiting).into_owned()
    }
}

/// Length of `bytes` without an unfinished character at the end.
fn whole_characters(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(_) => return bytes.len(),
            Err(e) => match e.error_len() {
                None => return bytes.len() - rest.len() + e.valid_up_to(),
                Some(bad) => rest = &rest[e.valid_up_to() + bad..],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_unfinished_character_waits() {
        assert_eq!(whole_characters("aé".as_bytes()), 3);
        assert_eq!(whole_characters(&"a😀".as_bytes()[..4]), 1);
        assert_eq!(whole_characters(b"a\xffb\xf0\x9f"), 3);
    }

    proptest! {
        #[test]
        fn cutting_anywhere_changes_nothing(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..6), 0..12)) {
            let (mut waiting, mut text) = (Vec::new(), String::new());
            for part in &parts {
                waiting.extend(part);
                let whole = whole_characters(&waiting);
                text.push_str(&String::from_utf8_lossy(&waiting[..whole]));
                waiting.drain(..whole);
                prop_assert!(waiting.len() < 4);
            }
            text.push_str(&String::from_utf8_lossy(&waiting));
            let all = parts.concat();
            prop_assert_eq!(text, String::from_utf8_lossy(&all));
        }
    }
}
