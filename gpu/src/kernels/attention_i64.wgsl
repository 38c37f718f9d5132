// What attention computes in 64 bits, on one native integer.
alias Wide = i64;

fn wide_of(words: vec2<u32>) -> Wide { return i64((u64(words.y) << 32u) | u64(words.x)); }
fn wide_words(a: Wide) -> vec2<u32> { return vec2<u32>(u32(u64(a) & 0xfffffffflu), u32(u64(a) >> 32u)); }
fn wide_add(a: Wide, b: Wide) -> Wide { return a + b; }
fn wide_sub(a: Wide, b: Wide) -> Wide { return a - b; }

// high·2^16 + low, 0 <= low < 2^31.
fn wide_halves(high: i32, low: i32) -> Wide { return (i64(high) << 16u) + i64(low); }

// a·2^s.
fn wide_shl(a: Wide, s: u32) -> Wide { return a << s; }

// a·2^s.
fn wide_scaled(a: i32, s: u32) -> Wide { return i64(a) << s; }

// min((below·c) >> (38 - sq), 2^12); see attention.wgsl for the bounds.
fn exponent(below: Wide, c: u32, sq: u32) -> u32 {
  if (below >= 2199023255552li) { return 4096u; }
  return u32(min((below * i64(c)) >> (38u - sq), 4096li));
}

// floor((o + floor(p/2)) / p), saturated.
fn mean(o: Wide, p: u32) -> i32 {
  let a = o + i64(p >> 1u);
  var quotient = a / i64(p);
  // Division truncates.
  if (quotient * i64(p) > a) { quotient -= 1li; }
  return i32(max(min(quotient, 2147483647li), -2147483648li));
}
