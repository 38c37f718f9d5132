//! Answers the draws of one job: witness, key, proof and paths of each unit, as a contract reads them.
//!
//! 1. What the seed draws; the trace computed anew, once for all draws, and seen to be the committed one.
//! 2. The unit of the question, and of what its draw consists of, the part that follows the contract's progress.
//! 3. The claim that the contract will make of it; the circuit with its witness, whose fields must be those of the claim.
//! 4. The key, the proof, and the check that the contract will make of it.
//! 5. Leaves under the settlement root; key, chunk and parameter under the record.

use super::answerer::{AnswerError, Answerer, Work};
use super::blinds::{Blinds, Use};
use super::chunks;
use super::committed::Trace;
use super::drawn::Drawn;
use super::head::Head;
use super::keys::Keys;
use super::record::Book;
use super::tree::Tree;
use super::unit::{Makings, is_product};
use super::witness::{self, witness};
use anyhow::{Context, ensure};
use ark_bn254::{Fr, G1Affine};
use assay_circuits::settlement::embedding;
use assay_circuits::settlement::encoding::{encode_proof, encode_scalar};
use assay_circuits::settlement::product::{self, prove::Holdings};
use assay_circuits::settlement::unit::fields;
use assay_circuits::settlement::{prove, verify};
use assay_model::Model;
use assay_model::domain::Digest;
use assay_verifier::answer::Source;
use assay_verifier::needs::Needs;
use assay_verifier::settlement::answer::{LinearAnswer, Opened, Part, UnitAnswer};
use assay_verifier::settlement::claim::{Claim, Place, Told, claim};
use assay_verifier::settlement::progress;
use assay_verifier::settlement::prompt::Prompt;
use assay_verifier::settlement::question::Question;
use assay_verifier::settlement::statement::public_inputs;
use assay_verifier::settlement::tree::{self, SETTLEMENT};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Computes the steps of a job anew that `needs` names; all positions of a job that it names none of.
pub type Replay<'a> = dyn Fn(&Work<'_>, &Needs) -> anyhow::Result<Box<dyn Source>> + 'a;

/// What a rig proves with, whatever the job.
#[derive(Clone, Copy)]
pub struct Holding<'a> {
    /// Weights and tables.
    pub model: &'a Model,
    /// The model's record.
    pub book: &'a Book,
    /// Its proving keys.
    pub keys: &'a Keys,
    /// Powers of tau that the record's chunks are committed to with.
    pub powers: &'a [G1Affine],
    /// The tree over the embedding, made when it is first needed.
    pub embedding: &'a OnceCell<embedding::Tree>,
    /// The rig's secret ([`Blinds`]).
    pub secret: &'a [u8; 32],
    /// Computes a trace anew.
    pub replay: &'a Replay<'a>,
}

/// Answers for one job.
pub struct Answers<'a> {
    holding: Holding<'a>,
    work: Work<'a>,
    digest: Digest,
    known: RefCell<Option<Rc<Known>>>,
}

/// A job whose draws are known.
struct Known {
    seed: Digest,
    draws: u32,
    drawn: Drawn,
    source: Box<dyn Source>,
    leaves: Vec<tree::Leaf>,
    tree: Tree,
}

/// What one answer is about.
struct Subject<'q> {
    question: &'q Question,
    known: Rc<Known>,
    place: Place,
    blinds: Blinds,
}

