//! The contested lane with true proofs: the shipped `UnitVerifier`, real inference, a record, and the answers that a rig makes.
//!
//! The rig is the command `settle` with `--model` and `--record`; where a run is stopped on purpose or the trace is a lie, it is the
//! same command in the test's own process, with [`Shop`] behind it. A test gives the beacon the value that draws what its story
//! needs. The record is whole but for keys: circuits that no story draws have zeros in their place.

use crate::node::{Deal, FEE, PRICE, STAKE, TOKENS};
use crate::support::Desk;
use crate::told::{Step, Stops, Told};
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_prover::cli::backend::BackendArg;
use assay_prover::cli::proving::ProvingArg;
use assay_prover::cli::{Ready, settle, settlement_setup};
use assay_prover::commitments::powers::Source as Powers;
use assay_prover::commitments::widths;
use assay_prover::session::replay_surely;
use assay_prover::settlement::answerer::{AnswerError, Proofs, Work};
use assay_prover::settlement::chunks::{chunks, powers_needed};
use assay_prover::settlement::committed::Trace;
use assay_prover::settlement::drawn::Drawn;
use assay_prover::settlement::keys::{INSECURE_SEED, Keys, bytes};
use assay_prover::settlement::parameters::{embedding, values};
use assay_prover::settlement::record::{Book, Contents};
use assay_prover::settlement::shop::Shop;
use assay_verifier::answer::Source;
use assay_verifier::audit::Claim;
use assay_verifier::chain::SolCall;
use assay_verifier::chain::abi::Escrow::{proveCall, restartCall};
use assay_verifier::chain::terms::TermsFile;
use assay_verifier::cli::chain::read_terms;
use assay_verifier::cli::hex;
use assay_verifier::needs::Needs;
use assay_verifier::settlement::answer::Part;
use assay_verifier::settlement::circuits::{self, Kind};
use assay_verifier::settlement::claim::{Place, claim};
use assay_verifier::settlement::question::Question;
use assay_verifier::settlement::{draw, tree};
use assay_verifier::sign::{RigKey, keccak, receipt_hash};
use assay_verifier::{Job, Output, Receipt, trace};
use clap::Parser;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const DAY: u64 = 86_400;
const DRAWS: u32 = 4;
/// Draws of the honest story. Even ones are drawn by work, where headers and heads of attention are rare.
const FIRST: u32 = 0;
const ATTENTION: u32 = 1;
const PRODUCT: u32 = 2;
const HEADER: u32 = 3;

/// The record of the toy with the keys that stories need, made once.
struct Store {
    _desk: Desk,
    folder: PathBuf,
    id: Digest,
}

static STORE: LazyLock<Store> = LazyLock::new(|| {
    let started = std::time::Instant::now();
    let desk = Desk::new();
    let folder = desk.path("record");
    std::fs::create_dir(&folder).unwrap();
    let ready = line(&desk, &folder, "", &[]).proving.open().unwrap().unwrap().1;
    let config = &ready.model.config;
    let keys = Keys::insecure(INSECURE_SEED, Some(folder.join("keys")));
    let mut made = 0;
    let key = |(named, kind): &(circuits::Named, Kind)| {
        if !drawable(kind) {
            return [0; 704];
        }
        made += 1;
        let key = keys.made(config, named, kind).unwrap();
        keys.keep(named, &key).unwrap();
        bytes(&key).unwrap()
    };
    let powers = Powers::Development.read(powers_needed(config), &widths(config)).unwrap();
    let book = Book::new(Contents {
        manifest: ready.manifest.id(),
        config: config.clone(),
        widths: powers.widths.clone(),
        chunks: chunks(&ready.model, &powers.g1).unwrap(),
        keys: circuits::all(config).iter().map(key).collect(),
        parameters: values(&ready.model, &embedding(&ready.model)).unwrap(),
    })
    .unwrap();
    std::fs::write(folder.join(settlement_setup::RECORD), book.encode()).unwrap();
    std::fs::write(folder.join(settlement_setup::SEED), hex(&INSECURE_SEED)).unwrap();
    println!("a record with {made} keys: {:.1} s", started.elapsed().as_secs_f64());
    Store { _desk: desk, folder, id: book.record.id() }
});

