// act: v is SwiGLU, exact: v_i = g_i·u_i·SIG[clamp(g_i >> 5, −2^11, 2^11 − 1) + 2^11], at most 2^77 in magnitude. g
// stands at the input's first word, u whole chunks later. SIG as pairs of u16.
@group(0) @binding(4) var<storage, read> sigmoid: array<u32>;

fn magnitude(v: i32) -> u32 { return select(u32(v), ~u32(v) + 1u, v < 0); }
// |v|
fn swiglu(g: i32, u: i32) -> vec3<u32> {
  let at = u32(clamp(g >> 5u, -2048, 2047) + 2048);
  let sig = (sigmoid[at / 2u] >> (16u * (at % 2u))) & 0xffffu;
  return mul96(mul32(magnitude(g), magnitude(u)), sig);
}
fn shift_of(input: u32, column: u32) -> u32 {
  let g = i32(arena[input + column]);
  let u = i32(arena[input + 256u * chunks_of(p.columns) + column]);
  let v = swiglu(g, u);
  return min_shift96(select(v, neg96(v), (g < 0) != (u < 0)), length96(v), 16u);
}
fn mantissa_of(input: u32, column: u32, s: u32) -> i32 {
  let g = i32(arena[input + column]);
  let u = i32(arena[input + 256u * chunks_of(p.columns) + column]);
  let v = swiglu(g, u);
  return rsr96(select(v, neg96(v), (g < 0) != (u < 0)), s);
}
