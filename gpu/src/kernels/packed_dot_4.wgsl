fn packed_dot(word: u32, digits: I) -> I {
  let d = U(digits);
  return vec4<i32>(dot4I8Packed(word, d.x), dot4I8Packed(word, d.y), dot4I8Packed(word, d.z), dot4I8Packed(word, d.w));
}
