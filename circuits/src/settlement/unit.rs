//! What all circuits have in common: fields, and three public inputs made of them.
//!
//! h is the digest of the fields, β a challenge that a contract draws after h and the fields, s = Σ_i β^i·field_i, which the
//! contract computes from the fields that it knows. `docs/settlement-circuit.md`, section 2, has the argument.

use crate::r1cs::poseidon::{self, Use};
use crate::r1cs::{Counts, Group, Num, System};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use ark_relations::gr1cs::SynthesisError;

/// A circuit with a witness. Its constraints depend on its shape alone, never on values.
pub trait Circuit {
    /// Whether every list has the length that the shape gives it.
    fn fits(&self) -> bool;

    /// Makes all constraints but those of the public inputs; gives the fields of the statement.
    fn synthesize(&self, system: &mut System) -> Vec<Num>;
}

/// The public inputs of fields, from a digest that is taken as it comes.
pub fn inputs(fields: &[Fr], digest: Fr, beta: Fr) -> [Fr; 3] {
    [digest, beta, fields.iter().rev().fold(Fr::ZERO, |sum, field| sum * beta + field)]
}

/// The digest of fields: the first public input.
pub fn digest(fields: &[Fr]) -> Fr {
    poseidon::hash(Use::Statement, fields)
}

/// Constraints of a circuit, by group.
///
/// # Errors
/// None that a counting system has.
pub fn count(circuit: &dyn Circuit) -> Result<Counts, SynthesisError> {
    let mut system = System::counting();
    whole(&mut system, circuit, Fr::ZERO);
    system.finish()
}

/// The values of the fields that a circuit gives, whether its witness satisfies it or not.
pub fn fields(circuit: &dyn Circuit) -> Vec<Fr> {
    circuit.synthesize(&mut System::counting()).iter().map(Num::value).collect()
}

/// The whole circuit; the public inputs are what the witness makes them under β.
pub(super) fn whole(system: &mut System, circuit: &dyn Circuit, beta: Fr) {
    let fields = circuit.synthesize(system);
    let own = system.poseidon(Use::Statement, &fields);
    let digest = system.input(own.value());
    let beta = system.input(beta);
    let value = system.evaluate(&fields, &beta);
    let sum = system.input(value.value());
    system.equal(Group::Public, &own, &digest);
    system.equal(Group::Public, &value, &sum);
}
