// One word for a block: the multiplier D in its low half, the offset M in its high half.
fn scaled(acc: Wide, at: u32, row: u32, first: I, second: I, sum: I) -> Wide {
  let word = side[at * TILE + row];
  return wide_mac(wide_mac(acc, low16(word), first + second), high16(word), sum);
}
