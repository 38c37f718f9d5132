//! Where the sections of a powers-of-tau file are.
//!
//! A file is the magic `ptau`, the version 1 and a count of sections, each a number (`u32`), a size (`u64`) and that many
//! bytes; all integers are little-endian. The numbers must ascend, 1 to 7 must be there, and 12 to 15 may be (powers in
//! Lagrange form for circuits, which are not read here).

use super::error::PtauError;
use crate::srs::points::bytes_of;
use ark_bn254::Fq;
use ark_ff::PrimeField;
use std::io::{ErrorKind, Read, Seek, SeekFrom};

pub(super) const HEADER: u32 = 1;
pub(super) const TAU_G1: u32 = 2;
pub(super) const TAU_G2: u32 = 3;
pub(super) const ALPHA_TAU_G1: u32 = 4;
pub(super) const BETA_TAU_G1: u32 = 5;
pub(super) const BETA_G2: u32 = 6;
pub(super) const CONTRIBUTIONS: u32 = 7;
const LAGRANGE: std::ops::RangeInclusive<u32> = 12..=15;

/// Largest power: that of the perpetual powers of tau.
pub const MAX_POWER: u32 = 28;
/// Bytes of a point of G1 in the file.
pub(super) const G1_SIZE: u64 = 64;
/// Bytes of a point of G2 in the file.
pub(super) const G2_SIZE: u64 = 128;
const HEADER_SIZE: u64 = 44;

/// A section as it is named in messages.
pub(super) fn section_name(section: u32) -> String {
    let name = match section {
        0 => return "the section table".into(),
        HEADER => "header",
        TAU_G1 => "tauG1",
        TAU_G2 => "tauG2",
        ALPHA_TAU_G1 => "alphaTauG1",
        BETA_TAU_G1 => "betaTauG1",
        BETA_G2 => "betaG2",
        CONTRIBUTIONS => "contributions",
        _ => "not read",
    };
    format!("section {section} ({name})")
}

/// Section of points.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub section: u32,
    pub start: u64,
    /// Number of points.
    pub points: u64,
}

/// Places and sizes, all checked against the power and the file.
pub(super) struct Layout {
    pub power: u32,
    pub ceremony: u32,
    pub tau_g1: Span,
    pub tau_g2: Span,
    pub alpha_tau_g1: Span,
    pub beta_tau_g1: Span,
    pub beta_g2: Span,
}

impl Layout {
    /// Sections of points in the order in which they are hashed and read, each with the size of a point.
    pub(super) const fn spans(&self) -> [(Span, u64); 5] {
        [
            (self.tau_g1, G1_SIZE),
            (self.tau_g2, G2_SIZE),
            (self.alpha_tau_g1, G1_SIZE),
            (self.beta_tau_g1, G1_SIZE),
            (self.beta_g2, G2_SIZE),
        ]
    }

    /// Reads the header and the places of all sections.
    pub(super) fn read(source: &mut (impl Read + Seek)) -> Result<Layout, PtauError> {
        let sections = table(source)?;
        let find = |number| {
            let found = sections.iter().find(|(n, ..)| *n == number);
            found.map(|(_, start, size)| (*start, *size)).ok_or(PtauError::Missing(number))
        };
        let (start, size) = find(HEADER)?;
        expect(HEADER, size, HEADER_SIZE)?;
        source.seek(SeekFrom::Start(start))?;
        let width = u32::from_le_bytes(array(source, HEADER)?);
        let prime: [u8; 32] = array(source, HEADER)?;
        if width != 32 || prime != bytes_of(Fq::MODULUS) {
            return Err(PtauError::Curve);
        }
        let power = u32::from_le_bytes(array(source, HEADER)?);
        let ceremony = u32::from_le_bytes(array(source, HEADER)?);
        if power == 0 || power > ceremony || ceremony > MAX_POWER {
            return Err(PtauError::Power { power, ceremony });
        }
        let n = 1u64.checked_shl(power).unwrap_or(0);
        let points = |section, points: u64, size_of: u64| {
            let (start, size) = find(section)?;
            expect(section, size, points.saturating_mul(size_of))?;
            Ok::<_, PtauError>(Span { section, start, points })
        };
        find(CONTRIBUTIONS)?;
        Ok(Layout {
            power,
            ceremony,
            tau_g1: points(TAU_G1, n.saturating_mul(2).saturating_sub(1), G1_SIZE)?,
            tau_g2: points(TAU_G2, n, G2_SIZE)?,
            alpha_tau_g1: points(ALPHA_TAU_G1, n, G1_SIZE)?,
            beta_tau_g1: points(BETA_TAU_G1, n, G1_SIZE)?,
            beta_g2: points(BETA_G2, 1, G2_SIZE)?,
        })
    }
}

/// Number, start and size of every section; none reaches beyond the file.
fn table(source: &mut (impl Read + Seek)) -> Result<Vec<(u32, u64, u64)>, PtauError> {
    let len = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    if array(source, 0).map_err(|e| if matches!(e, PtauError::Truncated(_)) { PtauError::Magic } else { e })?
        != *b"ptau"
    {
        return Err(PtauError::Magic);
    }
    match u32::from_le_bytes(array(source, 0)?) {
        1 => {}
        other => return Err(PtauError::Version(other)),
    }
    let count = u32::from_le_bytes(array(source, 0)?);
    let mut sections = Vec::new();
    let (mut at, mut after) = (12u64, 0);
    // The numbers ascend among eleven, so a large count ends early.
    for _ in 0..count {
        let found = u32::from_le_bytes(array(source, 0)?);
        let known = (HEADER..=CONTRIBUTIONS).contains(&found) || LAGRANGE.contains(&found);
        if found <= after || !known {
            return Err(PtauError::Order { found, after });
        }
        let size = u64::from_le_bytes(array(source, 0)?);
        let start = at.saturating_add(12);
        at = start.checked_add(size).filter(|end| *end <= len).ok_or(PtauError::Truncated(found))?;
        source.seek(SeekFrom::Start(at))?;
        sections.push((found, start, size));
        after = found;
    }
    match len.checked_sub(at) {
        Some(0) => Ok(sections),
        left => Err(PtauError::Trailing(left.unwrap_or(0))),
    }
}

fn expect(section: u32, size: u64, expected: u64) -> Result<(), PtauError> {
    if size == expected { Ok(()) } else { Err(PtauError::Size { section, size, expected }) }
}

/// The next `N` bytes, which belong to `section`.
pub(super) fn array<const N: usize>(source: &mut impl Read, section: u32) -> Result<[u8; N], PtauError> {
    let mut bytes = [0; N];
    fill(source, &mut bytes, section)?;
    Ok(bytes)
}

/// Fills `bytes`, which belong to `section`.
pub(super) fn fill(source: &mut impl Read, bytes: &mut [u8], section: u32) -> Result<(), PtauError> {
    source.read_exact(bytes).map_err(|e| match e.kind() {
        ErrorKind::UnexpectedEof => PtauError::Truncated(section),
        _ => PtauError::Io(e),
    })
}
