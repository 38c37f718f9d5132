// A matrix product for one position: what is kept for each token is a scalar.
const TOKENS: u32 = 1u;
alias U = u32;
alias I = i32;
alias F = f32;
fn of_token(v: U, t: u32) -> u32 { return v; }
