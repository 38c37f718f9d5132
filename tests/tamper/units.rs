//! One committed value or scalar of one step, changed before it is committed and signed.
//!
//! The client draws the column of the lie, so its first wrong unit is the one that is named.

use crate::case::{Case, HONEST, MODEL, assert_all, column, proved_at, verdict_at};
use assay_circuits::fold::FoldError;
use assay_model::program::{CHUNK, Step, StepKind, Unit};
use assay_model::steps::{norm, pack};
use assay_tests::client::{self, ask, units};
use assay_tests::forge;
use assay_tests::machine::{At, Leaf, Machine, Normed, Packed, packed};
use assay_tests::public::published;
use assay_tests::rig::{Honest, Rig, Run, edit_i16, edit_i32, run};
use assay_tests::rng::Rng;
use assay_tests::spread::spread;
use assay_tests::trace::{Signed, commit, signed};
use assay_verifier::{Challenge, Code, Rejection, audit, draw};
use std::sync::LazyLock;

/// Position of every lie: one of the answer, neither the first nor the last.
const T: u32 = 6;

type Change = Box<dyn Fn(&mut Leaf) + Sync + Send>;

struct Lie {
    name: String,
    kind: StepKind,
    unit: Unit,
    code: Code,
    change: Change,
}

fn lie(name: &str, kind: StepKind, unit: Unit, code: Code, change: impl Fn(&mut Leaf) + Sync + Send + 'static) -> Lie {
    Lie { name: name.to_owned(), kind, unit, code, change: Box::new(change) }
}

impl Lie {
    /// As the owner of the weights judges it.
    fn case(&self) -> Case {
        self.judged(verdict_at)
    }

    /// As a client without weights judges it.
    fn proved(&self) -> Case {
        self.judged(proved_at)
    }

    fn judged(&self, verdict: fn(&Signed, u32) -> Result<(), Rejection>) -> Case {
        let layer = if StepKind::LAYER.contains(&self.kind) { 1 } else { 0 };
        let step = Step { kind: self.kind, layer };
        let mut run = RUN.clone();
        (self.change)(&mut run.columns[T as usize][MODEL.config.step_index(step) as usize]);
        let claim = commit(&MODEL.config, &HONEST.job, run, &|_, _| {});
        let want = Rejection::unit(self.code, T, step, self.unit);
        Case::new(format!("{}: {}", step, self.name), want, verdict(&claim, T))
    }
}

/// The honest run, to be altered behind the rig's back.
static RUN: LazyLock<Run> = LazyLock::new(|| run(&MODEL, &HONEST.job, &mut Honest));

pub static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let mut lies = values();
    lies.extend(others());
    spread(&lies, Lie::case)
});

/// Lies in products that nothing contradicts but the fold proof, then all others: those are named as by the owner.
pub static PROVED: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let values = values().into_iter().filter(|lie| !lie.kind.is_linear());
    let lies: Vec<Lie> = values.chain(others()).collect();
    let mut cases = off_by_one();
    cases.extend(spread(&lies, Lie::proved));
    cases
});

fn others() -> Vec<Lie> {
    let mut lies = paddings();
    lies.extend([StepKind::AttnNorm, StepKind::FfnNorm, StepKind::FinalNorm].into_iter().flat_map(norms));
    lies.extend([StepKind::AttnPack, StepKind::Act].into_iter().flat_map(packs));
    lies.extend(key_values());
    lies.extend(tail());
    lies
}

/// One output of a linear step, off by one, and everything after it as it follows from that.
struct OffByOne {
    step: Step,
    at: usize,
}

impl OffByOne {
    fn spoil(&self, at: At, mut y: Vec<i32>) -> Vec<i32> {
        if at.t == T && at.step == self.step {
            y[self.at] += 1;
        }
        y
    }
}

impl Rig for OffByOne {
    fn project(&mut self, m: &mut Machine<'_>, at: At, x: &Normed) -> Vec<i32> {
        self.spoil(at, m.project(at.step, x))
    }

    fn add(&mut self, m: &mut Machine<'_>, at: At, x: &Packed, h: &[i32]) -> Vec<i32> {
        self.spoil(at, m.add(at.step, x, h))
    }
}

