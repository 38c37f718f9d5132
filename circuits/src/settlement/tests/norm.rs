//! Norms without leaves: beside `model::steps::norm`, and for each group a lie that it alone refuses.

use crate::r1cs::tests::{only, refused_only, satisfied};
use crate::r1cs::{Group, Num, System};
use crate::settlement::norm::chunk::Elements;
use crate::settlement::tests::costs;
use ark_bn254::Fr;
use assay_model::steps::norm::{Header, MAX_S1, MAX_S2, Partial, chunk, product_shift, products, residual_shift};
use proptest::prelude::*;

/// E that differs for every shift, and grows with it.
fn eps() -> Vec<u64> {
    (0..18).map(|s| (1 << 40) >> (2 * s)).collect()
}

/// That a header is the one of its partials.
fn header(header: &Header, eps: &[u64]) -> impl Fn(&mut System) + use<> {
    let (bytes, eps) = (header.encode(), eps.to_vec());
    move |system| {
        let bits = system.data(&bytes);
        let scalars = system.norm_scalars(&bits);
        let (eps, _) = system.eps(&eps);
        system.norm_header(&scalars, &eps);
    }
}

fn of(partials: &[Partial], eps: &[u64]) -> Header {
    Header { partials: partials.to_vec(), scale: Header::derive(partials, eps) }
}

/// That the model's header passes, and none with a neighbour of a scalar.
fn exact(partials: &[Partial], eps: &[u64]) -> bool {
    let honest = of(partials, eps);
    let changes: [&dyn Fn(&mut Header); 8] = [
        &|h| h.scale.s1 += 1,
        &|h| h.scale.s1 = h.scale.s1.wrapping_sub(1),
        &|h| h.scale.s2 += 1,
        &|h| h.scale.s2 = h.scale.s2.wrapping_sub(1),
        &|h| h.scale.r += 1,
        &|h| h.scale.r -= 1,
        &|h| h.scale.j += 1,
        &|h| h.scale.j -= 1,
    ];
    satisfied(&[], None, header(&honest, eps))
        && changes.iter().all(|change| {
            let mut other = honest.clone();
            change(&mut other);
            !satisfied(&[], None, header(&other, eps))
        })
}

const fn partial(s1: u8, s2: u8, sum: u64) -> Partial {
    Partial { s1, s2, sum }
}

#[test]
fn headers_of_extreme_partials_are_the_models() {
    let zeros = [0; 18];
    assert!(exact(&[partial(0, 0, 0)], &zeros), "a sum of 0");
    assert!(exact(&[partial(17, 15, 1 << 38), partial(0, 15, 0), partial(17, 0, 5)], &eps()));
    // Sums that saturate: at the last term, before it, by E, by one.
    assert!(exact(&[partial(1, 2, u64::MAX), partial(1, 2, u64::MAX)], &eps()));
    assert!(exact(&[partial(1, 2, u64::MAX - 7), partial(3, 1, 8), partial(0, 0, 9)], &zeros));
    assert!(exact(&[partial(0, 0, u64::MAX)], &[1; 18]));
    assert!(exact(&[partial(0, 0, u64::MAX - 1)], &[1; 18]));
    assert!(exact(&vec![partial(9, 9, u64::MAX); 256], &[u64::MAX; 18]), "the widest vector");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_header_is_the_models_and_no_neighbour(
        partials in proptest::collection::vec((0..=MAX_S1, 0..=MAX_S2, any::<u64>(), 0u32..64), 1..6),
    ) {
        let partials: Vec<Partial> = partials.into_iter().map(|(s1, s2, sum, by)| partial(s1, s2, sum >> by)).collect();
        prop_assert!(exact(&partials, &eps()));
    }
}

#[test]
fn scalars_out_of_range_are_refused() {
    let honest = Header { partials: vec![partial(3, 2, 9), partial(1, 4, 9)], ..of(&[partial(3, 4, 9)], &eps()) };
    let read = |header: &Header| {
        let bytes = header.encode();
        move |system: &mut System| {
            let bits = system.data(&bytes);
            drop(system.norm_scalars(&bits));
        }
    };
    assert!(satisfied(&[], None, read(&honest)));
    let changes: [&dyn Fn(&mut Header); 9] = [
        &|h| h.partials[0].s1 = 18,
        &|h| h.partials[1].s1 = 255,
        &|h| h.partials[1].s2 = 16,
        &|h| h.scale.s1 = 18,
        &|h| h.scale.s2 = 16,
        &|h| h.scale.r = (1 << 16) + 1,
        &|h| h.scale.r = (1 << 15) - 1,
        &|h| h.scale.j = 17,
        &|h| h.scale.j = -16,
    ];
    for change in changes {
        let mut other = honest.clone();
        change(&mut other);
        assert!(Header::decode(&other.encode()).is_err());
        refused_only(Group::Header, &[], read(&other));
    }
    // s2 of 16 is the largest of the chunks' here, so nothing else of the header says that it is none.
    refused_only(Group::Header, &[], header(&of(&[partial(1, 16, 5)], &eps()), &eps()));
}

