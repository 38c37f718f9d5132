// Products of a block of plain weights: DENSE vectors of four words hold it, COLUMNS columns a word. With x = 256·high +
// low, low in -128..127, sums over 32 columns stay below 2^19·128·32 = 2^31.
fn weight_at(at: u32, row: u32, column: u32) -> i32 {
  let word = codes[(at * DENSE + column / (4u * COLUMNS)) * TILE + row][(column / COLUMNS) % 4u];
  if (COLUMNS == 1u) { return i32(word); }
  return select(low16(word), high16(word), column % 2u == 1u);
}
fn products(acc: Wide, at: u32, row: u32, group: u32, block: u32) -> Wide {
  let x0 = (group * p.blocks + block) * X_BLOCK;
  var high = I(0i);
  var low = I(0i);
  for (var column = 0u; column < 32u; column++) {
    let w = weight_at(at, row, column);
    let v = value(x0, column);
    let digit = ((v + I(128i)) & I(0xffi)) - I(128i);
    low += w * digit;
    high += w * ((v - digit) >> U(8u));
  }
  return wide_digits(acc, high, low);
}
