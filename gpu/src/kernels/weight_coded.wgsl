// W = q·D + M of one row and column of a coded matrix.
fn weight(row: u32, column: u32) -> i32 {
  let at = (row / TILE) * p.blocks + column / 32u;
  let r = row % TILE;
  let c = column % 32u;
  let word = bytes(load_codes(at, r), c / 4u);
  let shift = 24u - 8u * (c % 4u);
  let q = select(i32((word << shift) >> 24u), i32(word << shift) >> 24u, SIGNED == 1u);
  if (SCALES == 1u) {
    let scales = side[at * TILE + r];
    return q * low16(scales) + high16(scales);
  }
  let first = i32(side[at * 2u * TILE + r]);
  let second = i32(side[(at * 2u + 1u) * TILE + r]);
  if (HALVES == 1u) { return q * select(first, second, c >= 16u); }
  return q * first + second;
}
