//! What a model file says about its tokenizer, checked.
//!
//! Two tokens may have the same text, as llama.cpp tolerates: each decodes to that text, and encoding gives the last.

use super::pre::PreTokenizer;
use crate::shown::Shown;
use std::collections::{HashMap, HashSet};
use thiserror::Error;

/// Most tokens of a vocabulary.
pub const MAX_TOKENS: usize = 1 << 20;
/// Most merges of a vocabulary.
pub const MAX_MERGES: usize = 1 << 22;
/// Most bytes of all token texts together.
pub const MAX_TEXT: usize = 16 << 20;
/// Most bytes of one token's text; bounds the work of checking a merge.
pub const MAX_TOKEN: usize = 1 << 10;
/// Most bytes of a chat template.
pub const MAX_TEMPLATE: usize = 64 << 10;

/// Control tokens that end an answer whatever else the file says.
const END_MARKERS: [&str; 4] = ["<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "</s>"];

/// Why a vocabulary is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VocabularyError {
    /// A required field is absent.
    #[error("the model file has no `{0}`: it carries no complete tokenizer")]
    Missing(&'static str),
    /// Unknown `tokenizer.ggml.model`.
    #[error("tokenizer model `{}` is not supported: use a model whose tokenizer.ggml.model is gpt2 or llama", Shown(.0))]
    Model(String),
    /// Unknown `tokenizer.ggml.pre`.
    #[error("pre-tokenizer `{}` is not supported: use a model with one of {list}", Shown(.0), list = PreTokenizer::SUPPORTED)]
    PreTokenizer(String),
    /// A list is longer than its limit.
    #[error("{got} {what} are more than the {max} allowed")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        got: usize,
        /// How many there may be.
        max: usize,
    },
    /// No tokens at all.
    #[error("the vocabulary is empty")]
    Empty,
    /// A list that must have one entry per token has not.
    #[error("{got} {what} for {tokens} tokens: the counts must be equal")]
    Count {
        /// What is counted.
        what: &'static str,
        /// Entries found.
        got: usize,
        /// Tokens.
        tokens: usize,
    },
    /// A token's text is not UTF-8.
    #[error("the text of token {0} is not UTF-8")]
    NotUtf8(usize),
    /// A token's text is too long.
    #[error("the text of token {token} has {got} bytes, more than the {max} allowed", max = MAX_TOKEN)]
    LongToken {
        /// The token.
        token: usize,
        /// Its length.
        got: usize,
    },
    /// A token type outside 1 to 6.
    #[error("token {token} has type {got}: types are 1 to 6")]
    TokenType {
        /// The token.
        token: usize,
        /// The type found.
        got: i32,
    },
    /// A score that is not a finite number.
    #[error("the score of token {0} is not a finite number")]
    Score(usize),
    /// A special token's id is outside the vocabulary.
    #[error("{what} is {got}, outside the vocabulary of {tokens} tokens")]
    Id {
        /// Which special token.
        what: &'static str,
        /// The id found.
        got: u32,
        /// Tokens.
        tokens: usize,
    },
    /// A merge is not two parts with a space between them.
    #[error("merge {0} is not of the form `left right`")]
    MergeForm(usize),
    /// A merge names a text that is no token.
    #[error("merge {merge} names `{text}`, which is not in the vocabulary", text = Shown(.text))]
    MergePart {
        /// Rank of the merge.
        merge: usize,
        /// The unknown text, cut to 64 characters.
        text: String,
    },
    /// The text a merge makes is no token.
    #[error("merge {0} makes a text that is not in the vocabulary")]
    MergeProduct(usize),
    /// A merge stands twice.
    #[error("merge {0} repeats an earlier one")]
    MergeTwice(usize),
    /// A merge names a token by an id that its text does not give.
    #[error("merge {0} names a token that a later one of the same text hides")]
    MergeHidden(usize),
    /// Data of the other kind of tokenizer.
    #[error("a {kind:?} vocabulary has no {what}")]
    Foreign {
        /// Kind of the vocabulary.
        kind: Kind,
        /// What it must not have.
        what: &'static str,
    },
}

/// Family of tokenizers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Byte-level byte pair encoding: `tokenizer.ggml.model` = "gpt2".
    ByteLevel(PreTokenizer),
    /// SentencePiece pairs by score: `tokenizer.ggml.model` = "llama".
    SentencePiece,
}