/// Whether a story may draw what this circuit shows.
fn drawable(kind: &Kind) -> bool {
    match kind {
        Kind::Linear(shape) => matches!(shape.kind, StepKind::O | StepKind::Head),
        Kind::AttentionQuery(head) | Kind::AttentionBlock(head) | Kind::AttentionMix(head) => *head == 0,
        Kind::NormHeader | Kind::GreedySample(_) => true,
        _ => false,
    }
}

/// `settle` with what it proves with.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    settle: settle::Args,
    #[command(flatten)]
    proving: ProvingArg,
}

#[derive(Parser)]
struct Processor {
    #[command(flatten)]
    backend: BackendArg,
}

fn line(desk: &Desk, record: &Path, url: &str, more: &[&str]) -> Line {
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let files = [
        ("--terms", desk.path("terms")),
        ("--key", desk.path("rig.key")),
        ("--model", desk.path("toy.gguf")),
        ("--record", record.to_owned()),
    ];
    let files = files.into_iter().flat_map(|(name, path)| [name.to_owned(), text(path)]);
    let plain = ["settle", "--rpc", url].map(str::to_owned);
    let rest = if more.is_empty() { vec!["--job", "my.job"] } else { more.to_vec() };
    let line = plain.into_iter().chain(files).chain(rest.into_iter().map(str::to_owned));
    Line::try_parse_from(line).unwrap()
}

/// A finished job under terms that name the record.
struct Story {
    deal: Deal,
    file: TermsFile,
    ready: Ready,
    job: Job,
    output: Output,
    receipt: Receipt,
}

impl Story {
    /// Opened and worked for, not committed.
    fn opened() -> Option<Story> {
        let deal = Deal::judged("UnitVerifier", || hex(&STORE.id), DRAWS)?;
        deal.open().code(0);
        deal.work();
        let folder = deal.desk.path("record");
        std::fs::create_dir(&folder).unwrap();
        for name in [settlement_setup::RECORD, settlement_setup::SEED] {
            std::fs::copy(STORE.folder.join(name), folder.join(name)).unwrap();
        }
        std::os::unix::fs::symlink(STORE.folder.join("keys"), folder.join("keys")).unwrap();
        let read = |name: &str| std::fs::read(deal.desk.path(name)).unwrap();
        let job = Job::decode(&read("rig/job.job")).unwrap();
        let output = Output::decode(&read("rig/job.output")).unwrap();
        let receipt = Receipt::decode(&read("rig/job.receipt")).unwrap();
        let file = read_terms(&deal.desk.path("terms")).unwrap();
        let ready = line(&deal.desk, &folder, "", &[]).proving.open().unwrap().unwrap().1;
        assert!(job.prompt.len() > 5, "a prompt of several tokens");
        Some(Story { deal, file, ready, job, output, receipt })
    }

    fn line(&self, receipt: &str) -> Line {
        let receipt = self.deal.desk.path(receipt);
        let more = ["--receipt", receipt.to_str().unwrap(), "--bond", "--verifier", &self.deal.node.verifier];
        line(&self.deal.desk, &self.deal.desk.path("record"), &self.deal.node.url, &more)
    }

