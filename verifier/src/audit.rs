//! The verdict on a claim, as numbered steps.
//!
//! 1. The receipt's signature is by the rig that it names, and that is the rig the caller named.
//! 2. The receipt answers this job, which the caller named, has not expired, and fits this model.
//! 3. Tokens and position roots are those of the receipt; generation ended where job and stop set say.
//! 4. The challenge is about this receipt; the answer is to this challenge.
//! 5. Every byte that the drawn units need is opened, and is the committed one.
//! 6. Every drawn unit follows from its opened inputs and the model.
//!
//! Steps 1 to 3 are [`claim`], 4 to 6 [`challenge`] with the weights and [`proved`] with a manifest: there step 6 takes the
//! accumulators of linear units as the rig says, and a seventh step checks the fold proof that the weights give them.
//! [`full`] replaces 4 to 6 by recomputing the whole trace.

use crate::answer::{self, Answer, Binding};
use crate::challenge::Challenge;
use crate::check::Checker;
use crate::disclosure::Disclosed;
use crate::draw::{self, Drawn, Extent};
use crate::job::Job;
use crate::needs::{self, Needs, WeightNeeds, to_usize};
use crate::output::Output;
use crate::parameters::Parameters;
use crate::products::{self, Products};
use crate::public::PublicModel;
use crate::receipt::{Address, Receipt};
use crate::reject::{Code, Rejection};
use crate::settlement::trace as settlement;
use crate::trace;
use assay_circuits::fold::{self, Statement};
use assay_model::Model;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_model::reference::{Reference, Sampler};
use assay_model::sampling::Sampling;
use std::collections::BTreeMap;

/// A receipt with what travels beside it.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What the rig signed.
    pub receipt: &'a Receipt,
    /// Terms of the job.
    pub job: &'a Job,
    /// Tokens and position roots.
    pub output: &'a Output,
}

/// What the caller knows by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pins {
    /// Whether the job of the claim is the caller's own copy.
    pub job: bool,
    /// The rig that was to do the job.
    pub rig: Option<Address>,
    /// Unix second of the caller's clock.
    pub now: Option<u64>,
}

impl Pins {
    /// Whether a verified claim is pinned to a job and a rig that the caller named.
    pub const fn pinned(&self) -> bool {
        self.job && self.rig.is_some()
    }
}

impl Claim<'_> {
    /// The part of the program that draws depend on.
    pub fn extent<'c>(&self, config: &'c Config) -> Extent<'c> {
        Extent {
            config,
            positions: self.job.positions(self.receipt.token_count),
            tail_from: self.job.tail_from(),
            last_token: self.output.tokens.last().copied().unwrap_or(0),
        }
    }

    /// What must be disclosed of the weights for the units `drawn`.
    pub fn weight_needs(&self, config: &Config, drawn: &Drawn) -> WeightNeeds {
        needs::weights(config, drawn, &|t| self.output.token_in(self.job, t).unwrap_or(u32::MAX))
    }

    /// What must be opened for the units `drawn`.
    pub fn needs(&self, config: &Config, drawn: &Drawn) -> Needs {
        let token_out = |t| self.output.token_out(self.job, t).unwrap_or(0);
        needs::needs(config, drawn, self.job.sampling == Sampling::Greedy, &token_out)
    }
}

/// Steps 1 to 3, for the model with id `manifest` and shape `config`.
///
/// # Errors
/// The first [`Rejection`].
pub fn claim(claim: &Claim<'_>, manifest: &Digest, config: &Config, pins: &Pins) -> Result<(), Rejection> {
    let require = |holds: bool, code| if holds { Ok(()) } else { Err(Rejection::whole(code)) };
    let (receipt, job) = (claim.receipt, claim.job);
    require(receipt.is_signed(), Code::BadSignature)?;
    require(pins.rig.is_none_or(|rig| rig == receipt.rig), Code::WrongRig)?;
    require(job.digest() == receipt.job && job.settlement == receipt.settlement, Code::WrongJob)?;
    require(pins.now.is_none_or(|now| now < job.expires), Code::Expired)?;
    require(job.manifest == *manifest, Code::WrongModel)?;
    require(job.fits(config), Code::BadJob)?;
    claim.output.check(job, receipt, config.vocab)
}

