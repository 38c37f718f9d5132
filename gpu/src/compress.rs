//! BLAKE3 as WGSL text: the rounds are written out from the schedule of the message, so that each word of a block stays
//! in a register of its own. A loop that permutes the message instead takes half as much time again on a software card.
//!
//! A round is G on the columns of the state and G on its diagonals. G on four columns at once takes the words
//! m[σ(0)], m[σ(2)], m[σ(4)], m[σ(6)] as `x` and m[σ(1)], m[σ(3)], m[σ(5)], m[σ(7)] as `y`, the diagonals those of
//! σ(8)..σ(15); σ is the identity in the first round and is permuted from round to round.

use std::fmt::Write;

use crate::shader::Shader;

/// Words of a chunk.
pub(crate) const CHUNK_WORDS: u32 = 256;

/// BLAKE3's initial chaining value.
const IV: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
/// Which word of one round's message stands where in the next round's.
const PERMUTATION: [usize; 16] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const ROUNDS: usize = 7;
/// Flags of the compression.
const FLAGS: [(&str, u32); 4] = [("CHUNK_START", 1), ("CHUNK_END", 2), ("PARENT", 4), ("ROOT", 8)];

impl Shader {
    /// BLAKE3's compression of a block, and parents.
    #[must_use]
    pub fn compression(self) -> Shader {
        let numbered = IV.iter().enumerate();
        let constants = numbered.fold(self, |text, (i, &word)| text.constant(&format!("IV{i}"), word));
        let constants = FLAGS.iter().fold(constants, |text, &(name, flag)| text.constant(name, flag));
        constants.file(include_str!("kernels/blake3.wgsl")).file(&rounds())
    }

    /// [`compression`](Self::compression), and chunks; `message`, which reads the input, has to follow.
    #[must_use]
    pub fn blake3(self) -> Shader {
        self.compression().file(include_str!("kernels/blake3_chunk.wgsl"))
    }
}

/// `fn rounds`: the seven rounds on a state.
fn rounds() -> String {
    let mut schedule: [usize; 16] = std::array::from_fn(|i| i);
    let mut text = String::from(
        "fn rounds(before: State, m0: vec4<u32>, m1: vec4<u32>, m2: vec4<u32>, m3: vec4<u32>) -> State {\n  var s = before;\n",
    );
    for _ in 0..ROUNDS {
        let every_second =
            |from: usize| [0, 2, 4, 6].map(|i| schedule[from + i]).map(|word| format!("m{}[{}u]", word / 4, word % 4));
        let [cx, cy, dx, dy] = [0, 1, 8, 9].map(|from| format!("vec4<u32>({})", every_second(from).join(", ")));
        let _ = writeln!(text, "  s = turn(g(s, {cx}, {cy}));\n  s = back(g(s, {dx}, {dy}));");
        schedule = PERMUTATION.map(|i| schedule[i]);
    }
    text.push_str("  return s;\n}\n");
    text
}
