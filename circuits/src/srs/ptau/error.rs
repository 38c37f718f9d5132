//! Why a powers-of-tau file is refused.

use super::layout::section_name;
use crate::srs::points::PointError;
use std::io;

/// Why a powers-of-tau file is refused.
#[derive(Debug, thiserror::Error)]
pub enum PtauError {
    /// The file could not be read.
    #[error("reading the file: {0}")]
    Io(#[from] io::Error),
    /// The file does not start with `ptau`.
    #[error("not a powers-of-tau file")]
    Magic,
    /// Another format version than 1.
    #[error("format version {0}; version 1 is read")]
    Version(u32),
    /// The file ends before a section does.
    #[error("the file ends within {}", section_name(*.0))]
    Truncated(u32),
    /// Bytes follow the last section.
    #[error("{0} bytes follow the last section")]
    Trailing(u64),
    /// A section out of order, repeated, or of no known number.
    #[error("section {found} follows section {after}")]
    Order {
        /// Number of the section.
        found: u32,
        /// Number of the section before it; 0 at the start.
        after: u32,
    },
    /// A section is not there.
    #[error("{} is missing", section_name(*.0))]
    Missing(u32),
    /// A section has another size than the power asks for.
    #[error("{} has {size} bytes instead of {expected}", section_name(*.section))]
    Size {
        /// Number of the section.
        section: u32,
        /// Bytes that it has.
        size: u64,
        /// Bytes that it should have.
        expected: u64,
    },
    /// The powers are over another field than BN254's.
    #[error("the powers are over another curve than BN254")]
    Curve,
    /// The power is 0 or above 28, or above the ceremony's.
    #[error("power {power} of a ceremony of power {ceremony}")]
    Power {
        /// log2 of the number of powers.
        power: u32,
        /// The same of the ceremony that the file was cut from.
        ceremony: u32,
    },
    /// The caller asks for a power that the file does not have.
    #[error("power {asked} of tau was asked for; {} has {has} points", section_name(*.section))]
    TooSmall {
        /// Number of the section.
        section: u32,
        /// Exponent that was asked for.
        asked: u64,
        /// Points there are.
        has: u64,
    },
    /// A point that is none.
    #[error("point {index} of {}: {error}", section_name(*.section))]
    Point {
        /// Number of the section.
        section: u32,
        /// Place in the section, from 0.
        index: u64,
        /// What is wrong with it.
        error: PointError,
    },
    /// A point is the identity: τ, alpha or beta would be 0.
    #[error("point {index} of {} is the identity", section_name(*.section))]
    Identity {
        /// Number of the section.
        section: u32,
        /// Place in the section, from 0.
        index: u64,
    },
    /// The first power is not the generator.
    #[error("point 0 of {} is not the generator", section_name(*.0))]
    Generator(u32),
    /// τ is 1: nobody has contributed.
    #[error("tau is 1: the file has no contribution")]
    NoContribution,
    /// The points are not one point times the powers of the τ of \[τ\]₂.
    #[error("{} does not hold successive powers of the tau of tauG2", section_name(*.0))]
    Powers(u32),
    /// betaG2 is another beta than betaTauG1's.
    #[error("betaG2 and betaTauG1 are of different beta")]
    Beta,
    /// The file changed while it was read.
    #[error("the file changed while it was read")]
    Changed,
}

impl PtauError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            PtauError::Io(_) => "ptau-io",
            PtauError::Magic => "ptau-magic",
            PtauError::Version(_) => "ptau-version",
            PtauError::Truncated(_) => "ptau-truncated",
            PtauError::Trailing(_) => "ptau-trailing",
            PtauError::Order { .. } => "ptau-section-order",
            PtauError::Missing(_) => "ptau-section-missing",
            PtauError::Size { .. } => "ptau-section-size",
            PtauError::Curve => "ptau-curve",
            PtauError::Power { .. } => "ptau-power",
            PtauError::TooSmall { .. } => "ptau-too-small",
            PtauError::Point { error, .. } => error.code(),
            PtauError::Identity { .. } => "ptau-identity",
            PtauError::Generator(_) => "ptau-generator",
            PtauError::NoContribution => "ptau-no-contribution",
            PtauError::Powers(_) => "ptau-powers",
            PtauError::Beta => "ptau-beta",
            PtauError::Changed => "ptau-changed",
        }
    }
}
