//! Manifests that decode, and that a client cannot check with.

use crate::case::MODEL;
use assay_circuits::srs::points::{PointError, encode_g1};
use assay_circuits::srs::widths::Widths;
use assay_circuits::srs::{development, known};
use assay_model::manifest::{Manifest, TensorEntry, Tiles};
use assay_prover::commitments;
use assay_prover::cpu::platform::Tier;
use assay_prover::fold::check::CheckError;
use assay_tests::public::{core, published};
use assay_verifier::public::{PublicError, PublicModel};

/// Code of the manifest with some change.
fn code(change: impl FnOnce(&mut Manifest)) -> &'static str {
    let mut manifest = published(&MODEL).manifest.clone();
    change(&mut manifest);
    assert_eq!(Manifest::decode(&manifest.encode()).as_ref(), Ok(&manifest), "it decodes");
    PublicModel::new(&manifest).map(|_| ()).expect_err("it can be used").code()
}

fn entry<'m>(m: &'m mut Manifest, name: &str) -> &'m mut TensorEntry {
    m.tensors.iter_mut().find(|t| t.name == name).expect("a tensor")
}

fn tiles<'m>(m: &'m mut Manifest, name: &str) -> &'m mut Tiles {
    let number = m.tensors.iter().position(|t| t.name == name).expect("a tensor");
    &mut m.commitments.as_mut().expect("commitments").tiles[number]
}

const DOWN: &str = "blk.1.ffn_down.weight";

#[test]
fn a_manifest_without_commitments_cannot_be_checked_with() {
    assert_eq!(code(|m| m.commitments = None), "manifest-no-commitments");
}

#[test]
fn every_tensor_is_there_once_in_its_shape() {
    let remove = |m: &mut Manifest, name: &str| {
        let number = m.tensors.iter().position(|t| t.name == name).expect("a tensor");
        m.tensors.remove(number);
        m.commitments.as_mut().expect("commitments").tiles.remove(number);
    };
    assert_eq!(code(|m| remove(m, DOWN)), "manifest-tensor");
    assert_eq!(code(|m| remove(m, "blk.2.attn_norm.weight")), "manifest-tensor");
    assert_eq!(code(|m| remove(m, "token_embd.weight")), "manifest-tensor");
    // Then the head would be the embedding, which has no commitments.
    assert_eq!(code(|m| remove(m, "output.weight")), "manifest-entry");
    assert_eq!(
        code(|m| {
            let twice = m.tensors[3].clone();
            m.tensors.push(twice);
            let tiles = &mut m.commitments.as_mut().expect("commitments").tiles;
            tiles.push(tiles[3].clone());
        }),
        "manifest-tensor"
    );
    assert_eq!(code(|m| entry(m, DOWN).dims.reverse()), "manifest-entry");
    assert_eq!(code(|m| entry(m, "output_norm.weight").dims[0] += 1), "manifest-entry");
    assert_eq!(code(|m| entry(m, "token_embd.weight").dims[1] -= 1), "manifest-entry");
    for k in [-33, 33] {
        assert_eq!(code(|m| entry(m, DOWN).k = k), "manifest-entry");
    }
    assert_eq!(code(|m| entry(m, DOWN).max_abs = 1 << 20), "manifest-entry");
}

#[test]
fn every_tile_has_one_commitment_that_is_a_point() {
    assert_eq!(code(|m| tiles(m, DOWN).points.truncate(1)), "manifest-entry");
    assert_eq!(code(|m| tiles(m, DOWN).points.push([0; 32])), "manifest-entry");
    for height in [0, 3, 512] {
        assert_eq!(code(|m| tiles(m, DOWN).height = height), "manifest-entry", "height {height}");
    }
    // Two parts of one step under different heights: both lists have their length.
    assert_eq!(
        code(|m| {
            let k = tiles(m, "blk.1.attn_k.weight");
            *k = Tiles { height: 32, points: vec![k.points[0]; 2] };
        }),
        "manifest-entry"
    );
    assert_eq!(code(|m| tiles(m, DOWN).points[1] = [0xff; 32]), "manifest-point");
    let manifest = |points: [u8; 32]| {
        let mut manifest = published(&MODEL).manifest.clone();
        tiles(&mut manifest, DOWN).points[1] = points;
        PublicModel::new(&manifest).expect_err("no point")
    };
    let all = manifest([0x3f; 32]);
    assert!(
        matches!(&all, PublicError::Point { tensor, tile: 1, error: PointError::Coordinate } if tensor == DOWN),
        "{all}"
    );
}

