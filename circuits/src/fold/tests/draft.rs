//! A proof in the making, open to change between the rounds.
//!
//! A forger goes through the rounds like everyone, but assumes that a challenge has a value that it does not have. If the
//! equations hold under the assumed challenges and the verifier refuses, then what refuses is that this challenge is drawn
//! after what the forger would choose by it.

use super::super::rounds::Challenges;
use super::super::verify::equations;
use super::*;
use ark_ff::{AdditiveGroup, Zero};

/// Changes the drawn challenges to the assumed ones.
pub type Assume<'a> = &'a dyn Fn(&mut Challenges);

pub struct Draft<'a> {
    pub stated: &'a Stated<'a>,
    assume: Assume<'a>,
    pub us: Vec<Vec<Fr>>,
    pub qs: Vec<Vec<Fr>>,
    pub a: Vec<Fr>,
    pub b: Vec<Fr>,
    pub quotients: Vec<Vec<Fr>>,
    pub proof: Proof,
}

impl<'a> Draft<'a> {
    /// After ρ: every u and q.
    pub fn new(stated: &'a Stated<'a>, assume: Assume<'a>) -> Self {
        let (folds, widths) = (stated.statement.folds.len(), stated.statement.widths().len());
        let none = G1Affine::identity();
        let proof = Proof {
            folds: vec![none; folds],
            product: none,
            degree: none,
            quotients: vec![none; widths],
            fold_values: vec![Fr::ZERO; folds],
            product_value: Fr::ZERO,
            at_z: none,
            at_inverse: none,
        };
        let (a, b, quotients) = Default::default();
        let mut draft = Draft { stated, assume, us: vec![], qs: vec![], a, b, quotients, proof };
        let rho = draft.challenges().rho;
        let folded = stated.statement.folds.iter().zip(&stated.rows).map(|(f, rows)| naive::fold(f, rows, rho));
        (draft.us, draft.qs) = folded.unzip();
        draft
    }

    /// The challenges so far, as assumed. Those of later rounds are drawn from what will be replaced.
    pub fn challenges(&self) -> Challenges {
        let mut challenges = Challenges::draw(&self.stated.statement, &self.proof).unwrap();
        (self.assume)(&mut challenges);
        challenges
    }

    /// Weights under the δ so far.
    pub fn weights(&self) -> Weights {
        Weights::new(&self.stated.statement, self.challenges().delta)
    }

    fn commit(&self, polynomial: &[Fr]) -> G1Affine {
        naive::commit(self.stated.srs, polynomial)
    }

    /// Commits to every u; after δ: A and B₀.
    pub fn folds(&mut self) {
        self.proof.folds = self.us.iter().map(|u| self.commit(u)).collect();
        // `laurent` makes room for what honest provers have; a forger's u may be longer.
        let longest = self.us.iter().map(Vec::len).max().unwrap();
        let mut wide = self.stated.statement.clone();
        wide.folds.iter_mut().for_each(|f| f.width = f.width.max(longest));
        (self.a, self.b) = naive::laurent(&wide, &self.us, &self.weights());
    }

    /// Commits to A; after γ: B and the quotients.
    pub fn product(&mut self) {
        self.proof.product = self.commit(&self.a);
        let (statement, weights, gamma) = (&self.stated.statement, self.weights(), self.challenges().gamma);
        naive::bound_degree(statement, &self.us, &weights, gamma, &mut self.b);
        self.quotients = naive::quotients(statement, &self.qs, &weights);
    }

    /// Commits to B and the quotients; after z: the values.
    pub fn degree(&mut self) {
        self.proof.degree = self.commit(&self.b);
        self.proof.quotients = self.quotients.iter().map(|q| self.commit(q)).collect();
        let z = self.challenges().z;
        self.proof.fold_values = self.us.iter().map(|u| naive::evaluate(u, z)).collect();
        self.proof.product_value = naive::evaluate(&self.a, z);
    }

    /// After ν: the witnesses.
    pub fn witnesses(&mut self) {
        let Challenges { z, nu, .. } = self.challenges();
        self.proof.at_z = self.commit(&naive::witness(&naive::combine(&self.a, &self.us, nu), z));
        self.proof.at_inverse = self.commit(&naive::witness(&self.b, z.inverse().unwrap()));
    }

