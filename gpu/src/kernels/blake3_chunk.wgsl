// One chunk, on top of blake3.wgsl. `message(at)` is defined after this file: four words from word 4·at on.

// Zeroes those of the words 4·at.. that are not below `words`.
fn below(v: vec4<u32>, at: u32, words: u32) -> vec4<u32> {
  return select(vec4<u32>(0u), v, vec4<u32>(4u * at) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(words));
}

// Chaining value of the chunk `counter`: `words` words, 1 to 256, from word 4·first on; `root` is ROOT for the only
// chunk of an input.
fn chunk(first: u32, words: u32, counter: u32, root: u32) -> Cv {
  var cv = start();
  // However many words a damaged table claims, the loop ends.
  let blocks = min((words + 15u) / 16u, 16u);
  for (var i = 0u; i < blocks; i++) {
    let at = 4u * i;
    var m0 = message(first + at);
    var m1 = message(first + at + 1u);
    var m2 = message(first + at + 2u);
    var m3 = message(first + at + 3u);
    let left = words - 16u * i;
    if (left < 16u) {
      m0 = below(m0, 0u, left);
      m1 = below(m1, 1u, left);
      m2 = below(m2, 2u, left);
      m3 = below(m3, 3u, left);
    }
    let flags = select(0u, CHUNK_START, i == 0u) | select(0u, CHUNK_END | root, i + 1u == blocks);
    cv = compress(cv, m0, m1, m2, m3, counter, min(4u * left, 64u), flags);
  }
  return cv;
}
