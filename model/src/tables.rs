//! Integer tables of scheme R1, made by integer-only code.

/// log2 of the entries of [`Tables::exp`] and [`Tables::sigmoid`].
pub const TABLE_BITS: u32 = 12;

/// All tables of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// `EXP[t] = round(2^15 e^(−t/2^8))`, t < 2^12.
    pub exp: Vec<u16>,
    /// `SIG[i] = round(2^15 σ((i − 2^11 + ½)/2^7))`, i < 2^12.
    pub sigmoid: Vec<u16>,
    /// `E[s] = round(eps·d·2^(2(F−s)))` for every shift s of an i32 vector.
    pub eps: Vec<u64>,
    /// `c = round(2^14/√hd)`.
    pub score_scale: u64,
    /// Rotation speed of each pair of a head, in turns a position as a 64-bit fraction: `θ_i/2π·2^64`, length hd/2.
    pub phases: Vec<u64>,
    /// Sampling weights, whole nats: `round(2^31 e^(−i))`, i < 22.
    pub sample_high: Vec<u32>,
    /// Sampling weights, parts of a nat: `round(2^31 e^(−i/2^12))`, i < 2^12.
    pub sample_low: Vec<u32>,
}

/// One entry of the rotation: cosine and sine in Q14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// `round(2^14 cos)`.
    pub cos: i16,
    /// `round(2^14 sin)`.
    pub sin: i16,
}