fn off_by_one() -> Vec<Case> {
    let c = &MODEL.config;
    let linear = StepKind::ALL.into_iter().filter(|k| k.is_linear());
    let chunks = linear.flat_map(|kind| (0..c.unit_count(kind)).filter_map(move |u| Some((kind, c.unit(kind, u)?))));
    let case = |&(kind, unit): &(StepKind, Unit)| {
        let step = Step { kind, layer: u32::from(StepKind::LAYER.contains(&kind)) };
        let at = assay_verifier::needs::outputs(c, kind, unit).start;
        let claim = signed(&MODEL, &HONEST.job, &mut OffByOne { step, at });
        let want = Rejection::whole(Code::Fold(FoldError::Equation));
        Case::new(format!("{step} {unit}: off by one, and all that follows from it"), want, proved_at(&claim, T))
    };
    spread(&chunks.collect::<Vec<_>>(), case)
}

/// The unit that is named when the tensor of a step is wrong at element `at`: the last one that writes to the same 1 KiB.
fn decided(kind: StepKind, at: usize) -> Unit {
    let c = &MODEL.config;
    let kib = |element: usize| element * c.shape(kind).element.size() / 1024;
    let mut units = (0..c.unit_count(kind)).filter_map(|u| c.unit(kind, u)).filter(|u| *u != Unit::Header);
    let writes = |unit: &Unit| kib(assay_verifier::needs::outputs(c, kind, *unit).start) <= kib(at);
    units.rfind(writes).expect("a unit")
}

/// A value off by one in every chunk and head of every step.
fn values() -> Vec<Lie> {
    let c = &MODEL.config;
    let mut out = Vec::new();
    let code = |kind| match kind {
        StepKind::Embed => Code::WrongEmbed,
        StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm => Code::WrongNorm,
        StepKind::Kv => Code::WrongKv,
        StepKind::Attention => Code::WrongAttention,
        StepKind::AttnPack => Code::WrongPack,
        StepKind::Act => Code::WrongAct,
        StepKind::Sample => Code::WrongSample,
        _ => Code::WrongLinear,
    };
    for kind in StepKind::ALL {
        for unit in (0..c.unit_count(kind)).filter_map(|u| c.unit(kind, u)).filter(|u| *u != Unit::Header) {
            let at = assay_verifier::needs::outputs(c, kind, unit).start;
            let narrow = c.shape(kind).element.size() == 2;
            let change = move |leaf: &mut Leaf| {
                if narrow { edit_i16(leaf, at, |x| x ^ 1) } else { edit_i32(leaf, at, |x| x ^ 1) }
            };
            out.push(lie("a value off by one", kind, decided(kind, at), code(kind), change));
        }
    }
    out
}

/// The row behind the last one of each part that does not fill its chunks.
fn paddings() -> Vec<Lie> {
    let c = &MODEL.config;
    let mut out = Vec::new();
    for kind in [StepKind::Qkv, StepKind::GateUp] {
        for part in c.parts(kind) {
            let at = (part.first + part.rows) as usize;
            let unit = Unit::Chunk(at as u32 / 256);
            out.push(lie("padding is not zero", kind, unit, Code::WrongLinear, move |leaf| edit_i32(leaf, at, |_| 1)));
        }
    }
    out
}

/// A norm's header, decoded, changed and put back.
fn rescale(change: impl Fn(&mut norm::Header) + Sync + Send + 'static) -> impl Fn(&mut Leaf) + Sync + Send {
    move |leaf| {
        let mut header = norm::Header::decode(&leaf.header).expect("honest");
        change(&mut header);
        leaf.header = header.encode();
    }
}

