//! Text to tokens and back, with the merge loop of the `tokenizers` crate.
//!
//! Byte-level: cut at whole tokens, cut into words ([`PreTokenizer`](super::PreTokenizer)), spell each word in the byte
//! alphabet, merge by rank. A byte that no token spells is dropped, as llama.cpp does; merges do not reach across it.
//!
//! SentencePiece: cut at whole tokens, put a space before each text if the file asks for it, write `▁` for spaces, merge
//! by score. Every way to cut a token into two others is a merge; better scores first, then the lower ids of the parts.
//! What has no token falls back to bytes. Control, unknown and byte tokens are no merge's product: text cannot spell
//! them.

use super::alphabet;
use super::pieces::{Piece, WholeTokens, words};
use super::pre::PreTokenizer;
use super::stream::TokenStream;
use super::vocabulary::{Kind, TokenType, Vocabulary};
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;
use thiserror::Error;
use tokenizers::Model;
use tokenizers::models::bpe::{BPE, BpeBuilder, Merges, Vocab};
use tokenizers::utils::SysRegex;

/// Character that SentencePiece writes for a space.
const SPACE: char = '\u{2581}';
/// Most bytes hashed while finding merges: a real vocabulary of 262,144 tokens needs 2^26.
const MAX_WORK: usize = 1 << 31;

/// Why there is no tokenizer, or no tokens.
#[derive(Debug, Error)]
pub enum TokenizerError {
    /// The `tokenizers` crate refused.
    #[error("the tokenizer failed: {0}")]
    Engine(#[source] tokenizers::Error),
    /// SentencePiece text could be left without any token.
    #[error("the vocabulary has neither tokens for all 256 bytes nor an unknown token")]
    NoFallback,
    /// Deriving merges would take too long.
    #[error("the token texts are too long to derive merges from: {0} bytes of work")]
    Work(usize),
}

/// A tokenizer.
pub struct Tokenizer {
    vocabulary: Vocabulary,
    whole: WholeTokens,
    expressions: &'static [SysRegex],
    merger: BPE,
}

impl Tokenizer {
    /// Built from plain data.
    pub fn new(vocabulary: Vocabulary) -> Result<Self, TokenizerError> {
        let (expressions, merger) = match vocabulary.kind {
            Kind::ByteLevel(pre) => {
                let merger = byte_level(&vocabulary, pre.takes_whole_words()).map_err(TokenizerError::Engine)?;
                (compiled(pre).map_err(TokenizerError::Engine)?, merger)
            }
            Kind::SentencePiece => (Default::default(), sentence_piece(&vocabulary)?),
        };
        Ok(Self { whole: WholeTokens::new(&vocabulary), vocabulary, expressions, merger })
    }

    /// The plain data.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Tokens of `text`, no more and no less. User-defined tokens written in it are always recognised; control tokens
    /// only if `special`, so that `special = false` keeps a stranger's text from writing them.
    pub fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, TokenizerError> {
        let mut ids = Vec::with_capacity(text.len() / 3);
        for piece in self.whole.cut(text, special) {
            match piece {
                Piece::Token(id) => ids.push(id),
                Piece::Text(text) if self.vocabulary.kind == Kind::SentencePiece => {
                    let prefix = self.vocabulary.add_space_prefix.then_some(SPACE);
                    let spaced = text.chars().map(|c| if c == ' ' { SPACE } else { c });
                    self.merge(&prefix.into_iter().chain(spaced).collect::<String>(), &mut ids)?;
                }
                Piece::Text(text) => {
                    for word in words(text, self.expressions) {
                        self.merge(&alphabet::spell(&text[word]), &mut ids)?;
                    }
                }
            }
        }
        Ok(ids)
    }

    /// Tokens of a whole prompt: [`Tokenizer::encode`] between the `bos` and `eos` that the file asks for.
    pub fn encode_prompt(&self, text: &str, special: bool) -> Result<Vec<u32>, TokenizerError> {
        let v = &self.vocabulary;
        let mut ids: Vec<u32> = v.bos.filter(|_| v.add_bos).into_iter().collect();
        // A chat template may already write the first token.
        let text = match v.bos.filter(|_| v.add_bos && special).and_then(|bos| v.tokens.get(bos)) {
            Some(bos) if !bos.is_empty() => text.strip_prefix(bos).unwrap_or(text),
            _ => text,
        };
        ids.extend(self.encode(text, special)?);
        ids.extend(v.eos.filter(|_| v.add_eos));
        Ok(ids)
    }

    /// The text of `ids`. Control tokens show nothing; broken UTF-8 and ids outside the vocabulary show U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut stream = self.stream();
        let mut text: String = ids.iter().map(|id| stream.push(*id)).collect();
        text.push_str(&stream.finish());
        text
    }

    /// A decoder for tokens as they come; its parts together are what [`Tokenizer::decode`] gives.
    pub fn stream(&self) -> TokenStream<'_> {
        TokenStream::new(self)
    }

    pub(super) fn drops_first_space(&self) -> bool {
        self.vocabulary.kind == Kind::SentencePiece && self.vocabulary.add_space_prefix
    }

    /// The bytes token `id` stands for, added to `out`.
    pub(super) fn bytes_of(&self, id: u32, out: &mut Vec<u8>) {
        let Some(text) = self.vocabulary.tokens.get(id) else {
            return out.extend("\u{fffd}".bytes());
        };
        match (self.vocabulary.token_type(id), self.vocabulary.kind) {
            (TokenType::Control, _) => {}
            (TokenType::Byte, Kind::SentencePiece) if byte_value(text).is_some() => out.extend(byte_value(text)),
            (_, Kind::SentencePiece) => out.extend(text.replace(SPACE, " ").bytes()),
            (TokenType::UserDefined | TokenType::Unknown, _) => out.extend(text.bytes()),
            _ => alphabet::unspell(text, out),
        }
    }

    fn merge(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), TokenizerError> {
        let known = self.vocabulary.tokens.len() as u32;
        let tokens = self.merger.tokenize(text).map_err(TokenizerError::Engine)?;
        ids.extend(tokens.iter().map(|t| t.id).filter(|id| *id < known));
        Ok(())
    }
}

