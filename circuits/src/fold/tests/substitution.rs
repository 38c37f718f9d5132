//! One thing in the place of another: folds, units, tiles.

use super::draft::passes_only_if;
use super::*;

/// `alike` with the tiles of fold 0 replaced.
fn with_tiles<'a>(stated: &Stated<'a>, tiles: &'a [G1Affine]) -> Stated<'a> {
    let mut other = stated.clone();
    other.statement.folds[0].blocks[0].tiles = tiles;
    other
}

/// Proofs with the rows that are claimed, and with the ones of the tiles, are refused.
fn refused_with(tiles: &[G1Affine], rows: &[Vec<i32>]) {
    let stated = alike();
    let mut stated = with_tiles(&stated, tiles);
    assert_eq!(stated.verify(&stated.prove()), Err(FoldError::Equation));
    stated.rows[0] = rows.to_vec();
    assert_eq!(stated.verify(&stated.prove()), Err(FoldError::Equation));
}

#[test]
fn the_tiles_of_another_matrix_or_model_do_not_prove_this_ones_claims() {
    // Matrix 3 has the shape of matrix 0.
    refused_with(&WORLD.matrices[3].tiles[..64], &WORLD.matrices[3].rows[..256]);
    let other = World::new(&[(300, 6, 4)], 8);
    refused_with(&other.matrices[0].tiles[..64], &other.matrices[0].rows[..256]);
}

#[test]
fn one_tile_that_differs_from_the_weights_is_seen() {
    let honest = &WORLD.matrices[0];
    for row in [0, 255] {
        let mut rows = honest.rows[..256].to_vec();
        rows[row][5] += 1;
        refused_with(&naive::tiles(&WORLD.srs, &rows, honest.tile), &rows);
    }
    let mut exchanged = honest.tiles[..64].to_vec();
    exchanged.swap(3, 4);
    let mut rows = honest.rows[..256].to_vec();
    for i in 0..4 {
        rows.swap(12 + i, 16 + i);
    }
    refused_with(&exchanged, &rows);
    let identity = vec![G1Affine::identity(); 64];
    refused_with(&identity, &vec![vec![0; 6]; 256]);
}

#[test]
fn other_chunks_of_the_same_matrix_do_not_answer_for_these() {
    // The verifier drew chunk 0 of matrix 2; the rig answers with chunk 1, whose rows it has.
    let asked = WORLD.stated(&[(2, vec![0])], &[0], 5);
    let answered = WORLD.stated(&[(2, vec![1])], &[0], 5);
    let mut mixed_up = asked.clone();
    mixed_up.statement.claims.clone_from(&answered.statement.claims);
    assert_eq!(mixed_up.verify(&answered.prove()), Err(FoldError::Equation));
    mixed_up.rows.clone_from(&answered.rows);
    assert_eq!(mixed_up.verify(&mixed_up.prove()), Err(FoldError::Equation));
}

#[test]
fn a_unit_proved_twice_does_not_stand_for_another() {
    // Asked: folds of matrices 0 and 3. Proved: matrix 0 twice, with claims that are true of it.
    let asked = alike();
    let twice = WORLD.stated(&[(0, vec![0]), (0, vec![0]), (1, vec![0])], &[0, 1, 2], 13);
    let proof = twice.prove();
    assert_eq!(twice.verify(&proof), Ok(()));
    let mut claimed = asked.clone();
    claimed.statement.claims.clone_from(&twice.statement.claims);
    claimed.rows.clone_from(&twice.rows);
    assert_eq!(claimed.verify(&proof), Err(FoldError::Equation));
    assert_eq!(claimed.verify(&claimed.prove()), Err(FoldError::Equation));
    // Or one u and its value for both.
    let mut repeated = asked.prove();
    (repeated.folds[1], repeated.fold_values[1]) = (repeated.folds[0], repeated.fold_values[0]);
    assert_eq!(asked.verify(&repeated), Err(FoldError::Equation));
}

#[test]
fn units_that_exchange_their_folds_pass_only_if_claims_weighed_the_same() {
    // The same x for both, and each other's products.
    let mut stated = alike();
    let x = stated.statement.claims[0].x.clone();
    stated.statement.claims[1].x.clone_from(&x);
    for (claim, rows) in [(0, 1), (1, 0)] {
        stated.statement.claims[claim].acc = stated.rows[rows].iter().map(|row| product(row, &x)).collect();
    }
    passes_only_if(&|k| k.delta = Fr::ONE, &stated, &|draft| {
        draft.us.swap(0, 1);
        draft.finish();
    });
    // Exchanged in the finished proof.
    let mut proof = stated.prove();
    proof.folds.swap(0, 1);
    proof.fold_values.swap(0, 1);
    assert_eq!(alike().verify(&proof), Err(FoldError::Equation));
}

#[test]
fn an_answer_to_another_challenge_is_refused() {
    let asked = alike();
    let mut before = asked.clone();
    before.statement.context.challenge = [5; 32];
    let proof = before.prove();
    assert_eq!(before.verify(&proof), Ok(()));
    assert_eq!(asked.verify(&proof), Err(FoldError::Equation));
}
