//! Queries and keys rotated, values blocked.
//!
//! ```text
//! X   = RSR(y, s)      s = block shift of the head: 15 bits for queries and keys, 16 for values
//! X0' = (X0·c − X1·s + 2^13) >> 14
//! X1' = (X0·s + X1·c + 2^13) >> 14
//! ```
//!
//! Pairs are neighbours (2i, 2i+1), as GGUF files of the llama family lay them out. A rotated mantissa is at most
//! 16383·√2 < 23171. The tensor of a kv step is, per key/value head, K (hd) then V (hd).

use super::{OutOfRange, mantissa};
use crate::arith::{MANTISSA_BITS, ROTARY_BITS, block_shift};
use crate::tables::Rotation;

/// Largest shift of an i32 block to 15 bits.
pub const MAX_KEY_SHIFT: u8 = 18;
/// Largest shift of an i32 block to 16 bits.
pub const MAX_VALUE_SHIFT: u8 = 17;
/// Largest magnitude of a rotated mantissa.
pub const MAX_ROTATED: i16 = 23170;

/// Mantissas of one head and their shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Mantissas, length hd.
    pub x: Vec<i16>,
    /// Shift.
    pub shift: u8,
}

fn block(y: &[i32], bits: u32) -> Block {
    let shift = block_shift(y.iter().map(|&y| i128::from(y)), bits);
    // The block's own shift always suffices.
    let x = y.iter().map(|&y| mantissa(i128::from(y), shift).unwrap_or(i16::MAX)).collect();
    Block { x, shift }
}

/// One head of queries or keys at the position of `rotations` (hd/2 entries).
pub fn rotary(y: &[i32], rotations: &[Rotation]) -> Block {
    let mut b = block(y, ROTARY_BITS);
    for (pair, r) in b.x.as_chunks_mut::<2>().0.iter_mut().zip(rotations) {
        let [x0, x1] = pair.map(i32::from);
        let (c, s) = (i32::from(r.cos), i32::from(r.sin));
        *pair = [((x0 * c - x1 * s + 8192) >> 14) as i16, ((x0 * s + x1 * c + 8192) >> 14) as i16];
    }
    b
}

/// One head of values.
pub fn value(y: &[i32]) -> Block {
    block(y, MANTISSA_BITS)
}

/// What a later position reads of one key/value head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// Rotated key.
    pub key: Block,
    /// Value.
    pub value: Block,
}

impl KeyValue {
    /// One key/value head from its rows of the k and v parts of qkv.
    pub fn new(k: &[i32], v: &[i32], rotations: &[Rotation]) -> KeyValue {
        KeyValue { key: rotary(k, rotations), value: value(v) }
    }

    /// Bytes of the head in the kv tensor.
    pub fn encode(&self) -> Vec<u8> {
        self.key.x.iter().chain(&self.value.x).flat_map(|x| x.to_le_bytes()).collect()
    }

    /// From tensor bytes (`4·hd`) and the head's two header bytes.
    ///
    /// # Errors
    /// [`OutOfRange`] if a mantissa or a shift is outside its range.
    pub fn decode(tensor: &[u8], shifts: [u8; 2]) -> Result<KeyValue, OutOfRange> {
        let mut key = super::i16_values(tensor);
        let value = key.split_off(key.len() / 2);
        let [sk, sv] = shifts;
        let key_fits = key.iter().all(|x| (-MAX_ROTATED..=MAX_ROTATED).contains(x));
        let value_fits = value.iter().all(|&x| x != i16::MIN);
        if sk > MAX_KEY_SHIFT || sv > MAX_VALUE_SHIFT || !key_fits || !value_fits {
            return Err(OutOfRange);
        }
        Ok(KeyValue { key: Block { x: key, shift: sk }, value: Block { x: value, shift: sv } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_mantissa_stays_in_range_at_the_extremes() {
        let half = (0.5f64.sqrt() * 16384.0).round() as i16;
        for (cos, sin) in [(half, half), (-half, half), (16384, 0), (0, -16384)] {
            for y in [[i32::MAX, i32::MAX], [i32::MIN, i32::MAX], [i32::MIN, i32::MIN]] {
                let b = rotary(&y, &[Rotation { cos, sin }]);
                assert!(b.x.iter().all(|x| x.abs() <= MAX_ROTATED), "{y:?} {cos} {sin}: {:?}", b.x);
                assert!(b.shift <= MAX_KEY_SHIFT);
            }
        }
    }

    #[test]
    fn kv_bytes_round_trip_and_refuse_what_is_out_of_range() {
        let kv = KeyValue::new(&[5, -7], &[i32::MIN, 3], &[Rotation { cos: 16384, sin: 0 }]);
        let (bytes, shifts) = (kv.encode(), [kv.key.shift, kv.value.shift]);
        assert_eq!(KeyValue::decode(&bytes, shifts), Ok(kv));
        assert_eq!(KeyValue::decode(&bytes, [19, 0]), Err(OutOfRange));
        assert_eq!(KeyValue::decode(&bytes, [0, 18]), Err(OutOfRange));
        let big = super::super::i16_bytes(&[23171, 0, 0, 0]);
        assert_eq!(KeyValue::decode(&big, [0, 0]), Err(OutOfRange));
        let min = super::super::i16_bytes(&[0, 0, i16::MIN, 0]);
        assert_eq!(KeyValue::decode(&min, [0, 0]), Err(OutOfRange));
    }
}
