//! What a proof is bound to: all that the statement says and everything that was sent before.

use super::super::rounds::{Challenges, begin};
use super::*;

fn rho(statement: &Statement<'_>) -> Fr {
    begin(statement).unwrap().rho().0
}

type Change<T> = (&'static str, fn(&mut T));

/// One change to each part of the statement, every one of which leaves it well formed.
fn changes() -> Vec<Change<Statement<'static>>> {
    vec![
        ("powers of tau", |s| s.context.srs[0] ^= 1),
        ("manifest", |s| s.context.manifest[31] ^= 1),
        ("receipt", |s| s.context.receipt[7] ^= 1),
        ("challenge", |s| s.context.challenge[0] ^= 0x80),
        ("matrix", |s| s.folds[1].matrix += 1),
        ("chunk", |s| s.folds[2].blocks[1].chunk += 1),
        ("input", |s| s.claims[3].x[0] ^= 1),
        ("accumulator", |s| s.claims[3].acc[69] ^= 1),
        ("another fold of the claim", |s| (s.claims[0].fold, s.claims[2].fold) = (2, 0)),
        ("order of the claims", |s| s.claims.swap(1, 3)),
        ("order of the folds", |s| {
            s.folds.swap(0, 2);
            s.claims.iter_mut().for_each(|c| c.fold = 2 - c.fold);
        }),
        ("a claim twice", |s| s.claims.push(s.claims[0].clone())),
        ("tile height", |s| {
            s.folds[0].tile *= 2;
            s.folds[0].blocks.iter_mut().for_each(|b| b.tiles = &b.tiles[..b.rows.div_ceil(8)]);
        }),
        ("rows of a block", |s| {
            s.folds[2].blocks[1].rows -= 1;
            s.folds[2].blocks[1].tiles = &s.folds[2].blocks[1].tiles[1..];
            s.claims[2].acc.pop();
        }),
    ]
}

#[test]
fn whatever_the_statement_says_moves_rho_and_so_nothing_of_it_can_be_chosen_by_rho() {
    let stated = mixed();
    let before = rho(&stated.statement);
    for (what, change) in changes() {
        let mut other = stated.statement.clone();
        change(&mut other);
        // A claim that changes its fold takes lengths along: only where the statement stays well formed.
        if other.check().is_ok() {
            assert_ne!(rho(&other), before, "{what}");
        } else {
            assert_eq!(what, "another fold of the claim");
        }
    }
}

#[test]
fn a_proof_is_refused_for_another_statement() {
    let stated = mixed();
    let proof = stated.prove();
    for (what, change) in changes() {
        let mut other = stated.clone();
        change(&mut other.statement);
        if other.statement.check().is_ok() {
            assert_eq!(other.verify(&proof), Err(FoldError::Equation), "{what}");
        }
    }
}

#[test]
fn widths_and_claims_on_equal_folds_are_told_apart() {
    let twice = WORLD.stated(&[(0, vec![0]), (0, vec![0])], &[0, 1], 17).statement;
    let mut exchanged = twice.clone();
    (exchanged.claims[0].fold, exchanged.claims[1].fold) = (1, 0);
    assert_ne!(rho(&twice), rho(&exchanged));
    // Rows cut into blocks otherwise.
    let mut cut = mixed().statement;
    cut.claims.retain(|c| c.fold == 2);
    cut.folds.drain(..2);
    cut.claims.iter_mut().for_each(|c| c.fold = 0);
    let mut other = cut.clone();
    for (block, rows) in other.folds[0].blocks.iter_mut().zip([88, 256]) {
        block.rows = rows;
        block.tiles = &WORLD.matrices[2].tiles[..rows];
    }
    assert_eq!(other.check(), Ok(()));
    assert_ne!(rho(&cut), rho(&other));
}

/// Changes to a proof's parts, behind the first challenge that each must move: 1 δ, 2 γ, 3 z, 4 ν, 5 e.
fn parts() -> Vec<(usize, Change<Proof>)> {
    vec![
        (1, ("fold 0", |p| p.folds[0] = -p.folds[0])),
        (1, ("fold 2", |p| p.folds[2] = -p.folds[2])),
        (1, ("order of the folds", |p| p.folds.swap(0, 1))),
        (2, ("A", |p| p.product = -p.product)),
        (3, ("B", |p| p.degree = -p.degree)),
        (3, ("quotient 0", |p| p.quotients[0] = -p.quotients[0])),
        (3, ("quotient 1", |p| p.quotients[1] = -p.quotients[1])),
        (4, ("value 0", |p| p.fold_values[0] += Fr::ONE)),
        (4, ("value 2", |p| p.fold_values[2] += Fr::ONE)),
        (4, ("A(z)", |p| p.product_value += Fr::ONE)),
        (5, ("witness at z", |p| p.at_z = -p.at_z)),
        (5, ("witness at 1/z", |p| p.at_inverse = -p.at_inverse)),
        (5, ("order of the witnesses", |p| std::mem::swap(&mut p.at_z, &mut p.at_inverse))),
    ]
}

#[test]
fn each_challenge_is_drawn_after_all_that_is_to_be_fixed_before_it() {
    let stated = mixed();
    let proof = stated.prove();
    let list = |proof: &Proof| {
        let k = Challenges::draw(&stated.statement, proof).unwrap();
        [k.rho, k.delta, k.gamma, k.z, k.nu, k.e]
    };
    let before = list(&proof);
    for (first, (what, change)) in parts() {
        let mut other = proof.clone();
        change(&mut other);
        for (i, (now, before)) in list(&other).iter().zip(&before).enumerate() {
            assert_eq!(now != before, i >= first, "{what} and challenge {i}");
        }
    }
}

#[test]
fn every_part_of_a_proof_is_needed_as_it_is() {
    let stated = mixed();
    let proof = stated.prove();
    for (_, (what, change)) in parts() {
        let mut other = proof.clone();
        change(&mut other);
        assert_eq!(stated.verify(&other), Err(FoldError::Equation), "{what}");
    }
}

#[test]
fn a_challenge_of_zero_is_refused_before_anything_is_believed() {
    use super::super::verify::equations;
    let stated = mixed();
    let proof = stated.prove();
    let drawn = Challenges::draw(&stated.statement, &proof).unwrap();
    let under = |k: &Challenges| equations(&stated.statement, &power, &proof, k);
    assert_eq!(under(&drawn), Ok(()));
    let zero = Fr::from(0);
    assert_eq!(under(&Challenges { rho: zero, ..drawn }), Err(FoldError::ZeroChallenge));
    assert_eq!(under(&Challenges { z: zero, ..drawn }), Err(FoldError::ZeroChallenge));
}
