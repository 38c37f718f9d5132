//! Draws of a challenge, and answers to one.

use super::bytes::{Bytes, readable};
use super::files::canonical;
use super::trace;
use assay_model::Config;
use assay_verifier::answer::Answer;
use assay_verifier::audit;
use assay_verifier::challenge::{Challenge, Policy};
use assay_verifier::draw::{self, Extent};

/// Units that a challenge draws over an extent: they exist, as many as were asked for, the same every time.
pub fn draw(data: &[u8]) {
    let mut b = Bytes(data);
    let (kind, count, density) = (b.u8(), 1 + b.below(16), 1 + b.below(1 << 16));
    let policy = if kind & 1 == 1 { Policy::Columns { count, density } } else { Policy::Units { count } };
    let challenge = Challenge { receipt: b.array(), seed: b.array(), policy };
    // Few units, since each is drawn: two chunks of a vector and of the logits, one layer, six positions.
    let config =
        &Config { layers: 1, dim: 288, heads: 4, kv_heads: 2, head_dim: 16, ffn: 288, vocab: 300, context: 16 };
    let positions = 1 + b.below(6);
    let extent = Extent { config, positions, tail_from: b.below(positions), last_token: b.below(config.vocab) };
    let drawn = draw::draw(&challenge, &extent);
    assert_eq!(drawn, draw::draw(&challenge, &extent));
    let mut units = 0;
    for (&t, steps) in &drawn {
        assert!(t < positions);
        for (&index, taken) in steps {
            assert!(index < extent.steps(t));
            let kind = config.step(index).expect("a step of the program").kind;
            assert!(taken.iter().all(|u| config.unit(kind, *u).is_some()) && !taken.is_empty());
            units += taken.len();
        }
    }
    let tail = config.step_count(true);
    let last = &drawn[&(positions - 1)];
    assert!(last.contains_key(&(tail - 2)) && last.contains_key(&(tail - 1)), "the last token is always checked");
    match policy {
        Policy::Columns { count, .. } => {
            let whole = count.min(positions) as usize;
            assert!((whole..=whole + 1).contains(&drawn.len()));
        }
        // Two more: the last position's sample and head chunk.
        Policy::Units { count } => assert!((1..=count as usize + 2).contains(&units)),
    }
}

/// An answer to the toy challenge: only the honest one is accepted, byte for byte.
pub fn open(data: &[u8]) {
    let Some(mut answer) = canonical(data, Answer::decode, Answer::encode) else { return };
    let toy = trace::toy();
    let challenge = toy.challenge();
    if answer.challenge != challenge.digest() {
        let verdict = audit::challenge(&toy.model, &toy.claim(), &challenge, &answer);
        assert_eq!(verdict.map_err(|r| r.code.name()), Err("wrong-challenge"));
        answer.challenge = challenge.digest();
    }
    match audit::challenge(&toy.model, &toy.claim(), &challenge, &answer) {
        Ok(checked) => {
            assert!(checked.values().sum::<u64>() >= 2);
            assert_eq!(answer, toy.answer(), "another answer was accepted");
        }
        Err(rejection) => {
            readable(rejection);
            assert!(["malformed-proof", "opening", "wrong-linear"].contains(&rejection.code.name()), "{rejection}");
        }
    }
}
