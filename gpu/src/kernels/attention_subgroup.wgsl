// How the lanes of attention add up and compare, with subgroup operations. Nothing depends on how many lanes a subgroup
// has nor on which they are: each leaves one word, and all words are taken together.
struct Lane {
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
}

var<workgroup> reduced: array<vec2<u32>, LANES * QUERIES>;

// The largest of the lanes' signed 64-bit numbers, for each query.
fn largest(lane: Lane, values: array<vec2<u32>, QUERIES>) -> array<vec2<u32>, QUERIES> {
  let flip = vec2<u32>(0u, 0x80000000u);
  let first = subgroupMin(lane.index) == lane.index;
  var out = values;
  for (var q = 0u; q < QUERIES; q++) {
    let key = out[q] ^ flip;
    let high = subgroupMax(key.y);
    let low = subgroupMax(select(0u, key.x, key.y == high));
    if (first) { reduced[q * LANES + lane.subgroup] = vec2<u32>(low, high); }
  }
  workgroupBarrier();
  for (var q = 0u; q < QUERIES; q++) {
    var best = reduced[q * LANES];
    for (var s = 1u; s < lane.subgroups; s++) {
      let other = reduced[q * LANES + s];
      if (is_less(best, other)) { best = other; }
    }
    out[q] = best ^ flip;
  }
  workgroupBarrier();
  return out;
}

// The sum of the lanes' numbers, for each query.
fn total(lane: Lane, values: array<u32, QUERIES>) -> array<u32, QUERIES> {
  let first = subgroupMin(lane.index) == lane.index;
  var out = values;
  for (var q = 0u; q < QUERIES; q++) {
    let sum = subgroupAdd(out[q]);
    if (first) { reduced[q * LANES + lane.subgroup].x = sum; }
  }
  workgroupBarrier();
  for (var q = 0u; q < QUERIES; q++) {
    out[q] = 0u;
    for (var s = 0u; s < lane.subgroups; s++) { out[q] += reduced[q * LANES + s].x; }
  }
  workgroupBarrier();
  return out;
}
