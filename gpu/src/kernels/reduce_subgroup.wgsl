// As reduce_memory.wgsl, but the lanes of one subgroup that share a row add up by shuffles. What is left goes through
// workgroup memory. Lanes are numbered along subgroups, so that neighbours are where the shuffle looks for them.
var<workgroup> lows: array<U, LANES * TILES * SPLIT>;
var<workgroup> highs: array<U, LANES * TILES * SPLIT>;
var<private> lanes: u32;
fn reduced(acc: Wide, lane: u32, split: u32) -> Wide {
  let together = clamp(lanes / LANES, 1u, SPLIT);
  var total = acc;
  for (var step = 1u; step < together; step *= 2u) {
    let low = subgroupShuffleXor(wide_lows(total), LANES * step);
    let high = subgroupShuffleXor(wide_highs(total), LANES * step);
    total = wide_add(total, wide_of(low, high));
  }
  workgroupBarrier();
  lows[lane] = wide_lows(total);
  highs[lane] = wide_highs(total);
  workgroupBarrier();
  if (split == 0u) {
    for (var s = together; s < SPLIT; s += together) {
      total = wide_add(total, wide_of(lows[lane + LANES * s], highs[lane + LANES * s]));
    }
  }
  return total;
}

@compute @workgroup_size(LANES * TILES * SPLIT)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_id) subgroup: u32,
        @builtin(subgroup_invocation_id) place: u32, @builtin(subgroup_size) size: u32) {
  lanes = size;
  linear(workgroup, subgroup * size + place);
}
