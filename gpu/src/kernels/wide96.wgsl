// 96 bits as (low, middle, high), two's complement where they have a sign.
fn neg96(v: vec3<u32>) -> vec3<u32> {
  let low = add64(~v.xy, vec2<u32>(1u, 0u));
  return vec3<u32>(low, ~v.z + select(0u, 1u, v.x == 0u && v.y == 0u));
}
// a·b; the product must fit.
fn mul96(a: vec2<u32>, b: u32) -> vec3<u32> {
  let low = mul32(a.x, b);
  return vec3<u32>(low.x, add64(vec2<u32>(low.y, 0u), mul32(a.y, b)));
}
// Bits of an unsigned number.
fn length96(v: vec3<u32>) -> u32 {
  if (v.z != 0u) { return 96u - countLeadingZeros(v.z); }
  if (v.y != 0u) { return 64u - countLeadingZeros(v.y); }
  return 32u - countLeadingZeros(v.x);
}
// The low word of v >> s for s < 64.
fn word_from(v: vec3<u32>, s: u32) -> u32 {
  let words = select(v.xy, v.yz, s >= 32u);
  let k = s & 31u;
  if (k == 0u) { return words.x; }
  return (words.x >> k) | (words.y << (32u - k));
}
// RSR(v, s) for s < 64, where it fits a word: the bit below the cut rounds up.
fn rsr96(v: vec3<u32>, s: u32) -> i32 {
  if (s == 0u) { return i32(v.x); }
  return i32(word_from(v, s) + (word_from(v, s - 1u) & 1u));
}
// min_shift of a signed v whose magnitude has `length` bits: all but `bits - 1` of them go, and one more where the rest
// rounds up to a power of two.
fn min_shift96(v: vec3<u32>, length: u32, bits: u32) -> u32 {
  let s = max(length, bits - 1u) - (bits - 1u);
  return s + select(0u, 1u, abs(rsr96(v, s)) >= 1i << (bits - 1u));
}
