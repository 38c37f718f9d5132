// Eight columns by float multiplications. Every partial sum of four columns is an integer of at most
// 4·128·32767 < 2^24, so whatever rounding, fusion or order the card chooses, it is exact.
struct Columns { v: array<F, 8> }
fn columns(v: Octet) -> Columns {
  let c = columns_of(v);
  return Columns(array<F, 8>(F(c[0]), F(c[1]), F(c[2]), F(c[3]), F(c[4]), F(c[5]), F(c[6]), F(c[7])));
}
fn code(word: u32, j: u32) -> f32 {
  if (SIGNED == 1u) { return f32(i32(word << (24u - 8u * j)) >> 24u); }
  return f32(i32((word >> (8u * j)) & 0xffu));
}
fn dot8(a: u32, b: u32, c: Columns) -> I {
  return I(code(a, 0u) * c.v[0] + code(a, 1u) * c.v[1] + code(a, 2u) * c.v[2] + code(a, 3u) * c.v[3])
       + I(code(b, 0u) * c.v[4] + code(b, 1u) * c.v[5] + code(b, 2u) * c.v[6] + code(b, 3u) * c.v[7]);
}
