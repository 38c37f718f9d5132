//! Canonical bytes of a [`Vocabulary`]; normative.
//!
//! A vocabulary has exactly one encoding, and [`decode`] accepts nothing else. The idea: a merged token's text is that
//! of its merge's two parts, so the merges, which must be stored anyway, give most texts.
//!
//! `v(n)` is an unsigned LEB128 integer of at most 32 bits, shortest form. `text` is `v(length)` and that many bytes of
//! UTF-8. In order:
//!
//! | field | bytes |
//! |---|---|
//! | version | 1 |
//! | kind | 0 byte-level, 1 SentencePiece |
//! | pre-tokenizer | byte-level only: 0 default, 1 gpt-2, 2 smollm, 3 llama3, 4 qwen2 |
//! | switches | bit 0 add_bos, 1 add_eos, 2 add_space_prefix, 3 chat template present |
//! | bos, eos, eot, unk, pad | each `v(id + 1)`, or `v(0)` if absent |
//! | counts | `v(tokens) v(merges)` |
//! | merges | in rank order, each `v(left) v(right)`, token ids |
//! | token texts | runs, until every token has a text: `v(j)`, then `v(l)` and `l` times `text` |
//! | token types | runs, until every token has a type: `v(length)`, type 1 to 6 as one byte |
//! | scores | SentencePiece only: IEEE 754 single, little-endian, one per token |
//! | chat template | if present: `text` |
//!
//! **Token texts.** A cursor starts at merge 0. The next `j` tokens are *joined*: each takes the text of the cursor's
//! merge, left part then right part, and the cursor moves on, past every directly following merge that gives the same
//! text. The `l` tokens after them are literal and leave the cursor alone. The encoder joins whenever it can: the
//! cursor's merge has both parts among the tokens before, and gives the text.
//!
//! **Bounds.** A token costs at least a byte, its own or its merge's, and a merge two; counts that the remaining bytes
//! cannot hold are refused before anything is allocated. Joined texts can double, so the limits on one text and on all
//! texts together ([`MAX_TOKEN`], [`MAX_TEXT`](super::MAX_TEXT)) are checked before each is written.

use super::pre::PreTokenizer;
use super::vocabulary::{Kind, MAX_MERGES, MAX_TEMPLATE, MAX_TOKEN, MAX_TOKENS};
use super::vocabulary::{TokenType, Tokens, Vocabulary, VocabularyError};
use thiserror::Error;

const VERSION: u8 = 1;

