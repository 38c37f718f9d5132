// 5-bit codes: the low four bits as in codes_4.wgsl, and a word whose bit c is the fifth bit of column c.
struct Codes { low: vec4<u32>, fifth: u32 }
fn load_codes(at: u32, row: u32) -> Codes {
  return Codes(codes[at * TILE + row], side[first_high() + at * TILE + row]);
}
// Word i of the block: one column a byte, four columns. The product spreads four bits to four bytes.
fn bytes(c: Codes, i: u32) -> u32 {
  let low = (c.low[i >> 1u] >> (4u * (i & 1u))) & 0x0f0f0f0fu;
  let bits = (c.fifth >> (4u * i)) & 15u;
  return low | (((bits * 0x00204081u) & 0x01010101u) << 4u);
}
