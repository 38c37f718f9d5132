//! What each challenge would let through, were it known before what is committed ahead of it.

use super::super::rounds::{self, Challenges};
use super::draft::{Draft, added, lack, random, scaled, times_modulus};
use super::*;
use ark_ff::AdditiveGroup;
use num_bigint::{BigInt, Sign};
use std::array::from_fn;

/// The mixed statement with claim m wrong in its first row.
fn wrong(m: usize) -> Stated<'static> {
    let mut stated = mixed();
    stated.statement.claims[m].acc[0] += 1;
    stated
}

/// Small integers d with `Σ d_i ρ^i = 0`, by reducing the basis of all such d in pairs.
fn relation<const N: usize>(rho: Fr) -> [i64; N] {
    let integer = |v: Fr| BigInt::from_bytes_le(Sign::Plus, &crate::srs::points::encode_fr(&v));
    let mut basis: [[BigInt; N]; N] = from_fn(|i| from_fn(|j| BigInt::from(i32::from(i == j && i > 0))));
    basis[0][0] = integer(-Fr::ONE) + 1;
    for (i, p) in small::powers(rho, N).into_iter().enumerate().skip(1) {
        basis[i][0] = -integer(p);
    }
    let dot = |a: &[BigInt; N], b: &[BigInt; N]| a.iter().zip(b).map(|(a, b)| a * b).sum::<BigInt>();
    loop {
        let before: BigInt = basis.iter().map(|b| dot(b, b)).sum();
        for (i, j) in (0..N).flat_map(|i| (0..N).map(move |j| (i, j))).filter(|(i, j)| i != j) {
            let norm = dot(&basis[j], &basis[j]);
            let twice: BigInt = dot(&basis[i], &basis[j]) * 2;
            let nearest = if twice.sign() == Sign::Minus { twice - &norm } else { twice + &norm } / (&norm * 2);
            let shorter: [BigInt; N] = from_fn(|k| &basis[i][k] - &nearest * &basis[j][k]);
            if dot(&shorter, &shorter) < dot(&basis[i], &basis[i]) {
                basis[i] = shorter;
            }
        }
        if before == basis.iter().map(|b| dot(b, b)).sum() {
            break;
        }
    }
    let shortest = basis.iter().min_by_key(|b| dot(b, b)).unwrap();
    from_fn(|i| i64::try_from(&shortest[i]).unwrap())
}

#[test]
fn rho_known_before_the_accumulators_lets_wrong_ones_satisfy_its_equation() {
    let mut stated = mixed();
    let rho = rounds::begin(&stated.statement).unwrap().rho().0;
    let d = relation::<8>(rho);
    let sum: Fr = d.iter().zip(small::powers(rho, 8)).map(|(d, p)| Fr::from(*d) * p).sum();
    assert!(sum == Fr::ZERO && d.iter().any(|d| *d != 0));
    // Accumulators of no unusual size.
    assert!(d.iter().all(|d| d.unsigned_abs() < 1 << 40), "{d:?}");
    stated.statement.claims[0].acc.iter_mut().zip(d).for_each(|(acc, d)| *acc += d);
    Draft::new(&stated, &|k| k.rho = rho).finish().passes_under_its_assumption_only();
}

#[test]
fn delta_known_before_the_accumulators_lets_errors_of_two_claims_cancel() {
    // δ² is the weight of claim 2, 1 that of claim 0: with δ = 2 an error of −4 pays for one of 1.
    let mut stated = mixed();
    stated.statement.claims[0].acc[3] -= 4;
    stated.statement.claims[2].acc[3] += 1;
    Draft::new(&stated, &|k| k.delta = Fr::from(2)).finish().passes_under_its_assumption_only();
}

#[test]
fn gamma_known_before_the_product_lets_a_fold_exceed_its_degree() {
    let stated = wrong(0);
    for gamma in [Fr::ZERO, Fr::ONE, random()] {
        let assume = |k: &mut Challenges| k.gamma = gamma;
        let mut draft = Draft::new(&stated, &assume);
        // u + v·X·(X^D − ρ) is the same fold with q − v·X. ⟨u, x⟩ changes by −ρ·v·x_1, the degree term only above X^0.
        let (width, rho, x) = (6, draft.challenges().rho, Fr::from(stated.statement.claims[0].x[1]));
        let v = -lack(&draft, 0) / (rho * x);
        draft.us[0] = added(&draft.us[0], &times_modulus(&[Fr::ZERO, v], width, rho));
        draft.qs[0] = added(&draft.qs[0], &[Fr::ZERO, -v]);
        draft.folds();
        // γ·Δ·X^{−D}·u has γ·Δ·v at X: A pays for it.
        let weight = draft.weights().folds[0];
        draft.a[0] += gamma * weight * v;
        draft.product();
        draft.degree();
        draft.witnesses();
        draft.passes_under_its_assumption_only();
    }
}

