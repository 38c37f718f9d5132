// attn_pack: v is the attention output of all heads, i32.
fn shift_of(input: u32, column: u32) -> u32 { return min_shift(i32(arena[input + column]), 16u); }
fn mantissa_of(input: u32, column: u32, s: u32) -> i32 { return rsr(i32(arena[input + column]), s); }
