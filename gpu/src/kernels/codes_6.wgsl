// 6-bit codes: the low four bits as in codes_4.wgsl, and two words with two bits a column, columns 0..15 in the first.
// A code is 32 more than what it stands for.
struct Codes { low: vec4<u32>, high: vec2<u32> }
fn load_codes(at: u32, row: u32) -> Codes {
  let high = first_high() + at * 2u * TILE + row;
  return Codes(codes[at * TILE + row], vec2<u32>(side[high], side[high + TILE]));
}
// Word i of the block: one column a byte, four columns, as signed bytes. The products spread two bits each to four bytes.
fn bytes(c: Codes, i: u32) -> u32 {
  let low = (c.low[i >> 1u] >> (4u * (i & 1u))) & 0x0f0f0f0fu;
  let bits = (c.high[i >> 2u] >> (8u * (i & 3u))) & 0xffu;
  let spread = (bits | (bits << 6u) | (bits << 12u) | (bits << 18u)) & 0x03030303u;
  return ((low | (spread << 4u)) + 0x60606060u) ^ 0x80808080u;
}