    fn work(&self) -> Work<'_> {
        Work { job: &self.job, receipt: &self.receipt, output: &self.output }
    }

    /// The command itself.
    fn settles(&self, more: &[&str]) -> serde_json::Value {
        let files = ["--terms", "terms", "--receipt", "rig/job.receipt", "--model", "toy.gguf", "--record", "record"];
        let trusted = ["--verifier", &self.deal.node.verifier];
        self.deal.rig("settle", &[&files[..], &trusted, more].concat()).code(0).json()
    }

    /// A value of the beacon for which the draws of a committed receipt are `wanted`.
    fn value(&self, work: &Work<'_>, wanted: impl Fn(&Drawn) -> bool) -> Digest {
        let config = &self.ready.model.config;
        let receipt = receipt_hash(work.receipt);
        let value = |n: u32| keccak(&n.to_be_bytes());
        let draws = |value: &Digest| draw::seed(value, &self.file.id(), &receipt);
        let suits = |value: &Digest| Drawn::new(config, work, &draws(value), DRAWS).is_some_and(|drawn| wanted(&drawn));
        (0..10_000_000).map(value).find(suits).expect("a value that draws this")
    }

    fn kind(&self, place: &Place) -> StepKind {
        self.ready.model.config.step(place.step).unwrap().kind
    }

    /// An attention head over two blocks, a product, a header.
    fn all_three(&self, drawn: &Drawn) -> bool {
        let unit = |draw: u32| &drawn.units[draw as usize];
        let products = [FIRST, PRODUCT].iter().all(|draw| self.is_product(unit(*draw)));
        products && self.is_attention(unit(ATTENTION)) && self.is_header(unit(HEADER))
    }

    fn is_attention(&self, place: &Place) -> bool {
        self.kind(place) == StepKind::Attention && place.unit == 0 && (4..8).contains(&place.t)
    }

    fn is_product(&self, place: &Place) -> bool {
        matches!(self.kind(place), StepKind::O | StepKind::Head)
    }

    fn is_header(&self, place: &Place) -> bool {
        let prompt = self.job.prompt.len() as u32;
        let claim = claim(&self.ready.model.config, prompt, place, Part::Whole);
        claim.is_some_and(|claim| claim.circuit == Kind::NormHeader)
    }

    /// What the escrow asks about a draw.
    fn question(&self, receipt: &Receipt, seed: Digest, draw: u32) -> Question {
        let t = &self.file.terms;
        Question {
            id: self.file.id(),
            job: t.job,
            record: t.record,
            receipt: receipt_hash(receipt),
            settlement_root: receipt.settlement_root,
            prompt: t.prompt,
            prompt_tokens: t.prompt_tokens,
            tokens: receipt.token_count,
            seed,
            draw,
            draws: t.draws,
            progress: [0; 32],
        }
    }

    /// The seed on the chain.
    fn seed(&self, value: &Digest, receipt: &Receipt) -> Digest {
        let seed = draw::seed(value, &self.file.id(), &receipt_hash(receipt));
        assert_eq!(self.deal.status()["contest"]["seed"], hex(&seed), "both sides draw from one seed");
        seed
    }

    fn prove(&self, receipt: &Receipt, draw: u32, answer: &[u8]) -> Vec<u8> {
        let answer = answer.to_vec().into();
        proveCall { terms: (&self.file.terms).into(), receipt: receipt.into(), draw, answer }.abi_encode()
    }

    /// That the chain refuses a call of the rig with one of these errors.
    #[track_caller]
    fn refused(&self, call: &[u8], reasons: &[&str]) {
        let said = self.deal.node.refusal(&self.deal.rig, call);
        let known = |reason: &&&str| {
            let selector = keccak(reason.as_bytes())[..4].iter().map(|b| format!("{b:02x}")).collect::<String>();
            said.contains(&selector) || said.contains(&reason[..=reason.find('(').unwrap()])
        };
        assert!(reasons.iter().any(|reason| known(&reason)), "{reasons:?}: {said}");
    }

    /// What one proves with who has computed this.
    fn shop(&self, told: &Told) -> Shop<'_> {
        let folder = self.deal.desk.path("record");
        let book = settlement_setup::read(&folder).unwrap();
        let keys = settlement_setup::keys(&folder).unwrap();
        let powers = settlement_setup::powers(&folder, &book, None).unwrap();
        let told = told.clone();
        Shop::new(&self.ready.model, book, keys, powers, [9; 32], Box::new(move |_, _| Ok(Box::new(told.clone()))))
    }

    /// Every step of the job, as the product computes it.
    fn computed(&self) -> Told {
        let config = &self.ready.model.config;
        let work = self.work();
        let claim = Claim { receipt: work.receipt, job: work.job, output: work.output };
        let positions = self.job.positions(self.receipt.token_count);
        let steps = |t: u32| 0..config.step_count(t >= self.job.tail_from());
        let needs: Needs = (0..positions).map(|t| (t, steps(t).map(|s| (s, Default::default())).collect())).collect();
        let mut compute = self.ready.backend(&Processor::parse_from(["x", "--backend", "cpu"]).backend).unwrap();
        let kept = replay_surely(compute.supply(), &self.ready.model, &claim, &needs, &mut |_, _| {}).unwrap();
        let leaf = |t, s| {
            let (header, tensor) = kept.step(t, s);
            (header.to_vec(), tensor.to_vec())
        };
        let columns = (0..positions).map(|t| steps(t).map(|s| leaf(t, s)).collect()).collect();
        let told = Told::new(&self.ready.model.config, &self.job, columns);
        (0..positions).for_each(|t| assert_eq!(told.leaves(t), kept.leaves(t), "position {t}"));
        told
    }

    /// Signs what was told, and keeps the receipt in a folder of its own.
    fn signed(&self, told: &Told, folder: &str) -> (Receipt, Output) {
        let positions = told.leaves.iter().map(|leaves| trace::position_root(leaves)).collect();
        let output = Output { tokens: self.output.tokens.clone(), positions };
        let links = output.links(&self.job);
        let mut receipt = self.receipt.clone();
        receipt.tip = *links.last().unwrap();
        receipt.positions_root = trace::links_root(&links);
        let (config, digest) = (&self.ready.model.config, &self.job.digest());
        let trace = Trace { config, job: &self.job, digest, output: &output, source: told };
        let hashes: Vec<Digest> = trace.leaves().unwrap().iter().map(tree::Leaf::hash).collect();
        receipt.settlement_root = tree::root(tree::SETTLEMENT, &hashes);
        let key = std::fs::read_to_string(self.deal.desk.path("rig.key")).unwrap();
        let key: [u8; 32] = assay_verifier::cli::parse_hex(&key).unwrap();
        RigKey::from_bytes(&key).unwrap().sign(&mut receipt);
        let place = self.deal.desk.path(folder);
        std::fs::create_dir(&place).unwrap();
        std::fs::copy(self.deal.desk.path("rig/job.job"), place.join("job.job")).unwrap();
        std::fs::write(place.join("job.output"), output.encode()).unwrap();
        std::fs::write(place.join("job.receipt"), receipt.encode()).unwrap();
        (receipt, output)
    }

    /// The stake is taken, the client has its money, the rig has nothing.
    fn loses(&self) {
        let status = self.deal.status();
        assert_eq!(status["state"], "slashed");
        assert_eq!(status["client_credit"], (PRICE * TOKENS + FEE + STAKE / 2).to_string());
        assert_eq!((&status["rig_credit"], &status["rig_free_stake"]), (&"0".into(), &"0".into()));
        self.deal.node.burn();
        assert_eq!(self.deal.node.balance("0x000000000000000000000000000000000000dEaD"), STAKE - STAKE / 2, "burned");
    }
}

