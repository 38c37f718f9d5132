// Sixteen columns by 32-bit multiplications; x holds the vector itself. At most 16·128·32767 < 2^26.
const X_BLOCK: u32 = 32u;
fn value(x0: u32, column: u32) -> I { return x[x0 + column]; }
fn code(word: u32, j: u32) -> i32 { return select(i32((word >> (8u * j)) & 0xffu), i32(word << (24u - 8u * j)) >> 24u, SIGNED == 1u); }
fn dot4(word: u32, at: u32) -> I {
  return code(word, 0u) * x[at] + code(word, 1u) * x[at + 1u] + code(word, 2u) * x[at + 2u] + code(word, 3u) * x[at + 3u];
}
fn dot16(c: Codes, i: u32, x0: u32) -> I {
  let at = x0 + 4u * i;
  return dot4(bytes(c, i), at) + dot4(bytes(c, i + 1u), at + 4u) + dot4(bytes(c, i + 2u), at + 8u)
       + dot4(bytes(c, i + 3u), at + 12u);
}
