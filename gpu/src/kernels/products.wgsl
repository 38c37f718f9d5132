// Products of a block of coded weights: sums over 16 columns each, exact in 32 bits, times the multipliers.
fn products(acc: Wide, at: u32, row: u32, group: u32, block: u32) -> Wide {
  let c = load_codes(at, row);
  let x0 = (group * p.blocks + block) * X_BLOCK;
  let first = dot16(c, 0u, x0);
  let second = dot16(c, 4u, x0);
  return scaled(acc, at, row, first, second, group * p.blocks + block);
}