/// Why bytes are not a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CodecError {
    /// The bytes end early.
    #[error("the vocabulary ends inside {0}")]
    Truncated(&'static str),
    /// A field has a value that means nothing.
    #[error("the vocabulary's {field} is {got}, which means nothing")]
    Value {
        /// The field.
        field: &'static str,
        /// Its value.
        got: u32,
    },
    /// A count or length exceeds its limit or what the bytes can hold.
    #[error("the vocabulary declares {got} {field}, more than the {max} possible here")]
    TooMany {
        /// What is counted.
        field: &'static str,
        /// How many are declared.
        got: u32,
        /// How many there could be.
        max: usize,
    },
    /// A text is not UTF-8.
    #[error("the vocabulary's {0} is not UTF-8")]
    NotUtf8(&'static str),
    /// A joined token has no merge to take its text from, or the merge names a later token.
    #[error("token {0} takes its text from a merge that cannot give it")]
    Join(usize),
    /// What the bytes say is no valid vocabulary.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// The same vocabulary has another, canonical encoding.
    #[error("the vocabulary is not in its canonical encoding")]
    NotCanonical,
}

/// Whether the text of `merge` is `text`.
fn gives(tokens: &Tokens, merge: [u32; 2], text: &str) -> bool {
    let [Some(left), Some(right)] = merge.map(|id| tokens.get(id)) else { return false };
    left.len() + right.len() == text.len() && text.starts_with(left) && text.ends_with(right)
}

/// The cursor behind a token joined by the merge at `cursor`.
fn advance(tokens: &Tokens, merges: &[[u32; 2]], cursor: usize, text: &str) -> usize {
    let repeats = merges[cursor + 1..].iter().take_while(|m| gives(tokens, **m, text)).count();
    cursor + 1 + repeats
}

/// The canonical bytes.
pub fn encode(v: &Vocabulary) -> Vec<u8> {
    let mut out = vec![VERSION];
    match v.kind {
        Kind::ByteLevel(pre) => out.extend([0, pre.code()]),
        Kind::SentencePiece => out.push(1),
    }
    let switches = [v.add_bos, v.add_eos, v.add_space_prefix, v.chat_template.is_some()];
    out.push(switches.iter().rev().fold(0, |bits, s| bits << 1 | u8::from(*s)));
    for (_, id) in v.special_ids() {
        put(&mut out, id.map_or(0, |id| id + 1));
    }
    put(&mut out, v.tokens.len() as u32);
    put(&mut out, v.merges.len() as u32);
    for id in v.merges.iter().flatten() {
        put(&mut out, *id);
    }
    put_tokens(&mut out, v);
    for run in v.types.chunk_by(|a, b| a == b) {
        put(&mut out, run.len() as u32);
        out.push(run[0] as u8);
    }
    for score in &v.scores {
        out.extend(score.to_bits().to_le_bytes());
    }
    if let Some(template) = &v.chat_template {
        put_text(&mut out, template);
    }
    out
}

fn put_tokens(out: &mut Vec<u8>, v: &Vocabulary) {
    let mut cursor = 0;
    let mut joins = Vec::with_capacity(v.tokens.len());
    for (id, text) in v.tokens.iter() {
        let join = v.merges.get(cursor).is_some_and(|m| m.iter().all(|p| *p < id) && gives(&v.tokens, *m, text));
        if join {
            cursor = advance(&v.tokens, &v.merges, cursor, text);
        }
        joins.push(join);
    }
    let mut id = 0;
    while id < joins.len() {
        let joined = joins[id..].iter().take_while(|j| **j).count();
        id += joined;
        let literal = joins[id..].iter().take_while(|j| !**j).count();
        put(out, joined as u32);
        put(out, literal as u32);
        for text in (id..id + literal).filter_map(|id| v.tokens.get(id as u32)) {
            put_text(out, text);
        }
        id += literal;
    }
}

fn put(out: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u32);
    out.extend(text.as_bytes());
}

/// The vocabulary that these bytes are the canonical encoding of.
pub fn decode(bytes: &[u8]) -> Result<Vocabulary, CodecError> {
    let mut input = Reader(bytes);
    let version = input.byte("version")?;
    if version != VERSION {
        return Err(CodecError::Value { field: "version", got: version.into() });
    }
    let kind = kind(&mut input)?;
    let switches = input.byte("switches")?;
    if switches >= 16 {
        return Err(CodecError::Value { field: "switches", got: switches.into() });
    }
    let switch = |bit: u8| switches >> bit & 1 == 1;
    let mut ids = [None; 5];
    for id in &mut ids {
        *id = input.number("special tokens")?.checked_sub(1);
    }
    let [bos, eos, eot, unk, pad] = ids;
    let count = input.count("tokens", MAX_TOKENS, 1)?;
    let merge_count = input.count("merges", MAX_MERGES, 2)?;
    let mut merges = Vec::with_capacity(merge_count);
    for _ in 0..merge_count {
        merges.push([input.number("merges")?, input.number("merges")?]);
    }
    let tokens = tokens(&mut input, count, &merges)?;
    let types = types(&mut input, count)?;
    let mut scores = Vec::new();
    if kind == Kind::SentencePiece {
        let raw = input.take(4 * count, "scores")?;
        scores.extend(raw.as_chunks::<4>().0.iter().map(|b| f32::from_bits(u32::from_le_bytes(*b))));
    }
    let chat_template = if switch(3) { Some(input.text("chat template", MAX_TEMPLATE)?.to_owned()) } else { None };
    let (add_bos, add_eos, add_space_prefix) = (switch(0), switch(1), switch(2));
    let v = Vocabulary {
        kind,
        tokens,
        types,
        merges,
        scores,
        bos,
        eos,
        eot,
        unk,
        pad,
        add_bos,
        add_eos,
        add_space_prefix,
        chat_template,
    };
    v.check()?;
    // One comparison in place of a rule at every field; it also refuses bytes left over.
    if encode(&v) == bytes { Ok(v) } else { Err(CodecError::NotCanonical) }
}

