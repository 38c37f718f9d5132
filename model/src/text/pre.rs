//! How text is cut into words before byte pairs are merged: merges never cross a cut.
//!
//! Each pre-tokenizer is a list of regular expressions applied one after the other: every match of the first becomes a
//! piece, so does every gap between matches, and each piece is cut again by the next. The expressions are those that
//! llama.cpp uses for the name the GGUF file gives in `tokenizer.ggml.pre`.

/// Named ways to cut text into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreTokenizer {
    /// No name given, or "default": punctuation, then GPT-2 words, then digits by three.
    Default,
    /// GPT-2.
    Gpt2,
    /// SmolLM: every digit alone, then GPT-2 words.
    SmolLm,
    /// Llama 3: digits by up to three; a word found whole in the vocabulary is taken without merging.
    Llama3,
    /// Qwen 2: every digit alone.
    Qwen2,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)";
const LLAMA3: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl PreTokenizer {
    /// Names that [`PreTokenizer::from_name`] knows, for error messages.
    pub const SUPPORTED: &str = "default, gpt-2, smollm, llama3, llama-v3, llama-bpe, qwen2";

    /// The pre-tokenizer a GGUF file names in `tokenizer.ggml.pre`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "default" => Some(Self::Default),
            "gpt-2" => Some(Self::Gpt2),
            "smollm" => Some(Self::SmolLm),
            "llama3" | "llama-v3" | "llama-bpe" => Some(Self::Llama3),
            "qwen2" => Some(Self::Qwen2),
            _ => None,
        }
    }

    /// The expressions, in the order they are applied.
    pub const fn expressions(self) -> &'static [&'static str] {
        match self {
            Self::Default => &[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"],
            Self::Gpt2 => &[GPT2],
            Self::SmolLm => &[r"\p{N}", GPT2],
            Self::Llama3 => &[LLAMA3],
            Self::Qwen2 => &[QWEN2],
        }
    }

    /// Whether a word that is itself a token is taken whole, without merging.
    pub const fn takes_whole_words(self) -> bool {
        matches!(self, Self::Llama3)
    }

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Default => 0,
            Self::Gpt2 => 1,
            Self::SmolLm => 2,
            Self::Llama3 => 3,
            Self::Qwen2 => 4,
        }
    }

    pub(super) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Default),
            1 => Some(Self::Gpt2),
            2 => Some(Self::SmolLm),
            3 => Some(Self::Llama3),
            4 => Some(Self::Qwen2),
            _ => None,
        }
    }
}
