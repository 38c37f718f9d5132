// Hashes all tensors' chunks, one an invocation: chaining values to the scratch, digests of single chunks to the report.
struct Parameters {
  rows: u32,
  // Rows from here on have a tail.
  tail_first: u32,
  // Sizes of rows: of the arena and the scratch in vectors of four words, of the report in words.
  arena_row: u32,
  scratch_row: u32,
  report_row: u32,
  // Jobs, and where those of the tail begin.
  jobs: u32,
  tail_jobs: u32,
}
var<immediate> p: Parameters;
@group(0) @binding(0) var<storage, read> arena: array<vec4<u32>>;
// First vector in the row of the arena; words; chunk number; slot of the chaining value, or SINGLE + word of the digest.
@group(0) @binding(1) var<storage, read> jobs: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> scratch: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> report: array<u32>;

fn message(at: u32) -> vec4<u32> { return arena[at]; }

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.y + group.z * ROWS_Y;
  let number = group.x * GROUP + lane;
  if (row >= p.rows || number >= p.jobs) { return; }
  if (row < p.tail_first && number >= p.tail_jobs) { return; }
  let job = jobs[number];
  let single = (job.w & SINGLE) != 0u;
  let cv = chunk(row * p.arena_row + job.x, job.y, job.z, select(0u, ROOT, single));
  if (single) {
    let at = row * p.report_row + (job.w ^ SINGLE);
    for (var i = 0u; i < 4u; i++) {
      report[at + i] = cv.low[i];
      report[at + 4u + i] = cv.high[i];
    }
  } else {
    let at = row * p.scratch_row + 2u * job.w;
    scratch[at] = cv.low;
    scratch[at + 1u] = cv.high;
  }
}
