//! Integer tables of scheme R1, made by integer-only code.
//!
//! No float operation occurs: parameters given as `f32` are read from their bits as exact rationals, and everything
//! transcendental is a series on 192-bit fixed point. Every entry is the correctly rounded true value:
//!
//! - exp, sigmoid, sample_high and sample_low lie within 2^36 ulps (2^−156) before they are rounded; phases, whose
//!   error is scaled up by 2^64 and the smallest factor, within 2^−76. Rounding refuses anything within 2^−64 of a tie,
//!   so no error decides an entry. A tie itself cannot occur, since e^q is irrational for rational q ≠ 0 and π is
//!   transcendental over the algebraic powers of the base; the refusal is there so that the claim needs no luck.
//! - eps and score_scale are roots and products of rationals, rounded exactly, half up.
//!
//! Rotations are not stored: [`Tables::rotation`] makes those of one position from the phases.

mod fixed;
mod rotation;
#[cfg(test)]
mod tests;

use crate::arith::{isqrt, rsr};
use crate::config::RESIDUAL_BITS;
use crate::domain::{Digest, Domain};
use fixed::{Dyadic, FRACTION};
use num_bigint::BigUint;
pub use rotation::Rotation;
use std::sync::OnceLock;

/// log2 of the entries of [`Tables::exp`] and [`Tables::sigmoid`].
pub const TABLE_BITS: u32 = 12;
/// Whole nats below which a sampling weight is zero.
pub const SAMPLE_NATS: u32 = 22;
/// Largest shift that an i32 vector can have.
pub const MAX_SHIFT: u32 = 17;
/// Widest residual stream that has tables.
pub const MAX_DIM: u32 = 1 << 20;
/// Widest head that has tables.
pub const MAX_HEAD_DIM: u32 = 1 << 12;

/// All tables of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Tables {
    /// What they were made from.
    pub params: TableParams,
    /// `EXP[t] = round(2^15 e^(−t/2^8))`, t < 2^12.
    pub exp: Vec<u16>,
    /// `SIG[i] = round(2^15 σ((i − 2^11 + ½)/2^7))`, i < 2^12.
    pub sigmoid: Vec<u16>,
    /// `E[s] = round(eps·d·2^(2(F−s)))` for every shift s of an i32 vector, s ≤ 17.
    pub eps: Vec<u64>,
    /// `c = round(2^14/√hd)`.
    pub score_scale: u64,
    /// Rotation speed of each pair of a head, in turns a position as a 64-bit fraction: `θ_i/2π·2^64`, length hd/2.
    pub phases: Vec<u64>,
    /// Sampling weights, whole nats: `round(2^31 e^(−i))`, i < 22.
    pub sample_high: Vec<u32>,
    /// Sampling weights, parts of a nat: `round(2^31 e^(−i/2^12))`, i < 2^12.
    pub sample_low: Vec<u32>,
}

/// What the tables of a model depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct TableParams {
    /// Width of the residual stream, d.
    pub dim: u32,
    /// Width of one head, hd; even.
    pub head_dim: u32,
    /// Epsilon of the norms, below 1.
    pub eps: f32,
    /// Base of the rotation speeds, `θ_i = base^(−2i/hd)`; at least 1.
    pub rope_base: f32,
    /// Positions are divided by it; 1 is none.
    pub rope_linear: f32,
    /// `θ_i` is divided by entry i, as Llama 3 does; length hd/2.
    pub rope_factors: Option<Vec<f32>>,
}

/// Why there are no tables for some parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Width of the residual stream.
    #[error("residual width {0} is outside 1..={MAX_DIM}; the model file is damaged or too large")]
    Dim(u32),
    /// Width of a head.
    #[error(
        "head width {0} is odd or outside 2..={MAX_HEAD_DIM}; the model file is damaged or of another architecture"
    )]
    HeadDim(u32),
    /// A real parameter outside its range.
    #[error("{name} (f32 bits {bits:#010x}) is outside {range}; correct it in the model file")]
    Range {
        /// The parameter.
        name: &'static str,
        /// Its bits.
        bits: u32,
        /// What is allowed.
        range: &'static str,
    },
    /// Not one factor a pair.
    #[error("{got} RoPE factors for {expected} pairs of a head; the factor tensor must have one a pair")]
    FactorCount {
        /// Half the head width.
        expected: usize,
        /// Factors given.
        got: usize,
    },
    /// An entry too close to a tie to be rounded with certainty.
    #[error("an entry of table {0} lies within 2^-64 of a tie; change the last bit of the RoPE base")]
    Tie(&'static str),
}

