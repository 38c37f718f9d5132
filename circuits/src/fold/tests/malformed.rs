//! Statements that no proof can be about, each with one fault, are refused for it.

use super::*;

/// What `check` and `verify` say of the mixed statement after a change.
fn refused(change: impl Fn(&mut Statement<'_>)) -> &'static str {
    let stated = mixed();
    let proof = stated.prove();
    let mut other = stated.clone();
    change(&mut other.statement);
    let Err(FoldError::Statement(what)) = other.statement.check() else { panic!("{:?}", other.statement.check()) };
    // With as many folds and widths as the proof has, the verifier says the same.
    if (other.statement.folds.len(), other.statement.widths().len()) == (3, 2) {
        assert_eq!(other.verify(&proof), Err(FoldError::Statement(what)));
    }
    what
}

#[test]
fn a_statement_without_claims_is_refused_even_with_the_empty_proof() {
    assert_eq!(refused(|s| s.claims.clear()), "it has no claim");
    let nothing = Statement { folds: vec![], claims: vec![], ..mixed().statement };
    let none = G1Affine::identity();
    let empty = Proof {
        folds: vec![],
        product: none,
        degree: none,
        quotients: vec![],
        fold_values: vec![],
        product_value: Fr::from(0),
        at_z: none,
        at_inverse: none,
    };
    assert_eq!(verify(&nothing, &power, &empty), Err(FoldError::Statement("it has no claim")));
}

#[test]
fn shapes_outside_their_ranges_are_refused() {
    for width in [0, 1, (1 << 20) + 1, usize::MAX] {
        assert_eq!(refused(|s| s.folds[0].width = width), "width of a matrix");
    }
    for tile in [0, 3, 6, 512, usize::MAX] {
        assert_eq!(refused(|s| s.folds[0].tile = tile), "tile height");
    }
    assert_eq!(refused(|s| s.folds[0].blocks[1].rows = 0), "rows of a block");
    assert_eq!(refused(|s| s.folds[0].blocks[0].rows = 257), "rows of a block");
    assert_eq!(refused(|s| s.folds[0].blocks.clear()), "a fold without rows");
}

#[test]
fn the_largest_shapes_are_accepted() {
    let mut s = mixed().statement;
    s.claims.truncate(1);
    s.folds.truncate(1);
    (s.folds[0].width, s.claims[0].x) = (1 << 20, vec![0; 1 << 20]);
    assert_eq!(s.check(), Ok(()));
    s.folds[0].tile = 256;
    s.folds[0].blocks.iter_mut().for_each(|b| b.tiles = &b.tiles[..1]);
    assert_eq!(s.check(), Ok(()));
}

#[test]
fn a_chunk_stands_once_and_in_order() {
    assert_eq!(refused(|s| s.folds[2].blocks.swap(0, 1)), "chunks out of order");
    assert_eq!(refused(|s| s.folds[2].blocks[1].chunk = 0), "chunks out of order");
}

#[test]
fn a_block_has_a_tile_for_every_h_rows() {
    for n in [0, 10] {
        assert_eq!(refused(|s| s.folds[0].blocks[1].tiles = &WORLD.matrices[0].tiles[..n]), "tiles of a block");
    }
    assert_eq!(refused(|s| s.folds[0].blocks[1].rows = 48), "tiles of a block");
}

#[test]
fn a_claim_has_the_lengths_of_its_fold() {
    assert_eq!(refused(|s| s.claims[1].fold = 3), "a claim about no fold");
    assert_eq!(refused(|s| s.claims[1].fold = usize::MAX), "a claim about no fold");
    assert_eq!(refused(|s| s.claims[1].x.push(0)), "length of an input");
    assert_eq!(refused(|s| _ = s.claims[1].x.pop()), "length of an input");
    assert_eq!(refused(|s| s.claims[1].acc.push(0)), "number of accumulators");
    assert_eq!(refused(|s| _ = s.claims[1].acc.pop()), "number of accumulators");
}

#[test]
fn a_fold_that_nobody_claims_anything_of_is_refused() {
    assert_eq!(refused(|s| s.claims[2] = s.claims[0].clone()), "a fold without claim");
}