#[test]
fn gamma_known_before_the_folds_lets_the_degree_term_pay_for_the_claim() {
    let stated = wrong(0);
    let gamma = random();
    let assume = |k: &mut Challenges| k.gamma = gamma;
    let mut draft = Draft::new(&stated, &assume);
    // u + v·(X^D − ρ): ⟨u, x⟩ changes by −ρ·v·x_0, and γ·X^{−D}·u adds γ·v to it. Δ is the claim's weight.
    let (rho, x) = (draft.challenges().rho, Fr::from(stated.statement.claims[0].x[0]));
    let v = lack(&draft, 0) / (gamma - rho * x);
    draft.us[0] = added(&draft.us[0], &times_modulus(&[v], 6, rho));
    draft.qs[0] = added(&draft.qs[0], &[-v]);
    draft.finish().passes_under_its_assumption_only();
}

#[test]
fn z_known_before_b_lets_any_b_through_that_is_right_there() {
    let stated = wrong(1);
    let z = random();
    let assume = |k: &mut Challenges| k.z = z;
    let mut draft = Draft::new(&stated, &assume);
    draft.folds();
    draft.product();
    // B(1/z) lacks −z·δ·(c − ⟨u, x⟩).
    let lacks = draft.weights().claims[1] * lack(&draft, 1);
    draft.b[0] -= z * lacks;
    draft.degree();
    draft.witnesses();
    draft.passes_under_its_assumption_only();
}

#[test]
fn nu_known_before_the_values_lets_two_of_them_lie() {
    let stated = wrong(0);
    for nu in [Fr::ONE, random()] {
        let assume = |k: &mut Challenges| k.nu = nu;
        let mut draft = Draft::new(&stated, &assume);
        draft.folds();
        draft.product();
        draft.degree();
        // u_1(z) + t and u_2(z) − t/ν open like u_1(z) and u_2(z); the identity needs t·k_1 − t/ν·k_2 = δ^m·lack.
        let (k, weights, s) = (draft.challenges(), draft.weights(), &stated.statement);
        let inverse = k.z.inverse().unwrap();
        let factor = |fold: usize| {
            let x = |c: &Claim| naive::evaluate(&c.x.iter().map(|&x| Fr::from(x)).collect::<Vec<_>>(), inverse);
            let claims = s.claims.iter().zip(&weights.claims).filter(|(c, _)| c.fold == fold);
            let degree = k.gamma * weights.folds[fold] * inverse.pow([s.folds[fold].width as u64]);
            claims.map(|(c, w)| *w * x(c)).sum::<Fr>() + degree
        };
        let t = weights.claims[0] * lack(&draft, 0) / (factor(0) - factor(1) / nu);
        draft.proof.fold_values[0] += t;
        draft.proof.fold_values[1] -= t / nu;
        draft.witnesses();
        draft.passes_under_its_assumption_only();
    }
}

#[test]
fn e_known_before_the_witnesses_proves_anything_from_nothing() {
    let stated = wrong(2);
    for e in [Fr::ONE, random()] {
        let assume = |k: &mut Challenges| k.e = e;
        let mut draft = Draft::new(&stated, &assume);
        // F = u + (X^D − ρ)·q, of each fold.
        let (rho, widths) = (draft.challenges().rho, stated.statement.widths());
        let folds = stated.statement.folds.iter().zip(draft.us.iter().zip(&draft.qs));
        let tiles: Vec<_> = folds.map(|(f, (u, q))| (f.width, added(u, &times_modulus(q, f.width, rho)))).collect();
        // u, A, B, q and the values stay zero. What is left is −e·B(1/z) + Σ e^{2+i}·Σ Δ·F.
        draft.us.iter_mut().for_each(Vec::clear);
        let (k, weights) = (draft.challenges(), draft.weights());
        let c: Fr = weights.claims.iter().enumerate().map(|(m, w)| *w * lack(&draft, m)).sum();
        let mut rest = vec![k.e * k.z * c];
        for (i, width) in widths.into_iter().enumerate() {
            for ((_, tile), own) in tiles.iter().zip(&weights.folds).filter(|((w, _), _)| *w == width) {
                rest = added(&rest, &scaled(tile, k.e.pow([2 + i as u64]) * own));
            }
        }
        draft.solve_witnesses(&rest);
        draft.passes_under_its_assumption_only();
    }
}
