//! Every kind of unit that is no product, of a real trace: the circuit that the rig makes is satisfied, and its fields are those
//! that a contract computes. A lie in a step's output has no answer.

use ark_bn254::Fr;
use assay_circuits::settlement::embedding::Tree;
use assay_circuits::settlement::unit::fields;
use assay_circuits::settlement::{Circuit, Error, check};
use assay_model::domain::Digest;
use assay_model::model::Model;
use assay_model::program::{Step, StepKind};
use assay_prover::settlement::blinds::Blinds;
use assay_prover::settlement::committed::Trace;
use assay_prover::settlement::head::Head;
use assay_prover::settlement::parameters::{embedding, value};
use assay_prover::settlement::unit::Makings;
use assay_tests::rig::{Honest, Run, run};
use assay_tests::toy;
use assay_tests::trace::{Signed, commit};
use assay_verifier::Job;
use assay_verifier::answer::Source;
use assay_verifier::settlement::answer::Part;
use assay_verifier::settlement::claim::{Place, Told, claim};
use assay_verifier::settlement::progress;
use std::sync::LazyLock;

static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::small(), 1));
static EMBEDDING: LazyLock<Tree> = LazyLock::new(|| embedding(&MODEL));
/// Ten positions: three blocks of an attention head, the last of them not full.
static JOB: LazyLock<Job> = LazyLock::new(|| toy::job(&MODEL, 6, 5, 2));
static RUN: LazyLock<Run> = LazyLock::new(|| run(&MODEL, &JOB, &mut Honest));
static HONEST: LazyLock<Signed> = LazyLock::new(|| commit(&MODEL.config, &JOB, RUN.clone(), &|_, _| {}));

const LAST: u32 = 9;

/// What the contract makes of a part of a unit, and what the rig does.
struct Shown {
    claimed: Vec<Fr>,
    circuit: Box<dyn Circuit>,
}

