// RMS norm of a row, one workgroup a row:
//
//   a_i = RSR(h_i, s1)                 s1 = block shift of h to 16 bits
//   S   = max(Σ a_i² + E[s1], 1)       = sig·4^j
//   R   = isqrt(⌊2^62 / sig⌋)
//   u_i = a_i·γ'_i
//   X_i = RSR(u_i, s2)                 s2 = block shift of u to 16 bits
//
// The header takes each chunk's own shifts and its share of Σ a².
struct Parameters {
  // Words of a row of the arena and of the report.
  arena_row: u32,
  report_row: u32,
  // First words within a row: h, X, and the header.
  input: u32,
  output: u32,
  header: u32,
  columns: u32,
  // First words in `gains`: γ' as pairs, and E as 18 pairs (low, high).
  gains: u32,
  eps: u32,
}
var<immediate> p: Parameters;
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<storage, read_write> report: array<u32>;
@group(0) @binding(2) var<storage, read_write> x: array<i32>;
@group(0) @binding(3) var<storage, read_write> sums: array<i32>;
@group(0) @binding(4) var<storage, read> gains: array<u32>;

// Σ a² of each chunk, and of the row at the end, its 16-bit halves summed apart: 2^16 of them fit a word.
const ROW: u32 = MAX_CHUNKS;
var<workgroup> squares_low: array<atomic<u32>, MAX_CHUNKS + 1u>;
var<workgroup> squares_high: array<atomic<u32>, MAX_CHUNKS + 1u>;

fn clear_squares(i: u32) {
  atomicStore(&squares_low[i], 0u);
  atomicStore(&squares_high[i], 0u);
}
fn note_squares(i: u32, low: u32, high: u32) {
  atomicAdd(&squares_low[i], low);
  atomicAdd(&squares_high[i], high);
}
fn squares(i: u32) -> vec2<u32> {
  let high = atomicLoad(&squares_high[i]);
  return add64(vec2<u32>(atomicLoad(&squares_low[i]), 0u), vec2<u32>(high << 16u, high >> 16u));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let h = row * p.arena_row + p.input;
  let output = row * p.arena_row + p.output;
  let header = row * p.report_row + p.header;
  let chunks = chunks_of(p.columns);

  clear_shifts(lane, chunks);
  for (var c = lane; c < chunks; c += LANES) { clear_squares(c); }
  if (lane == 0u) { clear_squares(ROW); }
  workgroupBarrier();

  for (var c = lane / TEAM; c < chunks; c += TEAMS) {
    var s = 0u;
    for (var i = c * CHUNK_PAIRS + lane % TEAM; i < end_of(c, p.columns); i += TEAM) {
      s = max(s, max(min_shift(i32(arena[h + 2u * i]), 16u), min_shift(i32(arena[h + 2u * i + 1u]), 16u)));
    }
    note_shift(0u, c, s);
  }
  workgroupBarrier();
  let s1 = row_shift(0u);

  for (var c = lane / TEAM; c < chunks; c += TEAMS) {
    var s = 0u;
    var low = 0u;
    var high = 0u;
    for (var i = c * CHUNK_PAIRS + lane % TEAM; i < end_of(c, p.columns); i += TEAM) {
      let a0 = rsr(i32(arena[h + 2u * i]), s1);
      let a1 = rsr(i32(arena[h + 2u * i + 1u]), s1);
      let g = gains[p.gains + i];
      s = max(s, max(min_shift(a0 * low16(g), 16u), min_shift(a1 * high16(g), 16u)));
      low += (u32(a0 * a0) & 0xffffu) + (u32(a1 * a1) & 0xffffu);
      high += (u32(a0 * a0) >> 16u) + (u32(a1 * a1) >> 16u);
    }
    note_shift(1u, c, s);
    note_squares(c, low, high);
    note_squares(ROW, low, high);
  }
  workgroupBarrier();
  let s2 = row_shift(1u);

  for (var i = lane; i < p.columns / 2u; i += LANES) {
    let g = gains[p.gains + i];
    let x0 = rsr(rsr(i32(arena[h + 2u * i]), s1) * low16(g), s2);
    let x1 = rsr(rsr(i32(arena[h + 2u * i + 1u]), s1) * high16(g), s2);
    arena[output + i] = pack16(x0, x1);
  }
  for (var c = lane; c < chunks; c += LANES) {
    let sum = squares(c);
    report[header + 3u * c] = chunk_shift(0u, c) | (chunk_shift(1u, c) << 8u);
    report[header + 3u * c + 1u] = sum.x;
    report[header + 3u * c + 2u] = sum.y;
  }
  if (lane == 0u) {
    let eps = vec2<u32>(gains[p.eps + 2u * s1], gains[p.eps + 2u * s1 + 1u]);
    let root = reciprocal_root(add64(squares(ROW), eps));
    report[header + 3u * chunks] = s1 | (s2 << 8u) | ((root.y & 0xffu) << 16u);
    report[header + 3u * chunks + 1u] = root.x;
  }
  storageBarrier();
  workgroupBarrier();
  for (var b = lane; b < (p.columns + 31u) / 32u; b += LANES) { prepare_block(row, output, p.columns, b); }
}
