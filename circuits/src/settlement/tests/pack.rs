//! Packed vectors without leaves: beside `model::steps::pack`, and for each group a lie that it alone refuses.

use crate::r1cs::lookup::Table;
use crate::r1cs::tests::{only, refused_only, satisfied};
use crate::r1cs::{Group, Num, System};
use crate::settlement::tests::costs;
use ark_bn254::Fr;
use assay_model::program::StepKind;
use assay_model::steps::pack::{Header, MAX_ACT_SHIFT, MAX_ATTN_SHIFT, mantissas, shift, swiglu};
use assay_model::tables::{TableParams, Tables};
use proptest::prelude::*;
use std::sync::LazyLock;

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let params = TableParams { dim: 64, head_dim: 4, eps: 1e-5, rope_base: 1e4, rope_linear: 1.0, rope_factors: None };
    Tables::new(&params).unwrap()
});

fn header(kind: StepKind, bytes: &[u8]) -> impl Fn(&mut System) + use<> {
    let bytes = bytes.to_vec();
    move |system| {
        let bits = system.data(&bytes);
        let scalars = system.pack_scalars(&bits, kind);
        system.pack_header(&scalars);
    }
}

#[test]
fn a_header_has_the_largest_of_its_chunks_shifts() {
    for kind in [StepKind::AttnPack, StepKind::Act] {
        let max = if kind == StepKind::Act { MAX_ACT_SHIFT } else { MAX_ATTN_SHIFT };
        for chunks in [vec![0], vec![0, 0], vec![max, 0, 3], vec![5, 6, max - 1, 6], vec![7; 256]] {
            let Header { chunks, shift } = Header::new(chunks);
            let with = |shift: u8| header(kind, &[&chunks[..], &[shift]].concat());
            assert!(satisfied(&[], None, with(shift)));
            for other in [shift + 1, shift.wrapping_sub(1)].into_iter().filter(|s| *s <= max) {
                refused_only(Group::Maximum, &[], with(other));
            }
        }
        // Too large, and the largest.
        refused_only(Group::Header, &[], header(kind, &[max + 1, max, max + 1]));
        assert!(Header::decode(&[max + 1, max, max + 1], max).is_err());
    }
}

/// A gate and an up have this w.
fn product(gate: i32, up: i32, w: i128) -> impl Fn(&mut System) {
    move |system| {
        let gate = system.data(&gate.to_le_bytes());
        let up = system.witness(Group::Data, up.into());
        let own = system.swiglu(&gate, &up);
        system.equal(Group::Data, &own, &Num::constant(Fr::from(w)));
    }
}

#[test]
fn gates_on_both_sides_of_every_limit_have_the_models_sigmoid() {
    // g >> 5 leaves −2^11..2^11 − 1 below −65,536 and from 65,536 on.
    let limits = [0, 31, 32, 65_535, 65_536, 65_567, 1 << 20, 1 << 30, i32::MAX];
    for gate in limits.into_iter().flat_map(|g| [g, g.wrapping_add(1), g - 1, -g, -g - 1]) {
        for up in [i32::MIN, i32::MAX, -1, 0, 4096] {
            assert!(satisfied(&[], None, product(gate, up, swiglu(gate, up, &TABLES))), "{gate} {up}");
        }
        // Of an up of 1, a neighbour of w is a neighbour of g·SIG.
        for by in [1, -1] {
            assert!(!satisfied(&[], None, product(gate, 1, swiglu(gate, 1, &TABLES) + by)), "{gate}");
        }
    }
    let largest = swiglu(i32::MAX, i32::MIN, &TABLES);
    assert_eq!((largest, shift(&[largest])), (-(i128::from(i32::MAX) << 46), MAX_ACT_SHIFT), "SIG reaches 2^15");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_gate_and_up_have_the_models_product(gate: i32, up: i32, by in 0u32..31, up_by in 0u32..31) {
        let (gate, up) = (gate >> by, up >> up_by);
        prop_assert!(satisfied(&[], None, product(gate, up, swiglu(gate, up, &TABLES))));
    }
}

fn sigmoid(index: i128) -> i128 {
    TABLES.sigmoid[usize::try_from(index).unwrap()].into()
}

