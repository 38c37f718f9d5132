// Rounding of accumulators (docs/arithmetic.md, sections 1 and 4) on 96 bits as (low, middle, high), two's complement.
alias Long = vec3<u32>;

fn long_add(a: Long, b: Long) -> Long {
  let x = a.x + b.x;
  let y0 = a.y + b.y;
  let y = y0 + select(0u, 1u, x < a.x);
  let carry = select(0u, 1u, y0 < a.y) + select(0u, 1u, y < y0);
  return Long(x, y, a.z + b.z + carry);
}
fn long_neg(a: Long) -> Long { return long_add(~a, Long(1u, 0u, 0u)); }
fn long_of(a: vec2<u32>) -> Long { return Long(a, u32(i32(a.y) >> 31u)); }
fn long_is_negative(a: Long) -> bool { return i32(a.z) < 0; }

// a·r for |a| < 2^63 and r < 2^17.
fn long_product(a: vec2<u32>, r: u32) -> Long {
  let negative = i32(a.y) < 0;
  var m = a;
  if (negative) { m = neg64(a); }
  let low = mul32(m.x, r);
  let high = add64(mul32(m.y, r), vec2<u32>(low.y, 0u));
  let product = Long(low.x, high.x, high.y);
  if (negative) { return long_neg(product); }
  return product;
}

// 2^s for s < 96.
fn long_bit(s: u32) -> Long {
  let bit = 1u << (s % 32u);
  return Long(select(0u, bit, s < 32u), select(0u, bit, s >= 32u && s < 64u), select(0u, bit, s >= 64u));
}

// floor(a / 2^s) for s < 96.
fn long_shift_right(a: Long, s: u32) -> Long {
  let sign = u32(i32(a.z) >> 31u);
  var v = a;
  if (s >= 64u) { v = Long(a.z, sign, sign); } else if (s >= 32u) { v = Long(a.y, a.z, sign); }
  let n = s % 32u;
  if (n == 0u) { return v; }
  return Long((v.x >> n) | (v.y << (32u - n)), (v.y >> n) | (v.z << (32u - n)), u32(i32(v.z) >> n));
}

// a·2^s for s < 64.
fn long_shift_left(a: Long, s: u32) -> Long {
  var v = a;
  if (s >= 32u) { v = Long(0u, a.x, a.y); }
  let n = s % 32u;
  if (n == 0u) { return v; }
  return Long(v.x << n, (v.y << n) | (v.x >> (32u - n)), (v.z << n) | (v.y >> (32u - n)));
}

fn long_saturate(a: Long) -> i32 {
  let sign = u32(i32(a.x) >> 31u);
  if (a.y == sign && a.z == sign) { return i32(a.x); }
  return select(i32(0x7fffffffu), i32(0x80000000u), long_is_negative(a));
}

// RSR(a, s) for s < 96, and for a shift left by less than 64 that keeps 96 bits.
fn long_rsr(a: Long, s: i32) -> Long {
  if (s <= 0) { return long_shift_left(a, u32(-s)); }
  return long_shift_right(long_add(a, long_bit(u32(s) - 1u)), u32(s));
}

// rsr_i32(a·r, s).
fn round_scaled(a: vec2<u32>, r: u32, s: i32) -> i32 {
  let product = long_product(a, r);
  // |a·r| < 2^68, so larger shifts all give 0.
  if (s > 90) { return 0; }
  if (s <= 0) {
    // What does not fit 32 bits before a shift left saturates after it, and what does keeps 64.
    let narrow = long_saturate(product);
    let exact = all(long_of(vec2<u32>(u32(narrow), u32(narrow >> 31u))) == product);
    if (!exact || s <= -32) {
      if (all(product == Long(0u))) { return 0; }
      return select(i32(0x7fffffffu), i32(0x80000000u), long_is_negative(product));
    }
  }
  return long_saturate(long_rsr(product, s));
}

// sat(h + RSR(a, s)) for |a| < 2^62; a shift left by more than 33 saturates as one by 33 does.
fn round_residual(a: vec2<u32>, s: i32, h: i32) -> i32 {
  let rounded = long_rsr(long_of(a), clamp(s, -33, 90));
  return long_saturate(long_add(rounded, long_of(vec2<u32>(u32(h), u32(h >> 31u)))));
}
