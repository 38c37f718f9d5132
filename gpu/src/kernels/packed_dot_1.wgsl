fn packed_dot(word: u32, digits: I) -> I { return dot4I8Packed(word, u32(digits)); }
