//! Weights in `f32` from a tensor's bytes, as `dequantize_row_*` of ggml defines them.
//!
//! Written from ggml's definition of the formats, not from the integer loader, so that the two check each other.

use assay_model::gguf::TensorType;

/// All weights of `bytes`, whole blocks of type `kind`.
pub fn dequantise(kind: TensorType, bytes: &[u8]) -> Vec<f32> {
    let mut out = Vec::with_capacity(bytes.len() / kind.block_bytes() * kind.block_len());
    for b in bytes.chunks_exact(kind.block_bytes()) {
        match kind {
            TensorType::F32 => out.push(f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            TensorType::F16 => out.push(half(b)),
            TensorType::BF16 => out.push(f32::from_bits(u32::from(u16::from_le_bytes([b[0], b[1]])) << 16)),
            TensorType::Q4_0 => nibbles(&b[2..], &mut out, |q, _| (f32::from(q) - 8.0) * half(b)),
            TensorType::Q4_1 => nibbles(&b[4..], &mut out, |q, _| f32::from(q) * half(b) + half(&b[2..])),
            TensorType::Q5_0 => nibbles(&b[6..], &mut out, |q, j| (five(q, &b[2..], j) - 16.0) * half(b)),
            TensorType::Q5_1 => nibbles(&b[8..], &mut out, |q, j| five(q, &b[4..], j) * half(b) + half(&b[2..])),
            TensorType::Q8_0 => out.extend(b[2..].iter().map(|&q| f32::from(q as i8) * half(b))),
            TensorType::Q4_K => k_offset(b, &b[16..], None, &mut out),
            TensorType::Q5_K => k_offset(b, &b[48..], Some(&b[16..48]), &mut out),
            TensorType::Q6_K => q6_k(b, &mut out),
        }
    }
    out
}

/// IEEE half precision, finite.
fn half(b: &[u8]) -> f32 {
    let bits = u32::from(u16::from_le_bytes([b[0], b[1]]));
    let (sign, exponent, fraction) = (bits >> 15 << 31, bits >> 10 & 31, bits & 1023);
    let magnitude = match exponent {
        0 => (fraction as f32 * 2f32.powi(-24)).to_bits(),
        _ => ((exponent + 112) << 23) | (fraction << 13),
    };
    f32::from_bits(sign | magnitude)
}

/// 32 weights of which byte j holds the low code bits of j (low nibble) and j + 16 (high nibble).
fn nibbles(codes: &[u8], out: &mut Vec<f32>, weight: impl Fn(u8, usize) -> f32) {
    out.extend((0..16).map(|j| weight(codes[j] & 15, j)));
    out.extend((0..16).map(|j| weight(codes[j] >> 4, j + 16)));
}

/// A nibble with its fifth bit, bit j of the 32 in `high`.
fn five(nibble: u8, high: &[u8], j: usize) -> f32 {
    f32::from(nibble | (high[j / 8] >> (j % 8) & 1) << 4)
}

/// Q4_K and Q5_K: eight groups of 32 with 6-bit multipliers and offsets; groups 2n and 2n + 1 share 32 code bytes.
fn k_offset(b: &[u8], codes: &[u8], high: Option<&[u8]>, out: &mut Vec<f32>) {
    let (d, dmin, packed) = (half(b), half(&b[2..]), &b[4..16]);
    for group in 0..8 {
        let (scale, min) = match group {
            0..4 => (packed[group] & 63, packed[group + 4] & 63),
            _ => {
                (packed[group + 4] & 15 | packed[group - 4] >> 6 << 4, packed[group + 4] >> 4 | packed[group] >> 6 << 4)
            }
        };
        let (multiplier, offset) = (d * f32::from(scale), dmin * f32::from(min));
        for l in 0..32 {
            let byte = codes[group / 2 * 32 + l];
            let low = if group % 2 == 0 { byte & 15 } else { byte >> 4 };
            let fifth = high.map_or(0, |bits| (bits[l] >> group & 1) << 4);
            out.push(multiplier * f32::from(low | fifth) - offset);
        }
    }
}

/// Q6_K: two halves of 128, each four quarters of 32; quarters 0 and 2 share nibble bytes, as do 1 and 3.
fn q6_k(b: &[u8], out: &mut Vec<f32>) {
    let (low, high, scales, d) = (&b[..128], &b[128..192], &b[192..208], half(&b[208..]));
    for part in 0..2 {
        for quarter in 0..4 {
            for l in 0..32 {
                let byte = low[part * 64 + quarter % 2 * 32 + l];
                let nibble = if quarter < 2 { byte & 15 } else { byte >> 4 };
                let top = high[part * 32 + l] >> (2 * quarter) & 3;
                let scale = scales[part * 8 + quarter * 2 + l / 16] as i8;
                out.push(d * f32::from(scale) * (f32::from(nibble | top << 4) - 32.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of the bytes 37·i + 11 mod 251 whose half-precision fields are 0.0437 and 0.0211.
    fn block(kind: TensorType, halves: &[usize]) -> Vec<u8> {
        let mut b: Vec<u8> = (0..kind.block_bytes()).map(|i| ((37 * i + 11) % 251) as u8).collect();
        for (&at, value) in halves.iter().zip([0x2998u16, 0x2567]) {
            b[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        b
    }

    /// First, last, sum, and sum weighted by 1, 2, 3 …: what the Python package `gguf` (its numpy implementation of
    /// ggml's formats) gives for the same block.
    #[test]
    fn blocks_mean_what_another_implementation_says() {
        let expected = [
            (TensorType::Q4_0, &[0][..], [-0.131103515625, 0.0, -0.917724609375, -16.737548828125]),
            (TensorType::Q4_1, &[0, 2], [0.6766204833984375, 0.5892181396484375, 11.6005859375, 194.862060546875]),
            (TensorType::Q5_0, &[0], [0.393310546875, 0.08740234375, 0.655517578125, 12.236328125]),
            (TensorType::Q5_1, &[0, 2], [1.0699310302734375, 0.2833099365234375, 23.181396484375, 363.76708984375]),
            (TensorType::Q8_0, &[0], [3.714599609375, -1.2236328125, -4.239013671875, -125.16015625]),
            (TensorType::Q4_K, &[0, 2], [5.5919189453125, -0.75970458984375, 2380.06640625, 322516.3605957031]),
            (TensorType::Q5_K, &[0, 2], [39.4603271484375, -0.75970458984375, 5228.028076171875, 714275.4284667969]),
            (TensorType::Q6_K, &[208], [-19.010009765625, 101.38671875, -458.031982421875, 25261.2001953125]),
        ];
        for (kind, halves, expected) in expected {
            let w = dequantise(kind, &block(kind, halves));
            assert_eq!(w.len(), kind.block_len(), "{}", kind.name());
            let sum: f64 = w.iter().map(|&w| f64::from(w)).sum();
            let weighted: f64 = w.iter().zip(1..).map(|(&w, i)| f64::from(w) * f64::from(i)).sum();
            let got = [f64::from(w[0]), f64::from(w[w.len() - 1]), sum, weighted];
            for (got, expected) in got.iter().zip(expected) {
                assert!((got - expected).abs() <= 1e-6 * expected.abs(), "{}: {got} {expected}", kind.name());
            }
        }
    }

    #[test]
    fn floats_are_taken_as_they_stand() {
        let values = [-1.78125f32, 0.453125, 0.0, 3.0];
        let f32s: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let bf16s: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()[2..].to_vec()).collect();
        assert_eq!(dequantise(TensorType::F32, &f32s), values);
        assert_eq!(dequantise(TensorType::BF16, &bf16s), values);
        let halves: Vec<u8> = [0x0001u16, 0x8400, 0x3c00, 0x7bff].iter().flat_map(|h| h.to_le_bytes()).collect();
        let expected = [2f32.powi(-24), -(2f32.powi(-14)), 1.0, 65504.0];
        assert_eq!(dequantise(TensorType::F16, &halves), expected);
    }
}
