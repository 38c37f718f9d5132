// How the lanes of attention add up and compare, in workgroup memory.
struct Lane {
  @builtin(local_invocation_index) index: u32,
}

var<workgroup> reduced: array<vec2<u32>, LANES * QUERIES>;

// The largest of the lanes' signed 64-bit numbers, for each query.
fn largest(lane: Lane, values: array<vec2<u32>, QUERIES>) -> array<vec2<u32>, QUERIES> {
  // With the sign bit flipped the order is that of unsigned numbers.
  let flip = vec2<u32>(0u, 0x80000000u);
  var out = values;
  for (var q = 0u; q < QUERIES; q++) { reduced[q * LANES + lane.index] = out[q] ^ flip; }
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    if (lane.index < half) {
      for (var q = 0u; q < QUERIES; q++) {
        let at = q * LANES + lane.index;
        let other = reduced[at + half];
        if (is_less(reduced[at], other)) { reduced[at] = other; }
      }
    }
    workgroupBarrier();
  }
  for (var q = 0u; q < QUERIES; q++) { out[q] = reduced[q * LANES] ^ flip; }
  workgroupBarrier();
  return out;
}

// The sum of the lanes' numbers, for each query.
fn total(lane: Lane, values: array<u32, QUERIES>) -> array<u32, QUERIES> {
  var out = values;
  for (var q = 0u; q < QUERIES; q++) { reduced[q * LANES + lane.index].x = out[q]; }
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    if (lane.index < half) {
      for (var q = 0u; q < QUERIES; q++) {
        let at = q * LANES + lane.index;
        reduced[at].x += reduced[at + half].x;
      }
    }
    workgroupBarrier();
  }
  for (var q = 0u; q < QUERIES; q++) { out[q] = reduced[q * LANES].x; }
  workgroupBarrier();
  return out;
}
