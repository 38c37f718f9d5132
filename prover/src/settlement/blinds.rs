//! What hides a rig's proofs: salts of states and accumulators, blinding of proofs.
//!
//! All of it follows from one secret of the rig and from what is asked, so a rig that was stopped within an attention head goes on
//! from the state that it had shown. The same question gives the same answer; another question, other salts.
//! Not from the job's secret: its client has that.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use assay_model::domain::{Digest, Domain};

/// The rig's secret, for one draw.
#[derive(Clone)]
pub struct Blinds {
    key: Digest,
}

/// What a value is for. Of one draw, no two uses share a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Digest of an attention head's state before this position.
    State(u32),
    /// Digest of accumulators.
    Accumulators,
    /// A proof: by the digest of its statement.
    Proof(Digest),
}

impl Blinds {
    /// For the draw that `context` binds to its job.
    pub fn new(secret: &[u8; 32], context: &Digest) -> Blinds {
        Blinds { key: Domain::Blinds.hasher().fixed(secret).fixed(context).digest() }
    }

    /// 64 bytes that look random to all others.
    pub fn bytes(&self, of: Use) -> [u8; 64] {
        let (what, number, statement) = match of {
            Use::State(position) => (0, position, [0; 32]),
            Use::Accumulators => (1, 0, [0; 32]),
            Use::Proof(statement) => (2, 0, statement),
        };
        let mut bytes = [0; 64];
        Domain::Blinds.hasher().fixed(&self.key).u32(what).u32(number).fixed(&statement).xof().fill(&mut bytes);
        bytes
    }

    /// A scalar.
    pub fn scalar(&self, of: Use) -> Fr {
        Fr::from_le_bytes_mod_order(&self.bytes(of))
    }

    /// 32 bytes.
    pub fn fresh(&self, of: Use) -> [u8; 32] {
        self.bytes(of).first_chunk().copied().unwrap_or_default()
    }
}

impl std::fmt::Debug for Blinds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blinds")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_use_has_one_value_and_two_have_two() {
        let blinds = Blinds::new(&[1; 32], &[2; 32]);
        let uses = [Use::State(0), Use::State(1), Use::Accumulators, Use::Proof([0; 32]), Use::Proof([1; 32])];
        for (i, a) in uses.into_iter().enumerate() {
            for (j, b) in uses.into_iter().enumerate() {
                assert_eq!(blinds.scalar(a) == blinds.scalar(b), i == j, "{a:?}, {b:?}");
            }
        }
        for other in [Blinds::new(&[3; 32], &[2; 32]), Blinds::new(&[1; 32], &[3; 32])] {
            assert_ne!(other.scalar(Use::State(0)), blinds.scalar(Use::State(0)));
        }
    }

    #[test]
    fn nothing_of_the_secret_is_shown() {
        assert_eq!(format!("{:?}", Blinds::new(&[1; 32], &[2; 32])), "Blinds");
    }
}