impl Shown {
    /// Why there is no answer: the circuit's reason, or that it shows something else than is asked.
    fn decided(&self) -> Result<(), Refused> {
        check(self.circuit.as_ref()).map_err(Refused::Circuit)?;
        if fields(self.circuit.as_ref()) == self.claimed { Ok(()) } else { Err(Refused::Fields) }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Refused {
    Circuit(Error),
    Fields,
}

const UNSATISFIED: Result<(), Refused> = Err(Refused::Circuit(Error::Unsatisfied));

fn place(t: u32, kind: StepKind, unit: u32) -> Place {
    let layer =
        if matches!(kind, StepKind::Embed | StepKind::FinalNorm | StepKind::Head | StepKind::Sample) { 0 } else { 1 };
    Place { t, step: MODEL.config.step_index(Step { kind, layer }), unit }
}

/// A part of a unit of a committed trace.
fn shown(signed: &Signed, place: &Place, part: Part) -> Shown {
    let (config, digest) = (&MODEL.config, signed.job.digest());
    let (job, output) = (&signed.job, &signed.output);
    let trace = Trace { config, job, digest: &digest, output, source: signed };
    let makings = Makings { model: &MODEL, trace, embedding: &EMBEDDING };
    let claim = claim(config, signed.job.prompt.len() as u32, place, part).expect("a unit");
    let head = Head::new(&MODEL, trace, place, &Blinds::new(&[1; 32], &[2; 32]));
    let circuit = makings.circuit(&claim, place, part, head.as_ref()).expect("its leaves");
    let leaves: Vec<Digest> =
        claim.leaves.iter().map(|leaf| Source::leaves(signed, leaf.t)[leaf.step as usize]).collect();
    let told = Told {
        leaves: &leaves,
        prompt_token: makings.prompt_token(place.t).expect("a token"),
        parameter: claim.parameter.map(|p| value(&MODEL, &EMBEDDING, p).expect("a parameter")).unwrap_or_default(),
        states: head.and_then(|head| head.digests(part)).unwrap_or_default(),
    };
    Shown { claimed: claim.fields(config, &digest, &told), circuit }
}

/// The run with a byte of the tensor, or of the header, of a step changed.
fn lied(place: &Place, byte: usize, in_header: bool) -> Signed {
    let mut run = RUN.clone();
    let leaf = &mut run.columns[place.t as usize][place.step as usize];
    let bytes = if in_header { &mut leaf.header } else { &mut leaf.tensor };
    bytes[byte] ^= 1;
    commit(&MODEL.config, &JOB, run, &|_, _| {})
}

/// The honest unit is decided, and with a changed byte of its tensor it is not, for this reason.
fn decided_and_refused(place: &Place, part: Part, (byte, in_header): (usize, bool), refused: Result<(), Refused>) {
    assert_eq!(shown(&HONEST, place, part).decided(), Ok(()), "{place:?} {part:?}");
    let lie = lied(place, byte, in_header);
    assert_eq!(shown(&lie, place, part).decided(), refused, "{place:?} {part:?}, a lie");
}

#[test]
fn embeddings_on_both_sides_of_the_prompts_end() {
    // Another row than the token's is under another root than the model's.
    for t in [0, 5, 6, LAST] {
        decided_and_refused(&place(t, StepKind::Embed, 0), Part::Whole, (8, false), Err(Refused::Fields));
    }
}

#[test]
fn headers_and_chunks_of_norms() {
    let units = |kind| (0..MODEL.config.unit_count(kind)).map(move |unit| place(7, kind, unit));
    for place in [StepKind::AttnNorm, StepKind::FfnNorm, StepKind::FinalNorm].into_iter().flat_map(units) {
        // Unit 0 is the header, of which s1 is behind one partial of ten bytes.
        let lie = if place.unit == 0 { (10 + 2, true) } else { (20, false) };
        decided_and_refused(&place, Part::Whole, lie, UNSATISFIED);
    }
}

#[test]
fn key_value_heads() {
    for head in 0..MODEL.config.kv_heads {
        let byte = head as usize * 4 * MODEL.config.head_dim as usize;
        decided_and_refused(&place(3, StepKind::Kv, head), Part::Whole, (byte, false), UNSATISFIED);
    }
}

#[test]
fn headers_and_chunks_of_packed_vectors() {
    for kind in [StepKind::AttnPack, StepKind::Act] {
        for unit in 0..MODEL.config.unit_count(kind) {
            let place = place(7, kind, unit);
            let chunks = MODEL.config.unit_count(kind) as usize - 1;
            let lie = match unit.checked_sub(1) {
                None => (chunks, true),
                Some(chunk) => (512 * chunk as usize + 6, false),
            };
            decided_and_refused(&place, Part::Whole, lie, UNSATISFIED);
        }
    }
}

#[test]
fn a_greedy_sample() {
    for t in [5, LAST] {
        let token = HONEST.output.token_out(&JOB, t).unwrap();
        let part = Part::Token(token / 256);
        decided_and_refused(&place(t, StepKind::Sample, 0), part, (0, false), UNSATISFIED);
    }
}

/// Whether a head is shown from its query to its outputs, each part found by the progress that the one before leaves.
fn head_shown(signed: &Signed, place: &Place) -> Result<Vec<Part>, Refused> {
    let (config, digest) = (&MODEL.config, signed.job.digest());
    let trace = Trace { config, job: &signed.job, digest: &digest, output: &signed.output, source: signed };
    let head = Head::new(&MODEL, trace, place, &Blinds::new(&[1; 32], &[2; 32])).expect("a head");
    let scalar = assay_circuits::settlement::encoding::encode_scalar;
    let (mut progress, mut shown_parts) = ([0; 32], Vec::new());
    loop {
        let part = head.next(&progress).expect("a part that follows");
        shown(signed, place, part).decided()?;
        shown_parts.push(part);
        let [_, after] = head.digests(part).expect("states");
        let read = match part {
            Part::Query => 0,
            Part::Block(first) => (first + 4).min(place.t + 1),
            _ => return Ok(shown_parts),
        };
        progress = progress::attention(read, &scalar(&after));
    }
}

#[test]
fn attention_heads_over_several_blocks_and_of_the_first_position() {
    let all = [Part::Query, Part::Block(0), Part::Block(4), Part::Block(8), Part::Mix];
    assert_eq!(head_shown(&HONEST, &place(LAST, StepKind::Attention, 1)), Ok(all.to_vec()));
    let first = [Part::Query, Part::Block(0), Part::Mix];
    assert_eq!(head_shown(&HONEST, &place(0, StepKind::Attention, 3)), Ok(first.to_vec()));
}

#[test]
fn attention_heads_whose_outputs_are_a_lie() {
    let place = place(LAST, StepKind::Attention, 1);
    let byte = 4 * MODEL.config.head_dim as usize;
    assert_eq!(shown(&lied(&place, byte, false), &place, Part::Mix).decided(), UNSATISFIED);
}

#[test]
fn a_progress_that_is_none_of_the_heads_is_not_gone_on_from() {
    let signed = &*HONEST;
    let (config, digest) = (&MODEL.config, signed.job.digest());
    let trace = Trace { config, job: &signed.job, digest: &digest, output: &signed.output, source: signed };
    let place = place(LAST, StepKind::Attention, 1);
    let head = |secret| Head::new(&MODEL, trace, &place, &Blinds::new(&[secret; 32], &[2; 32])).expect("a head");
    let [_, after] = head(1).digests(Part::Query).unwrap();
    let left = progress::attention(0, &assay_circuits::settlement::encoding::encode_scalar(&after));
    assert_eq!(head(1).next(&left), Some(Part::Block(0)), "made anew, it goes on");
    assert_eq!(head(2).next(&left), None, "another secret");
    assert_eq!(head(1).next(&[7; 32]), None);
}
