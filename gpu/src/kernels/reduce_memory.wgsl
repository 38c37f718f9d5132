// Adds up the sums of the SPLIT lanes of a row in workgroup memory; lane `split` 0 gets the total.
var<workgroup> lows: array<U, LANES * TILES * SPLIT>;
var<workgroup> highs: array<U, LANES * TILES * SPLIT>;
fn reduced(acc: Wide, lane: u32, split: u32) -> Wide {
  workgroupBarrier();
  lows[lane] = wide_lows(acc);
  highs[lane] = wide_highs(acc);
  workgroupBarrier();
  var total = acc;
  if (split == 0u) {
    for (var s = 1u; s < SPLIT; s++) {
      total = wide_add(total, wide_of(lows[lane + LANES * s], highs[lane + LANES * s]));
    }
  }
  return total;
}

@compute @workgroup_size(LANES * TILES * SPLIT)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  linear(workgroup, lane);
}
