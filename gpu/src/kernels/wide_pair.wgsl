// 64-bit sums of every token as two 32-bit words.
struct Wide { lo: U, hi: U }

fn wide_zero() -> Wide { return Wide(U(0u), U(0u)); }

fn wide_add(a: Wide, b: Wide) -> Wide {
  let lo = a.lo + b.lo;
  return Wide(lo, a.hi + b.hi + select(U(0u), U(1u), lo < a.lo));
}

// d·p, exact: 16-bit digits of the magnitudes' two's complement, high digits signed.
fn wide_product(d: i32, p: I) -> Wide {
  let d0 = U(u32(d) & 0xffffu);
  let d1 = I(d >> 16u);
  let p0 = U(p) & U(0xffffu);
  let p1 = p >> U(16u);
  let low = d0 * p0;
  let a = d1 * I(p0);
  let b = I(d0) * p1;
  // |a| and |b| are below 2^31 and the carry below 2^16: each is split before they are added.
  let carry = (low >> U(16u)) + (U(a) & U(0xffffu)) + (U(b) & U(0xffffu));
  let hi = d1 * p1 + (a >> U(16u)) + (b >> U(16u)) + I(carry >> U(16u));
  return Wide((low & U(0xffffu)) | (carry << U(16u)), U(hi));
}

fn wide_mac(acc: Wide, d: i32, p: I) -> Wide { return wide_add(acc, wide_product(d, p)); }

// acc + 256·high + low.
fn wide_digits(acc: Wide, high: I, low: I) -> Wide {
  let shifted = Wide(U(high) << U(8u), U(high >> U(24u)));
  return wide_add(wide_add(acc, shifted), Wide(U(low), U(low >> U(31u))));
}

fn wide_low(a: Wide, t: u32) -> u32 { return of_token(a.lo, t); }
fn wide_high(a: Wide, t: u32) -> u32 { return of_token(a.hi, t); }
fn wide_of(lo: U, hi: U) -> Wide { return Wide(lo, hi); }
fn wide_lows(a: Wide) -> U { return a.lo; }
fn wide_highs(a: Wide) -> U { return a.hi; }