#[test]
fn a_sigmoid_is_that_of_its_gate() {
    // Variables of Lookup: the sign's product, an inverse, whether g is within, eleven bits of i, the entry's.
    let (gate, index) = (7 * 32, 7 + 2048);
    let next = i128::from(gate) * 9 * sigmoid(index + 8);
    refused_only(Group::Lookup, &[(Group::Lookup, 3 + 3, 1)], product(gate, 9, next));
    only(Group::Lookup, &[(Group::Lookup, 3 + 11 + 60, 1)], |s| {
        let gate = s.data(&gate.to_le_bytes());
        drop(s.swiglu(&gate, &Num::one()));
    });
    // A gate above the limit as if it were within: the low bits of 65,536 + 96 are those of 96.
    let gate = 65_536 + 96;
    let within = i128::from(gate) * 9 * sigmoid(3 + 2048);
    refused_only(Group::Lookup, &[(Group::Lookup, 2, 1)], product(gate, 9, within));
    // The same below it, of which one bit is unlike the sign.
    let gate = -65_536 - 32;
    let within = i128::from(gate) * 9 * sigmoid(2047);
    refused_only(Group::Lookup, &[(Group::Lookup, 0, -1)], product(gate, 9, within));
    assert_eq!(Table::Sigmoid.entry(0), Fr::from(TABLES.sigmoid[0]));
}

#[test]
fn w_is_the_product_of_its_factors() {
    let (gate, up) = (-900, 77);
    let w = swiglu(gate, up, &TABLES);
    refused_only(Group::Product, &[(Group::Product, 0, 1)], product(gate, up, w + 77));
    refused_only(Group::Product, &[(Group::Product, 1, 1)], product(gate, up, w + 1));
}

/// A chunk as a rig could have committed it, its own shift first in the header.
#[derive(Clone, Debug)]
struct Chunk {
    kind: StepKind,
    values: Vec<i128>,
    x: Vec<i16>,
    header: Header,
}

impl Chunk {
    fn new(kind: StepKind, values: &[i128], above: u8) -> Chunk {
        let own = shift(values);
        let max = if kind == StepKind::Act { MAX_ACT_SHIFT } else { MAX_ATTN_SHIFT };
        let header = Header::new(vec![own, 1, (own + above).min(max)]);
        Chunk { kind, values: values.to_vec(), x: mantissas(values, header.shift).unwrap(), header }
    }

    fn circuit(&self) -> impl Fn(&mut System) + use<> {
        let own = self.clone();
        move |system| {
            let bits = system.data(&own.header.encode());
            let scalars = system.pack_scalars(&bits, own.kind);
            let values: Vec<Num> = own.values.iter().map(|v| system.witness(Group::Data, Fr::from(*v))).collect();
            let x: Vec<Num> = own.x.iter().map(|x| Num::constant(Fr::from(*x))).collect();
            let magnitude = if own.kind == StepKind::Act { 77 } else { 31 };
            system.packed_chunk(own.kind, &scalars, &Num::default(), &values, &x, magnitude);
        }
    }

    fn changed(&self, change: impl Fn(&mut Chunk)) -> Chunk {
        let mut other = self.clone();
        change(&mut other);
        other
    }

    /// That it is shown, and no neighbour of any number that it says.
    fn exact(&self) -> bool {
        let shown = |chunk: &Chunk| satisfied(&[], None, chunk.circuit());
        let changes: [&dyn Fn(&mut Chunk); 4] = [
            &|c| c.x[0] = c.x[0].wrapping_add(1),
            &|c| c.x[0] = c.x[0].wrapping_sub(1),
            &|c| c.header.chunks[0] += 1,
            &|c| c.header.chunks[0] = c.header.chunks[0].wrapping_sub(1),
        ];
        shown(self) && changes.into_iter().all(|change| !shown(&self.changed(change)))
    }
}

