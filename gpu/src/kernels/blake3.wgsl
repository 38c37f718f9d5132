// BLAKE3's compression of one block, on four rows of the state side by side. `rounds` is generated from the schedule of
// the message; the constants IV.., CHUNK_START, CHUNK_END, PARENT and ROOT stand before this file.

// A chaining value: words 0-3 and 4-7.
struct Cv { low: vec4<u32>, high: vec4<u32> }
// The state: four rows of four words.
struct State { a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32> }

fn start() -> Cv { return Cv(vec4<u32>(IV0, IV1, IV2, IV3), vec4<u32>(IV4, IV5, IV6, IV7)); }

fn rotr(x: vec4<u32>, n: u32) -> vec4<u32> { return (x >> vec4<u32>(n)) | (x << vec4<u32>(32u - n)); }

// G on all four columns.
fn g(before: State, x: vec4<u32>, y: vec4<u32>) -> State {
  var s = before;
  s.a += s.b + x;
  s.d = rotr(s.d ^ s.a, 16u);
  s.c += s.d;
  s.b = rotr(s.b ^ s.c, 12u);
  s.a += s.b + y;
  s.d = rotr(s.d ^ s.a, 8u);
  s.c += s.d;
  s.b = rotr(s.b ^ s.c, 7u);
  return s;
}

// Diagonals become columns, and back.
fn turn(s: State) -> State { return State(s.a, s.b.yzwx, s.c.zwxy, s.d.wxyz); }
fn back(s: State) -> State { return State(s.a, s.b.wxyz, s.c.zwxy, s.d.yzwx); }

// The chaining value after the block m0..m3 of `length` bytes.
fn compress(
  cv: Cv, m0: vec4<u32>, m1: vec4<u32>, m2: vec4<u32>, m3: vec4<u32>, counter: u32, length: u32, flags: u32
) -> Cv {
  let s = rounds(State(cv.low, cv.high, start().low, vec4<u32>(counter, 0u, length, flags)), m0, m1, m2, m3);
  return Cv(s.a ^ s.c, s.b ^ s.d);
}

// The node above two.
fn parent(left: Cv, right: Cv, root: u32) -> Cv {
  return compress(start(), left.low, left.high, right.low, right.high, 0u, 64u, PARENT | root);
}
