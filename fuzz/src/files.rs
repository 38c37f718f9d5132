//! The files that travel: whatever decodes encodes to the same bytes.

use super::alloc;
use super::bytes::readable;
use super::trace;
use assay_model::Config;
use assay_model::config::MAX_POSITIONS;
use assay_model::manifest::Manifest;
use assay_verifier::trace as commitments;
use assay_verifier::{Challenge, Job, Output, Receipt};
use std::fmt::{Debug, Display};

/// Decodes, bounded in memory; what decodes must encode to `data`, what does not must say why in one line.
pub(super) fn canonical<T, E: Display + Debug>(
    data: &[u8],
    decode: impl FnOnce(&[u8]) -> Result<T, E>,
    encode: impl FnOnce(&T) -> Vec<u8>,
) -> Option<T> {
    match alloc::bounded(data.len(), 8, 4096, || decode(data)) {
        Ok(decoded) => {
            assert_eq!(encode(&decoded), data, "not canonical");
            Some(decoded)
        }
        Err(error) => {
            readable(error);
            None
        }
    }
}

/// A manifest; its shape is one that every count of the step machine is defined for.
pub fn manifest(data: &[u8]) {
    let Some(m) = canonical(data, Manifest::decode, Manifest::encode) else { return };
    assert!(m.config.is_valid());
    assert_ne!(m.id(), [0; 32]);
    counts(&m.config);
}

/// Shapes and units of a valid configuration: every unit exists and has work.
fn counts(c: &Config) {
    use assay_model::program::StepKind;
    for index in [0, 1, c.step_count(false) - 1, c.step_count(true) - 1] {
        let step = c.step(index).expect("a step below the count");
        assert_eq!(c.step_index(step), index);
    }
    assert_eq!(c.step(c.step_count(true)), None);
    for kind in StepKind::ALL {
        let n = c.unit_count(kind);
        assert!(c.shape(kind).bytes() > 0);
        assert_eq!(c.unit(kind, n), None);
        for t in [0, MAX_POSITIONS - 1] {
            assert!(c.unit(kind, n - 1).is_some_and(|u| c.unit_work(kind, u, t) > 0), "{kind:?}");
        }
    }
}

/// A job; its digest and its counts are defined for every limit.
pub fn job(data: &[u8]) {
    let Some(job) = canonical(data, Job::decode, Job::encode) else { return };
    assert!(job.sampling.validate().is_ok());
    let mut other = job.clone();
    other.secret[0] ^= 1;
    assert_ne!(other.digest(), job.digest());
    let config = &trace::toy().model.config;
    if job.fits(config) {
        assert!(job.positions(job.max_tokens) <= config.context && !job.prompt.is_empty());
    }
    for generated in [0, 1, job.max_tokens, u32::MAX] {
        assert!(job.positions(generated) >= job.tail_from().min(generated));
    }
}

/// A receipt; its id ignores the signature, and a signature is by one address and over every field.
pub fn receipt(data: &[u8]) {
    let Some(receipt) = canonical(data, Receipt::decode, Receipt::encode) else { return };
    let mut other = receipt.clone();
    other.signature = [0; 65];
    assert_eq!(other.id(), receipt.id());
    assert!(!other.is_signed());
    if receipt.is_signed() {
        let mut altered = receipt.clone();
        altered.token_count ^= 1;
        let mut renamed = receipt;
        renamed.rig[19] ^= 1;
        assert!(!altered.is_signed() && !renamed.is_signed());
    }
}

/// An output; only the honest one belongs to the toy receipt, and one that agrees with its own roots is decided by the
/// stop rule alone.
pub fn output(data: &[u8]) {
    let Some(output) = canonical(data, Output::decode, Output::encode) else { return };
    let toy = trace::toy();
    let vocab = toy.model.config.vocab;
    let verdict = output.check(&toy.job, &toy.receipt, vocab);
    assert_eq!(verdict.is_ok(), output == toy.output);
    if let Err(rejection) = verdict {
        readable(rejection);
    }
    let links = output.links(&toy.job);
    let own = Receipt {
        tokens_root: commitments::tokens_root(&output.tokens),
        token_count: u32::try_from(output.tokens.len()).unwrap_or(u32::MAX),
        tip: links.last().copied().unwrap_or_default(),
        positions_root: commitments::links_root(&links),
        ..toy.receipt.clone()
    };
    let accepted = output.check(&toy.job, &own, vocab).is_ok();
    assert_eq!(accepted, follows_the_rules(&output, &toy.job, vocab));
}

fn follows_the_rules(output: &Output, job: &Job, vocab: u32) -> bool {
    let n = output.tokens.len();
    let stop_at = output.tokens.iter().position(|t| job.stop.contains(t));
    let ends = match stop_at {
        Some(at) => at + 1 == n,
        None => n == job.max_tokens as usize,
    };
    n >= 1
        && n <= job.max_tokens as usize
        && ends
        && output.tokens.iter().all(|&t| t < vocab)
        && output.positions.len() == job.prompt.len() + n - 1
}

/// A challenge; its digest names every field.
pub fn challenge(data: &[u8]) {
    let Some(challenge) = canonical(data, Challenge::decode, Challenge::encode) else { return };
    assert!(challenge.policy.is_valid());
    let mut other = challenge.clone();
    other.seed[31] ^= 1;
    assert_ne!(other.digest(), challenge.digest());
}