#[test]
fn shifts_of_a_header_are_the_largest() {
    let partials = [partial(3, 5, 700), partial(2, 9, 30_000), partial(0, 0, 1)];
    let under = |s1: u8, s2: u8| {
        let scale = Header::derive(&[partial(s1, s2, 30_701)], &eps());
        header(&Header { partials: partials.to_vec(), scale }, &eps())
    };
    assert!(satisfied(&[], None, under(3, 9)));
    for (s1, s2) in [(4, 9), (2, 9), (3, 10), (3, 8)] {
        refused_only(Group::Maximum, &[], under(s1, s2));
    }
}

#[test]
fn what_eps_adds_is_that_of_the_shift() {
    let partials = [partial(3, 5, 700)];
    let scale = Header::derive(&[partial(4, 5, 700)], &eps());
    let other = Header { partials: partials.to_vec(), scale: assay_model::steps::norm::Scale { s1: 3, ..scale } };
    refused_only(Group::Select, &[(Group::Select, 3, -1), (Group::Select, 4, 1)], header(&other, &eps()));
}

#[test]
fn a_sum_saturates_at_its_end_and_nowhere_else() {
    // E is 0, so that the sum is that of the partial; roots of neighbours are the same.
    let of = |sum: u64| header(&of(&[partial(0, 0, sum)], &[0; 18]), &[0; 18]);
    let odd = of((1 << 63) + 1);
    refused_only(Group::Saturation, &[(Group::Root, 0, -1), (Group::Excess, 0, 1)], &odd);
    refused_only(Group::Rounding, &[(Group::Root, 0, -1)], &odd);
    // The end, and one less than nothing above it.
    refused_only(Group::Excess, &[(Group::Root, 0, 1), (Group::Excess, 0, -1)], of(u64::MAX - 1));
}

/// A chunk as a rig could have committed it.
#[derive(Clone, Debug)]
struct Chunk {
    h: Vec<i32>,
    gains: Vec<i16>,
    x: Vec<i16>,
    partial: Partial,
    shifts: [u8; 2],
}

impl Chunk {
    /// What the model makes of it under these shifts.
    fn new(h: &[i32], gains: &[i16], [s1, s2]: [u8; 2]) -> Chunk {
        let (partial, x) = chunk(h, gains, s1, s2).unwrap();
        Chunk { h: h.to_vec(), gains: gains.to_vec(), x, partial, shifts: [s1, s2] }
    }

    /// Under its own least shifts and so much more.
    fn of(h: &[i32], gains: &[i16], [above1, above2]: [u8; 2]) -> Chunk {
        let s1 = (residual_shift(h) + above1).min(MAX_S1);
        let s2 = (product_shift(&products(h, gains, s1).unwrap().1) + above2).min(MAX_S2);
        Chunk::new(h, gains, [s1, s2])
    }

    fn circuit(&self) -> impl Fn(&mut System) + use<> {
        let own = self.clone();
        move |system| {
            let h: Vec<Num> = own.h.iter().map(|h| system.witness(Group::Data, Fr::from(*h))).collect();
            let (gains, _) = system.gains(&own.gains);
            let x: Vec<Num> = own.x.iter().map(|x| Num::constant(Fr::from(*x))).collect();
            let Partial { s1, s2, sum } = own.partial;
            let partial = [s1.into(), s2.into(), sum].map(|n| Num::constant(Fr::from(n)));
            let shifts = own.shifts.map(|s| Num::constant(Fr::from(s)));
            system.norm_chunk(&Elements { h: &h, gains: &gains, x: &x }, &partial, shifts.each_ref());
        }
    }

    fn shown(&self) -> bool {
        satisfied(&[], None, self.circuit())
    }

    fn changed(&self, change: impl Fn(&mut Chunk)) -> Chunk {
        let mut other = self.clone();
        change(&mut other);
        other
    }

    /// That it is shown, and no neighbour of any number that it says.
    fn exact(&self) -> bool {
        let changes: [&dyn Fn(&mut Chunk); 8] = [
            &|c| c.x[0] = c.x[0].wrapping_add(1),
            &|c| c.x[0] = c.x[0].wrapping_sub(1),
            &|c| c.partial.s1 += 1,
            &|c| c.partial.s1 = c.partial.s1.wrapping_sub(1),
            &|c| c.partial.s2 += 1,
            &|c| c.partial.s2 = c.partial.s2.wrapping_sub(1),
            &|c| c.partial.sum += 1,
            &|c| c.partial.sum = c.partial.sum.wrapping_sub(1),
        ];
        self.shown() && changes.into_iter().all(|change| !self.changed(change).shown())
    }
}