    /// Witnesses a and b with `(X − z)·a + e·(X − 1/z)·b = rest`.
    pub fn solve_witnesses(&mut self, rest: &[Fr]) {
        let Challenges { z, e, .. } = self.challenges();
        let inverse = z.inverse().unwrap();
        let b = naive::evaluate(rest, z) / (e * (z - inverse));
        let rest = added(rest, &scaled(&[-inverse, Fr::ONE], -e * b));
        assert!(naive::evaluate(&rest, z).is_zero());
        self.proof.at_z = self.commit(&naive::witness(&rest, z));
        self.proof.at_inverse = self.commit(&[b]);
    }

    /// Every round from the commitments to u on.
    pub fn finish(&mut self) -> &mut Self {
        self.folds();
        self.product();
        self.degree();
        self.witnesses();
        self
    }

    /// What the equations say under the assumed challenges.
    pub fn under_assumption(&self) -> Result<(), FoldError> {
        equations(&self.stated.statement, &power, &self.proof, &self.challenges())
    }

    /// The claim is false, the equations hold under the assumption, and the verifier refuses.
    pub fn passes_under_its_assumption_only(&self) {
        assert!(!is_true(self.stated), "the forger proves what is true");
        assert_eq!(self.under_assumption(), Ok(()));
        assert_eq!(self.stated.verify(&self.proof), Err(FoldError::Equation));
    }
}

/// `forge` makes a proof that passes under its assumption only, and none that passes without.
pub fn passes_only_if(assume: Assume<'_>, stated: &Stated<'_>, forge: &dyn Fn(&mut Draft<'_>)) {
    let mut draft = Draft::new(stated, assume);
    forge(&mut draft);
    draft.passes_under_its_assumption_only();
    let mut draft = Draft::new(stated, &|_| ());
    forge(&mut draft);
    assert_eq!(stated.verify(&draft.proof), Err(FoldError::Equation));
}

/// Whether every claim holds.
pub fn is_true(stated: &Stated<'_>) -> bool {
    let holds = |c: &Claim| stated.rows[c.fold].iter().zip(&c.acc).all(|(row, acc)| product(row, &c.x) == *acc);
    stated.statement.claims.iter().all(holds)
}

/// A challenge that nobody drew.
pub fn random() -> Fr {
    Fr::from(0x0123_4567_89ab_cdefu64).pow([5])
}

pub fn scaled(p: &[Fr], by: Fr) -> Vec<Fr> {
    p.iter().map(|c| *c * by).collect()
}

pub fn added(p: &[Fr], q: &[Fr]) -> Vec<Fr> {
    let mut sum = p.to_vec();
    sum.resize(p.len().max(q.len()), Fr::ZERO);
    sum.iter_mut().zip(q).for_each(|(s, c)| *s += c);
    sum
}

/// p·(X^width − ρ).
pub fn times_modulus(p: &[Fr], width: usize, rho: Fr) -> Vec<Fr> {
    let shifted: Vec<Fr> = std::iter::repeat_n(Fr::ZERO, width).chain(p.iter().copied()).collect();
    added(&shifted, &scaled(p, -rho))
}

/// What `⟨u, x⟩` lacks to be what claim m says, under ρ.
pub fn lack(draft: &Draft<'_>, m: usize) -> Fr {
    let claim = &draft.stated.statement.claims[m];
    let fold = &draft.stated.statement.folds[claim.fold];
    let rho = draft.challenges().rho;
    let places = fold.blocks.iter().enumerate().flat_map(|(b, block)| (0..block.rows).map(move |i| b * BLOCK_ROWS + i));
    let said: Fr = places.zip(&claim.acc).map(|(i, acc)| rho.pow([i as u64]) * Fr::from(*acc)).sum();
    let is: Fr = draft.us[claim.fold].iter().zip(&claim.x).map(|(u, x)| *u * Fr::from(*x)).sum();
    said - is
}

#[test]
fn a_draft_that_nobody_changes_is_the_honest_proof() {
    let stated = mixed();
    assert_eq!(Draft::new(&stated, &|_| ()).finish().proof, stated.prove());
}
