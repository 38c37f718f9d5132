//! An answer: the opened bytes of everything that a challenge needs, in the order of [`needs`](crate::needs).
//!
//! ```text
//! challenge digest
//! what those need who have no weights, behind its length; see `disclosure`
//! per position, ascending:
//!   per opened step, ascending:
//!     header ‖ opened chunks, ascending ‖ BLAKE3 chaining values of the rest ‖ accumulators of drawn chunks
//!   digests that open these leaves in the position's tree
//! ```
//!
//! Of a *derived* chunk ([`Opening`]) only the value in the tensor's tree is opened; the checks make its bytes, those of a
//! linear step from the accumulators. All lengths follow from the needs, so nothing is announced and nothing can be left over.

use crate::accumulators;
use crate::needs::{Needs, Opening, input, to_usize};
use crate::parameters::{Parameters, Rows};
use crate::reject::{Code, Rejection};
use crate::trace;
use assay_circuits::{chunks, tree};
use assay_model::domain::{Digest, Domain};
use assay_model::program::Step;
use assay_model::steps::i16_values;
use assay_model::wire::{FileKind, Reader, WireError, Writer};
use blake3::hazmat::ChainingValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// An answer as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Digest of the challenge that it answers.
    pub challenge: Digest,
    /// What a check without weights needs besides; empty where the manifest has no commitments. An audit does not read it.
    pub disclosure: Vec<u8>,
    /// Opened bytes; read with the challenge's needs by [`open`].
    pub body: Vec<u8>,
}

/// Longest disclosure.
const MAX_DISCLOSURE: usize = 1 << 30;

impl Answer {
    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        Writer::file(FileKind::Proof).raw(&self.challenge).framed(&self.disclosure).raw(&self.body).finish()
    }

    /// From wire bytes. The body is read later, by [`open`].
    ///
    /// # Errors
    /// [`WireError`] if the file header or the challenge digest is not there.
    pub fn decode(bytes: &[u8]) -> Result<Answer, WireError> {
        let mut r = Reader::file(FileKind::Proof, bytes)?;
        let challenge = r.array("challenge")?;
        let disclosure = r.framed(MAX_DISCLOSURE, "disclosure")?.to_vec();
        let body = bytes.get(r.at()..).unwrap_or_default().to_vec();
        Ok(Answer { challenge, disclosure, body })
    }
}

/// A trace that can be opened.
pub trait Source {
    /// Header bytes and tensor bytes of a step.
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]);
    /// Leaves of a position in step order.
    fn leaves(&self, t: u32) -> &[Digest];
    /// Accumulators of the rows of chunk `chunk` of a linear step: what the weights of `model` give for the input.
    fn accumulators(&self, model: &dyn Parameters, t: u32, step: Step, chunk: u32) -> Vec<i64> {
        let config = model.config();
        let from = Step { kind: input(step), ..step };
        let x = i16_values(self.step(t, config.step_index(from)).1);
        let rows = Rows::of_chunk(config, step.kind, chunk);
        rows.and_then(|rows| model.product(step, &rows, &x)).unwrap_or_default()
    }
}

/// Answers the challenge with digest `challenge`, which needs `needs`, for those who have the weights.
pub fn build(challenge: Digest, needs: &Needs, source: &dyn Source, model: &dyn Parameters) -> Answer {
    let mut w = Writer::bare();
    for (&t, steps) in needs {
        for (&index, opened) in steps {
            let (header, tensor) = source.step(t, index);
            w.raw(header);
            for (chunk, derived) in opened.all() {
                let bytes = tensor.get(chunks::range(tensor.len(), chunk)).unwrap_or_default();
                if derived {
                    w.raw(&chunks::value(tensor.len(), chunk, bytes))
                } else {
                    w.raw(bytes)
                };
            }
            let all: Vec<u32> = opened.all().map(|(c, _)| c).collect();
            for value in chunks::open(tensor, &all) {
                w.raw(&value);
            }
            let Some(step) = model.config().step(index).filter(|s| s.kind.is_linear()) else { continue };
            let bounds = opened.derived.iter().flat_map(|&c| bounds(model, step, c)).collect::<Vec<_>>();
            let values =
                opened.derived.iter().flat_map(|&c| source.accumulators(model, t, step, c)).collect::<Vec<_>>();
            w.raw(&accumulators::pack(&values, &bounds));
        }
        let opened: Vec<u32> = steps.keys().copied().collect();
        for digest in tree::open(Domain::StepNode, source.leaves(t), &opened) {
            w.raw(&digest);
        }
    }
    Answer { challenge, disclosure: Vec::new(), body: w.finish() }
}

