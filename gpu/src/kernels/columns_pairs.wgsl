// Eight columns of the vector, from pairs (input_pairs.wgsl).
fn low_of(v: U) -> I { return I(v << U(16u)) >> U(16u); }
fn high_of(v: U) -> I { return I(v) >> U(16u); }
fn columns_of(v: Octet) -> array<I, 8> {
  return array<I, 8>(low_of(v.a), high_of(v.a), low_of(v.b), high_of(v.b), low_of(v.c), high_of(v.c), low_of(v.d), high_of(v.d));
}
