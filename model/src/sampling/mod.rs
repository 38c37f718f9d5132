//! The next token from the logits, in fixed point.
//!
//! Logits are i32 in Q16. Candidates are ordered by logit, descending, then by index, ascending. [`Sampling::Greedy`]
//! takes the first. [`Sampling::Draw`] gives candidate i a weight `w_i ≈ 2^31·e^((l_i − M)/temperature)`, where M is the
//! largest logit, and draws from a prefix of the order:
//!
//! 1. `t_i = floor((M − l_i)·2^12 / temperature)`, in 2^−12 nats. With `n = t_i >> 12`, `w_i = 0` if `n ≥ 22`, otherwise
//!    `w_i = (sample_high[n]·sample_low[t_i mod 2^12]) >> 31`.
//! 2. top-k: the first `top_k` candidates stay.
//! 3. top-p: of these, the shortest prefix stays whose weights sum to at least `ceil(top_p·total/2^16)`, where total is
//!    the sum over those that step 2 kept.
//! 4. u is drawn uniformly below the sum of what is left; the first candidate whose cumulative sum exceeds u is taken.
//!
//! Temperature, then top-k, then top-p is the order of the common inference servers. The largest logit has weight 2^31,
//! so no sum is zero, and fewer than 2^32 logits keep every sum below 2^63.
//!
//! u comes from the XOF of [`Domain::Sample`] over the seed and the position, read as little-endian u64 words: the first
//! word below the largest multiple of the sum is reduced modulo the sum. No value of u is favoured.
//!
//! Nothing is sorted. Candidates without weight are dropped first: they come last in the order, because behind the
//! first t without weight no t has any, and they add nothing to a sum. Each remaining cut is a selection in linear time.

mod decimal;
#[cfg(test)]
mod tests;

use crate::domain::Domain;
use crate::tables::{SAMPLE_NATS, Tables};
pub use decimal::parse_q16;

/// One in Q16.
pub const ONE: u32 = 1 << 16;

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sampling {
    /// The lowest index of the largest logit.
    Greedy,
    /// A draw; see the module documentation.
    Draw {
        /// Q16, not 0.
        temperature: u32,
        /// Candidates that stay; 0 is all.
        top_k: u32,
        /// Q16 share of the weight that stays, 1..=65536; 65536 is all.
        top_p: u32,
    },
}

/// Why sampling parameters are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SamplingError {
    /// A temperature of zero in a draw.
    #[error("temperature rounds to 0; use 0 itself for greedy sampling, or at least 0.00001")]
    Temperature,
    /// A share outside 1..=65536.
    #[error("top-p {0}/65536 is outside 1/65536..=1; use 1 to switch it off")]
    TopP(u32),
    /// Not a decimal number.
    #[error("`{0}` is not a decimal number such as 0.8; write digits and at most one point, without sign or exponent")]
    Decimal(String),
    /// A decimal number that does not fit.
    #[error("`{0}` is 65536 or more, or has more than 18 digits after the point; write a smaller or shorter number")]
    TooLarge(String),
}

impl SamplingError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            SamplingError::Temperature => "sampling.temperature",
            SamplingError::TopP(_) => "sampling.top_p",
            SamplingError::Decimal(_) => "sampling.decimal",
            SamplingError::TooLarge(_) => "sampling.too_large",
        }
    }
}

impl Sampling {
    /// Whether every parameter is in its range.
    pub const fn validate(&self) -> Result<(), SamplingError> {
        match *self {
            Sampling::Draw { temperature: 0, .. } => Err(SamplingError::Temperature),
            Sampling::Draw { top_p, .. } if top_p == 0 || top_p > ONE => Err(SamplingError::TopP(top_p)),
            _ => Ok(()),
        }
    }

    /// From decimal text, as a user writes it; a temperature of exactly zero is greedy.
    pub fn from_decimals(temperature: &str, top_k: u32, top_p: &str) -> Result<Sampling, SamplingError> {
        let (q16, top_p) = (parse_q16(temperature)?, parse_q16(top_p)?);
        if temperature.bytes().all(|b| matches!(b, b'0' | b'.')) {
            // The other parameters must be valid all the same.
            Sampling::Draw { temperature: ONE, top_k, top_p }.validate()?;
            return Ok(Sampling::Greedy);
        }
        let draw = Sampling::Draw { temperature: q16, top_k, top_p };
        draw.validate().map(|()| draw)
    }
}

/// A token with weight. Keys ascend in the order of the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    key: u64,
    weight: u32,
}

impl Candidate {
    /// The token `index` with `logit`, if it has weight when `max` is the largest logit; `temperature` is not 0.
    pub fn weigh(logit: i32, index: u32, max: i32, temperature: u32, tables: &Tables) -> Option<Candidate> {
        // t < 22·2^12 exactly if (M − l) < 22·temperature: a comparison a logit instead of a division.
        let below = u64::from(max.abs_diff(logit));
        if below >= u64::from(SAMPLE_NATS) * u64::from(temperature) {
            return None;
        }
        let weight = weight((below << 12) / u64::from(temperature), tables);
        (weight > 0).then(|| Candidate::new(logit, index, weight))
    }