/// What a token stands for; the numbers are those of `tokenizer.ggml.token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum TokenType {
    /// Text.
    Normal = 1,
    /// Stands for what has no token.
    Unknown = 2,
    /// A marker that text cannot write.
    Control = 3,
    /// A text that is always taken whole.
    UserDefined = 4,
    /// Never produced.
    Unused = 5,
    /// One byte, written `<0x0A>`.
    Byte = 6,
}

impl TokenType {
    /// The type of this number.
    pub const fn from_number(n: i32) -> Option<Self> {
        match n {
            1 => Some(Self::Normal),
            2 => Some(Self::Unknown),
            3 => Some(Self::Control),
            4 => Some(Self::UserDefined),
            5 => Some(Self::Unused),
            6 => Some(Self::Byte),
            _ => None,
        }
    }
}

/// Texts of all tokens, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    text: String,
    ends: Vec<u32>,
}

impl Tokens {
    /// Adds a token, within the limits.
    pub fn push(&mut self, text: &str) -> Result<(), VocabularyError> {
        self.admit(text.len())?;
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        Ok(())
    }

    /// Adds the token whose text is that of `left` followed by that of `right`; false if there is no such token.
    pub(super) fn push_joined(&mut self, left: u32, right: u32) -> Result<bool, VocabularyError> {
        let (Some(l), Some(r)) = (self.span(left), self.span(right)) else { return Ok(false) };
        self.admit(l.len() + r.len())?;
        self.text.extend_from_within(l);
        self.text.extend_from_within(r);
        self.ends.push(self.text.len() as u32);
        Ok(true)
    }

    fn admit(&self, len: usize) -> Result<(), VocabularyError> {
        let too_many = |what, got, max| Err(VocabularyError::TooMany { what, got, max });
        if self.ends.len() >= MAX_TOKENS {
            return too_many("tokens", self.ends.len() + 1, MAX_TOKENS);
        }
        if len > MAX_TOKEN {
            return Err(VocabularyError::LongToken { token: self.ends.len(), got: len });
        }
        if self.text.len() + len > MAX_TEXT {
            return too_many("bytes of token text", self.text.len() + len, MAX_TEXT);
        }
        Ok(())
    }

    fn span(&self, id: u32) -> Option<std::ops::Range<usize>> {
        let id = id as usize;
        let end = *self.ends.get(id)? as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] as usize };
        Some(start..end)
    }

    /// The text of token `id`.
    pub fn get(&self, id: u32) -> Option<&str> {
        self.span(id).map(|s| &self.text[s])
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Ids and texts in order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        (0..self.ends.len() as u32).map(|id| (id, self.get(id).unwrap_or_default()))
    }

    /// From text to token; the last of several tokens with the same text.
    pub fn index(&self) -> HashMap<&str, u32> {
        self.iter().map(|(id, text)| (text, id)).collect()
    }
}

/// A tokenizer's fields as a model file gives them, unchecked. Names in the comments are GGUF keys below
/// `tokenizer.ggml.`.
#[derive(Clone, Debug, Default)]
pub struct VocabularyParts {
    /// `model`.
    pub model: Option<String>,
    /// `pre`.
    pub pre: Option<String>,
    /// `tokens`.
    pub tokens: Option<Vec<Vec<u8>>>,
    /// `merges`.
    pub merges: Option<Vec<Vec<u8>>>,
    /// `scores`.
    pub scores: Option<Vec<f32>>,
    /// `token_type`.
    pub token_types: Option<Vec<i32>>,
    /// `bos_token_id`.
    pub bos: Option<u32>,
    /// `eos_token_id`.
    pub eos: Option<u32>,
    /// `eot_token_id`.
    pub eot: Option<u32>,
    /// `unknown_token_id`.
    pub unk: Option<u32>,
    /// `padding_token_id`.
    pub pad: Option<u32>,
    /// `add_bos_token`.
    pub add_bos: Option<bool>,
    /// `add_eos_token`.
    pub add_eos: Option<bool>,
    /// `add_space_prefix`.
    pub add_space_prefix: Option<bool>,
    /// `tokenizer.chat_template`.
    pub chat_template: Option<String>,
}