#[test]
fn tables_follow_from_their_parameters() {
    assert_eq!(code(|m| m.tables[0].1[0] ^= 1), "manifest-tables");
    assert_eq!(code(|m| drop(m.tables.pop())), "manifest-tables");
    assert_eq!(code(|m| m.tables.swap(0, 1)), "manifest-tables");
}

#[test]
fn powers_are_those_of_one_tau_and_of_every_width() {
    let powers = |m: &mut Manifest, change: &dyn Fn(&mut Vec<u8>)| {
        change(&mut m.commitments.as_mut().expect("commitments").powers)
    };
    assert_eq!(code(|m| powers(m, &Vec::clear)), "manifest-powers");
    assert_eq!(code(|m| powers(m, &|p| p.push(0))), "manifest-powers");
    let of = |widths: &[u32]| {
        let g1 = development::powers(1 << 10);
        let chain = Widths::prove(widths, &|e| g1.get(e as usize).copied(), &|e| Some(development::power2(e.into())));
        chain.expect("ascending widths").encode()
    };
    assert_eq!(code(|m| powers(m, &|p| *p = of(&[128, 320]))), "manifest-width");
    // A power of another tau among the others.
    let g1 = development::powers(1 << 10);
    let shifted = Widths::prove(&[128, 320, 600], &|e| g1.get(e as usize + usize::from(e == 600)).copied(), &|e| {
        Some(development::power2(u64::from(e) + u64::from(e == 600)))
    });
    assert_eq!(code(|m| powers(m, &|p| *p = shifted.as_ref().expect("a list").encode())), "manifest-powers");
}

#[test]
fn a_manifest_names_the_tau_that_it_was_made_with() {
    let public = PublicModel::new(&published(&MODEL).manifest).expect("a manifest");
    assert_eq!(public.key.id(), known::id(&development::tau2()));
    assert_eq!(known::name(&public.key.id()), Some(development::NAME));
}

/// What a rig says about commitments that are not those of its weights.
fn of_weights(change: impl FnOnce(&mut Manifest)) -> Result<(), CheckError> {
    let made = published(&MODEL);
    let mut manifest = made.manifest.clone();
    change(&mut manifest);
    let srs = made.public().key.id();
    commitments::check(Tier::detect(), &MODEL, &manifest, &srs, &made.committed.powers)
}

#[test]
fn a_rig_notices_commitments_that_are_not_those_of_its_weights() {
    assert_eq!(of_weights(|_| {}), Ok(()));
    let swapped = of_weights(|m| tiles(m, DOWN).points.swap(0, 1));
    assert_eq!(swapped, Err(CheckError::Commitments), "two tiles exchanged");
    let others = published(&assay_tests::toy::model(assay_tests::toy::large(), 2));
    let foreign = of_weights(|m| m.commitments = others.manifest.commitments.clone());
    assert_eq!(foreign, Err(CheckError::Commitments), "another model's tiles");
    let nothing = of_weights(|m| tiles(m, DOWN).points[0] = encode_g1(&Default::default()));
    assert_eq!(nothing, Err(CheckError::Commitments), "the identity");
    assert!(matches!(of_weights(|m| tiles(m, DOWN).points.truncate(1)), Err(CheckError::Shape(_))));
    assert!(matches!(of_weights(|m| tiles(m, DOWN).points[0] = [0xff; 32]), Err(CheckError::Shape(_))));
}

#[test]
fn what_weights_alone_give_does_not_depend_on_the_powers() {
    assert_eq!(published(&MODEL).manifest.core(), core(&MODEL));
}
