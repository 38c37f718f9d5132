// Adds up the sums of the SPLIT lanes of each row in workgroup memory; lane `split` 0 gets the total.
var<workgroup> lows: array<U, TILE * TILES * SPLIT>;
var<workgroup> highs: array<U, TILE * TILES * SPLIT>;
fn reduced(acc: Wide, lane: u32, split: u32) -> Wide {
  lows[lane] = wide_lows(acc);
  highs[lane] = wide_highs(acc);
  workgroupBarrier();
  var total = acc;
  if (split == 0u) {
    for (var s = 1u; s < SPLIT; s++) {
      total = wide_add(total, wide_of(lows[lane + TILE * s], highs[lane + TILE * s]));
    }
  }
  return total;
}

@compute @workgroup_size(TILE * TILES * SPLIT)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  linear(workgroup, lane);
}
