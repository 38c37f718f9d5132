// Products of a block of coded weights, ROWS rows at once: sums over 16 columns each, exact in 32 bits, times the
// multipliers. At most 16·128·32767 < 2^26.
fn products(acc: ptr<function, array<Wide, ROWS>>, at: u32, row: u32, group: u32, block: u32) {
  var c: array<Codes, ROWS>;
  for (var i = 0u; i < ROWS; i++) { c[i] = load_codes(at, row + i * LANES); }
  var first: array<I, ROWS>;
  var second: array<I, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    first[i] = I(0i);
    second[i] = I(0i);
  }
  let octet = (group * p.blocks + block) * 4u * OCTET;
  for (var o = 0u; o < 2u; o++) {
    let v = columns(load_octet(octet + o * OCTET));
    for (var i = 0u; i < ROWS; i++) { first[i] += dot8(bytes(c[i], 2u * o), bytes(c[i], 2u * o + 1u), v); }
  }
  for (var o = 2u; o < 4u; o++) {
    let v = columns(load_octet(octet + o * OCTET));
    for (var i = 0u; i < ROWS; i++) { second[i] += dot8(bytes(c[i], 2u * o), bytes(c[i], 2u * o + 1u), v); }
  }
  let sum = sums[group * p.blocks + block];
  for (var i = 0u; i < ROWS; i++) { (*acc)[i] = scaled((*acc)[i], at, row + i * LANES, first[i], second[i], sum); }
}