/// How many units of each kind were checked.
pub type Checked = BTreeMap<StepKind, u64>;

/// Steps 4 to 6, after [`claim`].
///
/// # Errors
/// The first [`Rejection`].
pub fn challenge(
    model: &Model,
    claim: &Claim<'_>,
    challenge: &Challenge,
    answer: &Answer,
) -> Result<Checked, Rejection> {
    let drawn = question(&model.config, claim, challenge, answer)?;
    let mut checker = opened(model, claim, &drawn, answer)?;
    check_units(&mut checker, &drawn)
}

/// Steps 4 to 7 without weights, after [`claim`]. The caller trusts the tau of `public.key`, or it trusts nothing.
///
/// # Errors
/// The first [`Rejection`].
pub fn proved(
    public: &PublicModel,
    claim: &Claim<'_>,
    challenge: &Challenge,
    answer: &Answer,
) -> Result<Checked, Rejection> {
    let (checked, statement, proof) = stated(public, claim, challenge, answer)?;
    fold::verify(&statement, &|e| public.power(e), &proof).map_err(|e| Rejection::whole(Code::Fold(e)))?;
    Ok(checked)
}

/// Steps 4 to 6 without weights, with what step 7 is about: what is left to be proved, and the proof of it.
///
/// # Errors
/// The first [`Rejection`].
pub fn stated<'a>(
    public: &'a PublicModel,
    claim: &Claim<'_>,
    challenge: &Challenge,
    answer: &Answer,
) -> Result<(Checked, Statement<'a>, fold::Proof), Rejection> {
    let config = &public.config;
    let drawn = question(config, claim, challenge, answer)?;
    let disclosed = Disclosed::open(public, &claim.weight_needs(config, &drawn), &answer.disclosure)?;
    let mut checker = opened(&disclosed, claim, &drawn, answer)?;
    let checked = check_units(&mut checker, &drawn)?;
    let products = products_of(config, &checker, &drawn).ok_or(Rejection::whole(Code::Opening))?;
    let binding = products::Binding { receipt: challenge.receipt, challenge: answer.challenge };
    // Head of the last position is always drawn, so there is always something to prove.
    let statement = products::statement(public, &binding, products).filter(|_| !disclosed.fold_proof.is_empty());
    let statement = statement.ok_or(Rejection::whole(Code::NoFoldProof))?;
    let proof = fold::Proof::decode(disclosed.fold_proof, &statement);
    let proof = proof.map_err(|e| Rejection::whole(Code::Fold(e)))?;
    Ok((checked, statement, proof))
}

/// Step 4: the units that the challenge draws.
fn question(config: &Config, claim: &Claim<'_>, challenge: &Challenge, answer: &Answer) -> Result<Drawn, Rejection> {
    if challenge.receipt != claim.receipt.id() {
        return Err(Rejection::whole(Code::WrongReceipt));
    }
    if answer.challenge != challenge.digest() {
        return Err(Rejection::whole(Code::WrongChallenge));
    }
    Ok(draw::draw(challenge, &claim.extent(config)))
}

/// Step 5.
fn opened<'a>(
    model: &'a dyn Parameters,
    claim: &'a Claim<'_>,
    drawn: &Drawn,
    answer: &'a Answer,
) -> Result<Checker<'a>, Rejection> {
    let needs = claim.needs(model.config(), drawn);
    let binding =
        Binding { model, job: &claim.receipt.job, secret: &claim.job.secret, tail_from: claim.job.tail_from() };
    let root = |t| claim.output.positions.get(to_usize(t)).copied();
    let openings = answer::open(&answer.body, &needs, &binding, &root)?;
    Ok(Checker { model, job: claim.job, output: claim.output, openings })
}

/// Step 6.
fn check_units(checker: &mut Checker<'_>, drawn: &Drawn) -> Result<Checked, Rejection> {
    let model = checker.model;
    let config = model.config();
    let mut checked = Checked::new();
    for (&t, steps) in drawn {
        for (&index, units) in steps {
            let Some(step) = config.step(index) else { continue };
            for unit in units.iter().filter_map(|u| config.unit(step.kind, *u)) {
                checker.unit(t, step, unit)?;
                let count = checked.entry(step.kind).or_default();
                *count = count.saturating_add(1);
            }
        }
    }
    Ok(checked)
}