/// A tokenizer as plain data. Every value of this type that [`Vocabulary::from_parts`] or [`codec`](super::codec)
/// gives has passed [`Vocabulary::check`].
#[derive(Clone, Debug, PartialEq)]
pub struct Vocabulary {
    /// Family and way to cut words.
    pub kind: Kind,
    /// Texts.
    pub tokens: Tokens,
    /// Types, one per token.
    pub types: Vec<TokenType>,
    /// Pairs that join, best first, by the ids of their parts; byte-level only.
    pub merges: Vec<[u32; 2]>,
    /// Scores, one per token; SentencePiece only.
    pub scores: Vec<f32>,
    /// Begins a text.
    pub bos: Option<u32>,
    /// Ends a text.
    pub eos: Option<u32>,
    /// Ends a turn.
    pub eot: Option<u32>,
    /// Stands for what has no token.
    pub unk: Option<u32>,
    /// Fills batches.
    pub pad: Option<u32>,
    /// Whether a text begins with `bos`.
    pub add_bos: bool,
    /// Whether a text ends with `eos`.
    pub add_eos: bool,
    /// Whether SentencePiece text gets a leading space.
    pub add_space_prefix: bool,
    /// Chat template.
    pub chat_template: Option<String>,
}

fn fits(what: &'static str, got: usize, max: usize) -> Result<(), VocabularyError> {
    if got > max { Err(VocabularyError::TooMany { what, got, max }) } else { Ok(()) }
}

impl Vocabulary {
    /// Checks what a model file gives. Absent switches get llama.cpp's defaults. A merge that stands twice counts
    /// where it stands first.
    pub fn from_parts(parts: VocabularyParts) -> Result<Self, VocabularyError> {
        let model = parts.model.ok_or(VocabularyError::Missing("tokenizer.ggml.model"))?;
        let kind = match model.as_str() {
            "gpt2" => {
                let pre = parts.pre.unwrap_or_else(|| "default".to_owned());
                Kind::ByteLevel(PreTokenizer::from_name(&pre).ok_or(VocabularyError::PreTokenizer(pre))?)
            }
            "llama" => Kind::SentencePiece,
            _ => return Err(VocabularyError::Model(model)),
        };
        let texts = parts.tokens.ok_or(VocabularyError::Missing("tokenizer.ggml.tokens"))?;
        fits("tokens", texts.len(), MAX_TOKENS)?;
        let mut tokens = Tokens::default();
        for (id, text) in texts.iter().enumerate() {
            tokens.push(std::str::from_utf8(text).map_err(|_| VocabularyError::NotUtf8(id))?)?;
        }
        let (merges, scores) = match kind {
            Kind::ByteLevel(_) => {
                let lines = parts.merges.ok_or(VocabularyError::Missing("tokenizer.ggml.merges"))?;
                (merge_ids(&tokens, &lines)?, Vec::new())
            }
            Kind::SentencePiece => (Vec::new(), parts.scores.ok_or(VocabularyError::Missing("tokenizer.ggml.scores"))?),
        };
        let spm = kind == Kind::SentencePiece;
        let starts_with_bos = spm || kind == Kind::ByteLevel(PreTokenizer::Llama3);
        let vocabulary = Self {
            kind,
            types: types(parts.token_types, tokens.len())?,
            tokens,
            merges,
            scores,
            bos: parts.bos,
            eos: parts.eos,
            eot: parts.eot,
            unk: parts.unk,
            pad: parts.pad,
            add_bos: parts.add_bos.unwrap_or(starts_with_bos && parts.bos.is_some()),
            add_eos: parts.add_eos.unwrap_or(false),
            add_space_prefix: parts.add_space_prefix.unwrap_or(spm),
            chat_template: parts.chat_template,
        };
        vocabulary.check()?;
        Ok(vocabulary)
    }

    /// Checks everything that the rest of the program relies on.
    pub fn check(&self) -> Result<(), VocabularyError> {
        let n = self.tokens.len();
        if n == 0 {
            return Err(VocabularyError::Empty);
        }
        fits("bytes of chat template", self.chat_template.as_ref().map_or(0, String::len), MAX_TEMPLATE)?;
        let count = |what, got| if got == n { Ok(()) } else { Err(VocabularyError::Count { what, got, tokens: n }) };
        count("token types", self.types.len())?;
        for (what, id) in self.special_ids() {
            if let Some(got) = id
                && got as usize >= n
            {
                return Err(VocabularyError::Id { what, got, tokens: n });
            }
        }
        if self.add_bos && self.bos.is_none() {
            return Err(VocabularyError::Missing("tokenizer.ggml.bos_token_id"));
        }
        if self.add_eos && self.eos.is_none() {
            return Err(VocabularyError::Missing("tokenizer.ggml.eos_token_id"));
        }
        let foreign = |what| Err(VocabularyError::Foreign { kind: self.kind, what });
        match self.kind {
            Kind::ByteLevel(_) if !self.scores.is_empty() => foreign("scores"),
            Kind::SentencePiece if !self.merges.is_empty() => foreign("merges"),
            Kind::ByteLevel(_) => self.check_merges(),
            Kind::SentencePiece => {
                count("scores", self.scores.len())?;
                let bad = self.scores.iter().position(|s| !s.is_finite());
                bad.map_or(Ok(()), |id| Err(VocabularyError::Score(id)))
            }
        }
    }

