//! The place of the GPU executor: one WGSL file per operation, equal bit for bit to the scalar reference.
//!
//! NOT BUILT YET. Rigs compute on the CPU executor of `assay-prover`. What comes here implements that crate's `Backend`
//! and answers to the same equality tests.
