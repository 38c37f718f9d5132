// Hashes a buffer: one group a subtree of 64 chunks, the last one of what is left; its chaining value goes to `nodes`.
struct Parameters {
  // Words of the buffer, and its subtrees.
  words: u32,
  subtrees: u32,
  // Subtree of this dispatch's first group.
  first: u32,
}
var<immediate> p: Parameters;
// The same buffer twice: whole vectors, and the words after the last of them.
@group(0) @binding(0) var<storage, read> vectors: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> nodes: array<vec4<u32>>;

var<workgroup> low: array<vec4<u32>, GROUP>;
var<workgroup> high: array<vec4<u32>, GROUP>;

fn message(at: u32) -> vec4<u32> {
  if (4u * at + 4u <= p.words) { return vectors[at]; }
  var v = vec4<u32>(0u);
  if (4u * at < p.words) { v.x = words[4u * at]; }
  if (4u * at + 1u < p.words) { v.y = words[4u * at + 1u]; }
  if (4u * at + 2u < p.words) { v.z = words[4u * at + 2u]; }
  return v;
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let subtree = p.first + group.x;
  let before = subtree * GROUP * CHUNK_WORDS;
  let chunks = min((p.words - before + CHUNK_WORDS - 1u) / CHUNK_WORDS, GROUP);
  let whole = select(0u, ROOT, p.subtrees == 1u);
  var cv = start();
  if (lane < chunks) {
    let skipped = before + lane * CHUNK_WORDS;
    let root = select(0u, whole, chunks == 1u);
    cv = chunk(skipped / 4u, min(p.words - skipped, CHUNK_WORDS), subtree * GROUP + lane, root);
  }
  for (var n = chunks; n > 1u; n = (n + 1u) / 2u) {
    low[lane] = cv.low;
    high[lane] = cv.high;
    workgroupBarrier();
    let left = 2u * lane;
    if (left + 1u < n) {
      cv = parent(Cv(low[left], high[left]), Cv(low[left + 1u], high[left + 1u]), select(0u, whole, n == 2u));
    } else if (left + 1u == n) {
      cv = Cv(low[left], high[left]);
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    nodes[2u * subtree] = cv.low;
    nodes[2u * subtree + 1u] = cv.high;
  }
}
