//! Greedy samples without leaves: beside `model::sampling`, and for each group a lie that it alone refuses.

use crate::r1cs::tests::{only, refused_only, satisfied};
use crate::r1cs::{Group, Num, System};
use ark_bn254::Fr;
use assay_model::program::CHUNK;
use assay_model::sampling::{Sampling, sample};
use assay_model::tables::{TableParams, Tables};
use proptest::prelude::*;

/// Maxima of chunks, and the logits of one of them.
#[derive(Clone, Debug)]
struct Logits {
    maxima: Vec<i32>,
    chunk: i64,
    logits: Vec<i32>,
    token: i64,
}

impl Logits {
    /// That `token` is the sample of all logits, in its own chunk.
    fn new(all: &[i32], token: u32) -> Logits {
        let chunks: Vec<&[i32]> = all.chunks(CHUNK).collect();
        let chunk = token as usize / CHUNK;
        let maxima = chunks.iter().map(|logits| *logits.iter().max().unwrap()).collect();
        Logits { maxima, chunk: chunk as i64, logits: chunks[chunk].to_vec(), token: token.into() }
    }

    fn circuit(&self) -> impl Fn(&mut System) + use<> {
        let own = self.clone();
        move |system| {
            let of = |values: &[i32]| values.iter().map(|v| Num::constant(Fr::from(*v))).collect::<Vec<_>>();
            let [chunk, token] = [own.chunk, own.token].map(|n| Num::constant(Fr::from(n)));
            system.greedy(&of(&own.maxima), &of(&own.logits), &chunk, &token);
        }
    }

    fn shown(&self) -> bool {
        satisfied(&[], None, self.circuit())
    }
}

/// The token that the model samples.
fn sampled(all: &[i32]) -> u32 {
    let params = TableParams { dim: 1, head_dim: 2, eps: 0.5, rope_base: 2.0, rope_linear: 1.0, rope_factors: None };
    sample(all, &Sampling::Greedy, &[0; 32], 0, &Tables::new(&params).unwrap())
}

/// That the model's token is shown, and none of these others.
fn exact(all: &[i32], others: &[u32]) -> bool {
    let own = sampled(all);
    let shown = |token: u32| Logits::new(all, token).shown();
    shown(own) && others.iter().all(|token| *token == own || !shown(*token))
}

/// Two chunks and a last one of four.
fn logits(largest: &[(usize, i32)]) -> Vec<i32> {
    let mut all: Vec<i32> = (0..516).map(|i| -1000 - i * 37 % 101).collect();
    largest.iter().for_each(|(at, logit)| all[*at] = *logit);
    all
}

#[test]
fn a_token_anywhere_is_shown() {
    for at in [0, 1, 255, 256, 300, 511, 512, 515] {
        assert!(exact(&logits(&[(at, 5)]), &[0, 255, 256, 512, 515]), "token {at}");
    }
}

#[test]
fn the_lowest_of_equal_logits_is_shown() {
    assert!(exact(&logits(&[(7, 5), (9, 5), (255, 5)]), &[9, 255]), "in one chunk");
    assert!(exact(&logits(&[(7, 5), (256, 5), (512, 5)]), &[256, 512]), "over chunks");
    assert!(exact(&logits(&[(300, 5), (301, 5), (513, 5)]), &[301, 513, 255]));
    assert!(exact(&logits(&[(513, 5), (514, 5)]), &[512, 514]), "in the last, short chunk");
    assert!(exact(&[-3; 300], &[1, 255, 256, 299]), "all of them");
}

