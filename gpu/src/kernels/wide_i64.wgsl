// 64-bit sums of every token as one integer each; L is i64 or vec4<i64>.
alias Wide = L;

fn wide_zero() -> Wide { return L(0li); }
fn wide_add(a: Wide, b: Wide) -> Wide { return a + b; }
fn wide_mac(acc: Wide, d: i32, p: I) -> Wide { return acc + L(i64(d)) * L(p); }
// acc + 256·high + low.
fn wide_digits(acc: Wide, high: I, low: I) -> Wide { return acc + L(high) * L(256li) + L(low); }
fn wide_lows(a: Wide) -> U { return U(a & L(0xffffffffli)); }
fn wide_highs(a: Wide) -> U { return U((a >> U(32u)) & L(0xffffffffli)); }
fn wide_low(a: Wide, t: u32) -> u32 { return of_token(wide_lows(a), t); }
fn wide_high(a: Wide, t: u32) -> u32 { return of_token(wide_highs(a), t); }
// Some compilers extend the sign of a u32 on its way to 64 bits.
fn wide_of(lo: U, hi: U) -> Wide { return (L(hi) << U(32u)) | (L(lo) & L(0xffffffffli)); }
