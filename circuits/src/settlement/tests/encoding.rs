//! Keys and proofs as bytes.
