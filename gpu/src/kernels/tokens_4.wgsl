// A matrix product for four positions at once: each weight is read and unpacked once for all of them.
const TOKENS: u32 = 4u;
alias U = vec4<u32>;
alias I = vec4<i32>;
alias F = vec4<f32>;
fn of_token(v: U, t: u32) -> u32 { return v[t]; }
