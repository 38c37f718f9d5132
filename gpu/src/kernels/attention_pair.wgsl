// What attention computes in 64 bits, on two words (low, high).
alias Wide = vec2<u32>;

fn wide_of(words: vec2<u32>) -> Wide { return words; }
fn wide_words(a: Wide) -> vec2<u32> { return a; }
fn wide_add(a: Wide, b: Wide) -> Wide { return add64(a, b); }
fn wide_sub(a: Wide, b: Wide) -> Wide { return sub64(a, b); }

// high·2^16 + low, 0 <= low < 2^31.
fn wide_halves(high: i32, low: i32) -> Wide {
  return add64(vec2<u32>(u32(high) << 16u, u32(high >> 16u)), vec2<u32>(u32(low), 0u));
}

// a·2^s, s < 32.
fn wide_shl(a: Wide, s: u32) -> Wide {
  return vec2<u32>(a.x << s, (a.y << s) | ((a.x >> 1u) >> (31u - s)));
}

// a·2^s, s < 32.
fn wide_scaled(a: i32, s: u32) -> Wide { return wide_shl(vec2<u32>(u32(a), u32(a >> 31u)), s); }

// min((below·c) >> (38 - sq), 2^12); see attention.wgsl for the bounds.
fn exponent(below: Wide, c: u32, sq: u32) -> u32 {
  if (below.y >= 512u) { return 4096u; }
  var product = mul32(below.x, c);
  product.y += below.y * c;
  // product >= 2^(50 - sq)
  if ((product.y >> (18u - sq)) != 0u) { return 4096u; }
  if (sq <= 6u) { return product.y >> (6u - sq); }
  return (product.y << (sq - 6u)) | (product.x >> (38u - sq));
}

// floor((o + floor(p/2)) / p), saturated; |o| < 2^63 and the quotient is below 2^32 in magnitude.
fn mean(o: Wide, p: u32) -> i32 {
  var a = add64(o, vec2<u32>(p >> 1u, 0u));
  let negative = (a.y >> 31u) != 0u;
  // floor(-a/p) = -floor((a + p - 1)/p)
  if (negative) { a = add64(neg64(a), vec2<u32>(p - 1u, 0u)); }
  var rest = a.y;
  var quotient = 0u;
  for (var i = 0u; i < 32u; i++) {
    // rest < p <= 2^31: the bit that leaves is 0.
    rest = (rest << 1u) | ((a.x >> (31u - i)) & 1u);
    quotient <<= 1u;
    if (rest >= p) {
      rest -= p;
      quotient |= 1u;
    }
  }
  if (negative) { return -i32(min(quotient, 0x7fffffffu)) - select(0, 1, quotient > 0x7fffffffu); }
  return i32(min(quotient, 0x7fffffffu));
}
