//! The units that a contract draws.
//!
//! The rule is that of unit mode ([`crate::draw`]): half of the draws by work, half uniformly over (layer, kind), and at
//! the last position the sample unit and the head chunk of its token whatever was drawn. The stream is another one, since
//! BLAKE3 is too dear on a chain, and every draw has a stream of its own, so that a contract makes the one that it needs:
//!
//! ```text
//! seed     = keccak("assay v1 chain draw", randomness, job id, receipt)
//! word j of draw i = the high 16 bytes of keccak("assay v1 chain draw word", seed, i, j), big-endian
//! ```

use super::{hash, number};
use crate::draw::{self, Extent};
use crate::weights::Weights;
use assay_circuits::draws::below;
use assay_model::domain::Digest;

/// Seed of a job's draws: from randomness that nobody knew when the receipt was committed.
pub fn seed(randomness: &Digest, job_id: &Digest, receipt: &Digest) -> Digest {
    hash("assay v1 chain draw", &[*randomness, *job_id, *receipt])
}

/// Draws 0 to `count` − 1, each a position, a step and a unit.
pub fn units(seed: &Digest, extent: &Extent<'_>, count: u32) -> Vec<(u32, u32, u32)> {
    let (positions, works) = (Weights::new(&extent.works()), extent.config.works());
    (0..count)
        .map(|i| {
            let mut j = 0u32;
            let mut word = || {
                let bytes = hash("assay v1 chain draw word", &[*seed, number(i), number(j)]);
                j = j.saturating_add(1);
                u128::from_be_bytes(bytes.first_chunk::<16>().copied().unwrap_or_default())
            };
            draw::unit(extent, &positions, &works, i, &mut |bound| below(bound, &mut word))
        })
        .collect()
}

/// What is drawn in any case.
pub fn always(extent: &Extent<'_>) -> Vec<(u32, u32, u32)> {
    draw::always(extent).collect()
}