fn norms(kind: StepKind) -> Vec<Lie> {
    let header =
        |name, change: fn(&mut norm::Header)| lie(name, kind, Unit::Header, Code::WrongHeader, rescale(change));
    // Scalars that follow from the partials, but partials that do not follow from the residual.
    let derived = |name, change: fn(&mut norm::Header)| {
        let rederived = move |h: &mut norm::Header| {
            change(h);
            h.scale = norm::Header::derive(&h.partials, &MODEL.tables.eps);
        };
        lie(name, kind, Unit::Chunk(0), Code::WrongNorm, rescale(rederived))
    };
    let byte = |name, from_end: usize, value: u8| {
        lie(name, kind, Unit::Header, Code::OutOfRange, move |leaf: &mut Leaf| {
            let at = leaf.header.len() - from_end;
            leaf.header[at] = value;
        })
    };
    vec![
        header("s1 above the partials", |h| h.scale.s1 += 1),
        header("s2 above the partials", |h| h.scale.s2 += 1),
        header("s2 below the partials", |h| h.scale.s2 -= 1),
        header("another R", |h| h.scale.r = if h.scale.r == 1 << 16 { h.scale.r - 1 } else { h.scale.r + 1 }),
        header("another j", |h| h.scale.j += 1),
        derived("a coarser s1 throughout", |h| h.partials.iter_mut().for_each(|p| p.s1 += 1)),
        derived("a coarser s2 throughout", |h| h.partials.iter_mut().for_each(|p| p.s2 += 1)),
        derived("a finer s1 throughout", |h| h.partials.iter_mut().for_each(|p| p.s1 = 0)),
        derived("a finer s2 throughout", |h| h.partials.iter_mut().for_each(|p| p.s2 -= 1)),
        derived("another sum of squares", |h| h.partials[0].sum += 1 << 20),
        byte("s1 out of range", 7, 18),
        byte("s2 out of range", 6, 16),
        byte("R out of range", 2, 2),
        byte("j too large", 1, 17),
        byte("j too small", 1, (-16i8).cast_unsigned()),
        lie("s1 of a chunk out of range", kind, Unit::Header, Code::OutOfRange, |leaf| leaf.header[10] = 18),
        lie("s2 of a chunk out of range", kind, Unit::Header, Code::OutOfRange, |leaf| leaf.header[11] = 16),
        lie("−2^15", kind, Unit::Chunk(1), Code::WrongNorm, |leaf| edit_i16(leaf, 300, |_| i16::MIN)),
        lie(
            "s1 of a chunk alone",
            kind,
            Unit::Chunk(0),
            Code::WrongNorm,
            rescale(|h| {
                // The second chunk's shift keeps the maximum where it is.
                h.partials[1].s1 = h.scale.s1;
                h.partials[0].s1 = if h.partials[0].s1 == h.scale.s1 { h.scale.s1 - 1 } else { h.scale.s1 };
            }),
        ),
    ]
}

fn packs(kind: StepKind) -> Vec<Lie> {
    let code = if kind == StepKind::Act { Code::WrongAct } else { Code::WrongPack };
    let beyond = 1 + if kind == StepKind::Act { pack::MAX_ACT_SHIFT } else { pack::MAX_ATTN_SHIFT };
    vec![
        lie("the shift above the chunks'", kind, Unit::Header, Code::WrongHeader, |leaf| {
            *leaf.header.last_mut().expect("a shift") += 1;
        }),
        lie("the shift below the chunks'", kind, Unit::Header, Code::WrongHeader, |leaf| {
            *leaf.header.last_mut().expect("a shift") -= 1;
        }),
        lie("a coarser shift throughout", kind, Unit::Chunk(0), code, |leaf| {
            leaf.header.iter_mut().for_each(|s| *s += 1);
        }),
        lie("a finer shift throughout", kind, Unit::Chunk(0), code, |leaf| {
            leaf.header.iter_mut().for_each(|s| *s = 0);
        }),
        lie("the shift out of range", kind, Unit::Header, Code::OutOfRange, move |leaf| {
            *leaf.header.last_mut().expect("a shift") = beyond;
        }),
        lie("a chunk's shift out of range", kind, Unit::Header, Code::OutOfRange, move |leaf| leaf.header[0] = beyond),
        lie("−2^15", kind, decided(kind, 5), code, |leaf| edit_i16(leaf, 5, |_| i16::MIN)),
    ]
}

