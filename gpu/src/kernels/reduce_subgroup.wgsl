// As reduce_memory.wgsl, but lanes of one subgroup that are 16, 32, … apart add up by shuffles. What is left goes through
// workgroup memory. Lanes are numbered along subgroups, so that neighbours are where the shuffle looks for them.
var<workgroup> lows: array<U, TILE * TILES * SPLIT>;
var<workgroup> highs: array<U, TILE * TILES * SPLIT>;
var<private> lanes: u32;
fn reduced(acc: Wide, lane: u32, split: u32) -> Wide {
  let together = clamp(lanes / TILE, 1u, SPLIT);
  var total = acc;
  for (var step = 1u; step < together; step *= 2u) {
    let low = subgroupShuffleXor(wide_lows(total), TILE * step);
    let high = subgroupShuffleXor(wide_highs(total), TILE * step);
    total = wide_add(total, wide_of(low, high));
  }
  lows[lane] = wide_lows(total);
  highs[lane] = wide_highs(total);
  workgroupBarrier();
  if (split == 0u) {
    for (var s = together; s < SPLIT; s += together) {
      total = wide_add(total, wide_of(lows[lane + TILE * s], highs[lane + TILE * s]));
    }
  }
  return total;
}

@compute @workgroup_size(TILE * TILES * SPLIT)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_id) subgroup: u32,
        @builtin(subgroup_invocation_id) place: u32, @builtin(subgroup_size) size: u32) {
  lanes = size;
  linear(workgroup, subgroup * size + place);
}