impl TableError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            TableError::Dim(_) => "table.dim",
            TableError::HeadDim(_) => "table.head_dim",
            TableError::Range { .. } => "table.range",
            TableError::FactorCount { .. } => "table.factor_count",
            TableError::Tie(_) => "table.tie",
        }
    }
}

impl Tables {
    /// The tables for `p`.
    pub fn new(p: &TableParams) -> Result<Tables, TableError> {
        if p.dim == 0 || p.dim > MAX_DIM {
            return Err(TableError::Dim(p.dim));
        }
        if p.head_dim < 2 || p.head_dim % 2 == 1 || p.head_dim > MAX_HEAD_DIM {
            return Err(TableError::HeadDim(p.head_dim));
        }
        let (eps, phases) = (eps(p)?, phases(p)?);
        let Constants { exp, sigmoid, sample_high, sample_low } = Constants::get()?.clone();
        Ok(Tables {
            params: p.clone(),
            exp,
            sigmoid,
            eps,
            score_scale: score_scale(p.head_dim),
            phases,
            sample_high,
            sample_low,
        })
    }

    /// Rotations of the pairs of a head at `position`: of the phase `position·phases[i] mod 2^64`.
    ///
    /// # Panics
    /// If `out` is not hd/2 long.
    pub fn rotation(&self, position: u32, out: &mut [Rotation]) {
        assert_eq!(out.len(), self.phases.len(), "one rotation a pair");
        for (rotation, phase) in out.iter_mut().zip(&self.phases) {
            *rotation = Rotation::of_phase(phase.wrapping_mul(u64::from(position)));
        }
    }

    /// Digest of every table: its name, the width of its entries in bytes, and the entries.
    pub fn digests(&self) -> Vec<(&'static str, Digest)> {
        vec![
            digest("exp", self.exp.iter().map(|v| v.to_le_bytes())),
            digest("sigmoid", self.sigmoid.iter().map(|v| v.to_le_bytes())),
            digest("eps", self.eps.iter().map(|v| v.to_le_bytes())),
            digest("score_scale", [self.score_scale.to_le_bytes()].into_iter()),
            digest("phases", self.phases.iter().map(|v| v.to_le_bytes())),
            digest("sample_high", self.sample_high.iter().map(|v| v.to_le_bytes())),
            digest("sample_low", self.sample_low.iter().map(|v| v.to_le_bytes())),
        ]
    }
}

/// The tables that are the same for every model; made once a process, since they take longer than a small model.
#[derive(Clone)]
struct Constants {
    exp: Vec<u16>,
    sigmoid: Vec<u16>,
    sample_high: Vec<u32>,
    sample_low: Vec<u32>,
}

impl Constants {
    fn get() -> Result<&'static Constants, TableError> {
        static MADE: OnceLock<Result<Constants, TableError>> = OnceLock::new();
        MADE.get_or_init(Constants::make).as_ref().map_err(TableError::clone)
    }

    fn make() -> Result<Constants, TableError> {
        let ladder: Vec<BigUint> = fixed::powers(exp_of(8)).take(1 << TABLE_BITS).collect();
        Ok(Constants {
            exp: narrow(round_all("exp", &ladder, 15)?),
            sigmoid: sigmoid(&ladder)?,
            sample_high: narrow(round_all("sample_high", fixed::powers(exp_of(0)).take(SAMPLE_NATS as usize), 31)?),
            sample_low: narrow(round_all("sample_low", fixed::powers(exp_of(12)).take(1 << 12), 31)?),
        })
    }
}

fn digest<const WIDTH: usize>(
    name: &'static str,
    entries: impl Iterator<Item = [u8; WIDTH]>,
) -> (&'static str, Digest) {
    let bytes: Vec<u8> = entries.flatten().collect();
    (name, Domain::Table.hasher().framed(name.as_bytes()).u32(WIDTH as u32).framed(&bytes).digest())
}

/// `e^(−1/2^bits)`.
fn exp_of(bits: u32) -> BigUint {
    fixed::exp_neg(&(fixed::one() >> bits))
}

