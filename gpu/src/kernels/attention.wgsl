// Softmax attention of QUERIES query heads that share a key/value head, at one position: one workgroup.
//
//   z_j = Σ q_i·k_ji                     zf_j = z_j << sk_j
//   t_j = ((max zf - zf_j)·c) >> (38 - sq)    e_j = EXP[t_j], 0 for t_j >= 2^12
//   P   = Σ e_j                          o_i = Σ e_j·(v_ji << sv_j)          out_i = sat(floor((o_i + floor(P/2)) / P))
//
// Bounds (docs/arithmetic.md, section 5). |q|, |k| <= 23170, so four products are below 2^31; the low and high halves of
// such sums are added apart, at most 128 of them for hd <= 512. |z| < 2^38, |zf| < 2^56, below = max - zf < 2^57.
//   c = round(2^14/√hd) falls with hd: 724 <= c <= 11585 for hd 2..512. So below >= 2^41 gives
// below·c >= 2^41·2^9 = 2^12·2^38, thus t >= 2^12 and e = 0 whatever sq is; and below it below·c < 2^41·2^14 = 2^55.
//   e <= 2^15 and |v| < 2^15: e·v fits an i32, (e·v) << sv with sv <= 17 is below 2^47, 2^16 of them below 2^63.
//
// Lanes share out positions twice: first each takes whole positions, STEP at once, so that a query is read once for them;
// then each takes STEP words of the values (two dimensions each) at every GROUPS-th position, so that a weight is read once
// for them. STEP·COLUMNS divides WORDS. `scores` keeps the scores in between, and later the weights: recomputing them
// would read every key again.
struct Parameters {
  arena_row: u32,
  offset: u32,
  capacity: u32,
  scale: u32,
}
var<immediate> p: Parameters;
// Token, position, first entry of the sequence in the cache, unused.
@group(0) @binding(0) var<storage, read> rows: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> queries: array<u32>;
@group(0) @binding(2) var<storage, read> query_shifts: array<u32>;
@group(0) @binding(3) var<storage, read> cache: array<u32>;
@group(0) @binding(4) var<storage, read> cache_shifts: array<u32>;
@group(0) @binding(5) var<storage, read> exp_table: array<u32>;
// [row][head][low words, high words][position]
@group(0) @binding(6) var<storage, read_write> scores: array<u32>;
@group(0) @binding(7) var<storage, read_write> arena: array<i32>;

var<workgroup> partial: array<vec2<u32>, 2u * STEP * LANES>;

fn dot_pair(a: u32, b: u32) -> i32 { return low16(a) * low16(b) + high16(a) * high16(b); }