    /// Every merge joins two tokens into a third, stands once, and names the token that its part's text gives.
    fn check_merges(&self) -> Result<(), VocabularyError> {
        fits("merges", self.merges.len(), MAX_MERGES)?;
        let index = self.tokens.index();
        let mut seen = HashSet::with_capacity(self.merges.len());
        let mut joined = String::new();
        for (rank, &pair) in self.merges.iter().enumerate() {
            if !seen.insert(pair) {
                return Err(VocabularyError::MergeTwice(rank));
            }
            joined.clear();
            for id in pair {
                let text = self.tokens.get(id).ok_or_else(|| VocabularyError::Id {
                    what: "a part of a merge",
                    got: id,
                    tokens: self.tokens.len(),
                })?;
                if index.get(text) != Some(&id) {
                    return Err(VocabularyError::MergeHidden(rank));
                }
                if text.is_empty() {
                    return Err(VocabularyError::MergeForm(rank));
                }
                joined.push_str(text);
            }
            if !index.contains_key(joined.as_str()) {
                return Err(VocabularyError::MergeProduct(rank));
            }
        }
        Ok(())
    }

    /// The named ids, with their GGUF keys.
    pub(super) fn special_ids(&self) -> [(&'static str, Option<u32>); 5] {
        [
            ("tokenizer.ggml.bos_token_id", self.bos),
            ("tokenizer.ggml.eos_token_id", self.eos),
            ("tokenizer.ggml.eot_token_id", self.eot),
            ("tokenizer.ggml.unknown_token_id", self.unk),
            ("tokenizer.ggml.padding_token_id", self.pad),
        ]
    }

    /// The type of token `id`; [`TokenType::Unused`] outside the vocabulary.
    pub fn token_type(&self, id: u32) -> TokenType {
        self.types.get(id as usize).copied().unwrap_or(TokenType::Unused)
    }

    /// Tokens that end an answer: `eos`, `eot` and the control tokens among the known end markers; sorted, distinct.
    pub fn stop_tokens(&self) -> Vec<u32> {
        let marked = self
            .tokens
            .iter()
            .filter(|(id, text)| self.token_type(*id) == TokenType::Control && END_MARKERS.contains(text));
        let mut stop: Vec<u32> = self.eos.into_iter().chain(self.eot).chain(marked.map(|(id, _)| id)).collect();
        stop.sort_unstable();
        stop.dedup();
        stop
    }
}

/// Types as numbers; all normal if the file gives none.
fn types(numbers: Option<Vec<i32>>, tokens: usize) -> Result<Vec<TokenType>, VocabularyError> {
    let Some(numbers) = numbers else { return Ok(vec![TokenType::Normal; tokens]) };
    let one = |(token, &got)| TokenType::from_number(got).ok_or(VocabularyError::TokenType { token, got });
    numbers.iter().enumerate().map(one).collect()
}

/// Merges as written, `left right`, by the ids of their parts. The space is looked for behind the first character, so
/// that a part may be a space.
fn merge_ids(tokens: &Tokens, lines: &[Vec<u8>]) -> Result<Vec<[u32; 2]>, VocabularyError> {
    fits("merges", lines.len(), MAX_MERGES)?;
    let index = tokens.index();
    let mut seen = HashSet::with_capacity(lines.len());
    let mut merges = Vec::with_capacity(lines.len());
    for (merge, line) in lines.iter().enumerate() {
        let form = VocabularyError::MergeForm(merge);
        let Ok(line) = std::str::from_utf8(line) else { return Err(form) };
        let Some(gap) = line.char_indices().skip(1).find(|(_, c)| *c == ' ') else { return Err(form) };
        let id = |text: &str| {
            let short = || text.chars().take(64).collect();
            index.get(text).copied().ok_or_else(|| VocabularyError::MergePart { merge, text: short() })
        };
        let pair = [id(&line[..gap.0])?, id(&line[gap.0 + 1..])?];
        if seen.insert(pair) {
            merges.push(pair);
        }
    }
    Ok(merges)
}

#[cfg(test)]
#[path = "vocabulary_tests.rs"]
pub(super) mod tests;
