// Merges the chaining values of every tensor's chunks to its digest. Pairing neighbours level by level, the odd one out
// moving up, is BLAKE3's tree.
struct Parameters {
  rows: u32,
  // Rows from here on have a tail.
  tail_first: u32,
  // Sizes of rows: of the scratch in vectors of four words, of the report in words.
  scratch_row: u32,
  report_row: u32,
  // Groups: those below `large` merge one tensor each, from `large_tail` on of the tail; those from `large` on one tensor
  // a lane, from `tail` on of the tail.
  large_tail: u32,
  large: u32,
  tail: u32,
  // Most nodes that a lane merges, and so a bound that does not depend on the table.
  most: u32,
}
var<immediate> p: Parameters;
// First slot; nodes, 0 for an idle lane; word of the digest; lanes that share the tensor.
@group(0) @binding(0) var<storage, read> jobs: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> scratch: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> report: array<u32>;

var<workgroup> low: array<vec4<u32>, GROUP>;
var<workgroup> high: array<vec4<u32>, GROUP>;

fn node(at: u32) -> Cv { return Cv(scratch[at], scratch[at + 1u]); }

// Merges `nodes` nodes in place and alone. Two nodes make the root if they are the `whole` tree.
fn merge(at: u32, nodes: u32, whole: bool) -> Cv {
  var cv = node(at);
  for (var n = nodes; n > 1u; n = (n + 1u) / 2u) {
    for (var i = 0u; i < n / 2u; i++) {
      let pair = at + 4u * i;
      cv = parent(node(pair), node(pair + 2u), select(0u, ROOT, whole && n == 2u));
      scratch[at + 2u * i] = cv.low;
      scratch[at + 2u * i + 1u] = cv.high;
    }
    if (n % 2u == 1u) {
      scratch[at + n - 1u] = scratch[at + 2u * n - 2u];
      scratch[at + n] = scratch[at + 2u * n - 1u];
    }
  }
  return cv;
}

fn write(cv: Cv, at: u32) {
  for (var i = 0u; i < 4u; i++) {
    report[at + i] = cv.low[i];
    report[at + 4u + i] = cv.high[i];
  }
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.y + group.z * ROWS_Y;
  if (row >= p.rows) { return; }
  let alone = group.x >= p.large;
  if (row < p.tail_first && select(group.x >= p.large_tail, group.x >= p.tail, alone)) { return; }
  let job = jobs[group.x * GROUP + lane];
  let digest = row * p.report_row + job.z;
  var cv = start();
  if (job.y > 0u) { cv = merge(row * p.scratch_row + 2u * job.x, min(job.y, p.most), alone); }
  if (alone) {
    if (job.y > 0u) { write(cv, digest); }
    return;
  }
  let shared_by = min(jobs[group.x * GROUP].w, GROUP);
  for (var n = shared_by; n > 1u; n = (n + 1u) / 2u) {
    low[lane] = cv.low;
    high[lane] = cv.high;
    workgroupBarrier();
    let left = 2u * lane;
    if (left + 1u < n) {
      cv = parent(Cv(low[left], high[left]), Cv(low[left + 1u], high[left + 1u]), select(0u, ROOT, n == 2u));
    } else if (left + 1u == n) {
      cv = Cv(low[left], high[left]);
    }
    workgroupBarrier();
  }
  if (lane == 0u) { write(cv, digest); }
}
