//! Every sum that the verifier makes has weights that no prover can use: with equal ones, two wrongs make a right.

use super::draft::{Draft, added, lack, passes_only_if, scaled, times_modulus};
use super::*;
use ark_ff::AdditiveGroup;

/// Accumulators of the mixed statement that are wrong: of a claim, at a row, by so much.
fn wrong(errors: &[(usize, usize, i64)]) -> Stated<'static> {
    let mut stated = mixed();
    for &(claim, row, by) in errors {
        stated.statement.claims[claim].acc[row] += by;
    }
    stated
}

#[test]
fn claims_of_equal_weight_would_pay_for_each_other() {
    // On two folds, and on one.
    for stated in [wrong(&[(0, 3, -1), (2, 3, 1)]), wrong(&[(1, 69, -1), (3, 69, 1)])] {
        passes_only_if(&|k| k.delta = Fr::ONE, &stated, &|draft| _ = draft.finish());
    }
}

#[test]
fn rows_of_equal_weight_would_pay_for_each_other() {
    // Of one block, and of two.
    for stated in [wrong(&[(0, 4, 1), (0, 5, -1)]), wrong(&[(0, 4, 1), (0, 260, -1)])] {
        passes_only_if(&|k| k.rho = Fr::ONE, &stated, &|draft| _ = draft.finish());
    }
}

#[test]
fn folds_of_equal_weight_would_pay_for_each_other() {
    // u_0 + 1 and u_1 − 1 sum to what they should; the accumulators say what they give.
    let mut stated = alike();
    for (claim, sign) in [(0, 1), (1, -1)] {
        let claim = &mut stated.statement.claims[claim];
        claim.acc[0] += sign * i64::from(claim.x[0]);
    }
    passes_only_if(&|k| k.delta = Fr::ONE, &stated, &|draft| {
        draft.us[0][0] += Fr::ONE;
        draft.us[1][0] -= Fr::ONE;
        draft.finish();
    });
}

#[test]
fn values_of_equal_weight_would_pay_for_each_other() {
    let stated = wrong(&[(0, 0, 1)]);
    passes_only_if(&|k| k.nu = Fr::ONE, &stated, &|draft| {
        draft.folds();
        draft.product();
        draft.degree();
        // A(z) + t and u_0(z) − t: with `factor` what u_0(z) is multiplied by, the identity takes −t·(z + factor).
        let (k, weights, s) = (draft.challenges(), draft.weights(), &stated.statement);
        let inverse = k.z.inverse().unwrap();
        let x: Vec<Fr> = s.claims[0].x.iter().map(|&x| Fr::from(x)).collect();
        let factor = weights.claims[0] * naive::evaluate(&x, inverse) + k.gamma * weights.folds[0] * inverse.pow([6]);
        let t = -weights.claims[0] * lack(draft, 0) / (k.z + factor);
        draft.proof.product_value += t;
        draft.proof.fold_values[0] -= t;
        draft.witnesses();
    });
}

#[test]
fn openings_of_equal_weight_would_pay_for_each_other() {
    let stated = wrong(&[(0, 0, 1)]);
    let assume = |k: &mut super::super::rounds::Challenges| k.e = Fr::ONE;
    let mut draft = Draft::new(&stated, &assume);
    draft.folds();
    draft.product();
    draft.degree();
    // The combined polynomial, and B, each less what is said of it.
    let k = draft.challenges();
    let combined = naive::combine(&draft.a, &draft.us, k.nu);
    let said = naive::evaluate(&draft.b, k.z.inverse().unwrap()) - k.z * draft.weights().claims[0] * lack(&draft, 0);
    let rest = added(&combined, &[-naive::evaluate(&combined, k.z)]);
    draft.solve_witnesses(&added(&rest, &added(&draft.b, &[-said])));
    draft.passes_under_its_assumption_only();
}

/// Makes u_0 satisfy a claim that is false of the weights, by a constant; gives what `Σ Δ(F − u)` lacks for it.
fn lift(draft: &mut Draft<'_>) -> Fr {
    let v = lack(draft, 0) / Fr::from(draft.stated.statement.claims[0].x[0]);
    draft.us[0][0] += v;
    draft.folds();
    draft.weights().folds[0] * v
}

#[test]
fn widths_of_equal_weight_would_pay_for_each_other() {
    passes_only_if(&|k| k.e = Fr::ONE, &wrong(&[(0, 0, 1)]), &|draft| {
        let lacks = lift(draft);
        draft.product();
        // (X^12 − ρ) − (X^6 + ρ)(X^6 − ρ) = ρ² − ρ: the two quotients share a constant.
        let rho = draft.challenges().rho;
        let share = -lacks / (rho * rho - rho);
        let other = [&[rho][..], &[Fr::ZERO; 5], &[Fr::ONE]].concat();
        draft.quotients[0] = added(&draft.quotients[0], &scaled(&other, -share));
        draft.quotients[1] = added(&draft.quotients[1], &[share]);
        draft.degree();
        draft.witnesses();
    });
}

#[test]
fn a_width_of_the_weight_of_an_opening_would_be_paid_for_by_it() {
    // Committed is the constant more, opened what should have been committed: of B, then of A.
    passes_only_if(&|k| k.e = Fr::ONE, &wrong(&[(0, 0, 1)]), &|draft| {
        let lacks = lift(draft);
        draft.product();
        draft.b[0] += lacks;
        draft.degree();
        draft.b[0] -= lacks;
        draft.witnesses();
    });
    passes_only_if(&|k| k.e = Fr::ONE, &wrong(&[(0, 0, 1)]), &|draft| {
        let lacks = lift(draft);
        draft.a[0] += lacks;
        draft.product();
        draft.a[0] -= lacks;
        draft.degree();
        draft.witnesses();
    });
}

#[test]
fn a_degree_that_nothing_bounds_would_let_any_claim_through() {
    passes_only_if(&|k| k.gamma = Fr::ZERO, &wrong(&[(0, 0, 1)]), &|draft| {
        // u + v·(X^6 − ρ) is the same fold with q − v.
        let (rho, x) = (draft.challenges().rho, Fr::from(draft.stated.statement.claims[0].x[0]));
        let v = -lack(draft, 0) / (rho * x);
        draft.us[0] = added(&draft.us[0], &times_modulus(&[v], 6, rho));
        draft.qs[0] = added(&draft.qs[0], &[-v]);
        draft.finish();
    });
}