/// `round(2^bits·x)` for each x ≤ 1.
fn round_all<T: std::borrow::Borrow<BigUint>>(
    name: &'static str,
    values: impl IntoIterator<Item = T>,
    bits: u32,
) -> Result<Vec<u64>, TableError> {
    let round = |x: T| fixed::round(x.borrow(), FRACTION - bits).map(|v| fixed::low_u64(&v));
    values.into_iter().map(round).collect::<Option<_>>().ok_or(TableError::Tie(name))
}

/// Entries that are known to be at most 2^15, or 2^31.
fn narrow<T: TryFrom<u64>>(values: Vec<u64>) -> Vec<T>
where
    T::Error: std::fmt::Debug,
{
    values.into_iter().map(|v| T::try_from(v).expect("a rounded value of at most one")).collect()
}

/// The arguments are `±(2j+1)/2^8`, so `σ = 1/(1 + e^(−t/2^8))` takes the odd steps of the exp ladder, and the lower
/// half mirrors the upper one, `σ(−x) = 1 − σ(x)`.
fn sigmoid(ladder: &[BigUint]) -> Result<Vec<u16>, TableError> {
    let square = fixed::one() << FRACTION;
    let upper = ladder.iter().skip(1).step_by(2).map(|e| &square / (fixed::one() + e));
    let upper: Vec<u16> = narrow(round_all("sigmoid", upper, 15)?);
    Ok(upper.iter().rev().map(|v| (1 << 15) - v).chain(upper.iter().copied()).collect())
}

/// `eps·d` is an exact dyadic rational, so the only rounding is the final shift.
fn eps(p: &TableParams) -> Result<Vec<u64>, TableError> {
    let eps = real("norm epsilon", p.eps, -64, 0, "[2^-64, 1)")?;
    let product = i128::from(eps.mantissa) * i128::from(p.dim);
    let entry = |s: i32| rsr(product, 2 * (s - RESIDUAL_BITS) - eps.exponent) as u64;
    Ok((0..=MAX_SHIFT as i32).map(entry).collect())
}

/// `round(2^14/√hd) = floor((floor(√(2^30/hd)) + 1)/2)`.
const fn score_scale(head_dim: u32) -> u64 {
    isqrt((1 << 30) / head_dim as u64).div_ceil(2)
}

/// `round(2^64·base^(−2i/hd)/(linear·factor_i·2π)) mod 2^64`.
fn phases(p: &TableParams) -> Result<Vec<u64>, TableError> {
    let pairs = (p.head_dim / 2) as usize;
    let base = real("RoPE base", p.rope_base, 0, 128, "[1, 2^128)")?;
    let divisor = |name, x| real(name, x, -8, 24, "[2^-8, 2^24)");
    let linear = divisor("RoPE linear scale", p.rope_linear)?;
    let one = Dyadic { mantissa: 1, exponent: 0 };
    let factors = match &p.rope_factors {
        None => vec![one; pairs],
        Some(f) if f.len() != pairs => return Err(TableError::FactorCount { expected: pairs, got: f.len() }),
        Some(f) => f.iter().map(|&x| divisor("RoPE factor", x)).collect::<Result<_, _>>()?,
    };
    let ratio = fixed::exp_neg(&(fixed::ln(base) * 2u8 / p.head_dim));
    let turn = fixed::pi() * 2u8;
    // Fraction bits of the quotient: enough that its truncation is far below the margin of the rounding.
    const KEPT: u32 = 128;
    let phase = |(speed, factor): (BigUint, &Dyadic)| {
        let exponent = linear.exponent + factor.exponent;
        let numerator = (speed << (64 + KEPT)) << (-exponent).max(0);
        let denominator = (&turn * linear.mantissa * factor.mantissa) << exponent.max(0);
        fixed::round(&(numerator / denominator), KEPT).map(|v| fixed::low_u64(&v))
    };
    fixed::powers(ratio).zip(&factors).map(phase).collect::<Option<_>>().ok_or(TableError::Tie("phases"))
}

/// The exact value of `x` if `low ≤ log2 x < high`.
fn real(name: &'static str, x: f32, low: i32, high: i32, range: &'static str) -> Result<Dyadic, TableError> {
    Dyadic::from_f32(x).filter(|v| (low..high).contains(&v.log2())).ok_or(TableError::Range {
        name,
        bits: x.to_bits(),
        range,
    })
}