    const fn new(logit: i32, index: u32, weight: u32) -> Candidate {
        // Flipping all but the sign bit maps descending i32 to ascending u32.
        let descending = logit as u32 ^ 0x7fff_ffff;
        Candidate { key: (descending as u64) << 32 | index as u64, weight }
    }

    const fn index(self) -> u32 {
        self.key as u32
    }

    /// Its weight.
    pub const fn weight(self) -> u32 {
        self.weight
    }
}

/// The token that `logits` give at `position`.
///
/// Total: parameters that [`Sampling::validate`] refuses are taken as the nearest valid ones, no logits give token 0,
/// and logits from index 2^32 − 1 on are ignored.
pub fn sample(logits: &[i32], sampling: &Sampling, seed: &[u8; 32], position: u32, tables: &Tables) -> u32 {
    let logits = &logits[..logits.len().min(u32::MAX as usize)];
    let Some(&max) = logits.iter().max() else { return 0 };
    let Sampling::Draw { temperature, top_k, top_p } = *sampling else {
        return (0u32..).zip(logits).find(|(_, l)| **l == max).map_or(0, |(i, _)| i);
    };
    let near = |(i, &l): (u32, &i32)| Candidate::weigh(l, i, max, temperature.max(1), tables);
    let listed: Vec<Candidate> = (0u32..).zip(logits).filter_map(near).collect();
    let all = Weighed { count: listed.len() as u64, total: sum(&listed), listed };
    // With every candidate listed nothing is left open; the largest logit has weight.
    choose(all, top_k, top_p, seed, position).unwrap_or(0)
}

/// What is known of the candidates of a draw.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// The first ones in their order; here they may stand in any.
    pub listed: Vec<Candidate>,
    /// How many there are.
    pub count: u64,
    /// The sum of the weights of all.
    pub total: u64,
}

/// Steps 2 to 4 of a draw: the token, or `None` if it depends on candidates that are not listed.
pub fn choose(known: Weighed, top_k: u32, top_p: u32, seed: &[u8; 32], position: u32) -> Option<u32> {
    let Weighed { mut listed, count, total } = known;
    let k = if top_k == 0 { count } else { count.min(u64::from(top_k)) };
    let total = if k <= listed.len() as u64 {
        let k = k as usize;
        if 0 < k && k < listed.len() {
            listed.select_nth_unstable_by_key(k - 1, |c| c.key);
        }
        listed.truncate(k);
        sum(&listed)
    } else if k == count {
        total
    } else {
        return None;
    };
    if listed.is_empty() || total < sum(&listed) {
        return None;
    }
    let need = (u128::from(total) * u128::from(top_p.clamp(1, ONE))).div_ceil(u128::from(ONE)) as u64;
    let left = if need <= sum(&listed) {
        let kept = prefix(&mut listed, need);
        listed.truncate(kept);
        sum(&listed)
    } else if need == total {
        // No prefix but the whole has all of the weight.
        total
    } else {
        return None;
    };
    let u = draw_below(left, seed, position);
    if u >= sum(&listed) {
        return None;
    }
    let chosen = prefix(&mut listed, u + 1);
    listed.get(chosen - 1).map(|c| c.index())
}

/// `2^31·e^(−t/2^12)` for t < 22·2^12.
fn weight(t: u64, tables: &Tables) -> u32 {
    let product = u64::from(tables.sample_high[(t >> 12) as usize]) * u64::from(tables.sample_low[(t & 4095) as usize]);
    (product >> 31) as u32
}

fn sum(candidates: &[Candidate]) -> u64 {
    candidates.iter().map(|c| u64::from(c.weight)).sum()
}

/// Length k of the shortest prefix, in the order of the candidates, whose weights sum to at least `need`; 1 ≤ `need` ≤
/// the sum of all. Moves that prefix to the front, its last candidate to `k − 1`.
fn prefix(candidates: &mut [Candidate], mut need: u64) -> usize {
    let (mut from, mut to) = (0, candidates.len());
    // Invariant: what stands before `from` precedes the rest and has been subtracted; the answer is in from+1..=to.
    while to - from > 1 {
        let middle = (to - from) / 2;
        let part = &mut candidates[from..to];
        part.select_nth_unstable_by_key(middle, |c| c.key);
        let low = sum(&part[..middle]);
        if low >= need {
            to = from + middle;
        } else {
            need -= low;
            from += middle;
        }
    }
    to
}

/// A uniform integer below `n`, 1 ≤ n < 2^63.
fn draw_below(n: u64, seed: &[u8; 32], position: u32) -> u64 {
    let mut words = Domain::Sample.hasher().fixed(seed).u32(position).xof();
    // 2^64 mod n words at the top would favour small results.
    let last = u64::MAX - n.wrapping_neg() % n;
    loop {
        let mut word = [0; 8];
        words.fill(&mut word);
        let word = u64::from_le_bytes(word);
        if word <= last {
            return word % n;
        }
    }
}
