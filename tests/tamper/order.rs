//! Positions, layers, tokens and prompts put in each other's place, all consistently committed and signed.

use crate::case::{Case, HONEST, MODEL, assert_all, everything, verdict};
use assay_model::domain::Digest;
use assay_model::model::Model;
use assay_model::program::{Step, StepKind, Unit};
use assay_model::wire::{FileKind, WireError};
use assay_tests::client::{ask, units};
use assay_tests::machine::{At, Leaf, Machine, Normed};
use assay_tests::rig::{Honest, Rig, Run, edit_i32, run};
use assay_tests::rng::Rng;
use assay_tests::toy;
use assay_tests::trace::{Signed, commit, sign, signed};
use assay_verifier::{Answer, Code, Job, Rejection, audit};
use std::sync::LazyLock;

pub static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let mut cases = positions();
    cases.extend(leaves());
    cases.extend(answers());
    cases.extend(tokens());
    cases.extend(full());
    cases
});

const SAMPLE: Step = Step { kind: StepKind::Sample, layer: 0 };

fn wrong_sample(t: u32) -> Rejection {
    Rejection::unit(Code::WrongSample, t, SAMPLE, Unit::Whole)
}

fn job() -> Job {
    toy::job(&MODEL, 5, 5, 2)
}

/// An honest run, put into another order and then committed.
fn reordered(change: fn(&mut Run)) -> Signed {
    let mut run = run(&MODEL, &job(), &mut Honest);
    change(&mut run);
    commit(&MODEL.config, &job(), run, &|_, _| {})
}

fn positions() -> Vec<Case> {
    let embed = |t| Rejection::unit(Code::WrongEmbed, t, Step { kind: StepKind::Embed, layer: 0 }, Unit::Chunk(0));
    let exchanged_roots = {
        let mut claim = HONEST.clone();
        claim.output.positions.swap(2, 3);
        claim.receipt = sign(&claim.job, &claim.output);
        claim
    };
    let mut prompt = job();
    prompt.prompt[3] ^= 1;
    let other_prompt = commit(&MODEL.config, &job(), run(&MODEL, &prompt, &mut Honest), &|_, _| {});
    let skipped = Step { kind: StepKind::Qkv, layer: 1 };
    vec![
        Case::new("two positions exchanged", embed(2), verdict(&reordered(|r| r.columns.swap(2, 3)))),
        Case::new("a position repeated", embed(3), verdict(&reordered(|r| r.columns[3] = r.columns[2].clone()))),
        Case::new(
            "a position dropped",
            embed(1),
            verdict(&reordered(|r| {
                r.columns.remove(1);
                // The tail is where it must be, or the trees would not have their shape.
                r.columns.insert(3, r.columns[2].clone());
            })),
        ),
        Case::new("two roots exchanged", Rejection::position(Code::Opening, 2), verdict(&exchanged_roots)),
        Case::new("another prompt", embed(3), verdict(&other_prompt)),
        Case::new(
            "a skipped layer",
            Rejection::unit(Code::WrongLinear, 0, skipped, Unit::Chunk(0)),
            verdict(&signed(&MODEL, &job(), &mut Skip)),
        ),
    ]
}

/// Layer 1 adds nothing.
struct Skip;

impl Rig for Skip {
    fn project(&mut self, m: &mut Machine<'_>, at: At, x: &Normed) -> Vec<i32> {
        if at.step.layer == 1 { vec![0; m.config().shape(at.step.kind).len] } else { m.project(at.step, x) }
    }
}

/// Leaves that are hashed as another leaf than the one that they are.
fn leaves() -> Vec<Case> {
    let config = &MODEL.config;
    let forged = |forge: &dyn Fn(u32, &mut Vec<Digest>)| {
        verdict(&commit(config, &job(), run(&MODEL, &job(), &mut Honest), forge))
    };
    // The leaf of step 3 at position 2, hashed with one of its parts changed.
    let bound = |change: &dyn Fn(&mut Parts)| {
        forged(&|t, leaves| {
            if t == 2 {
                let mut parts = Parts::honest();
                change(&mut parts);
                leaves[3] = parts.leaf();
            }
        })
    };
    let opening = Rejection::position(Code::Opening, 2);
    vec![
        Case::new(
            "two leaves exchanged",
            opening,
            forged(&|t, leaves| {
                if t == 2 {
                    leaves.swap(3, 4)
                }
            }),
        ),
        Case::new("a leaf of another position", opening, bound(&|p| p.t = 3)),
        Case::new("a leaf of another number", opening, bound(&|p| p.index = 4)),
        Case::new("a leaf of another kind", opening, bound(&|p| p.step.kind = StepKind::Act)),
        Case::new("a leaf of another job", opening, bound(&|p| p.job[0] ^= 1)),
        Case::new("a leaf under another secret", opening, bound(&|p| p.secret[0] ^= 1)),
        Case::new("a leaf of another shape", opening, bound(&|p| p.len += 1)),
        Case::new("a leaf of another header", opening, bound(&|p| p.header[0] ^= 1)),
        Case::new("a leaf of another tensor", opening, bound(&|p| p.tensor[0] ^= 1)),
    ]
}