/// The expressions of `pre`; compiled once a process, since that takes longer than to build a small tokenizer.
fn compiled(pre: PreTokenizer) -> tokenizers::Result<&'static [SysRegex]> {
    static COMPILED: [OnceLock<Vec<SysRegex>>; 5] = [const { OnceLock::new() }; 5];
    let compiled = &COMPILED[usize::from(pre.code())];
    if compiled.get().is_none() {
        let expressions = pre.expressions().iter().map(|e| SysRegex::new(e)).collect::<Result<_, _>>()?;
        // Another thread may have been faster, with the same.
        let _ = compiled.set(expressions);
    }
    Ok(compiled.get().map_or(&[], Vec::as_slice))
}

/// Whether text can spell this token.
fn spelled(kind: TokenType) -> bool {
    matches!(kind, TokenType::Normal | TokenType::UserDefined | TokenType::Unused)
}

/// The byte that `<0x0A>` stands for.
fn byte_value(text: &str) -> Option<u8> {
    let hex = text.strip_prefix("<0x")?.strip_suffix('>')?;
    (hex.len() == 2).then(|| u8::from_str_radix(hex, 16).ok()).flatten()
}

/// The crate's cache of words outlives the tokenizer: what it holds stays until the thread ends.
fn uncached() -> BpeBuilder {
    BPE::builder().cache_capacity(0)
}

fn byte_level(v: &Vocabulary, whole_words: bool) -> tokenizers::Result<BPE> {
    let spelled = |id: u32| spelled(v.token_type(id));
    let index = v.tokens.index();
    let mut joined = String::new();
    let mut merges = Merges::with_capacity(v.merges.len());
    for &[left, right] in &v.merges {
        let (Some(l), Some(r)) = (v.tokens.get(left), v.tokens.get(right)) else { continue };
        joined.clear();
        joined.push_str(l);
        joined.push_str(r);
        let product = index.get(joined.as_str()).is_some_and(|id| spelled(*id));
        if spelled(left) && spelled(right) && product {
            merges.push((l.to_owned(), r.to_owned()));
        }
    }
    // An id beyond the vocabulary marks what no token spells, and keeps its neighbours apart.
    let mut hole = "\u{10ffff}".to_owned();
    while index.contains_key(hole.as_str()) {
        hole.push('\u{10ffff}');
    }
    let texts = index.iter().filter(|(_, id)| spelled(**id)).map(|(text, id)| ((*text).to_owned(), *id));
    let texts = texts.chain([(hole.clone(), v.tokens.len() as u32)]).collect::<Vocab>();
    uncached().vocab_and_merges(texts, merges).unk_token(hole).ignore_merges(whole_words).build()
}

fn sentence_piece(v: &Vocabulary) -> Result<BPE, TokenizerError> {
    let work = v.tokens.iter().map(|(_, text)| text.len() * text.len()).sum();
    if work > MAX_WORK {
        return Err(TokenizerError::Work(work));
    }
    let index = v.tokens.index();
    let bytes = v.tokens.iter().filter(|(id, _)| v.token_type(*id) == TokenType::Byte);
    let bytes: HashSet<u8> = bytes.filter_map(|(_, text)| byte_value(text)).collect();
    let unknown = v.unk.and_then(|id| v.tokens.get(id));
    if bytes.len() < 256 && unknown.is_none() {
        return Err(TokenizerError::NoFallback);
    }
    let merges = merges_by_score(v, &index);
    let reached = |id: u32| spelled(v.token_type(id)) || v.token_type(id) == TokenType::Byte || v.unk == Some(id);
    let texts = index.iter().filter(|(_, id)| reached(**id)).map(|(text, id)| ((*text).to_owned(), *id));
    let texts = texts.collect::<Vocab>();
    let mut builder = uncached().vocab_and_merges(texts, merges).byte_fallback(true).fuse_unk(true);
    if let Some(unknown) = unknown {
        builder = builder.unk_token(unknown.to_owned());
    }
    builder.build().map_err(TokenizerError::Engine)
}

/// Every way to cut a token into two others; better scores first, then the lower ids of the token and its parts.
fn merges_by_score(v: &Vocabulary, index: &HashMap<&str, u32>) -> Merges {
    let mut found = Vec::new();
    for (&text, &id) in index.iter().filter(|(_, id)| spelled(v.token_type(**id))) {
        for (at, _) in text.char_indices().skip(1) {
            let (left, right) = text.split_at(at);
            if let (Some(&l), Some(&r)) = (index.get(left), index.get(right))
                && spelled(v.token_type(l))
                && spelled(v.token_type(r))
            {
                // Adding zero makes the two zeros one.
                found.push((v.scores[id as usize] + 0.0, id, l, r, left, right));
            }
        }
    }
    found.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2, a.3).cmp(&(b.1, b.2, b.3))));
    found.into_iter().map(|(_, _, _, _, left, right)| (left.to_owned(), right.to_owned())).collect()
}

#[cfg(test)]
#[path = "tokenizer_tests.rs"]
mod tests;