#[test]
fn an_honest_rig_proves_through_every_interruption_and_is_paid_once() {
    let Some(story) = Story::opened() else { return };
    let deal = &story.deal;
    assert_eq!(story.settles(&["--bond"])["state"], "committed");
    let value = story.value(&story.work(), |drawn| story.all_three(drawn));
    deal.decide_by(&value);
    deal.client("seed", &["--terms", "terms"]).code(0);
    let seed = story.seed(&value, &story.receipt);
    let from = deal.node.height();

    // Stopped within the attention head.
    let line = story.line("rig/job.receipt");
    let shop = line.proving.shop(&deal.desk.path("record"), &story.ready).unwrap();
    let stopped = settle::run(&line.settle, Some(&Stops(&shop, Cell::new(3)))).unwrap_err();
    assert!(format!("{stopped:#}").contains("the power failed"), "{stopped:#}");
    let asked = story.question(&story.receipt, seed, ATTENTION);
    let half = deal.node.progress(&asked.id, ATTENTION);
    assert_ne!(half, [0; 32]);

    // It goes on with the same states: one more block.
    let shop = line.proving.shop(&deal.desk.path("record"), &story.ready).unwrap();
    settle::run(&line.settle, Some(&Stops(&shop, Cell::new(1)))).unwrap_err();
    let more = deal.node.progress(&asked.id, ATTENTION);
    assert!(more != half && more != [0; 32]);

    // What was made for something else, while the draws are open.
    let answerer = shop.answerer(&story.work()).unwrap();
    let product = story.question(&story.receipt, seed, PRODUCT);
    let good = answerer.answer(&product, &[0; 32]).unwrap();
    let (draw, receipt) = (PRODUCT, &story.receipt);
    let foreign = answerer.answer(&Question { id: [1; 32], ..product }, &[0; 32]).unwrap();
    story.refused(&story.prove(receipt, draw, &foreign), &["FalseProduct()"]);
    let header = answerer.answer(&story.question(receipt, seed, HEADER), &[0; 32]).unwrap();
    story.refused(
        &story.prove(receipt, ATTENTION, &header),
        &[
            "UnknownProgress(bytes32)",
            "NotInTree(bytes32,bytes32)",
            "WrongLeafCount(uint256)",
            "NotAKey(bytes32,bytes32)",
            "NotAParameter(bytes32,bytes32)",
        ],
    );
    let mut other = receipt.clone();
    other.tip = [1; 32];
    story.refused(&story.prove(&other, draw, &good), &["WrongReceipt(bytes32)"]);
    // Of another value of the beacon, which draws the same header.
    let wanted = story.drawn(&story.work(), &seed).units[HEADER as usize];
    let stale = story.value(&story.work(), |drawn| drawn.units[HEADER as usize] == wanted);
    let stale = draw::seed(&stale, &asked.id, &receipt_hash(receipt));
    assert_ne!(stale, seed);
    let late = answerer.answer(&story.question(receipt, stale, HEADER), &[0; 32]).unwrap();
    story.refused(&story.prove(receipt, HEADER, &late), &["FalseProof()"]);
    drop(answerer);

    // It loses its states: the head is begun anew, by the command itself, and everything is proven.
    std::fs::remove_file(deal.desk.path("record/proofs.secret")).unwrap();
    let before = deal.node.sent(&deal.rig);
    let paid = story.settles(&[]);
    assert_eq!(paid["state"], "proven", "{paid}");
    assert!(paid["said"].as_str().unwrap().contains("begun anew"), "{paid}");
    // restart; query, two blocks, outputs; product; header; sample and its chunk of head.
    assert_eq!(deal.node.sent(&deal.rig) - before, 1 + 4 + 2 + 2);
    deal.node.gas(from, &story.prove(receipt, 0, &[])[..4]);

    // Once.
    story.refused(&story.prove(receipt, draw, &good), &["WrongState(bytes32,uint8)"]);
    let restart = restartCall { terms: (&story.file.terms).into(), draw }.abi_encode();
    story.refused(&restart, &["WrongState(bytes32,uint8)"]);
    for command in ["seed", "forfeit", "refund"] {
        assert_eq!(deal.client(command, &["--terms", "terms"]).code(0).json()["sent"], false, "{command}");
    }
    assert_eq!(story.settles(&[])["sent"], false);
    let status = deal.status();
    let earned = PRICE * TOKENS + FEE;
    assert_eq!((&status["rig_credit"], &status["client_credit"]), (&earned.to_string().into(), &"0".into()));
    assert_eq!(status["rig_free_stake"], STAKE.to_string());
    let payee = "0x00000000000000000000000000000000000a55a7";
    let withdraw = [&deal.place()[..], &["--to", payee]].concat();
    assert_eq!(deal.rig("withdraw", &withdraw).code(0).json()["withdrawn"], earned.to_string());
    assert_eq!(deal.rig("withdraw", &withdraw).code(0).json()["sent"], false);
    assert_eq!(deal.node.balance(payee), earned);
}

