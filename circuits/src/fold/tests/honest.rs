//! What is true is accepted, whatever its shape, and nothing that is false beside it.

use super::*;

use proptest::prelude::*;

#[test]
fn an_honest_proof_of_mixed_shapes_is_accepted() {
    let stated = mixed();
    let proof = stated.prove();
    assert_eq!(stated.verify(&proof), Ok(()));
    let bytes = proof.encode();
    assert_eq!(bytes.len(), 64 * 3 + 32 * 2 + 160);
    assert_eq!(Proof::decode(&bytes, &stated.statement), Ok(proof));
}

#[test]
fn an_input_of_zeros_is_proved_with_the_identity() {
    let mut stated = mixed();
    for claim in &mut stated.statement.claims {
        claim.x.fill(0);
        claim.acc.fill(0);
    }
    let proof = stated.prove();
    assert!(proof.product.is_zero());
    assert_eq!(stated.verify(&Proof::decode(&proof.encode(), &stated.statement).unwrap()), Ok(()));
}

#[test]
fn folds_and_claims_that_are_repeated_are_proved_like_any_other() {
    let stated = WORLD.stated(&[(0, vec![0]), (0, vec![0])], &[0, 1, 0], 17);
    assert_eq!(stated.verify(&stated.prove()), Ok(()));
    let mut twice = stated.clone();
    twice.statement.claims.push(stated.statement.claims[0].clone());
    assert_eq!(twice.verify(&twice.prove()), Ok(()));
    // The proof of the claims without the repeated one is none of these.
    assert_eq!(twice.verify(&stated.prove()), Err(FoldError::Equation));
    twice.statement.claims[3].acc[9] += 1;
    assert_eq!(twice.verify(&twice.prove()), Err(FoldError::Equation));
}

#[test]
fn every_value_of_the_statement_is_proved() {
    let honest = mixed();
    let proof = honest.prove();
    let refused = |change: &dyn Fn(&mut Statement<'_>)| {
        let mut other = honest.clone();
        change(&mut other.statement);
        // Neither the honest proof nor one made for the false statement passes.
        assert_eq!(other.verify(&proof), Err(FoldError::Equation));
        assert_eq!(other.verify(&other.prove()), Err(FoldError::Equation));
    };
    for m in 0..honest.statement.claims.len() {
        refused(&|s| s.claims[m].acc[0] += 1);
        refused(&|s| *s.claims[m].acc.last_mut().unwrap() ^= 1 << 40);
        refused(&|s| s.claims[m].x[5] ^= 1);
        refused(&|s| s.claims[m].acc.swap(1, 2));
    }
}

#[test]
fn a_block_that_is_not_full_keeps_its_256_places() {
    // The last rows of one matrix before the first of another, as a step of several matrices has them.
    let mut stated = WORLD.stated(&[(0, vec![1])], &[0, 0], 19);
    let (next, rows) = WORLD.fold(3, &[0]);
    stated.statement.folds[0].blocks.extend(next.blocks.into_iter().map(|b| Block { chunk: 7, ..b }));
    stated.rows[0].extend(rows);
    for claim in &mut stated.statement.claims {
        claim.acc = stated.rows[0].iter().map(|row| product(row, &claim.x)).collect();
    }
    assert_eq!(stated.statement.claims[0].acc.len(), 44 + 256);
    assert_eq!(stated.verify(&stated.prove()), Ok(()));
    // A row of the second block at the place right behind the first one's last.
    stated.statement.claims[1].acc.swap(43, 44);
    assert_eq!(stated.verify(&stated.prove()), Err(FoldError::Equation));
}

/// Shapes of matrices, and of each one which chunks are folded and how many claims are made.
fn shapes() -> impl Strategy<Value = Vec<(usize, usize, usize, u8, usize)>> {
    let rows = prop_oneof![1usize..=40, 250usize..=262, 500usize..=600];
    proptest::collection::vec((rows, 2usize..=9, 0u32..=5, 1u8..=7, 1usize..=2), 1..=3)
        .prop_map(|all| all.into_iter().map(|(n, d, h, mask, claims)| (n, d, 1usize << h, mask, claims)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_small_shape_is_proved_and_no_changed_accumulator(shapes in shapes(), seed: u64, at: usize, by in 0u32..63) {
        let world = World::new(&shapes.iter().map(|s| (s.0, s.1, s.2)).collect::<Vec<_>>(), seed);
        let (mut folds, mut claims) = (Vec::new(), Vec::new());
        for (m, (rows, _, _, mask, n)) in shapes.iter().enumerate() {
            let all = 0..rows.div_ceil(BLOCK_ROWS) as u32;
            let mut chunks: Vec<u32> = all.filter(|c| mask >> c & 1 == 1).collect();
            if chunks.is_empty() {
                chunks.push(0);
            }
            folds.push((m, chunks));
            claims.extend(vec![m; *n]);
        }
        let mut stated = world.stated(&folds, &claims, seed);
        prop_assert_eq!(stated.verify(&stated.prove()), Ok(()));
        let claim = at % claims.len();
        let acc = &mut stated.statement.claims[claim].acc;
        let row = at % acc.len();
        acc[row] ^= 1 << by;
        prop_assert_eq!(stated.verify(&stated.prove()), Err(FoldError::Equation));
    }
}
