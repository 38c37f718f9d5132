// A packed matrix, for kernels that read single weights.
@group(0) @binding(2) var<storage, read> codes: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> side: array<u32>;
fn first_high() -> u32 { return p.high; }