#[test]
fn a_rig_that_lied_in_a_drawn_unit_has_no_answer_and_loses_its_stake() {
    let Some(story) = Story::opened() else { return };
    let deal = &story.deal;
    let honest = story.computed();
    // One output of a product of o, under the rig's own signature.
    let place = Place { t: 3, step: story.ready.model.config.step_index(O), unit: 0 };
    let mut columns = honest.columns.clone();
    columns[3][place.step as usize].1[0] ^= 1;
    let lie = Told::new(&story.ready.model.config, &story.job, columns);
    let (receipt, output) = story.signed(&lie, "liar");
    let work = Work { job: &story.job, receipt: &receipt, output: &output };
    let shop = story.shop(&lie);
    let line = story.line("liar/job.receipt");
    settle::run(&line.settle, Some(&shop)).unwrap();
    let value = story.value(&work, |drawn| drawn.units[0] == place && story.is_product(&drawn.units[1]));
    deal.decide_by(&value);
    let none = settle::run(&line.settle, Some(&shop)).unwrap_err();
    assert!(format!("{none:#}").contains("draw 0 of 5"), "{none:#}");
    let unsatisfied = |e: &anyhow::Error| e.downcast_ref() == Some(&assay_circuits::settlement::Error::Unsatisfied);
    let seed = story.seed(&value, &receipt);
    let asked = story.question(&receipt, seed, 0);
    let none = shop.answerer(&work).unwrap().answer(&asked, &[0; 32]).unwrap_err();
    assert!(matches!(&none, AnswerError::Unable(e) if unsatisfied(e)), "{none}");

    // The true answer, of the trace that was not committed; another draw's; this draw's, for another job.
    let truth = story.question(&story.receipt, seed, 0);
    let honest = story.shop(&honest);
    let true_answer = honest.answerer(&story.work()).unwrap().answer(&truth, &[0; 32]).unwrap();
    story.refused(&story.prove(&receipt, 0, &true_answer), &["NotInTree(bytes32,bytes32)"]);
    story.refused(&story.prove(&story.receipt, 0, &true_answer), &["WrongReceipt(bytes32)"]);
    let other = story.question(&receipt, seed, 1);
    let other = shop.answerer(&work).unwrap().answer(&other, &[0; 32]).unwrap();
    story.refused(
        &story.prove(&receipt, 0, &other),
        &["NotAChunk(bytes32,bytes32)", "NotInTree(bytes32,bytes32)", "FalseProduct()"],
    );

    deal.node.pass(4 * DAY);
    deal.client("forfeit", &["--terms", "terms"]).code(0);
    story.refused(&story.prove(&receipt, 1, &other), &["WrongState(bytes32,uint8)"]);
    story.loses();
}