fn key_values() -> Vec<Lie> {
    let (kind, hd) = (StepKind::Kv, MODEL.config.head_dim as usize);
    let lie = |name, head, code, change: fn(&mut Leaf)| lie(name, kind, Unit::Head(head), code, change);
    let mut out = vec![
        lie("another key shift", 0, Code::WrongKv, |leaf| leaf.header[0] ^= 1),
        lie("another value shift", 1, Code::WrongKv, |leaf| leaf.header[3] ^= 1),
        lie("a key shift out of range", 0, Code::WrongKv, |leaf| leaf.header[0] = 19),
        lie("a value shift out of range", 1, Code::WrongKv, |leaf| leaf.header[3] = 18),
    ];
    let beyond = |name, at: usize, value: i16| {
        self::lie(name, kind, decided(kind, at), Code::WrongKv, move |leaf| edit_i16(leaf, at, |_| value))
    };
    out.extend([
        beyond("a key beyond any rotation", 0, 23_171),
        beyond("a key below any rotation", 3, -23_171),
        beyond("a value of −2^15", 3 * hd, i16::MIN),
    ]);
    out
}

/// What is named when `changed` lies at [`T`] and a challenge draws `unit` of `step` there, but none of what `besides` says.
fn alone(
    changed: Step,
    change: impl Fn(&mut Leaf),
    (step, unit): (Step, Unit),
    besides: impl Fn(Step, Unit) -> bool,
) -> [Rejection; 2] {
    let c = &MODEL.config;
    let mut run = RUN.clone();
    change(&mut run.columns[T as usize][c.step_index(changed) as usize]);
    let claim = commit(c, &HONEST.job, run, &|_, _| {});
    let fits = |challenge: &Challenge| {
        let drawn = draw::draw(challenge, &claim.claim().extent(c));
        let steps = drawn.get(&T).into_iter().flatten().filter_map(|(&index, units)| Some((c.step(index)?, units)));
        let at = steps.flat_map(|(s, units)| units.iter().filter_map(move |u| Some((s, c.unit(s.kind, *u)?))));
        let at: Vec<(Step, Unit)> = at.collect();
        at.contains(&(step, unit)) && !at.iter().any(|(s, u)| besides(*s, *u))
    };
    let rng = &mut Rng::new(11);
    let challenge = std::iter::repeat_with(|| ask(&claim, units(12), rng)).find(fits).expect("an endless stream");
    let audited = audit::challenge(&MODEL, &claim.claim(), &challenge, &claim.answer(&MODEL, &challenge));
    [audited, client::proved(&MODEL, &claim, &challenge)].map(|v| v.expect_err("accepted"))
}

/// What the headers of the logits say, and the sampled token.
fn tail() -> Vec<Lie> {
    let maximum = |chunk: u32, by: i32| {
        lie("a maximum that no logit has", StepKind::Head, Unit::Chunk(chunk), Code::WrongMaximum, move |leaf| {
            let bytes = &mut leaf.header.as_chunks_mut::<4>().0[chunk as usize];
            *bytes = (i32::from_le_bytes(*bytes) + by).to_le_bytes();
        })
    };
    vec![
        maximum(0, 1),
        maximum(1, -1),
        maximum(2, 1 << 20),
        lie(
            "the committed token is not the one of the output",
            StepKind::Sample,
            Unit::Whole,
            Code::WrongSample,
            |leaf| {
                edit_i32(leaf, 0, |x| x + 256);
            },
        ),
    ]
}

/// Takes a coarser shift than the smallest, in one step, and uses it consistently.
struct Coarser(StepKind);

impl Coarser {
    fn covers(&self, at: At) -> bool {
        at.t == T && at.step.kind == self.0 && at.step.layer == u32::from(StepKind::LAYER.contains(&self.0))
    }
}

impl Rig for Coarser {
    fn norm(&mut self, m: &mut Machine<'_>, at: At, h: &[i32]) -> Normed {
        let mut x = m.norm(at.step, h, None);
        if self.covers(at) {
            let (s1, s2) = (x.header.scale.s1, x.header.scale.s2 + 1);
            let chunks = h.chunks(CHUNK).zip(m.gains(at.step).gamma.chunks(CHUNK));
            x.x = chunks.flat_map(|(h, g)| norm::chunk(h, g, s1, s2).expect("coarser suffices").1).collect();
            x.header.partials.iter_mut().for_each(|p| p.s2 += 1);
            x.header.scale.s2 = s2;
        }
        x
    }

