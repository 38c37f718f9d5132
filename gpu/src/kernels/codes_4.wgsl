// 4-bit codes: a block of 32 columns is one vector; byte j of its word i holds column 8i + j below column 8i + j + 4.
alias Codes = vec4<u32>;
fn load_codes(at: u32, row: u32) -> Codes { return codes[at * TILE + row]; }
// Word i of the block: one column a byte, four columns.
fn bytes(c: Codes, i: u32) -> u32 { return (c[i >> 1u] >> (4u * (i & 1u))) & 0x0f0f0f0fu; }