#[test]
fn a_trace_of_zeros_loses_the_stake_as_a_lie_does() {
    let Some(story) = Story::opened() else { return };
    let deal = &story.deal;
    let zeros = |(header, tensor): Step| (vec![0; header.len()], vec![0; tensor.len()]);
    let honest = story.computed();
    let columns = honest.columns.clone().into_iter().map(|column| column.into_iter().map(zeros).collect()).collect();
    let told = Told::new(&story.ready.model.config, &story.job, columns);
    let (receipt, output) = story.signed(&told, "zeros");
    let work = Work { job: &story.job, receipt: &receipt, output: &output };
    let shop = story.shop(&told);
    let line = story.line("zeros/job.receipt");
    settle::run(&line.settle, Some(&shop)).unwrap();
    // Zeros are true of a product; not of a norm.
    let value = story.value(&work, |drawn| story.is_header(&drawn.units[0]));
    deal.decide_by(&value);
    let none = settle::run(&line.settle, Some(&shop)).unwrap_err();
    assert!(format!("{none:#}").contains("draw 0 of 5"), "{none:#}");
    println!("zeros: {none:#}");
    // The answer of the trace that it should have committed.
    let truth = story.question(&story.receipt, story.seed(&value, &receipt), 0);
    let honest = story.shop(&honest);
    let answer = honest.answerer(&story.work()).unwrap().answer(&truth, &[0; 32]).unwrap();
    story.refused(&story.prove(&receipt, 0, &answer), &["NotInTree(bytes32,bytes32)"]);
    deal.node.pass(4 * DAY);
    deal.client("forfeit", &["--terms", "terms"]).code(0);
    story.loses();
}

const O: assay_model::program::Step = assay_model::program::Step { kind: StepKind::O, layer: 0 };

impl Story {
    fn drawn(&self, work: &Work<'_>, seed: &Digest) -> Drawn {
        Drawn::new(&self.ready.model.config, work, seed, DRAWS).unwrap()
    }
}
