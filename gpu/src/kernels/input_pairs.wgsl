// The vector that a matrix product reads, as pairs of 16-bit values: x[group of tokens][pair of columns][token], and the
// sums of its blocks of 32 columns, sums[group][block][token].
//
// `block` of the committed vector of `row`, `columns` long from word `start` of the arena on.
fn prepare_block(row: u32, start: u32, columns: u32, block: u32) {
  let blocks = (columns + 31u) / 32u;
  let group = row / TOKENS;
  let t = row % TOKENS;
  var sum = 0i;
  for (var i = 0u; i < 16u; i++) {
    let at = block * 16u + i;
    var pair = 0u;
    if (2u * at < columns) { pair = arena[start + at]; }
    x[(group * blocks * 16u + at) * TOKENS + t] = i32(pair);
    sum += low16(pair) + high16(pair);
  }
  sums[(group * blocks + block) * TOKENS + t] = sum;
}
