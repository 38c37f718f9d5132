// Sixteen columns by float multiplications. Every partial sum of four columns is an integer of at most
// 4·128·32767 < 2^24, so whatever rounding, fusion or order the card chooses, it is exact.
const X_BLOCK: u32 = 32u;
fn value(x0: u32, column: u32) -> I { return I(bitcast<F>(x[x0 + column])); }
fn code(word: u32, j: u32) -> f32 { return f32(select(i32((word >> (8u * j)) & 0xffu), i32(word << (24u - 8u * j)) >> 24u, SIGNED == 1u)); }
fn float(at: u32) -> F { return bitcast<F>(x[at]); }
fn dot4(word: u32, at: u32) -> F {
  return code(word, 0u) * float(at) + code(word, 1u) * float(at + 1u) + code(word, 2u) * float(at + 2u) + code(word, 3u) * float(at + 3u);
}
fn dot16(c: Codes, i: u32, x0: u32) -> I {
  let at = x0 + 4u * i;
  return I(dot4(bytes(c, i), at)) + I(dot4(bytes(c, i + 1u), at + 4u)) + I(dot4(bytes(c, i + 2u), at + 8u))
       + I(dot4(bytes(c, i + 3u), at + 12u));
}