/// The products of the drawn units, from what was opened.
fn products_of(config: &Config, checker: &Checker<'_>, drawn: &Drawn) -> Option<Vec<Products>> {
    let linear = drawn.iter().flat_map(|(&t, steps)| {
        let linear = steps.keys().filter_map(|&i| config.step(i)).filter(|s| s.kind.is_linear());
        linear.map(move |step| (t, step))
    });
    linear
        .map(|(t, step)| Some(Products { step, x: checker.input(t, step)?, chunks: checker.products(t, step)? }))
        .collect()
}

/// Positions that [`full`] recomputes at a time: enough to share each decoded weight row, little memory.
const BATCH: usize = 32;

/// Recomputes the whole trace and compares every position's root, and the settlement root if the receipt has one, after
/// [`claim`]. `progress` is called with the number of positions done.
///
/// # Errors
/// `wrong-position` or `wrong-sample` with the first position that differs, then `wrong-settlement-root`.
pub fn full(model: &Model, claim: &Claim<'_>, progress: &mut dyn FnMut(u32)) -> Result<(), Rejection> {
    let (job, output) = (claim.job, claim.output);
    let digest = job.digest();
    let sampler = Sampler { sampling: job.sampling, seed: job.seed, tail_from: job.tail_from() };
    let tokens: Vec<u32> = (0u32..).map_while(|t| output.token_in(job, t)).take(output.positions.len()).collect();
    let settles = claim.receipt.settlement_root != [0; 32];
    let mut settled = Vec::new();
    let mut reference = Reference::new(model);
    for batch in tokens.chunks(BATCH) {
        let first = reference.position();
        let mut recomputed: BTreeMap<u32, Position> = BTreeMap::new();
        reference.extend(batch, &sampler, &mut |out| {
            let position = recomputed.entry(out.position).or_default();
            let shape = model.config.shape(out.step.kind);
            let index = model.config.step_index(out.step);
            let tensor = *blake3::hash(&out.tensor).as_bytes();
            if position.salts.is_empty() {
                let count = model.config.step_count(out.position >= sampler.tail_from);
                position.salts = trace::salts(&job.secret, &digest, out.position, count);
            }
            let salt = position.salts.get(to_usize(index)).copied().unwrap_or_default();
            let leaf = trace::leaf(&salt, &digest, out.position, index, out.step, &shape, &out.header, &tensor);
            position.leaves.push(leaf);
            position.lens.push(u32::try_from(shape.len).unwrap_or(u32::MAX));
            if out.step.kind == StepKind::Sample {
                position.sampled = out.tensor.first_chunk().map(|b| u32::from_le_bytes(*b));
            }
        });
        for (t, position) in recomputed {
            position.compare(t, output.positions.get(to_usize(t)), output.token_out(job, t))?;
            if settles && let (Some(token_in), Some(token_out)) = (output.token_in(job, t), output.token_out(job, t)) {
                let Position { salts, leaves, lens, .. } = &position;
                settlement::Position { t, token_in, token_out, salts, leaves, lens }.leaves(&digest, &mut settled);
            }
        }
        progress(reference.position().max(first));
    }
    if settles && settlement::root(&settled) != claim.receipt.settlement_root {
        return Err(Rejection::whole(Code::WrongSettlementRoot));
    }
    Ok(())
}

#[derive(Default)]
struct Position {
    salts: Vec<[u8; 32]>,
    /// In step order, which is that in which steps are computed.
    leaves: Vec<Digest>,
    /// Elements of their tensors.
    lens: Vec<u32>,
    sampled: Option<u32>,
}

impl Position {
    fn compare(&self, t: u32, root: Option<&Digest>, token_out: Option<u32>) -> Result<(), Rejection> {
        if Some(&trace::position_root(&self.leaves)) != root {
            return Err(Rejection::position(Code::WrongPosition, t));
        }
        if self.sampled.is_some() && self.sampled != token_out {
            return Err(Rejection::position(Code::WrongSample, t));
        }
        Ok(())
    }
}
