//! The client: files in, verdict out.

use crate::forge;
use crate::public;
use crate::rng::Rng;
use crate::trace::{Signed, key};
use assay_model::domain::Digest;
use assay_model::manifest::Manifest;
use assay_model::model::Model;
use assay_model::wire::FileKind;
use assay_verifier::audit::{self, Checked, Claim, Pins};
use assay_verifier::challenge::{FULL_DENSITY, Policy};
use assay_verifier::public::PublicModel;
use assay_verifier::{Answer, Challenge, Code, Job, Output, Receipt, Rejection};

/// `count` columns, every unit of them.
pub const fn columns(count: u32) -> Policy {
    Policy::Columns { count, density: FULL_DENSITY }
}

/// `count` columns at a density of `1/part`.
pub const fn thinned(count: u32, part: u32) -> Policy {
    Policy::Columns { count, density: FULL_DENSITY / part }
}

/// `count` single units.
pub const fn units(count: u32) -> Policy {
    Policy::Units { count }
}

/// What a client knows by itself, at second 1,900,000,000.
pub fn pins() -> Pins {
    Pins { job: true, rig: Some(key().address()), now: Some(1_900_000_000) }
}

/// A question with a fresh seed.
pub fn ask(signed: &Signed, policy: Policy, rng: &mut Rng) -> Challenge {
    Challenge { receipt: signed.receipt.id(), seed: rng.bytes(), policy }
}

/// Steps 1 to 6 on values.
///
/// # Errors
/// The first rejection.
pub fn verdict(model: &Model, manifest: &Digest, signed: &Signed, challenge: &Challenge) -> Result<Checked, Rejection> {
    audit::claim(&signed.claim(), manifest, &model.config, &pins())?;
    audit::challenge(model, &signed.claim(), challenge, &signed.answer(model, challenge))
}

/// Steps 1 to 7 on values, by a client without weights, of the rig's best answer.
///
/// # Errors
/// The first rejection.
pub fn proved(model: &Model, signed: &Signed, challenge: &Challenge) -> Result<Checked, Rejection> {
    let published = public::published(model);
    audit::claim(&signed.claim(), &published.public().id, &model.config, &pins())?;
    let answer = forge::answer(model, &published, signed, challenge);
    audit::proved(published.public(), &signed.claim(), challenge, &answer)
}

/// Everything that a client reads.
#[derive(Clone, Debug)]
pub struct Files {
    /// Manifest.
    pub manifest: Vec<u8>,
    /// Job.
    pub job: Vec<u8>,
    /// Receipt.
    pub receipt: Vec<u8>,
    /// Output.
    pub output: Vec<u8>,
    /// Challenge.
    pub challenge: Vec<u8>,
    /// Answer.
    pub proof: Vec<u8>,
}

impl Files {
    /// Of this claim and this challenge.
    pub fn new(model: &Model, signed: &Signed, challenge: &Challenge) -> Files {
        Files {
            manifest: public::manifest(model).encode(),
            job: signed.job.encode(),
            receipt: signed.receipt.encode(),
            output: signed.output.encode(),
            challenge: challenge.encode(),
            proof: forge::answer(model, &public::published(model), signed, challenge).encode(),
        }
    }

    /// The file of `kind`.
    pub const fn get_mut(&mut self, kind: FileKind) -> &mut Vec<u8> {
        match kind {
            FileKind::Manifest => &mut self.manifest,
            FileKind::Job => &mut self.job,
            FileKind::Receipt => &mut self.receipt,
            FileKind::Output => &mut self.output,
            FileKind::Challenge => &mut self.challenge,
            FileKind::Proof => &mut self.proof,
        }
    }

    /// The whole verdict, from bytes. The client holds the weights; the manifest file must describe them.
    ///
    /// # Errors
    /// The first rejection.
    pub fn verdict(&self, model: &Model, id: &Digest, pins: &Pins) -> Result<Checked, Rejection> {
        let read = self.read(id)?;
        audit::claim(&read.claim(), id, &model.config, pins)?;
        audit::challenge(model, &read.claim(), &read.challenge, &read.answer)
    }

    /// The whole verdict, from bytes, of a client that has no more than these and the id of the manifest.
    ///
    /// # Errors
    /// The first rejection.
    pub fn check(&self, id: &Digest, pins: &Pins) -> Result<Checked, Rejection> {
        let read = self.read(id)?;
        let public = PublicModel::new(&read.manifest).expect("the manifest that the id names");
        audit::claim(&read.claim(), id, &public.config, pins)?;
        audit::proved(&public, &read.claim(), &read.challenge, &read.answer)
    }

    fn read(&self, id: &Digest) -> Result<Decoded, Rejection> {
        let bad = Rejection::malformed;
        let manifest = Manifest::decode(&self.manifest).map_err(|e| bad(FileKind::Manifest, e))?;
        if manifest.id() != *id {
            return Err(Rejection::whole(Code::WrongModel));
        }
        Ok(Decoded {
            manifest,
            job: Job::decode(&self.job).map_err(|e| bad(FileKind::Job, e))?,
            receipt: Receipt::decode(&self.receipt).map_err(|e| bad(FileKind::Receipt, e))?,
            output: Output::decode(&self.output).map_err(|e| bad(FileKind::Output, e))?,
            challenge: Challenge::decode(&self.challenge).map_err(|e| bad(FileKind::Challenge, e))?,
            answer: Answer::decode(&self.proof).map_err(|e| bad(FileKind::Proof, e))?,
        })
    }
}

struct Decoded {
    manifest: Manifest,
    job: Job,
    receipt: Receipt,
    output: Output,
    challenge: Challenge,
    answer: Answer,
}

impl Decoded {
    const fn claim(&self) -> Claim<'_> {
        Claim { receipt: &self.receipt, job: &self.job, output: &self.output }
    }
}
