// Eight columns by packed dot products of bytes. What the 128 in x = 256·high + low + 128 adds is a constant of the row and
// is added there. At most 8·128·(256·128 + 128) < 2^26.
struct Columns { v: Octet }
fn columns(v: Octet) -> Columns { return Columns(v); }
fn dot8(a: u32, b: u32, c: Columns) -> I {
  let high = packed_dot(a, c.v.a) + packed_dot(b, c.v.b);
  let low = packed_dot(a, c.v.c) + packed_dot(b, c.v.d);
  return high * 256i + low;
}
