// One lane a row: nothing to add up.
fn reduced(acc: Wide, lane: u32, split: u32) -> Wide { return acc; }

@compute @workgroup_size(LANES * TILES * SPLIT)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  linear(workgroup, lane);
}
