//! The operations of the program: for each its kernel, its parameters, its buffers, and known answers.
//!
//! Every operation has `shader`, the text of its kernel; `compile`; `Parameters`, whose `words` go with a dispatch;
//! `Buffers`, in the order of the bindings; `groups`, the workgroups of a dispatch; and `self_test`, which asks the card
//! for results that the scalar reference knows. `self_test_with` does so with a text that was tampered with: the tests
//! of each operation plant errors into its kernel and claim that the known answers notice each of them.

pub mod act;
mod answers;
pub mod attention;
pub mod embed;
mod extremes;
pub mod kv;
pub mod linear;
pub mod norm;
pub mod pack;
mod prepared;
pub mod sample;

use crate::shader::Shader;
use crate::variant::{Dot, Tokens};

/// Lanes of a workgroup where nothing else was measured.
pub const LANES: u32 = 64;

/// How the kernel of a vector is built that a matrix product reads afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    /// Lanes of a row's workgroup; a multiple of 32, which is the team of a chunk.
    pub lanes: u32,
    /// How the product multiplies.
    pub dot: Dot,
    /// Positions that the product takes at once.
    pub tokens: Tokens,
}

impl Variant {
    /// With the default number of lanes.
    pub const fn new(dot: Dot, tokens: Tokens) -> Variant {
        Variant { lanes: LANES, dot, tokens }
    }

    /// What such kernels share.
    fn shader(self) -> Shader {
        let chunks = include_str!("../kernels/chunks.wgsl");
        Shader::new().constant("LANES", self.lanes).common().file(chunks).prepares(self.dot, self.tokens)
    }
}

/// A planted error: every kernel text that has `from` gets `to` in its place.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
struct Mutation {
    name: &'static str,
    from: &'static str,
    to: &'static str,
}

#[cfg(test)]
const fn mutation(name: &'static str, from: &'static str, to: &'static str) -> Mutation {
    Mutation { name, from, to }
}

/// Claims that `self_test` accepts `text` and notices each of `mutations`.
#[cfg(test)]
fn assert_caught(
    text: &str,
    mutations: &[&[Mutation]],
    self_test: impl Fn(&str) -> Result<(), crate::error::GpuError>,
) {
    use crate::error::GpuError;
    assert_eq!(self_test(text), Ok(()));
    let mut missed = Vec::new();
    for m in mutations.concat() {
        assert_eq!(text.matches(m.from).count(), 1, "{}: the kernel has `{}` once", m.name, m.from);
        match self_test(&text.replace(m.from, m.to)) {
            Err(GpuError::Wrong { .. }) => {}
            other => missed.push((m.name, other)),
        }
    }
    assert_eq!(missed, [], "errors that go unnoticed");
}

/// Errors in what the kernels of rows share: the primitives, and the shifts of chunks.
#[cfg(test)]
const SHARED: &[Mutation] = &[
    mutation("rounding half dropped", "return (x >> s) + ((x >> (s - 1u)) & 1);", "return x >> s;"),
    mutation("rounding of zero shifts", "if (s == 0u) { return x; }\n  return (x", "return (x"),
    mutation("range of a mantissa", "let largest = (1i << (bits - 1u)) - 1i;", "let largest = 1i << (bits - 1u);"),
    mutation("length of negative values", "select(u32(v), ~u32(v) + 1u, v < 0));\n  var s", "u32(v));\n  var s"),
    mutation("last correction of a shift", "{ s += 1u; }\n  return s;", "{ }\n  return s;"),
    mutation("sign of a high half", "i32(w) >> 16u", "i32(w >> 16u)"),
    mutation("sign of a low half", "i32(w << 16u) >> 16u", "i32(w & 0xffffu)"),
    mutation("packing spills over", "(u32(a) & 0xffffu) | (u32(b)", "u32(a) | (u32(b)"),
    mutation("chunk of 128 columns", "const CHUNK_PAIRS: u32 = 128u;", "const CHUNK_PAIRS: u32 = 64u;"),
    mutation("a chunk too few", "(columns + 255u) / 256u", "columns / 256u"),
    mutation("a pair too few", "columns / 2u); }", "columns / 2u - 1u); }"),
    mutation("chunk shifts the least", "atomicMax(&chunk_shifts", "atomicMin(&chunk_shifts"),
    mutation("chunk shifts the last", "atomicMax(&chunk_shifts", "atomicStore(&chunk_shifts"),
    mutation("row shift the least", "atomicMax(&row_shifts", "atomicMin(&row_shifts"),
    mutation("row shift the last", "atomicMax(&row_shifts", "atomicStore(&row_shifts"),
    mutation("chunk shifts not cleared", "atomicStore(&chunk_shifts[i], 0u);", ""),
    mutation("row shift not cleared", "if (lane < 2u) { atomicStore(&row_shifts[lane], 0u); }", ""),
    mutation("another token's place", "let t = row % TOKENS;", "let t = 0u;"),
    mutation("another group's place", "let group = row / TOKENS;", "let group = row;"),
    mutation("an empty column", "if (2u * at < columns) { pair", "if (true) { pair"),
    mutation("sum of a pair", "sum += low16(pair) + high16(pair);", "sum += low16(pair);"),
];
