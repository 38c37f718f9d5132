// The integer primitives of the program (docs/arithmetic.md, section 1) on 32 bits.

// floor((x + 2^(s-1)) / 2^s) for 0 <= s < 32, without the sum, which might not fit.
fn rsr(x: i32, s: u32) -> i32 {
  if (s == 0u) { return x; }
  return (x >> s) + ((x >> (s - 1u)) & 1);
}

// Smallest s with RSR(v, s) within `bits` signed bits, both ends alike.
fn min_shift(v: i32, bits: u32) -> u32 {
  let largest = (1i << (bits - 1u)) - 1i;
  let length = 32u - countLeadingZeros(select(u32(v), ~u32(v) + 1u, v < 0));
  var s = max(length, bits) - bits;
  // One less may do for a negative tie, one more may be needed.
  if (abs(rsr(v, s)) > largest) { s += 1u; }
  if (abs(rsr(v, s)) > largest) { s += 1u; }
  return s;
}

// Two 16-bit values in one word, the first in the low half: how i16 tensors are committed.
fn pack16(a: i32, b: i32) -> u32 { return (u32(a) & 0xffffu) | (u32(b) << 16u); }
fn low16(w: u32) -> i32 { return i32(w << 16u) >> 16u; }
fn high16(w: u32) -> i32 { return i32(w) >> 16u; }

fn is_less(a: vec2<u32>, b: vec2<u32>) -> bool { return a.y < b.y || (a.y == b.y && a.x < b.x); }
// 64 bits as (low, high).
fn add64(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let lo = a.x + b.x;
  return vec2<u32>(lo, a.y + b.y + select(0u, 1u, lo < a.x));
}
fn sub64(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  return vec2<u32>(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}
fn neg64(a: vec2<u32>) -> vec2<u32> { return add64(~a, vec2<u32>(1u, 0u)); }
// a·b, exact.
fn mul32(a: u32, b: u32) -> vec2<u32> {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let p01 = a0 * b1;
  let p10 = a1 * b0;
  let p00 = a0 * b0;
  let middle = (p00 >> 16u) + (p01 & 0xffffu) + (p10 & 0xffffu);
  return vec2<u32>((p00 & 0xffffu) | (middle << 16u), a1 * b1 + (p01 >> 16u) + (p10 >> 16u) + (middle >> 16u));
}
