//! Commitments of the trace.
//!
//! ```text
//! salt(t)   = XOF of H("salt", secret ‖ job ‖ t); salt(t, s) is its s-th 32 bytes
//! leaf(t,s) = H("step leaf", salt(t,s) ‖ job ‖ t ‖ s ‖ kind ‖ element ‖ elements ‖ header ‖ BLAKE3(tensor) ‖ zeros)
//! D_t       = root over the leaves of position t, in step order
//! h_t       = H("link", h_{t−1} ‖ t ‖ token_in ‖ D_t ‖ token_out),    h_{−1} the job digest
//! ```

use assay_circuits::tree;
use assay_model::domain::{Digest, Domain};
use assay_model::program::{Shape, Step};
use assay_model::wire::Writer;

/// Salts of the leaves of position `t`, `count` of them in step order.
pub fn salts(secret: &[u8; 32], job: &Digest, t: u32, count: u32) -> Vec<[u8; 32]> {
    let mut salts = vec![[0; 32]; usize::try_from(count).unwrap_or(0)];
    // In one go, so that the hash makes many blocks side by side.
    Domain::Salt.hasher().fixed(secret).fixed(job).u32(t).xof().fill(salts.as_flattened_mut());
    salts
}

/// Appends what leaf(t, s) of the step with number `index` hashes, from its header bytes and the BLAKE3 digest of its
/// tensor.
///
/// Zeros fill it up to whole 64-byte blocks, so that leaves of one length can be hashed side by side; the header stands
/// behind its length, so no two leaves share a preimage.
#[allow(clippy::too_many_arguments, reason = "the leaf binds exactly these")]
pub fn leaf_preimage(
    salt: &[u8; 32],
    job: &Digest,
    t: u32,
    index: u32,
    step: Step,
    shape: &Shape,
    header: &[u8],
    tensor: &Digest,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    let mut w = Writer::after(std::mem::take(out));
    w.raw(salt).raw(job).u32(t).u32(index);
    w.u8(kind_byte(step)).u8(element_byte(shape)).count(shape.len).framed(header).raw(tensor);
    *out = w.finish();
    let len = out.len().saturating_sub(start);
    out.resize(start.saturating_add(len.next_multiple_of(64)), 0);
}

/// leaf(t, s).
#[allow(clippy::too_many_arguments, reason = "the leaf binds exactly these")]
pub fn leaf(
    salt: &[u8; 32],
    job: &Digest,
    t: u32,
    index: u32,
    step: Step,
    shape: &Shape,
    header: &[u8],
    tensor: &Digest,
) -> Digest {
    let mut preimage = Vec::new();
    leaf_preimage(salt, job, t, index, step, shape, header, tensor, &mut preimage);
    Domain::StepLeaf.hash(&preimage)
}

fn kind_byte(step: Step) -> u8 {
    use assay_model::program::StepKind;
    StepKind::ALL.iter().position(|k| *k == step.kind).and_then(|i| u8::try_from(i).ok()).unwrap_or(u8::MAX)
}

fn element_byte(shape: &Shape) -> u8 {
    u8::try_from(shape.element.size()).unwrap_or(u8::MAX)
}

/// D_t over the leaves of a position.
pub fn position_root(leaves: &[Digest]) -> Digest {
    tree::root(Domain::StepNode, leaves)
}

/// h_t.
pub fn link(previous: &Digest, t: u32, token_in: u32, position_root: &Digest, token_out: u32) -> Digest {
    Domain::Link.hasher().fixed(previous).u32(t).u32(token_in).fixed(position_root).u32(token_out).digest()
}

/// Root over the links.
pub fn links_root(links: &[Digest]) -> Digest {
    tree::root(Domain::LinkNode, links)
}

/// Root over the generated tokens, each with its number.
pub fn tokens_root(tokens: &[u32]) -> Digest {
    let leaves: Vec<Digest> =
        (0u32..).zip(tokens).map(|(i, t)| Domain::TokenLeaf.hasher().u32(i).u32(*t).digest()).collect();
    tree::root(Domain::TokenNode, &leaves)
}
