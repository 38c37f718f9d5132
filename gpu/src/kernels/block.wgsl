// A row under one block shift, one workgroup a row: X_i = RSR(v_i, s), s = block shift of v to 16 bits. The header takes
// each chunk's own shift, then s.
//
// pack.wgsl and act.wgsl say what v is: `shift_of` and `mantissa_of` a column.
struct Parameters {
  // Words of a row of the arena and of the report.
  arena_row: u32,
  report_row: u32,
  // First words within a row: what v is made of, X, and the header.
  input: u32,
  output: u32,
  header: u32,
  columns: u32,
}
var<immediate> p: Parameters;
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<storage, read_write> report: array<u32>;
@group(0) @binding(2) var<storage, read_write> x: array<i32>;
@group(0) @binding(3) var<storage, read_write> sums: array<i32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let input = row * p.arena_row + p.input;
  let output = row * p.arena_row + p.output;
  let header = row * p.report_row + p.header;
  let chunks = chunks_of(p.columns);

  clear_shifts(lane, chunks);
  workgroupBarrier();
  for (var c = lane / TEAM; c < chunks; c += TEAMS) {
    var s = 0u;
    for (var i = c * CHUNK_PAIRS + lane % TEAM; i < end_of(c, p.columns); i += TEAM) {
      s = max(s, max(shift_of(input, 2u * i), shift_of(input, 2u * i + 1u)));
    }
    note_shift(0u, c, s);
  }
  workgroupBarrier();
  let s = row_shift(0u);

  for (var i = lane; i < p.columns / 2u; i += LANES) {
    arena[output + i] = pack16(mantissa_of(input, 2u * i, s), mantissa_of(input, 2u * i + 1u, s));
  }
  for (var c = lane; c < chunks; c += LANES) { report[header + c] = chunk_shift(0u, c); }
  if (lane == 0u) { report[header + chunks] = s; }
  storageBarrier();
  workgroupBarrier();
  for (var b = lane; b < (p.columns + 31u) / 32u; b += LANES) { prepare_block(row, output, p.columns, b); }
}
