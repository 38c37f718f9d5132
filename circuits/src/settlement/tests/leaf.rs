//! Leaves inside of a circuit are those that clients open, and nothing else.

use super::*;
use crate::r1cs::tests::{only, satisfied};
use crate::r1cs::{Group, System};
use crate::settlement::leaf::Committed;
use crate::settlement::unit::{count, fields, inputs, whole};
use ark_relations::gr1cs::ConstraintSystem;
use assay_model::program::{Element, Shape as Tensor};

const JOB: [u8; 32] = [6; 32];

/// Three chunks, of which the last has eight elements.
fn committed() -> Committed {
    let shape = Tensor { element: Element::I32, len: 520, header: 3 };
    let tensor = (0..520i32).flat_map(|i| (i * 7 - 900).to_le_bytes()).collect();
    Committed { salt: [3; 32], position: 5, step: 1 << 31, kind: 6, shape, header: vec![1, 2, 255], tensor }
}

/// A leaf with some chunks opened, as a circuit of its own.
struct Opened {
    committed: Committed,
    chunks: Vec<u32>,
    kind: Option<u8>,
}

impl Circuit for Opened {
    fn fits(&self) -> bool {
        self.committed.fits()
    }

    fn synthesize(&self, system: &mut System) -> Vec<crate::r1cs::Num> {
        let job = system.data(&JOB);
        let leaf = system.leaf(&job, &self.committed, self.kind, &self.chunks);
        leaf.fields.into_iter().chain(leaf.chunks.into_iter().map(|c| c.word)).collect()
    }
}

fn opened(chunks: &[u32]) -> Opened {
    Opened { committed: committed(), chunks: chunks.to_vec(), kind: None }
}

fn circuit(opened: &Opened) -> impl Fn(&mut System) {
    move |system| whole(system, opened, Fr::from(5u8))
}

#[test]
fn a_leaf_gives_the_fields_that_it_has_outside() {
    for chunks in [&[][..], &[2], &[0, 2], &[1, 0, 2]] {
        let opened = opened(chunks);
        let cs = ConstraintSystem::new_ref();
        let mut system = System::new(cs.clone());
        circuit(&opened)(&mut system);
        assert_eq!(system.finish().unwrap(), count(&opened).unwrap());
        assert!(cs.is_satisfied().unwrap());
        let mut want = opened.committed.fields(&JOB).to_vec();
        want.extend(chunks.iter().map(|c| opened.committed.opening(*c)));
        assert_eq!(fields(&opened), want, "chunks {chunks:?}");
        let digest = crate::settlement::unit::digest(&want);
        assert_eq!(cs.instance_assignment().unwrap()[1..], inputs(&want, digest, Fr::from(5u8)));
    }
}

#[test]
fn a_word_of_a_chunk_has_its_number_and_its_turns() {
    // Left has two chunks, right one: chunk 1 is a right child of a left child, chunk 2 the right child of the root.
    let committed = committed();
    assert_eq!(committed.opening(1), Fr::from(1u64 | 1 << 16));
    assert_eq!(committed.opening(2), Fr::from(2u64 | 1 << 16));
    assert_eq!(committed.opening(0), Fr::from(0u64));
}

#[test]
fn a_fixed_kind_and_a_kind_that_varies_give_the_same_fields() {
    let fixed = Opened { kind: Some(6), ..opened(&[0]) };
    assert_eq!(fields(&fixed), fields(&opened(&[0])));
}

#[test]
fn parts_of_a_place_stay_in_their_widths() {
    // A position of 2^32 more and a step of one less are the same place.
    only(Group::Unit, &[(Group::Unit, 31, 2), (Group::Unit, 32, -1)], circuit(&opened(&[])));
}

#[test]
fn chunks_of_two_tensors_have_no_common_leaf() {
    // Two chunks of which one has another sibling: the digests that they give differ.
    let honest = opened(&[0, 2]);
    assert!(satisfied(&[], None, circuit(&honest)));
    // The first eight words are the sibling of chunk 0, behind the bits of job and chunk.
    let sibling = 256 + 8 * 1024;
    assert!(!satisfied(&[(Group::Data, sibling, 1)], None, circuit(&honest)));
    assert!(
        satisfied(&[(Group::Data, sibling, 1)], None, circuit(&opened(&[0]))),
        "alone it is a leaf, of another tensor"
    );
}
