//! The public inputs of the proof of a unit that is no product.
//!
//! ```text
//! h    Poseidon(Statement, fields)                                          the prover names it, the circuit makes it so
//! β    keccak("assay v1 chain beta", context, circuit, fields, h) mod r
//! s    Σ_i β^i·field_i
//! ```
//!
//! β comes after h and the fields: fields for which s is that of other fields under one h are fields that a prover would have
//! to find for a β that it learns last. docs/settlement-circuit.md, section 2, has the argument.

use super::hash;
use ark_bn254::Fr;
use ark_ff::PrimeField;
use assay_circuits::settlement::encoding::encode_scalar;
use assay_circuits::settlement::unit::{digest, inputs};
use assay_model::domain::Digest;

/// β of a statement.
pub fn beta(context: &Digest, circuit: &Digest, fields: &[Fr], digest: Fr) -> Fr {
    let mut words = vec![*context, *circuit];
    words.extend(fields.iter().chain([&digest]).map(encode_scalar));
    Fr::from_be_bytes_mod_order(&hash("assay v1 chain beta", &words))
}

/// h, β and s of fields under a draw's context and a circuit's name.
pub fn public_inputs(context: &Digest, circuit: &Digest, fields: &[Fr]) -> [Fr; 3] {
    let digest = digest(fields);
    inputs(fields, digest, beta(context, circuit, fields, digest))
}
