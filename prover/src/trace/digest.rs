//! Hashing.

/// Digests.
pub fn tensor_digests(tensors: &[&[u8]], out: &mut Vec<[u8; 32]>) {
    out.extend(tensors.iter().map(|t| *blake3::hash(t).as_bytes()));
}