@compute @workgroup_size(LANES)
fn main(lane: Lane, @builtin(workgroup_id) group: vec3<u32>) {
  let row = rows[group.y];
  let head = group.y * HEADS + group.x * QUERIES;
  let kv = group.x * QUERIES / (HEADS / KV_HEADS);
  let count = min(row.y + 1u, p.capacity);
  let stride = 2u * p.capacity;
  let first_score = head * stride;

  var best: array<vec2<u32>, QUERIES>;
  for (var q = 0u; q < QUERIES; q++) { best[q] = vec2<u32>(0u, 0x80000000u); }
  for (var begin = lane.index; begin < count; begin += STEP * LANES) {
    var key: array<u32, STEP>;
    for (var i = 0u; i < STEP; i++) {
      // Behind the end the last position is computed again and not kept.
      key[i] = ((row.z + min(begin + i * LANES, count - 1u)) * KV_HEADS + kv) * 2u * WORDS;
    }
    var low: array<i32, STEP * QUERIES>;
    var high: array<i32, STEP * QUERIES>;
    for (var i = 0u; i < STEP * QUERIES; i++) {
      low[i] = 0;
      high[i] = 0;
    }
    for (var w = 0u; w + 1u < WORDS; w += 2u) {
      var a: array<u32, STEP>;
      var b: array<u32, STEP>;
      for (var i = 0u; i < STEP; i++) {
        a[i] = cache[key[i] + w];
        b[i] = cache[key[i] + w + 1u];
      }
      for (var q = 0u; q < QUERIES; q++) {
        let qa = queries[(head + q) * WORDS + w];
        let qb = queries[(head + q) * WORDS + w + 1u];
        for (var i = 0u; i < STEP; i++) {
          let sum = dot_pair(qa, a[i]) + dot_pair(qb, b[i]);
          low[q * STEP + i] += sum & 0xffff;
          high[q * STEP + i] += sum >> 16u;
        }
      }
    }
    if (WORDS % 2u == 1u) {
      for (var i = 0u; i < STEP * QUERIES; i++) {
        let sum = dot_pair(queries[(head + i / STEP + 1u) * WORDS - 1u], cache[key[i % STEP] + WORDS - 1u]);
        low[i] += sum & 0xffff;
        high[i] += sum >> 16u;
      }
    }
    for (var i = 0u; i < STEP; i++) {
      let j = begin + i * LANES;
      if (j < count) {
        let sk = cache_shifts[(row.z + j) * KV_HEADS + kv] & 0xffu;
        for (var q = 0u; q < QUERIES; q++) {
          let zf = wide_words(wide_shl(wide_halves(high[q * STEP + i], low[q * STEP + i]), sk));
          let at = first_score + q * stride + j;
          scores[at] = zf.x;
          scores[at + p.capacity] = zf.y;
          if (is_less(best[q] ^ vec2<u32>(0u, 0x80000000u), zf ^ vec2<u32>(0u, 0x80000000u))) { best[q] = zf; }
        }
      }
    }
  }
  var top = largest(lane, best);

  var sum: array<u32, QUERIES>;
  for (var q = 0u; q < QUERIES; q++) { sum[q] = 0u; }
  for (var j = lane.index; j < count; j += LANES) {
    let sv = (cache_shifts[(row.z + j) * KV_HEADS + kv] >> 8u) & 0xffu;
    for (var q = 0u; q < QUERIES; q++) {
      let at = first_score + q * stride + j;
      let zf = vec2<u32>(scores[at], scores[at + p.capacity]);
      let t = exponent(wide_sub(wide_of(top[q]), wide_of(zf)), p.scale, query_shifts[head + q]);
      var e = 0u;
      if (t < 4096u) { e = exp_table[t]; }
      sum[q] += e;
      scores[at] = e | (sv << 16u);
    }
  }
  var sums = total(lane, sum);
  storageBarrier();

  let column = lane.index % COLUMNS;
  let part = lane.index / COLUMNS;
  for (var tile = 0u; tile < WORDS; tile += STEP * COLUMNS) {
    // [query][step][dimension]
    var mix: array<Wide, 2u * STEP * QUERIES>;
    for (var i = 0u; i < 2u * STEP * QUERIES; i++) { mix[i] = wide_of(vec2<u32>(0u, 0u)); }
    if (part < GROUPS) {
      for (var j = part; j < count; j += GROUPS) {
        let value = ((row.z + j) * KV_HEADS + kv) * 2u * WORDS + WORDS + tile + column;
        var v: array<u32, STEP>;
        for (var i = 0u; i < STEP; i++) { v[i] = cache[value + i * COLUMNS]; }
        for (var q = 0u; q < QUERIES; q++) {
          let weight = scores[first_score + q * stride + j];
          let e = i32(weight & 0xffffu);
          let sv = weight >> 16u;
          for (var i = 0u; i < STEP; i++) {
            let at = 2u * (q * STEP + i);
            mix[at] = wide_add(mix[at], wide_scaled(e * low16(v[i]), sv));
            mix[at + 1u] = wide_add(mix[at + 1u], wide_scaled(e * high16(v[i]), sv));
          }
        }
      }
    }
    for (var q = 0u; q < QUERIES; q++) {
      if (part < GROUPS) {
        for (var i = 0u; i < STEP; i++) {
          let at = 2u * ((part * STEP + i) * COLUMNS + column);
          partial[at] = wide_words(mix[2u * (q * STEP + i)]);
          partial[at + 1u] = wide_words(mix[2u * (q * STEP + i) + 1u]);
        }
      }
      workgroupBarrier();
      for (var i = lane.index; i < 2u * STEP * COLUMNS; i += LANES) {
        var o = wide_of(partial[i]);
        for (var g = 1u; g < GROUPS; g++) { o = wide_add(o, wide_of(partial[2u * STEP * COLUMNS * g + i])); }
        let at = group.y * p.arena_row + p.offset + (group.x * QUERIES + q) * 2u * WORDS + 2u * tile + i;
        arena[at] = mean(o, sums[q]);
      }
      workgroupBarrier();
    }
  }
}
