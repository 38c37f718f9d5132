// One weight of a matrix without codes: DENSE vectors of four words a block of a row, COLUMNS columns a word.
fn weight(row: u32, column: u32) -> i32 {
  let at = (row / TILE) * p.blocks + column / 32u;
  let c = column % 32u;
  let word = codes[(at * DENSE + c / (4u * COLUMNS)) * TILE + row % TILE][(c / COLUMNS) % 4u];
  if (COLUMNS == 1u) { return i32(word); }
  return select(low16(word), high16(word), c % 2u == 1u);
}
