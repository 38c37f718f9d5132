// What a product reads of eight columns, for one position: one vector of four words.
struct Octet { a: U, b: U, c: U, d: U }
fn load_octet(at: u32) -> Octet {
  let v = x[at];
  return Octet(v.x, v.y, v.z, v.w);
}
const OCTET: u32 = 1u;
fn packed_dot(word: u32, digits: U) -> I { return dot4I8Packed(word, digits); }
