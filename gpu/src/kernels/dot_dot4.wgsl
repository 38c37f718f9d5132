// Sixteen columns by packed dot products of bytes; x holds the digits of x = 256·high + low + 128. What the 128 adds is a
// constant of the row and is added there.
const X_BLOCK: u32 = 16u;
fn value(x0: u32, column: u32) -> I {
  let at = x0 + 2u * (column / 4u);
  let shift = 24u - 8u * (column % 4u);
  return ((x[at] << U(shift)) >> U(24u)) * 256i + ((x[at + 1u] << U(shift)) >> U(24u)) + I(128i);
}
fn dot16(c: Codes, i: u32, x0: u32) -> I {
  var high = I(0i);
  var low = I(0i);
  for (var j = 0u; j < 4u; j++) {
    let word = bytes(c, i + j);
    let at = x0 + 2u * (i + j);
    high += packed_dot(word, x[at]);
    low += packed_dot(word, x[at + 1u]);
  }
  return high * 256i + low;
}
