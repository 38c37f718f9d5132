// The reciprocal root of a norm: S = sig·4^j with sig in [2^30, 2^32), R = isqrt(floor(2^62 / sig)).
//
// R is the largest integer with R²·sig ≤ 2^62, so it is found bit by bit from 2^15 on, without a division. Equality
// needs a power of two, and the only one within reach, 2^16 at sig = 2^30, is taken apart: its square fits no word.
fn is_root(r: u32, sig: u32) -> bool { return mul32(r * r, sig).y < 0x40000000u; }
// (R, j as i32) of the sum S.
fn reciprocal_root(sum: vec2<u32>) -> vec2<u32> {
  var s = sum;
  if (s.x == 0u && s.y == 0u) { s.x = 1u; }
  let bits = select(32u - countLeadingZeros(s.x), 64u - countLeadingZeros(s.y), s.y != 0u);
  let j = (i32(bits) - 31) >> 1u;
  var sig: u32;
  if (j <= 0) {
    sig = s.x << u32(-2 * j);
  } else if (j < 16) {
    sig = (s.x >> u32(2 * j)) | (s.y << u32(32 - 2 * j));
  } else {
    sig = s.y;
  }
  if (sig == 0x40000000u) { return vec2<u32>(65536u, u32(j)); }
  var r = 32768u;
  for (var bit = 16384u; bit > 0u; bit >>= 1u) {
    if (is_root(r | bit, sig)) { r |= bit; }
  }
  return vec2<u32>(r, u32(j));
}
