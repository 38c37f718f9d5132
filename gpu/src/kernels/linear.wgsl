// A linear step: acc = Σ_j W_ij·X_j, exact, then the step's elementwise rounding into the arena.
//
// Rows of the matrix stand in tiles of 16. A workgroup takes TILES tiles. A lane takes ROWS rows of one, which share what it
// reads of the vector; SPLIT lanes share those rows, each with every SPLIT-th block of 32 columns. The workgroup's y
// coordinate counts groups of TOKENS positions. The entry point is in reduce_*.wgsl.
struct Part {
  first: u32,   // first tile
  end: u32,     // tile behind the last one
  rows: u32,    // rows of the part, of which the last tile may hold fewer than 16
  out: u32,     // first word of its output in a row of the arena
  shift: i32,   // what of the shift does not depend on the input
}
struct Parameters {
  first_row: u32,   // rows of the batch: first,
  rows: u32,        // and how many
  blocks: u32,      // blocks of 32 columns
  arena_row: u32,
  report_row: u32,
  header: u32,      // word of the report's row with the input's scale
  residual: u32,    // first word of the residual in a row of the arena
  high: u32,        // first word in `side` of code bits above the fourth
  constants: u32,   // first word in `side` of the rows' constants
  parts: array<Part, 3>,
}
var<immediate> p: Parameters;
@group(0) @binding(0) var<storage, read> codes: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> side: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> sums: array<I>;
@group(0) @binding(4) var<storage, read> report: array<u32>;
@group(0) @binding(5) var<storage, read_write> arena: array<i32>;

const TILE: u32 = 16u;
fn first_high() -> u32 { return p.high; }
const LANES: u32 = TILE / ROWS;

fn store(part: Part, row: u32, group: u32, acc: Wide) {
  for (var t = 0u; t < TOKENS; t++) {
    let position = group * TOKENS + t;
    if (position >= p.rows) { return; }
    let sum = vec2<u32>(wide_low(acc, t), wide_high(acc, t));
    let place = (p.first_row + position) * p.arena_row;
    let header = (p.first_row + position) * p.report_row + p.header;
    if (RESIDUAL == 1u) {
      let h = arena[place + p.residual + row];
      arena[place + part.out + row] = round_residual(sum, part.shift - i32(report[header]), h);
    } else {
      // f = kg + 31 + j − s2
      let scale = report[header];
      let f = (i32(scale << 8u) >> 24u) - i32((scale >> 8u) & 0xffu);
      arena[place + part.out + row] = round_scaled(sum, report[header + 1u], part.shift + f);
    }
  }
}

// Work of `lane` of a workgroup.
fn linear(workgroup: vec3<u32>, lane: u32) {
  let row = lane % LANES;
  let split = (lane / LANES) % SPLIT;
  let tile = workgroup.x * TILES + lane / (LANES * SPLIT);
  var part = p.parts[2];
  if (tile < p.parts[1].end) { part = p.parts[1]; }
  if (tile < p.parts[0].end) { part = p.parts[0]; }
  var acc: array<Wide, ROWS>;
  for (var i = 0u; i < ROWS; i++) { acc[i] = wide_zero(); }
  if (tile < part.end) {
    for (var block = split; block < p.blocks; block += SPLIT) {
      products(&acc, tile * p.blocks + block, row, workgroup.y, block);
    }
  }
  for (var i = 0u; i < ROWS; i++) {
    var sum = reduced(acc[i], lane, split);
    let r = row + i * LANES;
    let out = (tile - part.first) * TILE + r;
    if (split == 0u && tile < part.end && out < part.rows) {
      if (CONSTANTS == 1u) {
        let at = p.constants + 2u * (tile * TILE + r);
        sum = wide_add(sum, wide_of(U(side[at]), U(side[at + 1u])));
      }
      store(part, out, workgroup.y, sum);
    }
  }
}
