// The residual of a row's token: h_i = rsr_i32(W_i, k − F), one lane a column. A composed file gives
// `fn weight(row: u32, column: u32) -> i32`, rows counted from the first token, and binds what it reads from binding 2 on.
struct Parameters {
  // Words of a row of the arena, and the first word of h within it.
  arena_row: u32,
  output: u32,
  columns: u32,
  // k − F
  shift: i32,
  // Tokens whose rows the bound weights hold: the first, and how many.
  first_token: u32,
  tokens: u32,
  // First word in `side` of code bits above the fourth.
  high: u32,
  blocks: u32,
}
var<immediate> p: Parameters;
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
// Of each row: token, position, the first entry of its sequence in the cache, and a word to spare.
@group(0) @binding(1) var<storage, read> rows: array<vec4<u32>>;

// RSR saturated, for every s.
fn rsr_i32(v: i32, s: i32) -> i32 {
  // From 32 on even i32::MIN rounds to 0.
  if (s >= 32) { return 0; }
  if (s >= 0) { return rsr(v, u32(s)); }
  let most = select(0x7fffffff, i32(0x80000000u), v < 0);
  if (s > -32) {
    let shifted = v << u32(-s);
    return select(most, shifted, (shifted >> u32(-s)) == v);
  }
  return select(most, 0, v == 0);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let column = group.y * LANES + lane;
  let token = rows[row].x - p.first_token;
  if (column < p.columns && token < p.tokens) {
    let h = rsr_i32(weight(token, column), p.shift);
    arena[row * p.arena_row + p.output + column] = u32(h);
  }
}