    fn pack(&mut self, _: &mut Machine<'_>, at: At, v: &[i128]) -> Packed {
        let mut x = packed(v);
        if self.covers(at) {
            x.header.chunks.iter_mut().for_each(|s| *s += 1);
            x.header.shift += 1;
            x.x = pack::mantissas(v, x.header.shift).expect("coarser suffices");
        }
        x
    }
}

pub static COARSER: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let kinds = [
        (StepKind::AttnNorm, Code::WrongNorm),
        (StepKind::FfnNorm, Code::WrongNorm),
        (StepKind::FinalNorm, Code::WrongNorm),
        (StepKind::AttnPack, Code::WrongPack),
        (StepKind::Act, Code::WrongAct),
    ];
    let case = |&(kind, code): &(StepKind, Code)| {
        let step = Step { kind, layer: u32::from(StepKind::LAYER.contains(&kind)) };
        let want = Rejection::unit(code, T, step, Unit::Chunk(0));
        let claim = signed(&MODEL, &HONEST.job, &mut Coarser(kind));
        let both = verdict_at(&claim, T).and(Ok(())).err() == proved_at(&claim, T).err();
        assert!(both, "{step}: the same with and without weights");
        Case::new(format!("{step}: a coarser shift, used consistently"), want, verdict_at(&claim, T))
    };
    spread(&kinds, case)
});

#[test]
fn a_shift_that_is_not_the_smallest_is_wrong_even_if_all_else_follows_from_it() {
    assert_all(&COARSER);
}

#[test]
fn a_unit_is_checked_even_if_others_that_write_to_its_chunk_are_not_drawn() {
    let cases = [
        (StepKind::AttnNorm, Unit::Chunk(0), Code::WrongNorm),
        (StepKind::Kv, Unit::Head(0), Code::WrongKv),
        (StepKind::Attention, Unit::Head(2), Code::WrongAttention),
        (StepKind::Act, Unit::Chunk(1), Code::WrongAct),
    ];
    for (kind, unit, code) in cases {
        let step = Step { kind, layer: 1 };
        let at = assay_verifier::needs::outputs(&MODEL.config, kind, unit).start;
        let change = |leaf: &mut Leaf| leaf.tensor[MODEL.config.shape(kind).element.size() * at] ^= 1;
        let got = alone(step, change, (step, unit), |s, u| s == step && u != unit);
        assert_eq!(got, [Rejection::unit(code, T, step, unit); 2]);
    }
}

#[test]
fn a_product_does_not_take_what_is_no_mantissa() {
    let [norm, qkv] = [StepKind::AttnNorm, StepKind::Qkv].map(|kind| Step { kind, layer: 1 });
    let change = |leaf: &mut Leaf| edit_i16(leaf, 300, |_| i16::MIN);
    let got = alone(norm, change, (qkv, Unit::Chunk(0)), |s, u| {
        s == norm && u != Unit::Header || s == qkv && u != Unit::Chunk(0)
    });
    assert_eq!(got, [Rejection::unit(Code::OutOfRange, T, qkv, Unit::Chunk(0)); 2]);
}

/// Accumulators that round to what was committed, told to one who has the weights.
#[test]
fn an_owner_of_the_weights_believes_no_accumulator() {
    for lie in values().iter().filter(|lie| lie.kind.is_linear()) {
        let fitted = lie.judged(|claim, t| {
            let challenge = column(claim, t);
            let answer = forge::answer(&MODEL, &published(&MODEL), claim, &challenge);
            audit::challenge(&MODEL, &claim.claim(), &challenge, &answer).map(|_| ())
        });
        assert_all(&[fitted]);
    }
}

#[test]
fn every_changed_value_and_scalar_is_named_with_its_place() {
    assert_all(&CASES);
}

#[test]
fn every_changed_value_and_scalar_is_refused_without_weights() {
    assert_all(&PROVED);
}
