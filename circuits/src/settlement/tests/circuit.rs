//! What the circuit is satisfied by, and for each of its own groups a lie that this group alone refuses.

use super::*;
use crate::r1cs::tests::{only, refused_only, satisfied};
use crate::r1cs::{Group, System};
use crate::settlement::unit::whole;
use ark_relations::gr1cs::ConstraintSystem;

fn beta() -> Fr {
    -Fr::from(77u64 << 40)
}

fn circuit(toy: &Toy) -> impl Fn(&mut System) {
    move |system| whole(system, &toy.circuit(), beta())
}

fn with(toy: &Toy, change: impl FnOnce(&mut Witness)) -> Toy {
    let mut toy = toy.clone();
    change(&mut toy.witness);
    toy
}

#[test]
fn an_honest_witness_gives_the_public_inputs_of_its_statement() {
    for toy in small().into_iter().chain([Toy::new(StepKind::Down, 1)]) {
        let cs = ConstraintSystem::new_ref();
        let mut system = System::new(cs.clone());
        circuit(&toy)(&mut system);
        assert_eq!(system.finish().unwrap().total(), cs.num_constraints());
        assert!(cs.is_satisfied().unwrap(), "{}", toy.shape);
        let statement = toy.statement();
        assert!(statement.is_well_formed(&toy.shape));
        let want = statement.inputs(&toy.shape, statement.digest(&toy.shape), beta());
        assert_eq!(cs.instance_assignment().unwrap()[1..], want);
    }
}

#[test]
fn a_circuit_has_the_same_constraints_whatever_its_witness() {
    for toy in small() {
        let mut system = System::counting();
        circuit(&toy)(&mut system);
        assert_eq!(system.finish().unwrap(), count(&toy.shape).unwrap());
    }
}

#[test]
fn a_whole_chunk_in_a_tree_of_several_is_shown() {
    // 256 rows at depth 2, of which six are real: those that pad the part have accumulators of 0.
    let mut toy = Toy::new(StepKind::Qkv, 1);
    assert_eq!((toy.shape.rows, toy.shape.depth), (256, 2));
    let mut y = vec![9; toy.shape.len];
    toy.witness.accumulators[6..].fill(0);
    y[256..262].copy_from_slice(&toy.witness.output.elements[..6]);
    y[262..512].fill(0);
    toy.witness.output = Opening::new([2; 32], Vec::new(), &y, 1).unwrap();
    assert!(satisfied(&[], None, circuit(&toy)));
}

#[test]
fn what_is_false_of_a_chunk_is_not_shown() {
    let [o, head] = small();
    let refused = |toy: Toy| assert!(!satisfied(&[], None, circuit(&toy)));
    refused(with(&o, |w| w.output.elements[1] += 1));
    refused(with(&o, |w| w.accumulators[2] += 1 << 40));
    refused(with(&o, |w| w.residual.as_mut().unwrap().elements[0] -= 1));
    refused(with(&o, |w| w.unit.exponent += 1));
    refused(with(&head, |w| w.output.elements[3] -= 1));
    refused(with(&head, |w| w.unit.exponent -= 1));
}

#[test]
fn committed_bits_are_bits() {
    // x_0 less 2^16 and x_1 less 1 are the same four bytes. The digest of the job is read before them.
    let (sign, lowest) = (256 + 15, 256 + 16);
    only(Group::Data, &[(Group::Data, sign, 2), (Group::Data, lowest, -1)], circuit(&small()[1]));
}

#[test]
fn parts_of_a_unit_stay_in_their_widths() {
    // A position of 2^32 more and an input step of one less are the same field.
    only(Group::Unit, &[(Group::Unit, 31, 2), (Group::Unit, 32, -1)], circuit(&small()[1]));
}

#[test]
fn header_scalars_out_of_range_are_refused() {
    let norm = |change: &dyn Fn(&mut Scalars)| {
        let mut scalars = SCALARS;
        change(&mut scalars);
        Toy::with(StepKind::Head, 2, scalars)
    };
    let fits = |toy: &Toy| satisfied(&[], None, circuit(toy));
    let edges: [&dyn Fn(&mut Scalars); 4] =
        [&|s| s.scale.r = 1 << 15, &|s| s.scale.r = 1 << 16, &|s| s.scale.j = -15, &|s| s.scale.j = 16];
    assert!(edges.iter().all(|edge| fits(&norm(edge))));
    let beyond: [&dyn Fn(&mut Scalars); 6] = [
        &|s| s.scale.r = (1 << 15) - 1,
        &|s| s.scale.r = (1 << 16) + 1,
        &|s| s.scale.j = -16,
        &|s| s.scale.j = 17,
        &|s| s.scale.s1 = 18,
        &|s| s.scale.s2 = 16,
    ];
    for change in beyond {
        refused_only(Group::Header, &[], circuit(&norm(change)));
    }
    // A partial of a chunk: s1 stands first, s2 behind it.
    let [o, head] = small();
    refused_only(Group::Header, &[], circuit(&with(&head, |w| w.input.header[0] = 18)));
    refused_only(Group::Header, &[], circuit(&with(&head, |w| w.input.header[1] = 16)));
    // Of attn_pack up to 17 is in range, of act up to 63.
    refused_only(Group::Header, &[], circuit(&with(&o, |w| w.input.header[0] = 18)));
    let down = Toy::new(StepKind::Down, 1);
    assert!(fits(&with(&down, |w| w.input.header[0] = 63)));
    refused_only(Group::Header, &[], circuit(&with(&down, |w| w.input.header[0] = 64)));
}

#[test]
fn a_mantissa_of_minus_2_to_the_15_is_refused() {
    refused_only(Group::Mantissa, &[], circuit(&with(&small()[0], |w| w.input.elements[5] = i16::MIN)));
}

#[test]
fn the_public_inputs_are_the_statements() {
    let [o, _] = small();
    only(Group::Public, &[(Group::Public, 0, 1)], circuit(&o));
    only(Group::Public, &[(Group::Public, 2, 1)], circuit(&o));
}

#[test]
fn a_chunk_of_logits_has_its_own_maximum_in_the_header() {
    let [_, head] = small();
    let low = with(&head, |w| w.output.header[8] ^= 1);
    refused_only(Group::Maximum, &[], circuit(&low));
    // The true maximum as the entry of another chunk.
    let moved = with(&head, |w| {
        let own: [u8; 4] = w.output.header[8..12].try_into().unwrap();
        w.output.header[4..8].copy_from_slice(&own);
        w.output.header[8] ^= 1;
    });
    let (other, own) = (2, 4);
    refused_only(Group::Maximum, &[(Group::Maximum, other, 1), (Group::Maximum, own, -1)], circuit(&moved));
}
