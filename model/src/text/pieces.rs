//! Cuts text at the tokens that are always taken whole, and into words.

use super::vocabulary::{TokenType, Vocabulary};
use std::collections::HashMap;
use std::ops::Range;
use tokenizers::utils::SysRegex;

/// A stretch of text between whole tokens, or such a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text to be cut and merged.
    Text(&'a str),
    /// A token.
    Token(u32),
}

/// Tokens that are written out in a text: user-defined ones always, control and unknown ones on demand.
pub struct WholeTokens {
    ids: HashMap<String, (u32, bool)>,
    /// Lengths in `ids`, longest first.
    lengths: Vec<usize>,
    /// Whether any token starts with this byte.
    starts: [bool; 256],
}

impl WholeTokens {
    /// Of `vocabulary`.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let mut whole = Self { ids: HashMap::new(), lengths: Vec::new(), starts: [false; 256] };
        for (id, text) in vocabulary.tokens.iter() {
            let always = match vocabulary.token_type(id) {
                TokenType::UserDefined => true,
                TokenType::Control | TokenType::Unknown => false,
                _ => continue,
            };
            if let Some(first) = text.bytes().next() {
                whole.starts[first as usize] = true;
                whole.lengths.push(text.len());
                whole.ids.insert(text.to_owned(), (id, always));
            }
        }
        whole.lengths.sort_unstable_by(|a, b| b.cmp(a));
        whole.lengths.dedup();
        whole
    }

    /// `text` cut from left to right at the longest whole token at each place; `special` admits control tokens.
    pub fn cut<'a>(&self, text: &'a str, special: bool) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let (mut done, mut at) = (0, 0);
        while at < text.len() {
            match self.at(text, at, special) {
                Some((id, length)) => {
                    if done < at {
                        pieces.push(Piece::Text(&text[done..at]));
                    }
                    pieces.push(Piece::Token(id));
                    at += length;
                    done = at;
                }
                None => at += 1,
            }
        }
        if done < text.len() {
            pieces.push(Piece::Text(&text[done..]));
        }
        pieces
    }

    fn at(&self, text: &str, at: usize, special: bool) -> Option<(u32, usize)> {
        if !self.starts[text.as_bytes()[at] as usize] {
            return None;
        }
        self.lengths.iter().find_map(|&length| {
            let (id, always) = *self.ids.get(text.get(at..at.checked_add(length)?)?)?;
            (always || special).then_some((id, length))
        })
    }
}

/// `text` cut by each expression in turn, matches and gaps alike; nothing is lost.
pub fn words(text: &str, expressions: &[SysRegex]) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = std::iter::once(0..text.len()).collect();
    for expression in expressions {
        let mut finer = Vec::with_capacity(words.len());
        for word in words {
            let mut done = word.start;
            for (start, end) in expression.find_iter(&text[word.clone()]) {
                let (start, end) = (word.start + start, word.start + end);
                if done < start {
                    finer.push(done..start);
                }
                if start < end {
                    finer.push(start..end);
                }
                done = end;
            }
            if done < word.end {
                finer.push(done..word.end);
            }
        }
        words = finer;
    }
    words
}
