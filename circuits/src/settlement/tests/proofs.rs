//! Proofs of a small shape: of their own statement, and of no other.

use super::*;
use crate::settlement::encoding::{decode_proof, encode_proof};
use crate::settlement::keys::{Proof, ProvingKey};
use std::sync::LazyLock;

pub(super) struct Proved {
    pub(super) toy: Toy,
    pub(super) key: ProvingKey,
    pub(super) beta: Fr,
    pub(super) proof: Proof,
}

/// Made once: a set-up takes seconds.
pub(super) static PROVED: LazyLock<Proved> = LazyLock::new(|| {
    let [toy, _] = small();
    let key = insecure_setup(&toy.circuit(), &[7; 32]).unwrap();
    let beta = -Fr::from(5u64 << 40);
    let proof = prove(&key, &toy.circuit(), beta, &[9; 32]).unwrap();
    Proved { toy, key, beta, proof }
});

impl Proved {
    /// What the verifier says of `statement`, with `digest` beside it.
    fn verify(&self, statement: &Statement, digest: Fr) -> Result<(), Error> {
        let inputs = statement.inputs(&self.toy.shape, digest, self.beta);
        verify(&self.key.vk, &inputs, &self.proof)
    }

    fn digest(&self) -> Fr {
        self.toy.statement().digest(&self.toy.shape)
    }
}

#[test]
fn a_proof_shows_its_statement() {
    let p = &PROVED;
    assert_eq!(p.verify(&p.toy.statement(), p.digest()), Ok(()));
    assert_eq!(decode_proof(&encode_proof(&p.proof)).as_ref(), Ok(&p.proof));
}

/// What another statement has of its own.
type Change = &'static dyn Fn(&mut Statement);

#[test]
fn every_part_of_the_statement_is_bound() {
    let p = &PROVED;
    let parts: [(&str, Change); 21] = [
        ("first half of the input's leaf", &|s| s.input_leaf[15] ^= 1),
        ("second half of the input's leaf", &|s| s.input_leaf[16] ^= 1),
        ("first half of the output's leaf", &|s| s.output_leaf[0] ^= 128),
        ("second half of the output's leaf", &|s| s.output_leaf[31] ^= 1),
        ("first half of the residual's leaf", &|s| s.residual_leaf.as_mut().unwrap()[7] ^= 1),
        ("second half of the residual's leaf", &|s| s.residual_leaf.as_mut().unwrap()[20] ^= 1),
        ("no residual", &|s| s.residual_leaf = None),
        ("first half of the job", &|s| s.job[3] ^= 4),
        ("second half of the job", &|s| s.job[30] ^= 4),
        ("position", &|s| s.unit.position += 1),
        ("input's step", &|s| s.unit.input_step += 1),
        ("output's step", &|s| s.unit.output_step += 1),
        ("residual's step", &|s| s.unit.residual_step += 1),
        ("residual's kind", &|s| s.unit.residual_kind = 0),
        ("chunk, and with it the path", &|s| s.unit.chunk = 0),
        ("exponent", &|s| s.unit.exponent -= 1),
        ("digest of the accumulators", &|s| s.accumulators += Fr::from(1)),
        ("rho", &|s| s.rho += Fr::from(1)),
        ("1/z", &|s| s.inverse_z += Fr::from(1)),
        ("value of x", &|s| s.x_value += Fr::from(1)),
        ("value of acc", &|s| s.acc_value += Fr::from(1)),
    ];
    for (name, change) in parts {
        let mut other = p.toy.statement();
        change(&mut other);
        // Under the digest of the statement that was proved, and under its own.
        for digest in [p.digest(), other.digest(&p.toy.shape)] {
            assert_eq!(p.verify(&other, digest), Err(Error::Refused), "{name}");
        }
    }
}

#[test]
fn every_public_input_is_bound() {
    let p = &PROVED;
    for at in 0..3 {
        let mut inputs = p.toy.statement().inputs(&p.toy.shape, p.digest(), p.beta);
        inputs[at] += Fr::from(1);
        assert_eq!(verify(&p.key.vk, &inputs, &p.proof), Err(Error::Refused), "input {at}");
    }
}

#[test]
fn a_false_witness_has_no_proof() {
    let p = &PROVED;
    let tried = |change: &dyn Fn(&mut Witness)| {
        let mut witness = p.toy.witness.clone();
        change(&mut witness);
        prove(&p.key, &Linear { shape: &p.toy.shape, witness: &witness }, p.beta, &[1; 32]).map(drop)
    };
    assert_eq!(tried(&|w| w.output.elements[0] ^= 1), Err(Error::Unsatisfied));
    assert_eq!(tried(&|w| w.accumulators.truncate(1)), Err(Error::Shape));
    assert_eq!(tried(&|w| w.input.elements.truncate(1)), Err(Error::Shape));
    assert_eq!(tried(&|w| w.output.siblings.clear()), Err(Error::Shape));
    assert_eq!(tried(&|w| w.residual = None), Err(Error::Shape));
}

#[test]
fn a_key_is_for_one_circuit() {
    let p = &PROVED;
    let [_, head] = small();
    assert_eq!(prove(&p.key, &head.circuit(), p.beta, &[1; 32]).map(drop), Err(Error::Key));
    let mut short = p.key.vk.clone();
    short.gamma_abc_g1.pop();
    let inputs = p.toy.statement().inputs(&p.toy.shape, p.digest(), p.beta);
    assert_eq!(verify(&short, &inputs, &p.proof), Err(Error::Key));
}

#[test]
fn a_proof_has_other_forms_so_its_bytes_are_no_name() {
    let p = &PROVED;
    let other = Proof { a: -p.proof.a, b: -p.proof.b, c: p.proof.c };
    assert_ne!(encode_proof(&other), encode_proof(&p.proof));
    let inputs = p.toy.statement().inputs(&p.toy.shape, p.digest(), p.beta);
    assert_eq!(verify(&p.key.vk, &inputs, &other), Ok(()));
}
