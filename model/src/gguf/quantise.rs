//! Plain quantisation of `f32` weights into every supported type, for tests: nothing here is tuned for quality.

use super::TensorType;

/// Bytes of `weights` as a tensor of type `kind`.
///
/// # Panics
/// If the weights do not fill whole blocks.
pub fn encode(kind: TensorType, weights: &[f32]) -> Vec<u8> {
    assert!(weights.len().is_multiple_of(kind.block_len()), "{} weights in {}", weights.len(), kind.name());
    let mut out = Vec::with_capacity(weights.len() / kind.block_len() * kind.block_bytes());
    for x in weights.chunks_exact(kind.block_len()) {
        match kind {
            TensorType::F32 => out.extend(x[0].to_le_bytes()),
            TensorType::F16 => out.extend(half(x[0]).to_le_bytes()),
            TensorType::BF16 => out.extend(&(x[0].to_bits() + 0x8000).to_le_bytes()[2..]),
            TensorType::Q4_0 | TensorType::Q5_0 => symmetric(kind, x, &mut out),
            TensorType::Q4_1 | TensorType::Q5_1 => offset(kind, x, &mut out),
            TensorType::Q8_0 => {
                let d = largest(x) / 127.0;
                out.extend(half(d).to_le_bytes());
                out.extend(x.iter().map(|&v| code(v, d, -127, 127) as u8));
            }
            TensorType::Q4_K | TensorType::Q5_K => k_offset(kind, x, &mut out),
            TensorType::Q6_K => q6_k(x, &mut out),
        }
    }
    out
}

/// The nearest half-precision float.
pub fn half(x: f32) -> u16 {
    let (sign, a) = (((x.to_bits() >> 16) & 0x8000) as u16, x.abs());
    sign | if a.is_nan() {
        0x7e00
    } else if a >= 65520.0 {
        0x7c00
    } else if a < 2f32.powi(-14) {
        (a * 2f32.powi(24)).round_ties_even() as u16
    } else {
        let e = (a.to_bits() >> 23) as i32 - 127;
        // A mantissa that rounds up to 1024 carries into the exponent, as it should.
        (((e + 15) as u16) << 10) + ((a / 2f32.powi(e) - 1.0) * 1024.0).round_ties_even() as u16
    }
}

fn largest(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |a, v| a.max(v.abs()))
}

fn code(v: f32, d: f32, lo: i32, hi: i32) -> i32 {
    if d == 0.0 { 0 } else { ((v / d).round() as i32).clamp(lo, hi) }
}

/// 32 codes of 4 or 5 bits: the fifth bits in `qh` where there are any, then the nibbles of j and j + 16 in byte j.
fn put_codes(kind: TensorType, q: &[u8], out: &mut Vec<u8>) {
    if matches!(kind, TensorType::Q5_0 | TensorType::Q5_1) {
        let qh = q.iter().enumerate().fold(0u32, |bits, (j, &q)| bits | u32::from(q >> 4) << j);
        out.extend(qh.to_le_bytes());
    }
    out.extend((0..16).map(|j| q[j] & 15 | q[j + 16] << 4));
}

fn symmetric(kind: TensorType, x: &[f32], out: &mut Vec<u8>) {
    let bias = if kind == TensorType::Q4_0 { 8 } else { 16 };
    // The element largest in magnitude gets the code −bias, as in ggml.
    let extreme = x.iter().fold(0f32, |a, &v| if v.abs() > a.abs() { v } else { a });
    let d = extreme / -(bias as f32);
    out.extend(half(d).to_le_bytes());
    let q: Vec<u8> = x.iter().map(|&v| (code(v, d, -bias, bias - 1) + bias) as u8).collect();
    put_codes(kind, &q, out);
}

fn offset(kind: TensorType, x: &[f32], out: &mut Vec<u8>) {
    let top = if kind == TensorType::Q4_1 { 15 } else { 31 };
    let (lo, hi) = x.iter().fold((f32::MAX, f32::MIN), |(lo, hi), &v| (lo.min(v), hi.max(v)));
    let d = (hi - lo) / top as f32;
    out.extend(half(d).to_le_bytes());
    out.extend(half(lo).to_le_bytes());
    let q: Vec<u8> = x.iter().map(|&v| code(v - lo, d, 0, top) as u8).collect();
    put_codes(kind, &q, out);
}

fn k_offset(kind: TensorType, x: &[f32], out: &mut Vec<u8>) {
    let top = if kind == TensorType::Q4_K { 15 } else { 31 };
    let groups: Vec<(f32, f32)> = x
        .chunks_exact(32)
        .map(|g| {
            let (lo, hi) = g.iter().fold((0f32, f32::MIN), |(lo, hi), &v| (lo.min(v), hi.max(v)));
            ((hi - lo) / top as f32, -lo)
        })
        .collect();
    let d = groups.iter().fold(0f32, |a, g| a.max(g.0)) / 63.0;
    let dmin = groups.iter().fold(0f32, |a, g| a.max(g.1)) / 63.0;
    out.extend(half(d).to_le_bytes());
    out.extend(half(dmin).to_le_bytes());
    let mut scales = [0u8; 12];
    let mut q = [0u8; 256];
    for (j, &(scale, min)) in groups.iter().enumerate() {
        let (ls, lm) = (code(scale, d, 0, 63) as u8, code(min, dmin, 0, 63) as u8);
        if j < 4 {
            (scales[j], scales[j + 4]) = (ls, lm);
        } else {
            scales[j + 4] = ls & 15 | lm << 4;
            scales[j - 4] |= (ls >> 4) << 6;
            scales[j] |= (lm >> 4) << 6;
        }
        for i in 32 * j..32 * j + 32 {
            q[i] = code(x[i] + dmin * f32::from(lm), d * f32::from(ls), 0, top) as u8;
        }
    }
    out.extend(scales);
    if kind == TensorType::Q5_K {
        out.extend((0..32).map(|l| (0..8).fold(0u8, |bits, j| bits | (q[32 * j + l] >> 4) << j)));
    }
    out.extend((0..128).map(|i| {
        let low = i / 32 * 64 + i % 32;
        q[low] & 15 | q[low + 32] << 4
    }));
}

fn q6_k(x: &[f32], out: &mut Vec<u8>) {
    let d = largest(x) / 32.0 / 127.0;
    let scales: Vec<i8> = x.chunks_exact(16).map(|g| code(largest(g) / 32.0, d, -128, 127) as i8).collect();
    let q: Vec<u8> = (0..256).map(|i| (code(x[i], d * f32::from(scales[i / 16]), -32, 31) + 32) as u8).collect();
    // Byte l of `ql` holds the low nibbles of l and l + 64 of its half, byte l of `qh` two high bits of four quarters.
    out.extend((0..128).map(|i| {
        let low = i / 64 * 128 + i % 64;
        q[low] & 15 | q[low + 64] << 4
    }));
    out.extend((0..64).map(|i| {
        let first = i / 32 * 128 + i % 32;
        (0..4).fold(0u8, |bits, n| bits | (q[first + 32 * n] >> 4) << (2 * n))
    }));
    out.extend(scales.iter().map(|&s| s as u8));
    out.extend(half(d).to_le_bytes());
}