fn kind(input: &mut Reader) -> Result<Kind, CodecError> {
    match input.byte("kind")? {
        0 => {
            let code = input.byte("pre-tokenizer")?;
            let unknown = CodecError::Value { field: "pre-tokenizer", got: code.into() };
            Ok(Kind::ByteLevel(PreTokenizer::from_code(code).ok_or(unknown)?))
        }
        1 => Ok(Kind::SentencePiece),
        got => Err(CodecError::Value { field: "kind", got: got.into() }),
    }
}

fn tokens(input: &mut Reader, count: usize, merges: &[[u32; 2]]) -> Result<Tokens, CodecError> {
    let mut tokens = Tokens::default();
    let mut cursor = 0;
    while tokens.len() < count {
        let joined = input.length("joined tokens", count - tokens.len())?;
        for _ in 0..joined {
            let id = tokens.len();
            let [left, right] = *merges.get(cursor).ok_or(CodecError::Join(id))?;
            if !tokens.push_joined(left, right)? {
                return Err(CodecError::Join(id));
            }
            cursor = advance(&tokens, merges, cursor, tokens.get(id as u32).unwrap_or_default());
        }
        let literal = input.length("literal tokens", count - tokens.len())?;
        if joined + literal == 0 {
            return Err(CodecError::NotCanonical);
        }
        for _ in 0..literal {
            tokens.push(input.text("token", MAX_TOKEN)?)?;
        }
    }
    Ok(tokens)
}

fn types(input: &mut Reader, count: usize) -> Result<Vec<TokenType>, CodecError> {
    let mut types = Vec::with_capacity(count);
    while types.len() < count {
        let run = input.length("types", count - types.len())?;
        let number = input.byte("types")?;
        let unknown = CodecError::Value { field: "token type", got: number.into() };
        let kind = TokenType::from_number(number.into()).ok_or(unknown)?;
        if run == 0 {
            return Err(CodecError::NotCanonical);
        }
        types.resize(types.len() + run, kind);
    }
    Ok(types)
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize, field: &'static str) -> Result<&'a [u8], CodecError> {
        let (head, tail) = self.0.split_at_checked(n).ok_or(CodecError::Truncated(field))?;
        self.0 = tail;
        Ok(head)
    }

    fn byte(&mut self, field: &'static str) -> Result<u8, CodecError> {
        self.take(1, field).map(|b| b[0])
    }

    fn number(&mut self, field: &'static str) -> Result<u32, CodecError> {
        let mut n = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte(field)?;
            n |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                // The fifth byte has four bits left; longer forms than needed fall to the final comparison.
                return if shift == 28 && byte > 0x0f { Err(CodecError::NotCanonical) } else { Ok(n) };
            }
        }
        Err(CodecError::NotCanonical)
    }

    /// A number of at most `max`.
    fn length(&mut self, field: &'static str, max: usize) -> Result<usize, CodecError> {
        let got = self.number(field)?;
        if got as usize > max { Err(CodecError::TooMany { field, got, max }) } else { Ok(got as usize) }
    }

    /// A number of things that take at least `each` of the bytes left.
    fn count(&mut self, field: &'static str, max: usize, each: usize) -> Result<usize, CodecError> {
        let mut ahead = Reader(self.0);
        ahead.number(field)?;
        self.length(field, max.min(ahead.0.len() / each))
    }

    fn text(&mut self, field: &'static str, max: usize) -> Result<&'a str, CodecError> {
        let length = self.length(field, max)?;
        std::str::from_utf8(self.take(length, field)?).map_err(|_| CodecError::NotUtf8(field))
    }
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
