// Two words for a block: the multipliers of its first and of its last 16 columns. No offsets.
fn scaled(acc: Wide, at: u32, row: u32, first: I, second: I, sum: I) -> Wide {
  let d = at * 2u * TILE + row;
  return wide_mac(wide_mac(acc, i32(side[d]), first), i32(side[d + TILE]), second);
}
