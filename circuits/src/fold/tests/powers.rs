//! Powers of tau from the wrong hands: whoever knows the s of a [s]_2 in their place proves anything.

use super::draft::{Draft, lack};
use super::*;

const KNOWN: u64 = 424_242;

/// [s]_2 in place of the power `exponent`.
fn replaced(exponent: usize) -> impl Fn(usize) -> Option<G2Affine> {
    let s = (G2Projective::generator() * Fr::from(KNOWN)).into_affine();
    move |e| if e == exponent { Some(s) } else { power(e) }
}

#[test]
fn a_known_s_in_place_of_a_width_folds_anything() {
    let mut stated = mixed();
    stated.statement.claims[0].acc[0] += 1;
    let mut draft = Draft::new(&stated, &|_| ());
    // Any u that satisfies the claim; the fold equation is then solved for q, as (s − ρ) has an inverse.
    let v = lack(&draft, 0) / Fr::from(stated.statement.claims[0].x[0]);
    let honest = naive::commit(stated.srs, &draft.us[0]);
    draft.us[0][0] += v;
    draft.folds();
    let (k, weight) = (draft.challenges(), draft.weights().folds[0]);
    draft.product();
    draft.degree();
    // C_F of all folds of width 6, from their honest u and q: Σ Δ(C_F − C_u) = Σ Δ(τ^6 − ρ)·q − Δ_0·v.
    let folds = [0, 2].map(|f| {
        let tau = Fr::from(TAU).pow([6]);
        naive::commit(stated.srs, &draft.qs[f]) * ((tau - k.rho) * draft.weights().folds[f])
    });
    let error = (naive::commit(stated.srs, &draft.us[0]) - honest) * weight;
    let quotient = (folds[0] + folds[1] - error) * (Fr::from(KNOWN) - k.rho).inverse().unwrap();
    draft.proof.quotients[0] = quotient.into_affine();
    values(&mut draft);
    assert_eq!(verify(&stated.statement, &replaced(6), &draft.proof), Ok(()));
    assert_eq!(stated.verify(&draft.proof), Err(FoldError::Equation));
}

/// After a quotient that is no commitment to a polynomial: the values and witnesses.
fn values(draft: &mut Draft<'_>) {
    let z = draft.challenges().z;
    draft.proof.fold_values = draft.us.iter().map(|u| naive::evaluate(u, z)).collect();
    draft.proof.product_value = naive::evaluate(&draft.a, z);
    draft.witnesses();
}

#[test]
fn a_known_s_in_place_of_tau_opens_anything() {
    let mut stated = mixed();
    stated.statement.claims[0].acc[0] += 1;
    let mut draft = Draft::new(&stated, &|_| ());
    draft.folds();
    draft.product();
    draft.degree();
    let (k, weights) = (draft.challenges(), draft.weights());
    // B at 1/z is not what follows from the accumulators; its witness is solved for, as (s − 1/z) has an inverse. The
    // other opening too, because its own witness is for τ.
    let inverse = k.z.inverse().unwrap();
    let b_at = naive::evaluate(&draft.b, inverse) - k.z * weights.claims[0] * lack(&draft, 0);
    let s = Fr::from(KNOWN);
    let open = |commitment: G1Affine, value: Fr, at: Fr| {
        ((commitment - G1Projective::generator() * value) * (s - at).inverse().unwrap()).into_affine()
    };
    let nu = k.nu;
    let mut combined = draft.proof.product.into_group();
    let (mut value, mut weight) = (draft.proof.product_value, Fr::ONE);
    for (c, v) in draft.proof.folds.iter().zip(&draft.proof.fold_values) {
        weight *= nu;
        combined += *c * weight;
        value += weight * v;
    }
    draft.proof.at_z = open(combined.into_affine(), value, k.z);
    draft.proof.at_inverse = open(draft.proof.degree, b_at, inverse);
    assert_eq!(verify(&stated.statement, &replaced(1), &draft.proof), Ok(()));
    assert_eq!(stated.verify(&draft.proof), Err(FoldError::Equation));
}

#[test]
fn powers_of_another_tau_are_refused() {
    let other = |e: usize| Some((G2Projective::generator() * Fr::from(3).pow([e as u64])).into_affine());
    let stated = mixed();
    assert_eq!(verify(&stated.statement, &other, &stated.prove()), Err(FoldError::Equation));
}

#[test]
fn a_power_that_is_not_there_is_named() {
    let stated = mixed();
    let proof = stated.prove();
    for missing in [1, 6, 12] {
        let without = |e| if e == missing { None } else { power(e) };
        assert_eq!(verify(&stated.statement, &without, &proof), Err(FoldError::Width(missing as u32)));
    }
}
