// Products of a block of plain weights: DENSE vectors of four words hold it, COLUMNS columns a word. With x = 256·high +
// low, low in -128..127, sums over 32 columns stay below 2^19·128·32 = 2^31.
fn weight_at(at: u32, row: u32, column: u32) -> i32 {
  let word = codes[(at * DENSE + column / (4u * COLUMNS)) * TILE + row][(column / COLUMNS) % 4u];
  if (COLUMNS == 1u) { return i32(word); }
  return select(low16(word), high16(word), column % 2u == 1u);
}
fn products(acc: ptr<function, array<Wide, ROWS>>, at: u32, row: u32, group: u32, block: u32) {
  let octet = (group * p.blocks + block) * 4u * OCTET;
  for (var i = 0u; i < ROWS; i++) {
    var high = I(0i);
    var low = I(0i);
    for (var o = 0u; o < 4u; o++) {
      let v = columns_of(load_octet(octet + o * OCTET));
      for (var j = 0u; j < 8u; j++) {
        let w = weight_at(at, row + i * LANES, 8u * o + j);
        let digit = ((v[j] + I(128i)) & I(0xffi)) - I(128i);
        low += w * digit;
        high += w * ((v[j] - digit) >> U(8u));
      }
    }
    (*acc)[i] = wide_digits((*acc)[i], high, low);
  }
}
