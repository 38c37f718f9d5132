//! Keys, proofs.
