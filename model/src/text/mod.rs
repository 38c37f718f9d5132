//! Text in and out of a model: the vocabulary as plain data, its bytes in the manifest, the tokenizer and the chat
//! template.
//!
//! [`Vocabulary`] holds what a GGUF file says about its tokenizer, checked. [`codec`] gives it canonical bytes; both
//! compile everywhere. `Tokenizer` and `chat` turn text into tokens and back, and need the feature `text`.

#[cfg(feature = "text")]
pub mod alphabet;
#[cfg(feature = "text")]
pub mod chat;
pub mod codec;
#[cfg(feature = "text")]
mod jinja;
#[cfg(all(test, feature = "text"))]
mod known;
#[cfg(feature = "text")]
mod pieces;
mod pre;
#[cfg(feature = "text")]
mod stream;
#[cfg(feature = "text")]
mod tokenizer;
mod vocabulary;

pub use pre::PreTokenizer;
#[cfg(feature = "text")]
pub use stream::TokenStream;
#[cfg(feature = "text")]
pub use tokenizer::{Tokenizer, TokenizerError};
pub use vocabulary::{
    Kind, MAX_MERGES, MAX_TEMPLATE, MAX_TEXT, MAX_TOKEN, MAX_TOKENS, TokenType, Tokens, Vocabulary, VocabularyError,
    VocabularyParts,
};