#[derive(Clone)]
struct Parts {
    secret: [u8; 32],
    job: Digest,
    t: u32,
    index: u32,
    step: Step,
    len: usize,
    header: Vec<u8>,
    tensor: Vec<u8>,
}

impl Parts {
    /// Of step 3, kv of layer 0, at position 2.
    fn honest() -> Parts {
        let Leaf { header, tensor } = HONEST.columns()[2][3].clone();
        let step = Step { kind: StepKind::Kv, layer: 0 };
        let len = MODEL.config.shape(StepKind::Kv).len;
        Parts { secret: job().secret, job: job().digest(), t: 2, index: 3, step, len, header, tensor }
    }

    fn leaf(&self) -> Digest {
        let mut shape = MODEL.config.shape(StepKind::Kv);
        shape.len = self.len;
        let salt = assay_verifier::trace::salts(&self.secret, &job().digest(), 2, 4)[3];
        let tensor = *blake3::hash(&self.tensor).as_bytes();
        assay_verifier::trace::leaf(&salt, &self.job, self.t, self.index, self.step, &shape, &self.header, &tensor)
    }
}

#[test]
fn the_unchanged_leaf_is_the_committed_one() {
    let claim = commit(&MODEL.config, &job(), run(&MODEL, &job(), &mut Honest), &|t, leaves| {
        if t == 2 {
            assert_eq!(leaves[3], Parts::honest().leaf());
        }
    });
    assert_eq!(verdict(&claim), Ok(()));
}

/// Bodies whose parts are in another order.
fn answers() -> Vec<Case> {
    let challenge = everything(&HONEST);
    let body = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut answer = HONEST.answer(&MODEL, &challenge);
        change(&mut answer.body);
        audit::challenge(&MODEL, &HONEST.claim(), &challenge, &answer)
    };
    // The first four positions have no tail: their parts are equally long.
    let claim = HONEST.claim();
    let drawn = assay_verifier::draw::draw(&challenge, &claim.extent(&MODEL.config));
    let first = claim.needs(&MODEL.config, &drawn).range(..1).map(|(t, s)| (*t, s.clone())).collect();
    let len = assay_verifier::answer::build([0; 32], &first, &*HONEST, &*MODEL).body.len();
    let malformed = |e| Rejection::malformed(FileKind::Proof, e);
    let empty = Answer { challenge: challenge.digest(), disclosure: Vec::new(), body: Vec::new() };
    vec![
        Case::new(
            "the parts of two positions exchanged",
            Rejection::position(Code::Opening, 0),
            body(&|b| {
                let (a, rest) = b.split_at_mut(len);
                a.swap_with_slice(&mut rest[..len]);
            }),
        ),
        Case::new(
            "a position's part repeated",
            Rejection::position(Code::Opening, 1),
            body(&|b| {
                b.copy_within(..len, len);
            }),
        ),
        Case::new(
            "a position's part added",
            malformed(WireError::Trailing(len)),
            body(&|b| {
                let part = b[..len].to_vec();
                b.extend(part);
            }),
        ),
        Case::new("a position's part dropped", Rejection::position(Code::Opening, 0), body(&|b| drop(b.drain(..len)))),
        Case::new(
            "nothing",
            malformed(WireError::Truncated { what: "value of a chunk", at: 0 }),
            audit::challenge(&MODEL, &HONEST.claim(), &challenge, &empty),
        ),
    ]
}

/// Follows another token than the one that was sampled, from a position on.
struct Choose<F: FnMut(u32, u32, &[i32]) -> u32>(F);

impl<F: FnMut(u32, u32, &[i32]) -> u32> Rig for Choose<F> {
    fn sample(&mut self, m: &mut Machine<'_>, job: &Job, t: u32, logits: &[i32]) -> u32 {
        let honest = m.sample(job, t, logits);
        (self.0)(t, honest, logits)
    }
}

fn second_best(honest: u32, logits: &[i32]) -> u32 {
    (0u32..).zip(logits).filter(|(i, _)| *i != honest).max_by_key(|(_, l)| **l).map_or(0, |(i, _)| i)
}

/// Every logit occurs in seven rows that are congruent modulo 100.
fn tied() -> Model {
    let mut model = MODEL.clone();
    let head = model.head().clone();
    let again = model.output.as_mut().expect("untied");
    *again = toy::pack(700, 320, 13, |row, col| (head.weight(row % 100, col) >> 5) as i16);
    model
}