#[test]
fn chunks_of_extreme_elements_are_the_models() {
    let ends = [i16::MAX, -i16::MAX, i16::MIN, 0, 1];
    let vectors = [
        [0; 5],
        [i32::MIN; 5],
        [i32::MAX; 5],
        [i32::MAX, i32::MIN, 1, 0, -1],
        [65535, -65535, 0, 3, 9],
        [-65535, 0, 0, 0, 0],
        [32767, -32767, 2, 1, 0],
        [32768, -32768, 2, 1, 0],
    ];
    for h in &vectors {
        for above in [[0, 0], [1, 2], [17, 15]] {
            assert!(Chunk::of(h, &ends, above).exact(), "{h:?} with {above:?}");
        }
    }
    assert!(Chunk::of(&[i32::MIN, i32::MAX, 0, 0, 1], &[0; 5], [0, 0]).exact());
    // A tie below zero takes the smaller shift.
    assert_eq!(Chunk::of(&[-65535], &[1], [0, 0]).partial.s1 + 1, Chunk::of(&[65535], &[1], [0, 0]).partial.s1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_chunk_is_the_models_and_no_neighbour(
        elements in proptest::collection::vec((any::<i32>(), any::<i16>()), 1..7), by in 0u32..31, small in 0u32..15,
        above in proptest::array::uniform2(0u8..6),
    ) {
        let (h, gains): (Vec<i32>, Vec<i16>) = elements.into_iter().map(|(h, g)| (h >> by, g >> small)).unzip();
        prop_assert!(Chunk::of(&h, &gains, above).exact());
    }
}

/// a = 12,500, −12,500 and 0; u of 30 bits. Under 1 and 14.
fn some() -> Chunk {
    let chunk = Chunk::of(&[50_000, -50_000, 0], &[20_000, 20_000, 5], [1, 1]);
    assert_eq!((chunk.partial, chunk.shifts), (partial(1, 13, 2 * 12_500 * 12_500), [2, 14]));
    chunk
}

#[test]
fn a_sum_is_that_of_the_squares() {
    let chunk = some();
    refused_only(Group::Product, &[], chunk.changed(|c| c.partial.sum += 1).circuit());
    // A square, and a product with a gain.
    only(Group::Product, &[(Group::Product, 0, 1)], chunk.circuit());
    only(Group::Product, &[(Group::Product, 3, 1)], chunk.circuit());
}

#[test]
fn own_shifts_are_the_least() {
    let chunk = some();
    refused_only(Group::Minimal, &[], chunk.changed(|c| c.partial.s1 += 1).circuit());
    refused_only(Group::Minimal, &[], chunk.changed(|c| c.partial.s2 += 1).circuit());
}

#[test]
fn mantissas_are_under_the_common_shifts() {
    let chunk = some();
    refused_only(Group::Rounding, &[], chunk.changed(|c| c.x[1] += 1).circuit());
    // A shift of one less is too small for h, or for u: an element would be −2^15.
    let end = Chunk {
        h: vec![-32768, 1],
        gains: vec![1, 1],
        x: vec![i16::MIN, 1],
        partial: partial(1, 1, 32768 * 32768 + 1),
        shifts: [0, 0],
    };
    assert!(chunk_of(&end).is_err());
    refused_only(Group::Mantissa, &[], end.circuit());
    let end = Chunk {
        h: vec![-16384, 1],
        gains: vec![2, 1],
        x: vec![i16::MIN, 1],
        partial: partial(0, 1, 16384 * 16384 + 1),
        shifts: [0, 0],
    };
    assert!(chunk_of(&end).is_err());
    refused_only(Group::Mantissa, &[], end.circuit());
}

fn chunk_of(own: &Chunk) -> Result<(Partial, Vec<i16>), assay_model::steps::OutOfRange> {
    chunk(&own.h, &own.gains, own.shifts[0], own.shifts[1])
}

#[test]
fn a_shift_too_small_for_the_chunk_is_refused() {
    let chunk = Chunk::of(&[50_000, -70_000, 0], &[20_000, -20_000, 5], [0, 0]);
    for less in [[1, 0], [0, 1]] {
        let small = chunk.changed(|c| c.shifts = [c.shifts[0] - less[0], c.shifts[1] - less[1]]);
        assert!(chunk_of(&small).is_err() && !small.shown());
    }
}

#[test]
fn constraints_are_those_of_the_documentation() {
    let chunk = |n: usize| Chunk::of(&vec![900; n], &vec![7; n], [0, 0]).circuit();
    // Of n elements: what each costs, and what all do.
    let want = [
        (Group::Mantissa, 52, 0),
        (Group::Remainder, 64, 0),
        (Group::Rounding, 4, 0),
        (Group::Minimal, 4, 73),
        (Group::Product, 2, 1),
        (Group::Gain, 16, 0),
        (Group::Header, 0, 76),
        (Group::Shift, 0, 72),
    ];
    costs(&chunk(3), 3, &want);
    costs(&chunk(8), 8, &want);
    let scale = |n: usize| header(&of(&vec![partial(1, 1, 5); n], &eps()), &eps());
    let want = [
        (Group::Header, 13, 63),
        (Group::Maximum, 14, 2),
        (Group::Select, 0, 38),
        (Group::Excess, 0, 73),
        (Group::Saturation, 0, 1),
        (Group::Root, 0, 64 + 2 + 33 + 105),
        (Group::Shift, 0, 34 + 18),
        (Group::Remainder, 0, 32),
        (Group::Rounding, 0, 1 + 2),
    ];
    costs(&scale(1), 1, &want);
    costs(&scale(5), 5, &want);
}
