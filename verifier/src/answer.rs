//! An answer: the opened bytes of everything that a challenge needs, in the order of [`needs`](crate::needs).
//!
//! ```text
//! challenge digest
//! per position, ascending:
//!   per opened step, ascending: header ‖ opened chunks, ascending ‖ BLAKE3 chaining values of the rest
//!   digests that open these leaves in the position's tree
//! ```
//!
//! All lengths follow from the needs, so nothing is announced and nothing can be left over.

use crate::needs::{Needs, to_usize};
use crate::reject::{Code, Rejection};
use crate::trace;
use assay_circuits::{chunks, tree};
use assay_model::config::Config;
use assay_model::domain::{Digest, Domain};
use assay_model::wire::{FileKind, Reader, WireError, Writer};
use std::collections::BTreeMap;
use std::ops::Range;

/// An answer as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Digest of the challenge that it answers.
    pub challenge: Digest,
    /// Opened bytes; read with the challenge's needs by [`open`].
    pub body: Vec<u8>,
}

impl Answer {
    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        Writer::file(FileKind::Proof).raw(&self.challenge).raw(&self.body).finish()
    }

    /// From wire bytes. The body is read later, by [`open`].
    ///
    /// # Errors
    /// [`WireError`] if the file header or the challenge digest is not there.
    pub fn decode(bytes: &[u8]) -> Result<Answer, WireError> {
        let mut r = Reader::file(FileKind::Proof, bytes)?;
        let challenge = r.array("challenge")?;
        let body = bytes.get(r.at()..).unwrap_or_default().to_vec();
        Ok(Answer { challenge, body })
    }
}

/// A trace that can be opened.
pub trait Source {
    /// Header bytes and tensor bytes of a step.
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]);
    /// Leaves of a position in step order.
    fn leaves(&self, t: u32) -> &[Digest];
}

/// Answers the challenge with digest `challenge`, which needs `needs`.
pub fn build(challenge: Digest, needs: &Needs, source: &dyn Source) -> Answer {
    let mut w = Writer::bare();
    for (&t, steps) in needs {
        for (&index, opened) in steps {
            let (header, tensor) = source.step(t, index);
            w.raw(header);
            for &chunk in opened {
                w.raw(tensor.get(chunks::range(tensor.len(), chunk)).unwrap_or_default());
            }
            let opened: Vec<u32> = opened.iter().copied().collect();
            for value in chunks::open(tensor, &opened) {
                w.raw(&value);
            }
        }
        let opened: Vec<u32> = steps.keys().copied().collect();
        for digest in tree::open(Domain::StepNode, source.leaves(t), &opened) {
            w.raw(&digest);
        }
    }
    Answer { challenge, body: w.finish() }
}

/// One opened step: authentic bytes.
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    header: &'a [u8],
    bytes: usize,
    chunks: Vec<(u32, &'a [u8])>,
}

impl<'a> Opened<'a> {
    /// Header bytes.
    pub const fn header(&self) -> &'a [u8] {
        self.header
    }

    /// Bytes `range` of the tensor; `None` if they were not opened.
    pub fn bytes(&self, range: Range<usize>) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(range.len().min(self.bytes));
        for (index, chunk) in &self.chunks {
            let at = chunks::range(self.bytes, *index);
            let (from, to) = (range.start.max(at.start), range.end.min(at.end));
            if from < to {
                out.extend_from_slice(chunk.get(from.checked_sub(at.start)?..to.checked_sub(at.start)?)?);
            }
        }
        (out.len() == range.len()).then_some(out)
    }
}

/// All opened steps by position and step number.
pub type Openings<'a> = BTreeMap<(u32, u32), Opened<'a>>;

/// What binds leaves to a job.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// Shape of the model.
    pub config: &'a Config,
    /// Job digest.
    pub job: &'a Digest,
    /// The job's secret.
    pub secret: &'a [u8; 32],
    /// First position with final_norm, head and sample.
    pub tail_from: u32,
}

/// Reads the body of an answer and checks every opened byte against the positions' roots.
///
/// # Errors
/// `malformed-proof` if the body has another length than `needs` give it; `opening`, with the position, if opened bytes
/// are not the committed ones.
pub fn open<'a>(
    body: &'a [u8],
    needs: &Needs,
    binding: &Binding<'_>,
    root: &dyn Fn(u32) -> Option<Digest>,
) -> Result<Openings<'a>, Rejection> {
    let mut r = Reader::bare(body);
    let mut openings = Openings::new();
    let malformed = |e| Rejection::malformed(FileKind::Proof, e);
    for (&t, steps) in needs {
        let count = binding.config.step_count(t >= binding.tail_from);
        let salts = trace::salts(binding.secret, binding.job, t, count);
        let mut leaves = Vec::with_capacity(steps.len());
        for (&index, opened) in steps {
            let refuse = Rejection::position(Code::Opening, t);
            let step = binding.config.step(index).ok_or(refuse)?;
            let shape = binding.config.shape(step.kind);
            let (opening, digest) = read_step(&mut r, shape.header, shape.bytes(), opened)
                .map_err(malformed)?
                .ok_or(Rejection::step(Code::Opening, t, step))?;
            let salt = salts.get(to_usize(index)).ok_or(refuse)?;
            leaves.push((index, trace::leaf(salt, binding.job, t, index, step, &shape, opening.header, &digest)));
            openings.insert((t, index), opening);
        }
        let indices: Vec<u32> = steps.keys().copied().collect();
        let siblings = (0..tree::opening_len(count, &indices))
            .map(|_| r.array("sibling"))
            .collect::<Result<Vec<Digest>, _>>()
            .map_err(malformed)?;
        let computed = tree::root_of_opening(&Domain::StepNode, count, &leaves, &mut siblings.into_iter());
        if computed.ok() != root(t) {
            return Err(Rejection::position(Code::Opening, t));
        }
    }
    r.end().map_err(malformed)?;
    Ok(openings)
}

/// One step: header, chunks, chaining values; and the digest of the tensor that they describe.
fn read_step<'a>(
    r: &mut Reader<'a>,
    header: usize,
    bytes: usize,
    opened: &std::collections::BTreeSet<u32>,
) -> Result<Option<(Opened<'a>, Digest)>, WireError> {
    let header = r.take(header, "header")?;
    let chunks = opened
        .iter()
        .map(|&i| Ok((i, r.take(chunks::range(bytes, i).len(), "chunk")?)))
        .collect::<Result<Vec<_>, _>>()?;
    let indices: Vec<u32> = opened.iter().copied().collect();
    let values = (0..chunks::opening_len(bytes, &indices))
        .map(|_| r.array("chaining value"))
        .collect::<Result<Vec<Digest>, _>>()?;
    let digest = chunks::digest_of_opening(bytes, &chunks, &mut values.into_iter());
    Ok(digest.ok().map(|digest| (Opened { header, bytes, chunks }, digest)))
}
