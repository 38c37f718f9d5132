//! A challenge: which receipt, which seed, how much is drawn.

use assay_model::config::MAX_POSITIONS;
use assay_model::domain::{Digest, Domain, Framed};
use assay_model::wire::{FileKind, Reader, WireError, Writer};

/// A density of 1: every unit.
pub const FULL_DENSITY: u32 = 1 << 16;
/// Most units of a challenge in unit mode.
pub const MAX_UNITS: u32 = 1 << 16;

/// How much is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Whole positions, drawn by work; each of their units with chance `density / 2^16`.
    Columns {
        /// Positions, at least 1.
        count: u32,
        /// 1 to 2^16.
        density: u32,
    },
    /// Single units, half of them by work and half uniformly over (layer, step kind).
    Units {
        /// Units, at least 1.
        count: u32,
    },
}

impl Policy {
    /// Whether the counts are within their limits.
    pub const fn is_valid(&self) -> bool {
        match *self {
            Policy::Columns { count, density } => {
                count >= 1 && count <= MAX_POSITIONS && density >= 1 && density <= FULL_DENSITY
            }
            Policy::Units { count } => count >= 1 && count <= MAX_UNITS,
        }
    }

    fn bytes(&self) -> [u8; 9] {
        let (kind, a, b) = match *self {
            Policy::Columns { count, density } => (1, count, density),
            Policy::Units { count } => (2, count, 0),
        };
        let mut out = [kind; 9];
        for (to, from) in out.iter_mut().skip(1).zip([a, b].iter().flat_map(|v| v.to_le_bytes())) {
            *to = from;
        }
        out
    }
}

/// A question about one receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Receipt id.
    pub receipt: Digest,
    /// Fresh, unknown when the receipt was signed, sent once.
    pub seed: [u8; 32],
    /// How much is drawn.
    pub policy: Policy,
}

impl Challenge {
    /// Everything that the draws depend on.
    pub fn stream(&self) -> Framed {
        self.under(Domain::Draw)
    }

    /// Digest of the challenge; an answer names it.
    pub fn digest(&self) -> Digest {
        self.under(Domain::Challenge).digest()
    }

    fn under(&self, domain: Domain) -> Framed {
        let mut h = domain.hasher();
        h.fixed(&self.seed).fixed(&self.receipt).fixed(&self.policy.bytes());
        h
    }

    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        Writer::file(FileKind::Challenge).raw(&self.receipt).raw(&self.seed).raw(&self.policy.bytes()).finish()
    }

    /// From wire bytes.
    ///
    /// # Errors
    /// [`WireError`] for anything that [`Challenge::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Challenge, WireError> {
        let mut r = Reader::file(FileKind::Challenge, bytes)?;
        let (receipt, seed) = (r.array("receipt")?, r.array("seed")?);
        let kind = r.u8("policy")?;
        let (a, b) = (r.u32("count")?, r.u32("density")?);
        let policy = if kind == 1 { Policy::Columns { count: a, density: b } } else { Policy::Units { count: a } };
        r.require(matches!((kind, b), (1, _) | (2, 0)) && policy.is_valid(), "policy")?;
        r.end()?;
        Ok(Challenge { receipt, seed, policy })
    }
}
