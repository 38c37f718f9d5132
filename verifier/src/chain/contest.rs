//! Where a job of the contested lane stands: its deciding round, its draws, and until when the rig can prove.

use super::abi::{Beacon, Decider, Escrow, Router};
use super::error::{ChainError, Refusal};
use super::{Chain, terms::TermsFile};
use crate::settlement::rounds::Rounds;
use alloy::primitives::{Address, B256, FixedBytes};
use assay_model::domain::Digest;

/// All kinds of step, one bit each: what a verifier must decide before a job is paid on its word.
pub const ALL_KINDS: u16 = (1 << 14) - 1;

/// The round that decides a job's draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deciding {
    /// Its number.
    pub round: u64,
    /// Unix second of it.
    pub at: u64,
    /// Whether the beacon's contract has it.
    pub known: bool,
}

/// A job of the contested lane, as the escrow has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contest {
    /// Its round; none before the commit.
    pub deciding: Option<Deciding>,
    /// Seed of the draws; none before it is known.
    pub seed: Option<Digest>,
    /// Unix second of the seed; zero before.
    pub seeded_at: u64,
    /// Number of the last draw, which is the last position's.
    pub last: u32,
    /// One bit for each draw that is decided.
    pub decided: u128,
    /// Unix second from which on the rig cannot prove: proveBy, and never less than the time that it must have from the
    /// seed.
    pub prove_by: u64,
    /// Unix second from which on a job without a seed expires.
    pub seed_by: u64,
}

impl Contest {
    /// Whether a draw is decided.
    pub const fn is_decided(&self, draw: u32) -> bool {
        match self.decided.checked_shr(draw) {
            Some(bits) => bits & 1 == 1,
            None => false,
        }
    }

    /// Draws that are not decided, ascending; the last position's comes last.
    pub fn left(&self) -> impl Iterator<Item = u32> + '_ {
        (0..=self.last).filter(|draw| !self.is_decided(*draw))
    }

    /// Draws of the job, the last position's included.
    pub const fn draws(&self) -> u32 {
        self.last.saturating_add(1)
    }
}

impl Chain {
    /// The contested side of a job; none for terms without a verifier.
    ///
    /// # Errors
    /// As all calls.
    pub fn contest(&self, file: &TermsFile, kept: &Escrow::Job) -> Result<Option<Contest>, ChainError> {
        if !file.is_contested() {
            return Ok(None);
        }
        let t = &file.terms;
        let seeded_at = kept.seededAt.to::<u64>();
        let deciding = match kept.committedAt {
            0 => None,
            at => Some(self.deciding(at, seeded_at != 0)?),
        };
        let least = match seeded_at {
            0 => 0,
            at => at.saturating_add(self.read(Escrow::PROVE_TIMECall {})?),
        };
        Ok(Some(Contest {
            deciding,
            seed: (seeded_at != 0).then_some(kept.seed.0),
            seeded_at,
            last: t.draws,
            decided: kept.decided.to::<u128>(),
            prove_by: t.prove_by.max(least),
            seed_by: t.prove_by.saturating_add(self.read(Escrow::BEACON_GRACECall {})?),
        }))
    }

    /// Refuses an escrow without a beacon: no draw of it would ever become known.
    ///
    /// # Errors
    /// As all calls.
    pub fn require_beacon(&self) -> Result<(), ChainError> {
        self.beacon().map(drop)
    }

    fn beacon(&self) -> Result<(Address, Rounds), ChainError> {
        let beacon = self.read(Escrow::BEACONCall {})?;
        if beacon.is_zero() {
            return Err(ChainError::NoBeacon(self.contract()));
        }
        let genesis = self.read_at(beacon, Beacon::genesisCall {})?;
        Ok((beacon, Rounds { genesis, period: self.read_at(beacon, Beacon::periodCall {})? }))
    }

    /// The round that decides the draws of a commit.
    fn deciding(&self, committed_at: u64, seeded: bool) -> Result<Deciding, ChainError> {
        let (beacon, rounds) = self.beacon()?;
        let round = rounds.deciding(committed_at).ok_or(ChainError::NoBeacon(self.contract()))?;
        let known = seeded
            || match self.read_at(beacon, Beacon::randomnessCall { round }) {
                Ok(_) => true,
                Err(ChainError::Refused(Refusal::NoSuchRound(_))) => false,
                Err(error) => return Err(error),
            };
        Ok(Deciding { round, at: rounds.time(round), known })
    }

    /// What the last accepted answer left of a draw; zero at its start.
    ///
    /// # Errors
    /// As all calls.
    pub fn progress(&self, id: &Digest, draw: u32) -> Result<Digest, ChainError> {
        Ok(self.read(Escrow::progressCall { id: B256::from(*id), draw })?.0)
    }

    /// Refuses a selector that the escrow's router does not have, or whose verifier does not decide every kind of step.
    ///
    /// # Errors
    /// Says which.
    pub fn require_verifier(&self, selector: [u8; 4]) -> Result<(), ChainError> {
        let router = self.read(Escrow::ROUTERCall {})?;
        let selector = FixedBytes(selector);
        let verifier = self.read_at(router, Router::verifierOfCall { selector })?;
        let decidable = self.read_at(verifier, Decider::decidableCall {})?;
        match decidable {
            ALL_KINDS => Ok(()),
            _ => Err(ChainError::Refused(Refusal::Named(Escrow::EscrowErrors::VerifierDoesNotSuffice(
                Escrow::VerifierDoesNotSuffice { verifier: selector, decidable },
            )))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_that_are_not_decided_are_left_with_the_last_positions_at_the_end() {
        let contest =
            Contest { deciding: None, seed: None, seeded_at: 0, last: 4, decided: 0b01010, prove_by: 0, seed_by: 0 };
        assert_eq!(contest.left().collect::<Vec<_>>(), [0, 2, 4]);
        assert_eq!(contest.draws(), 5);
        assert!(!contest.is_decided(200));
    }
}
