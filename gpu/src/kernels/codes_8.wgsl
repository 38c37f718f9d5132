// 8-bit codes, signed: a block of 32 columns is two vectors, four columns a word.
struct Codes { first: vec4<u32>, second: vec4<u32> }
fn load_codes(at: u32, row: u32) -> Codes {
  let first = at * 2u * TILE + row;
  return Codes(codes[first], codes[first + TILE]);
}
fn bytes(c: Codes, i: u32) -> u32 { return select(c.second[i & 3u], c.first[i & 3u], i < 4u); }
