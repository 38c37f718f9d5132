// Keys and queries blocked and rotated, values blocked; one workgroup (row, head), key/value heads first, then queries.
//
//   X   = RSR(y, s)                s = block shift of the head: 15 bits for queries and keys, 16 for values
//   X0' = (X0·c − X1·s + 2^13) >> 14
//   X1' = (X0·s + X1·c + 2^13) >> 14
//
// A key/value head goes to the kv tensor and its header, and a copy to the cache of the layer, at the entry of the row's
// position; a query to a buffer that only attention reads.
struct Parameters {
  // Words of a row of the arena and of the report.
  arena_row: u32,
  report_row: u32,
  // First words within a row: the parts of qkv, the kv tensor, and its header.
  query: u32,
  key: u32,
  value: u32,
  output: u32,
  header: u32,
  heads: u32,
  kv_heads: u32,
  // hd / 2
  pairs: u32,
}
var<immediate> p: Parameters;
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<storage, read_write> report: array<u32>;
// Of each row: token, position, the first entry of its sequence in the cache, and a word to spare.
@group(0) @binding(2) var<storage, read> rows: array<vec4<u32>>;
// Of each row: the pairs' cos (low half) and sin.
@group(0) @binding(3) var<storage, read> rotations: array<u32>;
// Of each entry and key/value head: K, then V.
@group(0) @binding(4) var<storage, read_write> cache: array<u32>;
@group(0) @binding(5) var<storage, read_write> cache_shifts: array<u32>;
@group(0) @binding(6) var<storage, read_write> queries: array<u32>;
@group(0) @binding(7) var<storage, read_write> query_shifts: array<u32>;

var<workgroup> rotary_shift: atomic<u32>;
var<workgroup> value_shift: atomic<u32>;

fn pair_shift(y: u32, bits: u32) -> u32 {
  return max(min_shift(i32(arena[y]), bits), min_shift(i32(arena[y + 1u]), bits));
}
fn rotated(y: u32, s: u32, rotation: u32) -> u32 {
  let x0 = rsr(i32(arena[y]), s);
  let x1 = rsr(i32(arena[y + 1u]), s);
  let cos = low16(rotation);
  let sin = high16(rotation);
  return pack16((x0 * cos - x1 * sin + 8192) >> 14u, (x0 * sin + x1 * cos + 8192) >> 14u);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let first = row * p.arena_row;
  let width = 2u * p.pairs;
  let is_query = group.y >= p.kv_heads;
  let head = group.y - select(0u, p.kv_heads, is_query);
  let y = first + select(p.key, p.query, is_query) + head * width;
  let v = first + p.value + head * width;

  if (lane == 0u) {
    atomicStore(&rotary_shift, 0u);
    atomicStore(&value_shift, 0u);
  }
  workgroupBarrier();
  var found = vec2<u32>();
  for (var i = lane; i < p.pairs; i += LANES) {
    found.x = max(found.x, pair_shift(y + 2u * i, 15u));
    if (!is_query) { found.y = max(found.y, pair_shift(v + 2u * i, 16u)); }
  }
  atomicMax(&rotary_shift, found.x);
  atomicMax(&value_shift, found.y);
  workgroupBarrier();
  let s = atomicLoad(&rotary_shift);
  let sv = atomicLoad(&value_shift);

  if (is_query) {
    let out = row * p.heads + head;
    for (var i = lane; i < p.pairs; i += LANES) {
      queries[out * p.pairs + i] = rotated(y + 2u * i, s, rotations[row * p.pairs + i]);
    }
    if (lane == 0u) { query_shifts[out] = s; }
    return;
  }
  let entry = (rows[row].z + rows[row].y) * p.kv_heads + head;
  let tensor = first + p.output + head * width;
  for (var i = lane; i < p.pairs; i += LANES) {
    let k = rotated(y + 2u * i, s, rotations[row * p.pairs + i]);
    let values = pack16(rsr(i32(arena[v + 2u * i]), sv), rsr(i32(arena[v + 2u * i + 1u]), sv));
    arena[tensor + i] = k;
    arena[tensor + p.pairs + i] = values;
    cache[entry * width + i] = k;
    cache[entry * width + p.pairs + i] = values;
  }
  if (lane == 0u) {
    report[row * p.report_row + p.header + head] = s | (sv << 8u);
    cache_shifts[entry] = s | (sv << 8u);
  }
}
