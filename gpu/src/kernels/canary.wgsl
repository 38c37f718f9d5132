// Adds up over all words of the report what each of them, its place and the nonce mix to, so that the order of lanes does
// not matter. canary.rs computes the same.
struct Parameters {
  nonce: vec4<u32>,
  words: u32,
  // Lanes of the dispatch, and the first word of the sum.
  lanes: u32,
  slot: u32,
}
var<immediate> p: Parameters;
@group(0) @binding(0) var<storage, read> report: array<u32>;
@group(0) @binding(1) var<storage, read_write> canary: array<atomic<u32>>;

fn mix(x: vec4<u32>) -> vec4<u32> {
  var v = x;
  v = (v ^ (v >> vec4<u32>(16u))) * 0x21f0aaadu;
  v = (v ^ (v >> vec4<u32>(15u))) * 0x735a2d97u;
  return v ^ (v >> vec4<u32>(15u));
}

fn term(word: u32, place: u32) -> vec4<u32> {
  return mix(mix(vec4<u32>(word) ^ mix(vec4<u32>(place))) ^ p.nonce);
}

@compute @workgroup_size(GROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  var sum = vec4<u32>(0u);
  if (id.x == 0u) { sum = mix(mix(vec4<u32>(p.words)) ^ p.nonce); }
  for (var i = id.x; i < p.words; i += p.lanes) { sum += term(report[i], i); }
  atomicAdd(&canary[p.slot], sum.x);
  atomicAdd(&canary[p.slot + 1u], sum.y);
  atomicAdd(&canary[p.slot + 2u], sum.z);
  atomicAdd(&canary[p.slot + 3u], sum.w);
}
