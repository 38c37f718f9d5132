//! Commitments of the trace.
//!
//! ```text
//! salt(t)   = XOF of H("salt", secret ‖ job ‖ t); salt(t, s) is its s-th 32 bytes
//! leaf(t,s) = H("step leaf", salt(t,s) ‖ job ‖ t ‖ s ‖ kind ‖ element ‖ elements ‖ header ‖ BLAKE3(tensor))
//! D_t       = root over the leaves of position t, in step order
//! h_t       = H("link", h_{t−1} ‖ t ‖ token_in ‖ D_t ‖ token_out),    h_{−1} the job digest
//! ```

use assay_circuits::tree;
use assay_model::domain::{Digest, Domain, Framed};
use assay_model::program::{Shape, Step};

/// Salts of the leaves of position `t`, `count` of them in step order.
pub fn salts(secret: &[u8; 32], job: &Digest, t: u32, count: u32) -> Vec<[u8; 32]> {
    let mut stream = Domain::Salt.hasher().fixed(secret).fixed(job).u32(t).xof();
    (0..count)
        .map(|_| {
            let mut salt = [0; 32];
            stream.fill(&mut salt);
            salt
        })
        .collect()
}

/// The hash under which a leaf stands, ready for its digest: everything in front of the tensor's digest.
fn leaf_prefix(salt: &[u8; 32], job: &Digest, t: u32, index: u32, step: Step, shape: &Shape, header: &[u8]) -> Framed {
    let mut h = Domain::StepLeaf.hasher();
    h.fixed(salt).fixed(job).u32(t).u32(index);
    h.fixed(&[kind_byte(step), element_byte(shape)]);
    h.u32(u32::try_from(shape.len).unwrap_or(u32::MAX)).framed(header);
    h
}

/// leaf(t, s) of the step with number `index`, from its header bytes and the BLAKE3 digest of its tensor.
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
    leaf_prefix(salt, job, t, index, step, shape, header).fixed(tensor).digest()
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
