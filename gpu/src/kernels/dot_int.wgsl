// Eight columns by 32-bit multiplications: at most 8·128·32767 < 2^25.
struct Columns { v: array<I, 8> }
fn columns(v: Octet) -> Columns { return Columns(columns_of(v)); }
fn code(word: u32, j: u32) -> i32 {
  if (SIGNED == 1u) { return i32(word << (24u - 8u * j)) >> 24u; }
  return i32((word >> (8u * j)) & 0xffu);
}
fn dot8(a: u32, b: u32, c: Columns) -> I {
  return code(a, 0u) * c.v[0] + code(a, 1u) * c.v[1] + code(a, 2u) * c.v[2] + code(a, 3u) * c.v[3]
       + code(b, 0u) * c.v[4] + code(b, 1u) * c.v[5] + code(b, 2u) * c.v[6] + code(b, 3u) * c.v[7];
}