#[test]
fn logits_at_their_ends_are_shown() {
    let (min, max) = (i32::MIN, i32::MAX);
    assert!(exact(&[min; 260], &[1, 256, 259]));
    assert!(exact(&[max; 260], &[1, 256, 259]));
    let mut all = [min; 260];
    all[258] = max;
    assert!(exact(&all, &[0, 256, 257, 259]));
    let mut all = [max; 260];
    all[0] = min;
    assert!(exact(&all, &[0, 2, 256]));
    all[..257].fill(min);
    assert!(exact(&all, &[0, 256, 258]));
    assert!(exact(&[min], &[]), "a vocabulary of one");
    assert!(exact(&[min, min + 1, max - 1, max], &[0, 1, 2]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_sample_is_the_models_and_no_other(
        all in proptest::collection::vec(prop_oneof![-3i32..3, any::<i32>()], 250..270),
        top in -1i32..3, others in proptest::collection::vec(any::<proptest::sample::Index>(), 3),
    ) {
        // Few different values make equal ones.
        let all: Vec<i32> = all.into_iter().map(|l| l.min(top)).collect();
        let others: Vec<u32> = others.into_iter().map(|i| i.index(all.len()) as u32).collect();
        prop_assert!(exact(&all, &others));
    }
}

#[test]
fn a_token_that_is_not_the_first_largest_is_refused() {
    let refused = |all: &[i32], token: u32| refused_only(Group::Maximum, &[], Logits::new(all, token).circuit());
    // Of its chunk: a later one is larger, an earlier one equal, an earlier one larger.
    refused(&logits(&[(8, 5), (9, 6)]), 8);
    refused(&logits(&[(8, 5), (9, 5)]), 9);
    refused(&logits(&[(8, 6), (9, 5)]), 9);
    // Of the chunks.
    refused(&logits(&[(8, 5), (300, 6)]), 8);
    refused(&logits(&[(8, 5), (300, 5)]), 300);
    refused(&logits(&[(8, 6), (300, 5)]), 300);
    refused(&logits(&[(8, 5), (515, 5)]), 515);
}

#[test]
fn a_chunks_logits_are_those_of_its_maximum() {
    // A header that says more of the chunk than its logits do, and one that says less.
    for change in [1, -1] {
        let mut lie = Logits::new(&logits(&[(300, 5)]), 300);
        lie.maxima[1] += change;
        refused_only(Group::Maximum, &[], lie.circuit());
    }
    // An element above the maximum in a chunk whose first largest is claimed of another.
    let mut lie = Logits::new(&logits(&[(300, 5)]), 300);
    lie.logits[0] = 9;
    refused_only(Group::Maximum, &[], lie.circuit());
}

#[test]
fn a_chunk_is_the_one_that_holds_the_token() {
    let honest = Logits::new(&logits(&[(300, 5)]), 300);
    assert!(honest.shown());
    for (chunk, token) in [(0, 300), (2, 300), (1, 44), (1, 556), (1, 299), (0, 44), (2, 556), (3, 812), (-1, -212)] {
        assert!(!Logits { chunk, token, ..honest.clone() }.shown(), "token {token} in chunk {chunk}");
    }
}

/// Four logits of one chunk, the largest of them at place 2: 1 + 4 variables of group Maximum and Select before them.
fn four(token: i64) -> Logits {
    Logits { maxima: vec![9], chunk: 0, logits: vec![5, 6, 9, 6], token }
}

#[test]
fn a_token_is_the_place_of_its_logit() {
    assert!(four(2).shown());
    // b of place 2 says that the place is 3, which the token says; the logits and the largest say 2.
    let logit = 1 + 32;
    let lie = [(Group::Select, 2, -1), (Group::Maximum, logit, 3)];
    refused_only(Group::Select, &lie, four(3).circuit());
    let lie = [(Group::Select, 1, 1), (Group::Maximum, logit, 3)];
    refused_only(Group::Select, &lie, four(1).circuit());
    // A largest that the place does not have.
    let more = [(Group::Maximum, 0, 1), (Group::Maximum, logit, 1)];
    assert!(!satisfied(&more, None, four(2).circuit()));
}

#[test]
fn a_place_is_one_place() {
    // Places 0 and 2 are the largest; twice place 0, less once place 2, is place −2, which would be token 254 of chunk 1.
    let largest = Logits { maxima: vec![8, 9], chunk: 1, logits: vec![9, 7, 9], token: 256 };
    assert!(largest.shown());
    let before = Logits { token: 254, ..largest };
    // b of places 0 and 1 is −1; what an honest prover has there is 1, and a largest of 0. Chunk 0 has one b before them.
    let lie = [(Group::Select, 1, -2), (Group::Select, 2, -2), (Group::Maximum, 1 + 2 * 32, 9)];
    refused_only(Group::Select, &lie, before.circuit());
}

#[test]
fn what_a_logit_lacks_has_bits() {
    // Behind the largest: the bits of what place 0 lacks of it, 9 − 9.
    only(Group::Maximum, &[(Group::Maximum, 1, 2), (Group::Maximum, 2, -1)], four(2).circuit());
}

#[test]
fn a_sample_costs_what_the_documentation_says() {
    let mut system = System::counting();
    Logits::new(&logits(&[(300, 5)]), 300).circuit()(&mut system);
    let counts = system.finish().unwrap();
    assert_eq!([Group::Select, Group::Maximum].map(|group| counts.of(group)), [3 + 256 + 2, 34 * (3 + 256) + 1]);
}
