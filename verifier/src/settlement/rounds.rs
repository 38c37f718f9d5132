//! Which round of a beacon decides what is drawn from a commit. `contracts/src/libraries/Rounds.sol` is the other side, and
//! has the reasons.

/// How far a block's time may lie behind the beacon's clock, seconds.
const CLOCK_DRIFT: u64 = 30;
/// How long a block may still be replaced, seconds.
const REORG_DEPTH: u64 = 13 * 60;

/// Until when a round could be known before a commit of second `committed_at` is final.
pub const fn settled(committed_at: u64) -> u64 {
    committed_at.saturating_add(CLOCK_DRIFT).saturating_add(REORG_DEPTH)
}

/// Rounds of a beacon: number 1 at `genesis`, one every `period` seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// Unix second of round 1.
    pub genesis: u64,
    /// Seconds from one to the next.
    pub period: u64,
}

impl Rounds {
    /// The first round that happens after second `time`; none for a beacon without a period.
    pub fn after(&self, time: u64) -> Option<u64> {
        let Some(since) = time.checked_sub(self.genesis) else { return Some(1) };
        since.checked_div(self.period)?.checked_add(2)
    }

    /// The round that decides the draws of a commit.
    pub fn deciding(&self, committed_at: u64) -> Option<u64> {
        self.after(settled(committed_at))
    }

    /// Second of a round.
    pub fn time(&self, round: u64) -> u64 {
        self.genesis.saturating_add(round.saturating_sub(1).saturating_mul(self.period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDS: Rounds = Rounds { genesis: 1_700_000_000, period: 3 };

    #[test]
    fn the_deciding_round_is_the_first_that_lies_past_drift_and_reorganisation() {
        for since in 0..20 {
            let committed_at = ROUNDS.genesis + since;
            let round = ROUNDS.deciding(committed_at).unwrap();
            let known = committed_at + 30 + 780;
            assert!(ROUNDS.time(round) > known && ROUNDS.time(round - 1) <= known, "{since}");
        }
    }

    #[test]
    fn a_round_of_the_very_second_is_known_already_and_before_the_beacon_began_it_is_its_first() {
        let after = |s: i64| ROUNDS.after(ROUNDS.genesis.checked_add_signed(s).unwrap());
        assert_eq!([after(-1), after(0), after(2), after(3)], [Some(1), Some(2), Some(2), Some(3)]);
        assert_eq!(Rounds { period: 0, ..ROUNDS }.after(u64::MAX), None);
    }
}