/// Bound of each accumulator of a chunk.
fn bounds(model: &dyn Parameters, step: Step, chunk: u32) -> Vec<i64> {
    let rows = Rows::of_chunk(model.config(), step.kind, chunk);
    let bound = rows.and_then(|rows| Some((rows, model.part(step, rows.part)?)));
    bound.map(|(rows, part)| vec![part.bound; rows.count]).unwrap_or_default()
}

/// One opened step: authentic bytes.
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    header: &'a [u8],
    bytes: usize,
    chunks: BTreeMap<u32, Cow<'a, [u8]>>,
    derived: BTreeMap<u32, Derived>,
}

/// A chunk whose bytes the checks make.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Derived {
    /// Value of the committed chunk; see [`chunks::value`].
    value: ChainingValue,
    /// Accumulators of its rows, as the rig says; none outside linear steps.
    acc: Vec<i64>,
    /// Bytes made so far.
    bytes: Vec<u8>,
}

impl<'a> Opened<'a> {
    /// Header bytes.
    pub const fn header(&self) -> &'a [u8] {
        self.header
    }

    /// Accumulators of drawn chunk `chunk` of a linear step.
    pub fn accumulators(&self, chunk: u32) -> Option<&[i64]> {
        self.derived.get(&chunk).map(|d| d.acc.as_slice())
    }

    /// All drawn chunks of a linear step with their accumulators.
    pub fn products(&self) -> impl Iterator<Item = (u32, &[i64])> {
        self.derived.iter().map(|(c, d)| (*c, d.acc.as_slice()))
    }

    /// Whether `want`, from byte `at` of the tensor on, is what was committed. Bytes of a derived chunk are kept until it is
    /// whole, and decided then. `None` if they are neither opened nor next in a derived chunk.
    pub fn settle(&mut self, mut at: usize, mut want: &[u8]) -> Option<bool> {
        while !want.is_empty() {
            let chunk = u32::try_from(at.checked_div(chunks::CHUNK_BYTES)?).ok()?;
            let range = chunks::range(self.bytes, chunk);
            let (piece, rest) = want.split_at_checked(want.len().min(range.end.checked_sub(at)?).max(1))?;
            let offset = at.checked_sub(range.start)?;
            if let Some(derived) = self.derived.get_mut(&chunk) {
                if derived.bytes.len() != offset {
                    return None;
                }
                derived.bytes.extend_from_slice(piece);
                if derived.bytes.len() == range.len() {
                    let bytes = std::mem::take(&mut derived.bytes);
                    if chunks::value(self.bytes, chunk, &bytes) != derived.value {
                        return Some(false);
                    }
                    self.chunks.insert(chunk, Cow::Owned(bytes));
                }
            } else {
                let end = offset.checked_add(piece.len())?;
                if self.chunks.get(&chunk)?.get(offset..end)? != piece {
                    return Some(false);
                }
            }
            at = at.checked_add(piece.len())?;
            want = rest;
        }
        Some(true)
    }

    /// Bytes `range` of the tensor; `None` if they were not opened, or are those of a derived chunk that is not whole yet.
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
#[derive(Clone, Copy)]
pub struct Binding<'a> {
    /// The model.
    pub model: &'a dyn Parameters,
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
    let config = binding.model.config();
    let malformed = |e| Rejection::malformed(FileKind::Proof, e);
    for (&t, steps) in needs {
        let count = config.step_count(t >= binding.tail_from);
        let salts = trace::salts(binding.secret, binding.job, t, count);
        let mut leaves = Vec::with_capacity(steps.len());
        for (&index, opened) in steps {
            let refuse = Rejection::position(Code::Opening, t);
            let step = config.step(index).ok_or(refuse)?;
            let shape = config.shape(step.kind);
            let bounds = |chunk| bounds(binding.model, step, chunk);
            let (opening, digest) = read_step(&mut r, shape.header, shape.bytes(), opened, &bounds)
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

/// One step: header, chunks, chaining values, accumulators; and the digest of the tensor that they describe.
fn read_step<'a>(
    r: &mut Reader<'a>,
    header: usize,
    bytes: usize,
    opened: &Opening,
    bounds: &dyn Fn(u32) -> Vec<i64>,
) -> Result<Option<(Opened<'a>, Digest)>, WireError> {
    let header = r.take(header, "header")?;
    let (mut chunks, mut derived) = (BTreeMap::new(), BTreeMap::new());
    let mut values = Vec::new();
    for (i, is_derived) in opened.all() {
        let value = if is_derived {
            let value = r.array("value of a chunk")?;
            derived.insert(i, Derived { value, acc: Vec::new(), bytes: Vec::new() });
            value
        } else {
            let chunk = r.take(chunks::range(bytes, i).len(), "chunk")?;
            chunks.insert(i, Cow::Borrowed(chunk));
            chunks::value(bytes, i, chunk)
        };
        values.push((i, value));
    }
    let indices: Vec<u32> = values.iter().map(|(i, _)| *i).collect();
    let siblings = (0..chunks::opening_len(bytes, &indices))
        .map(|_| r.array("chaining value"))
        .collect::<Result<Vec<Digest>, _>>()?;
    let digest = chunks::digest_of_values(bytes, &values, &mut siblings.into_iter());
    let bounds: Vec<Vec<i64>> = derived.keys().map(|&i| bounds(i)).collect();
    let mut acc = accumulators::unpack(r, &bounds.concat())?.into_iter();
    for (derived, bounds) in derived.values_mut().zip(&bounds) {
        derived.acc = acc.by_ref().take(bounds.len()).collect();
    }
    Ok(digest.ok().map(|digest| (Opened { header, bytes, chunks, derived }, digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two chunks and a half.
    fn tensor() -> Vec<u8> {
        (0..2560u32).map(|i| (i % 251) as u8).collect()
    }

    /// The first chunk opened, the others derived.
    fn opened(tensor: &[u8]) -> Opened<'_> {
        let derived = |c| {
            let value = chunks::value(tensor.len(), c, &tensor[chunks::range(tensor.len(), c)]);
            (c, Derived { value, acc: Vec::new(), bytes: Vec::new() })
        };
        let chunks = BTreeMap::from([(0, Cow::Borrowed(&tensor[..1024]))]);
        Opened { header: &[], bytes: tensor.len(), chunks, derived: BTreeMap::from([derived(1), derived(2)]) }
    }

    #[test]
    fn made_bytes_count_from_when_their_chunk_is_whole_and_come_in_order() {
        let tensor = tensor();
        let mut opened = opened(&tensor);
        assert_eq!(opened.settle(1000, &tensor[1000..1500]), Some(true));
        assert_eq!(opened.bytes(1000..1024), Some(tensor[1000..1024].to_vec()));
        assert_eq!(opened.bytes(1000..1500), None, "not whole yet");
        assert_eq!(opened.settle(1501, &tensor[1501..2048]), None, "a byte left out");
        assert_eq!(opened.settle(1499, &tensor[1499..2048]), None, "a byte twice");
        assert_eq!(opened.settle(1500, &tensor[1500..]), Some(true));
        assert_eq!(opened.bytes(900..2560), Some(tensor[900..].to_vec()));
        assert_eq!(opened.bytes(900..2561), None, "beyond the tensor");
    }

    #[test]
    fn a_byte_that_is_not_the_committed_one_is_noticed_wherever_it_stands() {
        let tensor = tensor();
        for at in [0, 1023, 1024, 2047, 2048, 2559] {
            let mut want = tensor.clone();
            want[at] ^= 1;
            assert_eq!(opened(&tensor).settle(0, &want), Some(false), "byte {at}");
        }
    }

    #[test]
    fn a_chunk_that_is_neither_opened_nor_derived_settles_nothing() {
        let tensor = tensor();
        let mut opened = opened(&tensor);
        opened.chunks.clear();
        assert_eq!(opened.settle(0, &tensor[..10]), None);
    }
}
