//! The stream of draws that a challenge stands for.
//!
//! Words come from BLAKE3's extendable output, little-endian; a draw below a bound rejects the biased tail, so every
//! outcome has exactly the same chance whatever the bound.

use assay_model::domain::Framed;
use blake3::OutputReader;

/// Bytes that are taken from the stream at once: each call makes at least one block of 64 bytes.
const AHEAD: usize = 256;

/// A deterministic stream of unbiased draws.
pub struct Draws {
    stream: OutputReader,
    ahead: std::array::IntoIter<u8, AHEAD>,
}

impl Draws {
    /// The stream under everything that `seed` has absorbed.
    pub fn new(seed: &Framed) -> Self {
        let mut ahead = [0; AHEAD].into_iter();
        // Nothing is ahead yet.
        ahead.by_ref().for_each(drop);
        Draws { stream: seed.xof(), ahead }
    }

    fn byte(&mut self) -> u8 {
        if self.ahead.len() == 0 {
            let mut bytes = [0; AHEAD];
            self.stream.fill(&mut bytes);
            self.ahead = bytes.into_iter();
        }
        self.ahead.next().unwrap_or(0)
    }

    fn word(&mut self) -> u128 {
        u128::from_le_bytes([0; 16].map(|_: u8| self.byte()))
    }

    /// Next draw below `bound`; 0 for a bound of 0 or 1, which takes nothing from the stream.
    pub fn below(&mut self, bound: u128) -> u128 {
        below(bound, || self.word())
    }

    /// Whether an event of chance `threshold / 2^16` happens.
    pub fn chance(&mut self, threshold: u32) -> bool {
        u32::from(u16::from_le_bytes([0; 2].map(|_: u8| self.byte()))) < threshold
    }
}

/// A draw below `bound` from uniform words; 0 for a bound of 0 or 1, which takes no word.
pub fn below(bound: u128, mut word: impl FnMut() -> u128) -> u128 {
    // The largest multiple of the bound that fits: words from there on would favour small remainders.
    let Some(tail) = u128::MAX.checked_rem(bound).and_then(|r| r.checked_add(1)).and_then(|r| r.checked_rem(bound))
    else {
        return 0;
    };
    if bound == 1 {
        return 0;
    }
    let limit = u128::MAX.saturating_sub(tail);
    loop {
        let word = word();
        if word <= limit {
            return word.checked_rem(bound).unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::domain::Domain;

    #[test]
    fn draws_are_frozen() {
        let mut d = Draws::new(Domain::Draw.hasher().u32(7));
        let got = [10, 1000, 1 << 64, u128::MAX].map(|b| d.below(b));
        assert_eq!(got, [2, 476, 2709837121874008516, 191730702754930229474663803878131016609]);
        let got: Vec<bool> = (0..16).map(|_| d.chance(1 << 15)).collect();
        let want =
            [false, true, false, false, false, false, true, false, false, true, true, false, true, true, true, true];
        assert_eq!(got, want);
    }

    #[test]
    fn words_and_chances_take_the_stream_byte_by_byte_across_what_is_read_ahead() {
        let mut seed = Domain::Draw.hasher();
        let mut stream = [0; 4 * AHEAD];
        seed.u32(5).xof().fill(&mut stream);
        let (mut d, mut at) = (Draws::new(&seed), 0);
        while at + 18 <= stream.len() {
            let chance = u16::from_le_bytes([stream[at], stream[at + 1]]);
            assert_eq!(d.chance(1 << 15), chance < 1 << 15, "byte {at}");
            assert_eq!(d.word().to_le_bytes(), stream[at + 2..at + 18], "byte {at}");
            at += 18;
        }
    }

    #[test]
    fn every_outcome_of_a_small_bound_is_met_about_equally() {
        let mut d = Draws::new(Domain::Draw.hasher().u32(1));
        let mut seen = [0u32; 7];
        for _ in 0..70_000 {
            seen[d.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|n| (9_500..10_500).contains(n)), "{seen:?}");
    }

    #[test]
    fn a_bound_just_above_half_rejects_about_half_of_the_words() {
        let bound = (1u128 << 127) + 1;
        let mut d = Draws::new(Domain::Draw.hasher().u32(2));
        assert!((0..64).all(|_| d.below(bound) < bound));
    }

    #[test]
    fn chances_at_the_ends_are_certain() {
        let mut d = Draws::new(Domain::Draw.hasher().u32(3));
        assert!((0..1000).all(|_| d.chance(1 << 16)));
        assert!((0..1000).all(|_| !d.chance(0)));
    }
}
