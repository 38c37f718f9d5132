//! What gadgets accept, and for every group of constraints a lie that it alone refuses.

mod attention_rotation;
mod blake3;
mod block;
mod lookup;
mod mean;
mod numbers;
mod parameters;
mod poseidon;
mod root;
mod rounding;

use super::*;
use ark_bn254::Fr;
use ark_relations::gr1cs::ConstraintSystem;

/// Lies of a prover: offsets of variables, counted within their group, and a group whose constraints are left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lies {
    pub(crate) dropped: Option<Group>,
    pub(crate) offsets: Vec<(Group, usize, Fr)>,
    seen: [usize; Group::ALL.len()],
}

impl Lies {
    pub(crate) fn told(&mut self, group: Group, value: Fr) -> Fr {
        let n = self.seen[group as usize];
        self.seen[group as usize] += 1;
        self.offsets.iter().filter(|o| (o.0, o.1) == (group, n)).fold(value, |v, o| v + o.2)
    }
}

/// Whether `circuit` is satisfied under these lies.
pub(crate) fn satisfied(
    offsets: &[(Group, usize, i64)],
    dropped: Option<Group>,
    circuit: impl Fn(&mut System),
) -> bool {
    let offsets: Vec<_> = offsets.iter().map(|(g, n, by)| (*g, *n, Fr::from(*by))).collect();
    satisfied_by(&offsets, dropped, circuit)
}

/// As [`satisfied`], under lies of any size.
pub(crate) fn satisfied_by(
    offsets: &[(Group, usize, Fr)],
    dropped: Option<Group>,
    circuit: impl Fn(&mut System),
) -> bool {
    let cs = ConstraintSystem::new_ref();
    let mut system = System::new(cs.clone());
    let offsets = offsets.to_vec();
    system.lies = Lies { dropped, offsets, ..Lies::default() };
    circuit(&mut system);
    let counts = system.finish().unwrap();
    assert_eq!(counts.total(), cs.num_constraints());
    cs.is_satisfied().unwrap()
}

/// That `circuit` is satisfied, not so under these lies, and again if `group` is left out: so that nothing else refuses them.
pub(crate) fn only(group: Group, offsets: &[(Group, usize, i64)], circuit: impl Fn(&mut System)) {
    assert!(satisfied(&[], None, &circuit), "the honest assignment");
    refused_only(group, offsets, circuit);
}

/// As [`only`], of a circuit that no honest assignment satisfies.
pub(crate) fn refused_only(group: Group, offsets: &[(Group, usize, i64)], circuit: impl Fn(&mut System)) {
    assert!(!satisfied(offsets, None, &circuit), "{group:?} lets {offsets:?} through");
    assert!(satisfied(offsets, Some(group), &circuit), "something besides {group:?} refuses {offsets:?}");
}