fn tokens() -> Vec<Case> {
    let at = |place: u32, choose: fn(u32, &[i32]) -> u32| {
        move |t: u32, honest: u32, logits: &[i32]| if t == place { choose(honest, logits) } else { honest }
    };
    let mut drawn = job();
    drawn.sampling = toy::DRAWN;
    let argmax = |_: u32, _: u32, l: &[i32]| l.iter().position(|x| Some(x) == l.iter().max()).unwrap_or(0) as u32;
    let drawn_claim = signed(&MODEL, &drawn, &mut Choose(argmax));
    let honest = signed(&MODEL, &drawn, &mut Honest);
    let differs = (0..5).find(|&i| drawn_claim.output.tokens[i] != honest.output.tokens[i]).expect("drawn") as u32;
    let mut claims = vec![
        Case::new(
            "the second best token",
            wrong_sample(6),
            verdict(&signed(&MODEL, &job(), &mut Choose(at(6, second_best)))),
        ),
        Case::new("the largest logit instead of a draw", wrong_sample(4 + differs), verdict(&drawn_claim)),
        Case::new(
            "a token exchanged behind the trace",
            wrong_sample(5),
            verdict(&{
                let mut claim = HONEST.clone();
                claim.output.tokens[1] ^= 1;
                claim.receipt = sign(&claim.job, &claim.output);
                claim
            }),
        ),
    ];
    let last = signed(&MODEL, &job(), &mut Choose(at(8, second_best)));
    let challenge = ask(&last, units(1), &mut Rng::new(1));
    let answer = last.answer(&MODEL, &challenge);
    let got = audit::challenge(&MODEL, &last.claim(), &challenge, &answer);
    claims.push(Case::new("the last token, one unit drawn", wrong_sample(8), got));
    claims.extend([(300, "another chunk"), (100, "the same chunk")].map(|(by, name)| tie(by, name)));
    claims
}

/// A token whose logit is as large, but that stands later.
fn tie(by: u32, name: &str) -> Case {
    let model = tied();
    let job = toy::job(&model, 5, 5, 2);
    let claim = signed(&model, &job, &mut Choose(|t, honest, _: &[i32]| if t == 8 { honest + by } else { honest }));
    assert!(claim.output.tokens[4] >= by && claim.output.tokens[..4].iter().all(|t| *t < 100));
    let challenge = everything(&claim);
    let answer = claim.answer(&model, &challenge);
    let got = audit::challenge(&model, &claim.claim(), &challenge, &answer);
    Case::new(format!("a tie won by a later token of {name}"), wrong_sample(8), got)
}

/// What only recomputing the whole trace is asked about.
fn full() -> Vec<Case> {
    struct Hidden;
    impl Rig for Hidden {
        fn sample(&mut self, m: &mut Machine<'_>, job: &Job, t: u32, logits: &[i32]) -> u32 {
            let honest = m.sample(job, t, logits);
            if t == 6 { second_best(honest, logits) } else { honest }
        }
        fn edit(&mut self, at: At, leaf: &mut Leaf) {
            if at.t == 6 && at.step == SAMPLE {
                let honest = HONEST.output.tokens[2].cast_signed();
                edit_i32(leaf, 0, |_| honest);
            }
        }
    }
    let audit = |claim: &Signed| audit::full(&MODEL, &claim.claim(), &mut |_| {});
    let at = |code, t| Rejection::position(code, t);
    vec![
        Case::new("full: a skipped layer", at(Code::WrongPosition, 0), audit(&signed(&MODEL, &job(), &mut Skip))),
        Case::new(
            "full: two positions exchanged",
            at(Code::WrongPosition, 2),
            audit(&reordered(|r| r.columns.swap(2, 3))),
        ),
        Case::new(
            "full: a token beside an honest trace",
            at(Code::WrongSample, 6),
            audit(&signed(&MODEL, &job(), &mut Hidden)),
        ),
        Case::new("a token beside an honest trace", wrong_sample(6), verdict(&signed(&MODEL, &job(), &mut Hidden))),
        Case::new("full: the second best token", at(Code::WrongPosition, 8), {
            let choose = |t, honest, l: &[i32]| if t == 8 { second_best(honest, l) } else { honest };
            audit(&signed(&MODEL, &job(), &mut Choose(choose)))
        }),
        Case::new(
            "full: a settlement root over another trace",
            Rejection::whole(Code::WrongSettlementRoot),
            audit(&HONEST.settled(&MODEL.config, |root| root[31] ^= 1)),
        ),
    ]
}

#[test]
fn what_stands_in_anothers_place_is_named_with_its_own() {
    assert_all(&CASES);
}
