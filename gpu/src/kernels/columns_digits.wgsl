// Eight columns of the vector, from digits (input_digits.wgsl).
fn digit_of(v: U, j: u32) -> I { return I(v << U(24u - 8u * j)) >> U(24u); }
fn column_of(high: U, low: U, j: u32) -> I { return digit_of(high, j) * 256i + digit_of(low, j) + I(128i); }
fn columns_of(v: Octet) -> array<I, 8> {
  return array<I, 8>(column_of(v.a, v.c, 0u), column_of(v.a, v.c, 1u), column_of(v.a, v.c, 2u), column_of(v.a, v.c, 3u),
                     column_of(v.b, v.d, 0u), column_of(v.b, v.d, 1u), column_of(v.b, v.d, 2u), column_of(v.b, v.d, 3u));
}
