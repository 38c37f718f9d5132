//! Ways to compute the same integers, of which a card uses the fastest that is right on it.

use crate::card::Gpu;
use crate::shader::Shader;

/// How 64-bit sums are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wide {
    /// As two 32-bit words; core WGSL.
    Pair,
    /// As one 64-bit integer.
    I64,
}

/// How weights and activations are multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dot {
    /// 32-bit integers.
    Int,
    /// Floats that hold integers of at most 2^24, whose sums are exact in any order.
    F32,
    /// Packed dot products of four bytes.
    Dot4,
}

/// How the lanes of a workgroup add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reduce {
    /// In workgroup memory.
    Memory,
    /// With subgroup operations.
    Subgroup,
}

impl Wide {
    /// Those that `gpu` has.
    pub fn available(gpu: &Gpu) -> Vec<Wide> {
        if gpu.has(wgpu::Features::SHADER_INT64) { vec![Wide::Pair, Wide::I64] } else { vec![Wide::Pair] }
    }
}

impl Dot {
    /// All of them.
    pub const ALL: [Dot; 3] = [Dot::Int, Dot::F32, Dot::Dot4];

    /// The file that lays out the vector a matrix product reads.
    pub const fn input(self) -> &'static str {
        match self {
            Dot::Int | Dot::F32 => include_str!("kernels/input_pairs.wgsl"),
            Dot::Dot4 => include_str!("kernels/input_digits.wgsl"),
        }
    }
}

/// Positions that a matrix product takes at once: 1 or 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tokens {
    /// One.
    One,
    /// Four.
    Four,
}

impl Tokens {
    /// Both.
    pub const ALL: [Tokens; 2] = [Tokens::One, Tokens::Four];

    /// As a number.
    pub const fn count(self) -> u32 {
        match self {
            Tokens::One => 1,
            Tokens::Four => 4,
        }
    }

    /// The file that defines the types of what is kept for each token.
    pub const fn file(self) -> &'static str {
        match self {
            Tokens::One => include_str!("kernels/tokens_1.wgsl"),
            Tokens::Four => include_str!("kernels/tokens_4.wgsl"),
        }
    }
}

impl Shader {
    /// The integer primitives.
    #[must_use]
    pub fn common(self) -> Shader {
        self.file(include_str!("kernels/common.wgsl"))
    }

    /// What a kernel needs to lay out its output for the matrix product that follows: `prepare_block`, which expects the
    /// buffers `arena`, `x` and `sums`.
    #[must_use]
    pub fn prepares(self, dot: Dot, tokens: Tokens) -> Shader {
        self.file(tokens.file()).file(dot.input())
    }
}
