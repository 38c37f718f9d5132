//! The rig as it answers a contract: a record with all leaves, keys of the circuits that a test proves with, and its answers.

use assay_model::model::Model;
use assay_model::program::StepKind;
use assay_prover::commitments::powers::{Powers, Source};
use assay_prover::commitments::widths;
use assay_prover::settlement::answerer::Work;
use assay_prover::settlement::chunks::{chunks, powers_needed};
use assay_prover::settlement::drawn::Drawn;
use assay_prover::settlement::keys::{Keys, bytes};
use assay_prover::settlement::parameters::{embedding, values};
use assay_prover::settlement::record::{Book, Contents};
use assay_prover::settlement::shop::Shop;
use assay_tests::rig::{Honest, run};
use assay_tests::toy;
use assay_tests::trace::{Signed, commit};
use assay_verifier::settlement::answer::Part;
use assay_verifier::settlement::circuits::{self, Kind, Named};
use assay_verifier::settlement::claim::{Place, claim};
use assay_verifier::settlement::draw;
use assay_verifier::settlement::prompt::Prompt;
use assay_verifier::settlement::question::Question;
use assay_verifier::sign::{keccak, receipt_hash};
use std::path::Path;
use std::sync::LazyLock;

pub static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::small(), 1));
pub static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let job = toy::job(&MODEL, 5, 4, 2);
    commit(&MODEL.config, &job, run(&MODEL, &job, &mut Honest), &|_, _| {}).settled(&MODEL.config, |_| {})
});
static POWERS: LazyLock<Powers> = LazyLock::new(|| {
    Source::Development.read(powers_needed(&MODEL.config), &widths(&MODEL.config)).expect("development powers")
});

pub const DRAWS: u32 = 64;
const ID: &[u8] = b"the terms of this job";

pub fn work() -> Work<'static> {
    Work { job: &SIGNED.job, receipt: &SIGNED.receipt, output: &SIGNED.output }
}

fn seed() -> [u8; 32] {
    draw::seed(&keccak(b"a round of the beacon"), &keccak(ID), &receipt_hash(&SIGNED.receipt))
}

/// What the contract draws of the job.
pub fn drawn() -> Drawn {
    Drawn::new(&MODEL.config, &work(), &seed(), DRAWS).expect("a job with positions")
}

/// The circuit that shows a part of a unit.
pub fn circuit(place: &Place, part: Part) -> Kind {
    claim(&MODEL.config, SIGNED.job.prompt.len() as u32, place, part).expect("a unit").circuit
}

/// Parts that a unit is shown in, one of each circuit.
pub fn parts(place: &Place) -> Vec<Part> {
    match MODEL.config.step(place.step).unwrap().kind {
        StepKind::Attention => vec![Part::Query, Part::Block(0), Part::Mix],
        StepKind::Sample => vec![Part::Token(SIGNED.output.token_out(&SIGNED.job, place.t).unwrap() / 256)],
        _ => vec![Part::Whole],
    }
}

/// The first drawn unit that is a header of a norm: the draw's number, and its place.
pub fn first_header(drawn: &Drawn) -> (u32, Place) {
    let is_header = |place: &Place| {
        let kind = MODEL.config.step(place.step).unwrap().kind;
        place.unit == 0 && matches!(kind, StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm)
    };
    let index = drawn.units.iter().position(is_header).expect("a header among so many draws");
    (index as u32, drawn.units[index])
}

/// A record in which only these circuits have keys, and what proves with them; proving keys are kept in `folder`.
pub fn shop(kinds: &[Kind], folder: &Path) -> Shop<'static> {
    let config = &MODEL.config;
    let keys = Keys::insecure([3; 32], Some(folder.to_owned()));
    let wanted: Vec<Named> = kinds.iter().map(|kind| kind.named(config)).collect();
    let key = |(named, kind): &(Named, Kind)| {
        if !wanted.contains(named) {
            return [0; 704];
        }
        let key = keys.made(config, named, kind).expect("a key");
        keys.keep(named, &key).expect("a folder");
        bytes(&key).expect("its bytes")
    };
    let contents = Contents {
        manifest: SIGNED.job.manifest,
        config: config.clone(),
        widths: POWERS.widths.clone(),
        chunks: chunks(&MODEL, &POWERS.g1).expect("chunks"),
        keys: circuits::all(config).iter().map(key).collect(),
        parameters: values(&MODEL, &embedding(&MODEL)).expect("parameters"),
    };
    let book = Book::new(contents).expect("a record");
    let again = Book::decode(&book.encode()).expect("the same record");
    assert_eq!(again.record.id(), book.record.id());
    let keys = Keys::insecure([3; 32], Some(folder.to_owned()));
    Shop::new(&MODEL, again, keys, POWERS.g1.clone(), [9; 32], Box::new(|_, _| Ok(Box::new(SIGNED.clone()))))
}

/// What the contract asks about a draw.
pub fn question(shop: &Shop<'_>, draw: u32, progress: [u8; 32]) -> Question {
    Question {
        id: keccak(ID),
        job: SIGNED.job.digest(),
        record: shop.book().record.id(),
        receipt: receipt_hash(&SIGNED.receipt),
        settlement_root: SIGNED.receipt.settlement_root,
        prompt: Prompt::of(&SIGNED.job).root(),
        prompt_tokens: SIGNED.job.prompt.len() as u32,
        tokens: SIGNED.receipt.token_count,
        seed: seed(),
        draw,
        draws: DRAWS,
        progress,
    }
}
