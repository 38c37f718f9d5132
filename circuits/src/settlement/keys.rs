//! Set-up, proving and verifying: Groth16 over BN254.
//!
//! **A set-up made here is insecure.** Its secrets follow from a seed that whoever made it knows, and who knows them proves
//! anything. It is for tests and trials; `docs/settlement-circuit.md` says what a ceremony has to give instead.
//!
//! A proof hides the witness, but has no one form: from a proof of a statement anyone makes others of the same statement.
//! Nothing may use its bytes as a name.

use super::unit::{Circuit, whole};
use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use ark_groth16::r1cs_to_qap::LibsnarkReduction;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, Matrix, R1CS_PREDICATE_LABEL, SynthesisError,
};
use ark_std::rand::RngCore;
use assay_model::domain::Domain;
use blake3::OutputReader;

/// What a prover holds for one shape.
pub type ProvingKey = ark_groth16::ProvingKey<Bn254>;
/// What a contract holds for one shape.
pub type VerifyingKey = ark_groth16::VerifyingKey<Bn254>;
/// A proof.
pub type Proof = ark_groth16::Proof<Bn254>;

type System = Groth16<Bn254, LibsnarkReduction>;

/// Public inputs: the digest of the statement, β, and the fields at β.
pub const INPUTS: usize = 3;

/// Why there is no proof, or why it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Lists of another length than the shape's.
    #[error("the witness is not one of this shape")]
    Shape,
    /// The witness does not show its statement.
    #[error("the witness does not satisfy the circuit")]
    Unsatisfied,
    /// The key is one of another circuit.
    #[error("the key is not one of this circuit")]
    Key,
    /// The equation of the proof does not hold.
    #[error("the proof does not hold")]
    Refused,
    /// The underlying library failed.
    #[error("the constraint system failed")]
    System,
}

impl From<SynthesisError> for Error {
    fn from(_: SynthesisError) -> Error {
        Error::System
    }
}

/// A circuit under β.
struct Under<'a> {
    circuit: &'a dyn Circuit,
    beta: Fr,
}

impl ConstraintSynthesizer<Fr> for Under<'_> {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut system = crate::r1cs::System::new(cs);
        whole(&mut system, self.circuit, self.beta);
        system.finish().map(drop)
    }
}

/// Keys of a circuit, whatever its witness says, whose secrets follow from `seed`: **anyone who knows it forges every proof.**
///
/// # Errors
/// [`Error::Shape`]: a list that is too short would leave constraints out; [`Error::System`].
pub fn insecure_setup(circuit: &dyn Circuit, seed: &[u8; 32]) -> Result<ProvingKey, Error> {
    if !circuit.fits() {
        return Err(Error::Shape);
    }
    let circuit = Under { circuit, beta: Fr::from(0u8) };
    let mut stream = Stream(Domain::InsecureSetup.hasher().framed(seed).xof());
    Ok(System::generate_random_parameters_with_reduction(circuit, &mut stream)?)
}

/// Whether the circuit's witness shows its statement. Takes a fraction of a proof's time, and no key.
///
/// # Errors
/// [`Error::Shape`], [`Error::Unsatisfied`], [`Error::System`].
pub fn check(circuit: &dyn Circuit) -> Result<(), Error> {
    satisfied(circuit, Fr::from(0u8)).map(drop)
}

/// A system that its assignment satisfies.
struct Satisfied {
    matrices: Vec<Matrix<Fr>>,
    /// Public inputs, one before them, then the rest.
    assignment: Vec<Fr>,
    inputs: usize,
    witnesses: usize,
    constraints: usize,
}

fn satisfied(circuit: &dyn Circuit, beta: Fr) -> Result<Satisfied, Error> {
    if !circuit.fits() {
        return Err(Error::Shape);
    }
    let cs = ConstraintSystem::new_ref();
    Under { circuit, beta }.generate_constraints(cs.clone())?;
    cs.finalize();
    // The system's own check takes longer than the proof: it looks up every linear combination anew.
    let matrices = cs.to_matrices()?.remove(R1CS_PREDICATE_LABEL).ok_or(Error::System)?;
    let assignment = [cs.instance_assignment()?, cs.witness_assignment()?].concat();
    let [inputs, witnesses] = [cs.num_instance_variables(), cs.num_witness_variables()];
    let constraints = cs.num_constraints();
    if !hold(&matrices, &assignment)? {
        return Err(Error::Unsatisfied);
    }
    Ok(Satisfied { matrices, assignment, inputs, witnesses, constraints })
}

/// Whether every row of A·v times its row of B·v is its row of C·v.
fn hold(matrices: &[Matrix<Fr>], assignment: &[Fr]) -> Result<bool, Error> {
    let [a, b, c] = matrices else { return Err(Error::System) };
    let row = |row: &[(Fr, usize)]| -> Option<Fr> {
        row.iter().map(|(factor, at)| assignment.get(*at).map(|v| *factor * v)).sum()
    };
    let rows = a.iter().zip(b).zip(c).map(|((a, b), c)| Some(row(a)? * row(b)? == row(c)?));
    // A constraint that names no variable of the assignment is no constraint of this system.
    let rows: Option<Vec<bool>> = rows.collect();
    rows.map(|rows| rows.into_iter().all(|holds| holds)).ok_or(Error::System)
}

/// A proof of the circuit's statement under β, blinded by `fresh`: 32 bytes from a good source, used once.
///
/// # Errors
/// [`Error::Shape`], [`Error::Unsatisfied`], [`Error::Key`], [`Error::System`].
pub fn prove(key: &ProvingKey, circuit: &dyn Circuit, beta: Fr, fresh: &[u8; 32]) -> Result<Proof, Error> {
    let Satisfied { matrices, assignment, inputs, witnesses, constraints } = satisfied(circuit, beta)?;
    if key.vk.gamma_abc_g1.len() != inputs || key.l_query.len() != witnesses {
        return Err(Error::Key);
    }
    let mut stream = Stream(Domain::Blinding.hasher().framed(fresh).xof());
    let [r, s] = [Fr::rand(&mut stream), Fr::rand(&mut stream)];
    Ok(System::create_proof_with_reduction_and_matrices(key, r, s, &matrices, inputs, constraints, &assignment)?)
}

/// Whether `proof` proves the statement whose public inputs these are.
///
/// # Errors
/// [`Error::Key`], [`Error::Refused`].
pub fn verify(key: &VerifyingKey, inputs: &[Fr; INPUTS], proof: &Proof) -> Result<(), Error> {
    if key.gamma_abc_g1.len() != INPUTS.saturating_add(1) {
        return Err(Error::Key);
    }
    match System::verify_proof(&ark_groth16::prepare_verifying_key(key), proof, inputs) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::Refused),
        Err(_) => Err(Error::Key),
    }
}

/// BLAKE3's extendable output as a source of random numbers.
struct Stream(OutputReader);

impl RngCore for Stream {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), ark_std::rand::Error> {
        self.0.fill(dest);
        Ok(())
    }
}