impl<'a> Answers<'a> {
    /// For a job that the rig has done.
    pub fn new(holding: Holding<'a>, work: &Work<'a>) -> Answers<'a> {
        Answers { holding, work: *work, digest: work.job.digest(), known: RefCell::new(None) }
    }

    fn known(&self, question: &Question) -> anyhow::Result<Rc<Known>> {
        let same = |known: &&Rc<Known>| (known.seed, known.draws) == (question.seed, question.draws);
        if let Some(known) = self.known.borrow().as_ref().filter(same) {
            return Ok(Rc::clone(known));
        }
        let (config, work) = (&self.holding.model.config, &self.work);
        let drawn = Drawn::new(config, work, &question.seed, question.draws).context("a job without positions")?;
        let source = (self.holding.replay)(work, &drawn.needs(config, work)).context("computing the job anew")?;
        let leaves = self.trace(source.as_ref()).leaves().context("the output lacks tokens")?;
        let tree = Tree::new(SETTLEMENT, leaves.iter().map(tree::Leaf::hash).collect());
        ensure!(
            tree.root() == work.receipt.settlement_root,
            "the job computed anew has another settlement root than its receipt: the weights or the machine have changed"
        );
        let known = Rc::new(Known { seed: question.seed, draws: question.draws, drawn, source, leaves, tree });
        *self.known.borrow_mut() = Some(Rc::clone(&known));
        Ok(known)
    }

    fn trace<'t>(&'t self, source: &'t dyn Source) -> Trace<'t> {
        let (config, job, output) = (&self.holding.model.config, self.work.job, self.work.output);
        Trace { config, job, digest: &self.digest, output, source }
    }

    /// What the contract must ask of this job.
    fn asks(&self, question: &Question) -> anyhow::Result<()> {
        let Work { job, receipt, .. } = self.work;
        let prompt = u32::try_from(job.prompt.len()).unwrap_or(u32::MAX);
        ensure!(question.job == self.digest, "the question is about another job");
        ensure!(
            question.receipt == assay_verifier::sign::receipt_hash(receipt),
            "the question is about another receipt"
        );
        ensure!(question.settlement_root == receipt.settlement_root, "the question has another settlement root");
        ensure!(question.record == self.holding.book.record.id(), "the question is under another record");
        ensure!(question.prompt == Prompt::of(job).root(), "the terms commit to another prompt");
        ensure!(
            (question.prompt_tokens, question.tokens) == (prompt, receipt.token_count),
            "the question counts other tokens"
        );
        ensure!(question.draw <= question.draws, "there is no draw {}", question.draw);
        Ok(())
    }

    fn answered(&self, question: &Question, before: &Digest) -> anyhow::Result<Option<Vec<u8>>> {
        self.asks(question)?;
        let known = self.known(question)?;
        let config = &self.holding.model.config;
        let index = usize::try_from(question.draw).unwrap_or(usize::MAX);
        let [sample, head] = known.drawn.last;
        let place = match known.drawn.units.get(index) {
            Some(place) => *place,
            None if *before == [0; 32] => sample,
            None if *before == progress::last(head.unit) => head,
            None => return Ok(None),
        };
        let is_last = known.drawn.units.get(index).is_none();
        let blinds = Blinds::new(self.holding.secret, &question.context());
        let subject = Subject { question, known, place, blinds };
        if is_product(config, place.step) {
            let expected = *before == [0; 32] || is_last;
            return if expected { self.linear(&subject).map(Some) } else { Ok(None) };
        }
        self.unit(&subject, before)
    }

    /// Leaves under the settlement root.
    fn opened(&self, known: &Known, claim: &Claim) -> Option<Vec<Opened>> {
        let (config, tail_from) = (&self.holding.model.config, self.work.job.tail_from());
        let opened = |(t, s)| {
            let index = usize::try_from(tree::index(config, tail_from, t, s)).ok()?;
            let leaf = known.leaves.get(index)?;
            Some(Opened { tokens: leaf.tokens, leaf: leaf.leaf, path: known.tree.path(index) })
        };
        claim.leaves.iter().map(|leaf| opened((leaf.t, leaf.step))).collect()
    }

    fn linear(&self, subject: &Subject<'_>) -> anyhow::Result<Vec<u8>> {
        let Subject { question, known, place, blinds } = subject;
        let Holding { model, book, keys, powers, .. } = self.holding;
        let Place { t, step: number, unit: chunk } = *place;
        let step = model.config.step(number).context("a drawn step")?;
        let fresh = &blinds.bytes(Use::Accumulators);
        let stands = witness::Place { job: &self.digest, secret: &self.work.job.secret, t, step, chunk, fresh };
        let (shape, mut witness) =
            witness(model, known.source.as_ref(), &stands).context("the drawn chunk has no witness")?;
        let claim =
            claim(&model.config, question.prompt_tokens, place, Part::Whole).context("the drawn chunk is none")?;
        let named = claim.circuit.named(&model.config);
        let key = book.key(&named).context("the record has no key of the circuit")?;
        let proving = keys.key(&model.config, (&named, &claim.circuit), &key.value)?;
        let rows = chunks::rows(model, step, chunk).context("the drawn chunk has no rows")?;
        let holdings = Holdings { powers, key: &proving, rows: &rows };
        let fresh = blinds.fresh(Use::Proof([0; 32]));
        let (about, proof) = product::prove(&holdings, &question.context(), &shape, &mut witness, &fresh)?;
        let chunk = book.chunk(number, chunk).context("the record has no such chunk")?;
        ensure!(chunk.value.commitment == about.commitment, "the record commits to other weights");
        let powers = book.width_powers(shape.width).context("the record has no powers of this width")?;
        let key =
            assay_verifier::settlement::answer::Placed { value: (key.value, powers), index: key.index, path: key.path };
        let leaves = self.opened(known, &claim).context("the trace lacks leaves")?;
        let answer = LinearAnswer {
            record: &book.record,
            leaves: &leaves,
            chunk: &chunk,
            key: &key,
            accumulators: encode_scalar(&about.accumulators),
            proof: &proof.words(),
        };
        Ok(answer.encode())
    }

    /// `None` if no answer leaves this progress.
    fn unit(&self, subject: &Subject<'_>, before: &Digest) -> anyhow::Result<Option<Vec<u8>>> {
        let Subject { question, known, place, blinds } = subject;
        let Holding { model, book, embedding, .. } = self.holding;
        let config = &model.config;
        let trace = self.trace(known.source.as_ref());
        let embedding = embedding.get_or_init(|| super::parameters::embedding(model));
        let makings = Makings { model, trace, embedding };
        let head = Head::new(model, trace, place, blinds);
        let part = match &head {
            Some(head) => head.next(before),
            None if *before != [0; 32] => None,
            None if config.step(place.step).is_some_and(is_sample) => makings.sample(place.t),
            None => Some(Part::Whole),
        };
        let Some(part) = part else { return Ok(None) };
        let claim = claim(config, question.prompt_tokens, place, part).context("the drawn unit is none")?;
        let circuit = makings.circuit(&claim, place, part, head.as_ref()).context("the drawn unit has no witness")?;
        let states = head.as_ref().and_then(|head| head.digests(part)).unwrap_or_default();
        let leaves = self.opened(known, &claim).context("the trace lacks leaves")?;
        let told = Told {
            leaves: &leaves.iter().map(|leaf| leaf.leaf).collect::<Vec<_>>(),
            prompt_token: makings.prompt_token(place.t).context("a position without a token")?,
            parameter: self.parameter(&claim)?,
            states,
        };
        let (digest, proof) =
            self.proved(&Proved { question, claim: &claim, told: &told, blinds }, circuit.as_ref())?;
        let named = claim.circuit.named(config);
        let parameter = claim.parameter.and_then(|what| book.parameter(what));
        let is_prompt = matches!(claim.circuit, assay_verifier::settlement::circuits::Kind::EmbedPrompt(_));
        let token = if is_prompt { Prompt::of(self.work.job).open(place.t) } else { None };
        let answer = UnitAnswer {
            record: &book.record,
            leaves: &leaves,
            key: &book.key(&named).context("the record has no key of the circuit")?,
            parameter: parameter.as_ref(),
            prompt_token: token.as_ref(),
            part,
            states: states.map(|state| encode_scalar(&state)),
            digest: encode_scalar(&digest),
            proof: &proof,
        };
        Ok(Some(answer.encode()))
    }

    fn parameter(&self, claim: &Claim) -> anyhow::Result<Fr> {
        let Some(what) = claim.parameter else { return Ok(Fr::default()) };
        self.holding.book.parameter_value(what).context("the record lacks a parameter")
    }

    /// Digest of the statement, and the proof's words.
    fn proved(
        &self,
        about: &Proved<'_>,
        circuit: &dyn assay_circuits::settlement::Circuit,
    ) -> anyhow::Result<(Fr, [[u8; 32]; 8])> {
        let Holding { model, book, keys, .. } = self.holding;
        let claimed = about.claim.fields(&model.config, &self.digest, about.told);
        let own = fields(circuit);
        let named = about.claim.circuit.named(&model.config);
        ensure!(own == claimed, "the witness shows something else than circuit {} is asked for", named.number);
        let inputs = public_inputs(&about.question.context(), &named.id(), &own);
        let [digest, beta, _] = inputs;
        let expected = book.key(&named).context("the record has no key of the circuit")?.value;
        let proving = keys.key(&model.config, (&named, &about.claim.circuit), &expected)?;
        let fresh = about.blinds.fresh(Use::Proof(encode_scalar(&digest)));
        let proof = prove(&proving, circuit, beta, &fresh)?;
        let verifying = book.verifying_key(&named).context("the record's key of the circuit is none")?;
        verify(&verifying, &inputs, &proof).context("the proof would be refused")?;
        let bytes = encode_proof(&proof);
        let words = <&[[u8; 32]; 8]>::try_from(bytes.as_chunks().0).context("a proof of another length")?;
        Ok((digest, *words))
    }
}

/// What a proof is of.
struct Proved<'a> {
    question: &'a Question,
    claim: &'a Claim,
    told: &'a Told<'a>,
    blinds: &'a Blinds,
}

fn is_sample(step: assay_model::program::Step) -> bool {
    step.kind == assay_model::program::StepKind::Sample
}

impl Answerer for Answers<'_> {
    fn answer(&self, question: &Question, progress: &Digest) -> Result<Vec<u8>, AnswerError> {
        match self.answered(question, progress) {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(AnswerError::Progress(*progress)),
            Err(error) => Err(AnswerError::Unable(error)),
        }
    }
}
