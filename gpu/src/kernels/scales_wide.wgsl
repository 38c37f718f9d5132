// Two words for a block: the multiplier D and the offset M.
fn scaled(acc: Wide, at: u32, row: u32, first: I, second: I, sum: I) -> Wide {
  let d = at * 2u * TILE + row;
  return wide_mac(wide_mac(acc, i32(side[d]), first + second), i32(side[d + TILE]), sum);
}
