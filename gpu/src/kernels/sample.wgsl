// What the host needs of a row's logits to choose the next token: one workgroup per row.
//
//   below_i = M - l_i, M the largest logit      t_i = floor(below_i·2^12 / T)
//   w_i = (sample_high[t_i >> 12]·sample_low[t_i mod 2^12]) >> 31, 0 for below_i >= 22·T
//
// Written: per chunk of 256 its largest logit; the first token of the largest; the number of candidates (w_i > 0) and the
// sum of their weights; and of the candidates those with the smallest `below`, ties all or none, at most CANDIDATES.
//
// Division. L is the bit length of T and V = min(floor(2^(L+31)/T), 2^32 - 1) comes with the row. V is less than 1 or
// exactly 1 below 2^(L+31)/T, so (below·V) / 2^(L+19) is below t's true quotient by at most below/2^(L+19) < 22/2^19:
// its floor is t or t - 1, and the remainder tells which.
//
// Selection. The candidates that do not all fit: v is the `below` of rank CANDIDATES, from 0; all with below < v fit. It is
// found eight bits at a time, by counting the digits of those that agree with what is known of v.
struct Parameters {
  arena_row: u32,
  logits: u32,
  vocab: u32,
  report_row: u32,
  sample: u32,
  header: u32,
}
var<immediate> p: Parameters;
// Row, temperature (0: only the largest is wanted), V, unused.
@group(0) @binding(0) var<storage, read> tails: array<vec4<u32>>;
// sample_low, then sample_high.
@group(0) @binding(1) var<storage, read> tables: array<u32>;
@group(0) @binding(2) var<storage, read> arena: array<i32>;
@group(0) @binding(3) var<storage, read_write> report: array<u32>;

const CHUNK: u32 = 256u;
const NONE: u32 = 0xffffffffu;
const NATS: u32 = 22u;

var<workgroup> best: array<i32, LANES>;
var<workgroup> best_at: array<u32, LANES>;
var<workgroup> sums: array<vec2<u32>, LANES>;
var<workgroup> counts: array<u32, LANES>;
var<workgroup> widest: array<u32, LANES>;
var<workgroup> digits: array<atomic<u32>, 256>;
// v as far as it is known, and the rank among those that agree with it.
var<workgroup> known: vec2<u32>;
var<workgroup> listed: atomic<u32>;
var<workgroup> all: u32;

fn weight(below: u32, temperature: u32, inverse: u32) -> u32 {
  if (!is_less(vec2<u32>(below, 0u), mul32(temperature, NATS))) { return 0u; }
  let shift = 51u - countLeadingZeros(temperature);
  let product = mul32(below, inverse);
  var t = 0u;
  if (shift >= 32u) { t = product.y >> (shift - 32u); }
  else { t = (product.y << (32u - shift)) | (product.x >> shift); }
  let rest = sub64(vec2<u32>(below << 12u, below >> 20u), mul32(t, temperature));
  if (!is_less(rest, vec2<u32>(temperature, 0u))) { t += 1u; }
  let w = mul32(tables[4096u + (t >> 12u)], tables[t & 4095u]);
  return (w.y << 1u) | (w.x >> 31u);
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
  let tail = tails[group.x];
  let logits = tail.x * p.arena_row + p.logits;
  let to = tail.x * p.report_row;

  var largest = -2147483647i - 1i;
  var largest_at = NONE;
  for (var chunk = lane; chunk * CHUNK < p.vocab; chunk += LANES) {
    let end = min(chunk * CHUNK + CHUNK, p.vocab);
    var chunk_at = chunk * CHUNK;
    var chunk_largest = arena[logits + chunk_at];
    for (var i = chunk_at + 1u; i < end; i++) {
      let l = arena[logits + i];
      if (l > chunk_largest) {
        chunk_largest = l;
        chunk_at = i;
      }
    }
    report[to + p.header + chunk] = u32(chunk_largest);
    if (largest_at == NONE || chunk_largest > largest) {
      largest = chunk_largest;
      largest_at = chunk_at;
    }
  }
  best[lane] = largest;
  best_at[lane] = largest_at;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    if (lane < half) {
      let l = best[lane + half];
      let at = best_at[lane + half];
      if (l > best[lane] || (l == best[lane] && at < best_at[lane])) {
        best[lane] = l;
        best_at[lane] = at;
      }
    }
    workgroupBarrier();
  }
  largest = best[0];
  let sample = to + p.sample;
  if (lane == 0u) {
    report[sample] = best_at[0];
    report[sample + 1u] = u32(largest);
    for (var i = 2u; i < 8u; i++) { report[sample + i] = 0u; }
  }
  if (tail.y == 0u) { return; }

  var sum = vec2<u32>(0u, 0u);
  var count = 0u;
  var wide = 0u;
  for (var i = lane; i < p.vocab; i += LANES) {
    let below = u32(largest) - u32(arena[logits + i]);
    let w = weight(below, tail.y, tail.z);
    if (w > 0u) {
      sum = add64(sum, vec2<u32>(w, 0u));
      count += 1u;
      wide = max(wide, below);
    }
  }
  sums[lane] = sum;
  counts[lane] = count;
  widest[lane] = wide;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    if (lane < half) {
      sums[lane] = add64(sums[lane], sums[lane + half]);
      counts[lane] += counts[lane + half];
      widest[lane] = max(widest[lane], widest[lane + half]);
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    report[sample + 2u] = counts[0];
    report[sample + 4u] = sums[0].x;
    report[sample + 5u] = sums[0].y;
    all = counts[0];
    known = vec2<u32>(0u, CANDIDATES);
    atomicStore(&listed, 0u);
  }

  // Listed are those with below <= bound.
  var bound = widest[0];
  var any = true;
  if (workgroupUniformLoad(&all) > CANDIDATES) {
    // Bits of v that are not known yet; all higher ones are.
    var open = 32u - countLeadingZeros(bound);
    for (var turn = 0u; turn < 4u; turn++) {
      for (var d = lane; d < 256u; d += LANES) { atomicStore(&digits[d], 0u); }
      workgroupBarrier();
      let low = max(open, 8u) - 8u;
      let mask = (1u << (open - low)) - 1u;
      if (open > 0u) {
        for (var i = lane; i < p.vocab; i += LANES) {
          let below = u32(largest) - u32(arena[logits + i]);
          if (((below >> (open - 1u)) >> 1u) == known.x) { atomicAdd(&digits[(below >> low) & mask], 1u); }
        }
      }
      workgroupBarrier();
      if (lane == 0u && open > 0u) {
        var rank = known.y;
        var digit = 0u;
        while (digit < 255u) {
          let n = atomicLoad(&digits[digit]);
          if (rank < n) { break; }
          rank -= n;
          digit += 1u;
        }
        known = vec2<u32>((known.x << (open - low)) | digit, rank);
      }
      workgroupBarrier();
      open = low;
    }
    any = known.x > 0u;
    bound = known.x - 1u;
  }
  if (any) {
    for (var i = lane; i < p.vocab; i += LANES) {
      let l = arena[logits + i];
      if (u32(largest) - u32(l) <= bound) {
        let at = atomicAdd(&listed, 1u);
        report[sample + 8u + 2u * at] = i;
        report[sample + 9u + 2u * at] = u32(l);
      }
    }
  }
  workgroupBarrier();
  if (lane == 0u) { report[sample + 3u] = atomicLoad(&listed); }
}
