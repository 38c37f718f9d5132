//! Draws of units that are no products, and the draw behind the last, from the rig's own answers.

use super::shop::{DRAWS, SIGNED, circuit, drawn, first_header, parts, question, shop, work};
use super::{chain, refused};
use assay_model::sampling::Sampling;
use assay_prover::settlement::answerer::{AnswerError, Proofs};
use assay_prover::settlement::shop::{Unsuited, suits};
use assay_verifier::settlement::answer::Part;
use assay_verifier::settlement::progress;

const NOTHING: [u8; 32] = [0; 32];

#[test]
fn a_drawn_header_and_the_last_draw_are_decided_by_the_contract() {
    let Some(node) = chain::Node::start() else { return };
    let drawn = drawn();
    let (number, header) = first_header(&drawn);
    let [sample, head] = drawn.last;
    let token = *SIGNED.output.tokens.last().unwrap();
    let kinds =
        [circuit(&header, Part::Whole), circuit(&sample, Part::Token(token / 256)), circuit(&head, Part::Whole)];
    let folder = tempfile::tempdir().unwrap();
    let shop = shop(&kinds, folder.path());
    let answerer = shop.answerer(&work()).unwrap();

    let asked = question(&shop, number, NOTHING);
    let answer = answerer.answer(&asked, &NOTHING).unwrap();
    assert_eq!(answerer.answer(&asked, &NOTHING).unwrap(), answer, "the same question, the same answer");
    assert_eq!(word(&node.call(&asked.call(&answer)).unwrap()), NOTHING, "decided");
    println!("a header of a norm: {} gas", node.send(&asked.call(&answer)).unwrap());
    refused(&question(&shop, number, [1; 32]).call(&answer), &node, "UnknownProgress(bytes32)");
    let other = assay_verifier::settlement::question::Question { id: [1; 32], ..asked };
    assert!(node.call(&other.call(&answer)).is_err(), "another job");
    assert!(matches!(answerer.answer(&asked, &[1; 32]), Err(AnswerError::Progress(_))));

    // The sample first, then the chunk of head that it read.
    let asked = question(&shop, DRAWS, NOTHING);
    let answer = answerer.answer(&asked, &NOTHING).unwrap();
    let left = word(&node.call(&asked.call(&answer)).unwrap());
    assert_eq!(left, progress::last(token / 256));
    println!("the last sample: {} gas", node.send(&asked.call(&answer)).unwrap());
    let asked = question(&shop, DRAWS, left);
    let answer = answerer.answer(&asked, &left).unwrap();
    assert_eq!(word(&node.call(&asked.call(&answer)).unwrap()), NOTHING, "decided");
    println!("the last token's chunk of head: {} gas", node.send(&asked.call(&answer)).unwrap());
    assert!(matches!(answerer.answer(&asked, &progress::last(7)), Err(AnswerError::Progress(_))));
}

/// Every part of the first draws, and the last draw, from all of their keys: the whole of what a rig is paid for.
#[test]
#[ignore = "minutes: it makes a key for each circuit that it meets"]
fn draws_of_every_kind_that_a_seed_gives_are_decided_to_their_end() {
    const SOME: u32 = 12;
    let Some(node) = chain::Node::start() else { return };
    let drawn = drawn();
    let places = drawn.units.iter().take(SOME as usize).chain(&drawn.last);
    let kinds: Vec<_> = places.flat_map(|place| parts(place).into_iter().map(|part| circuit(place, part))).collect();
    let folder = tempfile::tempdir().unwrap();
    let started = std::time::Instant::now();
    let shop = shop(&kinds, folder.path());
    println!("record and keys: {:.1} s", started.elapsed().as_secs_f64());
    let answerer = shop.answerer(&work()).unwrap();
    for draw in (0..SOME).chain([DRAWS]) {
        let mut left = NOTHING;
        loop {
            let asked = question(&shop, draw, left);
            let started = std::time::Instant::now();
            let answer = answerer.answer(&asked, &left).unwrap();
            let took = started.elapsed().as_secs_f64();
            left = word(&node.call(&asked.call(&answer)).unwrap_or_else(|e| panic!("draw {draw}: {e}")));
            let gas = node.send(&asked.call(&answer)).unwrap();
            println!(
                "draw {draw} {:?}: {} bytes, {took:.1} s, {gas} gas",
                drawn.units.get(draw as usize),
                answer.len()
            );
            if left == NOTHING {
                break;
            }
        }
    }
}

#[test]
fn jobs_that_no_contract_could_decide_are_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let shop = shop(&[], folder.path());
    let record = &shop.book().record;
    assert_eq!(suits(&SIGNED.job, record), Ok(()));
    let mut job = SIGNED.job.clone();
    job.sampling = assay_tests::toy::DRAWN;
    assert_eq!(suits(&job, record), Err(Unsuited::Sampling));
    job.sampling = Sampling::Greedy;
    job.manifest = [1; 32];
    assert_eq!(suits(&job, record), Err(Unsuited::Model { job: [1; 32], record: record.manifest }));
    let mut job = SIGNED.job.clone();
    job.settlement = Default::default();
    assert_eq!(suits(&job, record), Err(Unsuited::Unsettled));
    job.settlement = SIGNED.job.settlement;
    job.prompt.clear();
    assert_eq!(suits(&job, record), Err(Unsuited::Prompt));
}

/// The word that a call gives.
fn word(answer: &str) -> [u8; 32] {
    let text = answer.trim();
    let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap_or_else(|e| panic!("{e}: {text}"));
    bytes.try_into().expect("one word")
}