#[test]
fn chunks_of_extreme_elements_are_the_models() {
    let ends = [i32::MIN, i32::MAX, 65_535, -65_535, 32_768, -32_768, 0];
    for v in ends {
        for rest in [0, -1, i32::MAX] {
            let values = [v, rest].map(i128::from);
            assert!((0..3).all(|above| Chunk::new(StepKind::AttnPack, &values, above).exact()), "{values:?}");
        }
    }
    assert!(Chunk::new(StepKind::AttnPack, &[0; 3], 0).exact());
    for (gate, up) in ends.into_iter().flat_map(|g| ends.map(|u| (g, u))) {
        let values = [swiglu(gate, up, &TABLES), 1, -(1 << 40)];
        assert!(Chunk::new(StepKind::Act, &values, 2).exact(), "{gate} {up}");
    }
    // Ties, up to the largest shift.
    for s in 1..62u8 {
        let tie = ((1i128 << 16) - 1) << (s - 1);
        let [up, down] = [tie, -tie].map(|v| Chunk::new(StepKind::Act, &[v], 0));
        assert_eq!([up.header.chunks[0], down.header.chunks[0]], [s + 1, s]);
        assert!(up.exact() && down.exact());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_chunk_is_the_models_and_no_neighbour(
        pairs in proptest::collection::vec((any::<i32>(), any::<i32>()), 1..5), by in 0u32..31, above in 0u8..20,
    ) {
        let of = |values: Vec<i128>, kind| Chunk::new(kind, &values, above).exact();
        prop_assert!(of(pairs.iter().map(|p| (p.0 >> by).into()).collect(), StepKind::AttnPack));
        prop_assert!(of(pairs.iter().map(|p| swiglu(p.0 >> by, p.1, &TABLES)).collect(), StepKind::Act));
    }
}

#[test]
fn every_part_of_a_chunk_is_shown() {
    let chunk = Chunk::new(StepKind::Act, &[1 << 40, -77, 5 << 38], 3);
    refused_only(Group::Minimal, &[], chunk.changed(|c| c.header.chunks[0] += 1).circuit());
    refused_only(Group::Rounding, &[], chunk.changed(|c| c.x[2] += 1).circuit());
    // The entry of another chunk in place of its own: one more than it.
    let own = chunk.header.chunks[0];
    let other = chunk.changed(|c| c.header.chunks = vec![own + 9, own, 0]);
    refused_only(Group::Select, &[(Group::Select, 0, -1), (Group::Select, 1, 1)], other.circuit());
    // A common shift of one less than its own.
    let end = Chunk {
        kind: StepKind::AttnPack,
        values: vec![-32_768, 3],
        x: vec![i16::MIN, 3],
        header: Header { chunks: vec![1], shift: 0 },
    };
    assert!(mantissas(&end.values, 0).is_err());
    refused_only(Group::Mantissa, &[], end.circuit());
    // Scalars of other chunks are in their range too, as the decoder has them.
    refused_only(Group::Header, &[], chunk.changed(|c| c.header.chunks[1] = 64).circuit());
}

#[test]
fn constraints_are_those_of_the_documentation() {
    let parts = |remainders: usize, minimal: usize, choices: usize, scalars: usize, shifts: usize| {
        [
            (Group::Mantissa, 18, 0),
            (Group::Remainder, remainders, 0),
            (Group::Rounding, 2, 0),
            (Group::Minimal, 2, minimal),
            // Of three chunks.
            (Group::Header, 0, choices + 4 * scalars),
            (Group::Select, 0, 2 * 3 + 2),
            (Group::Shift, 0, shifts),
        ]
    };
    for n in [2, 7] {
        let of = |kind| Chunk::new(kind, &vec![900; n], 0).circuit();
        costs(&of(StepKind::AttnPack), n, &parts(34, 37, 40, 7, 38));
        costs(&of(StepKind::Act), n, &parts(126, 83, 132, 8, 130));
    }
    costs(&product(3, 4, 0), 1, &[(Group::Lookup, 202, 0), (Group::Product, 2, 0)]);
    costs(&header(StepKind::Act, &[1, 2, 3]), 2, &[(Group::Maximum, 8, 1), (Group::Header, 8, 8)]);
    costs(&header(StepKind::AttnPack, &[1, 2, 3]), 2, &[(Group::Maximum, 8, 1), (Group::Header, 7, 7)]);
}
