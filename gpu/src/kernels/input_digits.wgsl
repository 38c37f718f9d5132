// The vector that a matrix product reads, as digits for packed dot products of bytes: x = 256·high + low + 128 with both
// digits in -128..127. For each eight columns the high digits of the first and the last four, then the low ones:
// x[group of tokens][eight columns][four words][token]. Sums as in input_pairs.wgsl.
fn prepare_block(row: u32, start: u32, columns: u32, block: u32) {
  let blocks = (columns + 31u) / 32u;
  let group = row / TOKENS;
  let t = row % TOKENS;
  var sum = 0i;
  for (var i = 0u; i < 8u; i++) {
    let four = block * 8u + i;
    var a = 0u;
    var b = 0u;
    if (4u * four < columns) { a = arena[start + 2u * four]; }
    if (4u * four + 2u < columns) { b = arena[start + 2u * four + 1u]; }
    // Bytes 1 and 3 of a word are the high digits of its two values, bytes 0 and 2 the low ones.
    let high = ((a >> 8u) & 0xffu) | ((a >> 16u) & 0xff00u) | ((b << 8u) & 0xff0000u) | (b & 0xff000000u);
    let low = (a & 0xffu) | ((a >> 8u) & 0xff00u) | ((b << 16u) & 0xff0000u) | ((b << 8u) & 0xff000000u);
    let at = group * blocks * 16u + 4u * (four / 2u) + four % 2u;
    x[at * TOKENS + t] = i32(high);
    x[(at + 2u) * TOKENS + t] = i32(low ^ 0x80808080u);
    sum += low16(a) + high16(a) + low16(b) + high16(b);
  }
  sums[(group * blocks + block) * TOKENS + t] = sum;
}
