// What a product reads of eight columns, for four positions: a vector for each of four words.
struct Octet { a: U, b: U, c: U, d: U }
fn load_octet(at: u32) -> Octet { return Octet(x[at], x[at + 1u], x[at + 2u], x[at + 3u]); }
const OCTET: u32 = 4u;
fn packed_dot(word: u32, d: U) -> I {
  return vec4<i32>(dot4I8Packed(word, d.x), dot4I8Packed(word, d.y), dot4I8Packed(word, d.z), dot4I8Packed(word, d.w));
}
