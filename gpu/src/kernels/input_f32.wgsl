// The vector that a matrix product reads, laid out for multiplications of floats that hold exact integers: as
// input_int.wgsl, each value as the bits of an f32.
fn prepare_block(row: u32, from: u32, columns: u32, block: u32) {
  let blocks = (columns + 31u) / 32u;
  let group = row / TOKENS;
  let t = row % TOKENS;
  var sum = 0i;
  for (var i = 0u; i < 16u; i++) {
    let column = block * 32u + 2u * i;
    var pair = 0u;
    if (column < columns) { pair = arena[from + column / 2u]; }
    let at = (group * blocks * 32u + column) * TOKENS + t;
    x[at] = bitcast<i32>(f32(low16(pair)));
    x[at + TOKENS] = bitcast<i32>(f32(high16(pair)));
    sum += low16(pair) + high16(pair);
  }
  sums[(group * blocks + block) * TOKENS + t] = sum;
}
