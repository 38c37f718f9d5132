//! Chunks with true weights: what a proof shows, and the forgeries that each round's place refuses.

use super::proof::{Challenges, WORDS};
use super::prove::{Holdings, commit_rows, subject};
use super::verify::equations;
use super::*;
use crate::settlement::keys::{Error, ProvingKey, insecure_setup};
use crate::settlement::sample::{SCALARS, sample_with_rows};
use crate::settlement::{Linear, Shape, Unit, Witness};
use crate::srs::development;
use ark_bn254::{Fr, G1Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use std::sync::LazyLock;

mod vector;

/// Chunk 1 of o has four rows of twelve inputs.
const CONFIG: Config =
    Config { layers: 1, dim: 260, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 516, context: 64 };
const CONTEXT: Digest = [0x5a; 32];

pub(super) struct Proved {
    pub(super) shape: Shape,
    witness: Witness,
    rows: Vec<Vec<i32>>,
    powers: Vec<G1Affine>,
    pub(super) key: ProvingKey,
    pub(super) subject: Subject,
    pub(super) proof: ProductProof,
}

pub(super) static PROVED: LazyLock<Proved> = LazyLock::new(|| {
    let (shape, mut witness, rows) = sample_with_rows(&CONFIG, StepKind::O, 1, SCALARS).unwrap();
    let powers = development::powers(shape.rows * shape.width);
    let key = insecure_setup(&Linear { shape: &shape, witness: &witness }, &[7; 32]).unwrap();
    let holdings = Holdings { powers: &powers, key: &key, rows: &rows };
    let (subject, proof) = prove(&holdings, &CONTEXT, &shape, &mut witness, &[9; 32]).unwrap();
    Proved { shape, witness, rows, powers, key, subject, proof }
});

impl Proved {
    pub(super) fn powers2(&self) -> Powers {
        let width = u64::try_from(self.shape.width).unwrap();
        Powers { tau: development::tau2(), width: development::power2(width) }
    }

    fn unit(&self) -> Unit {
        self.witness.unit
    }

    fn verify(&self, subject: &Subject, proof: &ProductProof) -> Result<(), Error> {
        verify(&self.key.vk, &self.powers2(), &self.shape, &self.unit(), subject, proof)
    }
}

#[test]
fn a_true_chunk_is_shown() {
    let p = &PROVED;
    assert_eq!(p.verify(&p.subject, &p.proof), Ok(()));
    assert_eq!(p.subject.commitment, commit_rows(&p.powers, &p.rows).unwrap());
    assert_eq!(p.proof.words().len(), WORDS);
}

type Change<T> = &'static dyn Fn(&mut T);

#[test]
fn every_part_of_the_subject_is_bound() {
    let changes: [(&str, Change<Subject>); 8] = [
        ("context", &|s| s.context[31] ^= 1),
        ("commitment", &|s| s.commitment = (s.commitment + G1Affine::generator()).into_affine()),
        ("input leaf", &|s| s.input_leaf[0] ^= 1),
        ("output leaf", &|s| s.output_leaf[31] ^= 1),
        ("residual leaf", &|s| s.residual_leaf.as_mut().unwrap()[5] ^= 1),
        ("job", &|s| s.job[8] ^= 1),
        ("accumulators", &|s| s.accumulators += Fr::ONE),
        ("accumulators, all", &|s| s.accumulators = Fr::ZERO),
    ];
    for (what, change) in changes {
        let mut subject = PROVED.subject;
        change(&mut subject);
        assert_eq!(PROVED.verify(&subject, &PROVED.proof), Err(Error::Refused), "{what}");
    }
}

#[test]
fn a_subject_of_another_unit_or_width_is_of_another_shape() {
    for change in [(|s| s.unit += Fr::ONE) as fn(&mut Subject), |s| s.width += 1, |s| s.residual_leaf = None] {
        let mut subject = PROVED.subject;
        change(&mut subject);
        assert_eq!(PROVED.verify(&subject, &PROVED.proof), Err(Error::Shape));
    }
}

#[test]
fn every_part_of_the_proof_is_bound() {
    fn moved(p: &mut G1Affine) {
        *p = (*p + G1Affine::generator()).into_affine();
    }
    let changes: [(&str, Change<ProductProof>); 14] = [
        ("C_u", &|p| moved(&mut p.fold)),
        ("C_A", &|p| moved(&mut p.product)),
        ("C_B", &|p| moved(&mut p.degree)),
        ("C_q", &|p| moved(&mut p.quotient)),
        ("u(z)", &|p| p.values[0] += Fr::ONE),
        ("A(z)", &|p| p.values[1] += Fr::ONE),
        ("v_x", &|p| p.values[2] += Fr::ONE),
        ("v_y", &|p| p.values[3] += Fr::ONE),
        ("h", &|p| p.values[4] += Fr::ONE),
        ("W_z", &|p| moved(&mut p.at_z)),
        ("W_{1/z}", &|p| moved(&mut p.at_inverse)),
        ("a of the circuit", &|p| moved(&mut p.circuit.a)),
        ("b of the circuit", &|p| p.circuit.b = -p.circuit.b),
        ("c of the circuit", &|p| moved(&mut p.circuit.c)),
    ];
    for (what, change) in changes {
        let mut proof = PROVED.proof.clone();
        change(&mut proof);
        assert_eq!(PROVED.verify(&PROVED.subject, &proof), Err(Error::Refused), "{what}");
    }
}

#[test]
fn other_weights_are_not_shown() {
    // The circuit is true of these accumulators: only the fold proof sees that they are another matrix's.
    let p = &PROVED;
    let mut rows = p.rows.clone();
    rows[2][3] += 1;
    let holdings = Holdings { powers: &p.powers, key: &p.key, rows: &rows };
    let (subject, proof) = prove(&holdings, &CONTEXT, &p.shape, &mut p.witness.clone(), &[1; 32]).unwrap();
    assert_eq!(p.verify(&subject, &proof), Err(Error::Refused), "its own commitment, accumulators of the other");
    let honest = Subject { commitment: p.subject.commitment, ..subject };
    assert_eq!(p.verify(&honest, &proof), Err(Error::Refused), "the committed one");
}

#[test]
fn under_a_rho_known_before_the_accumulators_a_false_product_would_pass() {
    // acc_0 + ρ and acc_1 − 1 have the same sum at ρ. Scalars, since accumulators have no range check in the circuit: so
    // nothing but the place of their digest in the transcript refuses this.
    let p = &PROVED;
    let sum = |acc: &[Fr], rho: Fr| acc.iter().rev().fold(Fr::ZERO, |s, a| s * rho + a);
    let acc: Vec<Fr> = p.witness.accumulators.iter().map(|a| Fr::from(*a)).collect();
    let rho = Challenges::draw(&p.subject, &p.proof).unwrap().rho;
    let mut other = acc.clone();
    other[0] += rho;
    other[1] -= Fr::ONE;
    assert_eq!(sum(&acc, rho), sum(&other, rho));
    // Another digest of accumulators is another ρ, under which the two differ.
    let later = Challenges::draw(&Subject { accumulators: Fr::from(1u8), ..p.subject }, &p.proof).unwrap().rho;
    assert_ne!(later, rho);
    assert_ne!(sum(&acc, later), sum(&other, later));
}

#[test]
fn under_an_e_known_before_the_openings_one_equation_would_pay_for_another() {
    // With e given, W_z and W_{1/z} that each are false can cancel: e·(z − τ)·a + e²·(1/z − τ)·b = 0.
    let p = &PROVED;
    let mut proof = p.proof.clone();
    let drawn = Challenges::draw(&p.subject, &proof).unwrap();
    let tau = development::tau();
    let b = Fr::from(5u8);
    let inverse = drawn.z.inverse().unwrap();
    let a = -(drawn.e * (inverse - tau) * b) / (drawn.z - tau);
    proof.at_z = (proof.at_z + G1Affine::generator() * a).into_affine();
    proof.at_inverse = (proof.at_inverse + G1Affine::generator() * b).into_affine();
    let under = |challenges| equations(&p.key.vk, &p.powers2(), &p.shape, &p.unit(), &p.subject, &proof, challenges);
    assert_eq!(under(&drawn), Ok(()), "under the e that it was made for");
    assert_eq!(p.verify(&p.subject, &proof), Err(Error::Refused));
}

#[test]
fn a_polynomial_of_too_high_a_degree_is_refused() {
    // u + (X^D − ρ) is congruent to f too, and has degree D: B's bound on the degree refuses it.
    let p = &PROVED;
    let drawn = Challenges::draw(&p.subject, &p.proof).unwrap();
    let mut proof = p.proof.clone();
    let change = development::tau().pow([u64::from(p.subject.width)]) - drawn.rho;
    proof.fold = (proof.fold + G1Affine::generator() * change).into_affine();
    proof.quotient = (proof.quotient - G1Affine::generator()).into_affine();
    assert_eq!(p.verify(&p.subject, &proof), Err(Error::Refused));
}

#[test]
fn lists_of_another_length_have_no_proof() {
    let p = &PROVED;
    let with = |rows: &[Vec<i32>], powers: &[G1Affine]| {
        let holdings = Holdings { powers, key: &p.key, rows };
        prove(&holdings, &CONTEXT, &p.shape, &mut p.witness.clone(), &[1; 32]).map(drop)
    };
    assert_eq!(with(&[], &p.powers), Err(Error::Shape));
    assert_eq!(with(&vec![vec![0; 12]; 257], &p.powers), Err(Error::Shape));
    assert_eq!(with(&vec![vec![0; 11]; 4], &p.powers), Err(Error::Shape));
    assert_eq!(with(&p.rows, &p.powers[1..]), Err(Error::Shape));
}

#[test]
fn the_subject_is_what_the_witness_says() {
    let p = &PROVED;
    assert_eq!(subject(&CONTEXT, &p.shape, &p.witness, p.subject.commitment), p.subject);
}
