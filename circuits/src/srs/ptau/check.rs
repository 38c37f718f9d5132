//! The points of a file, block by block: hashed, decoded, checked one by one and summed with the powers of ρ.

use super::error::PtauError;
use super::form::{self, FileCurve};
use super::layout::{Layout, Span, fill};
use crate::srs::points::PointError;
use ark_bn254::{Fq, Fr};
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{Field, PrimeField};
use assay_model::domain::{Digest, Domain, Framed};
use std::io::{Read, Seek, SeekFrom};

#[cfg(feature = "parallel")]
use rayon::prelude::*;

/// Points of a block: enough for a multiplication of many points to pay, few enough to hold.
const BLOCK: u64 = 1 << 16;

/// Hash of all points of the file, by a first reading.
pub(super) fn hash(source: &mut (impl Read + Seek), layout: &Layout) -> Result<Framed, PtauError> {
    let mut seen = hasher(layout);
    for (span, size) in layout.spans() {
        blocks(source, span, size, |_, bytes| {
            seen.framed(bytes);
            Ok(())
        })?;
    }
    Ok(seen)
}

fn hasher(layout: &Layout) -> Framed {
    let mut seen = Domain::SrsFile.hasher();
    seen.u32(layout.power);
    seen
}

/// Calls `take` with the first point's index and the bytes of each block.
fn blocks(
    source: &mut (impl Read + Seek),
    span: Span,
    size: u64,
    mut take: impl FnMut(u64, &[u8]) -> Result<(), PtauError>,
) -> Result<(), PtauError> {
    source.seek(SeekFrom::Start(span.start))?;
    let mut bytes = Vec::new();
    let mut first = 0u64;
    while first < span.points {
        let points = span.points.saturating_sub(first).min(BLOCK);
        bytes.resize(usize::try_from(points.saturating_mul(size)).unwrap_or(0), 0);
        fill(source, &mut bytes, span.section)?;
        take(first, &bytes)?;
        first = first.saturating_add(points);
    }
    Ok(())
}

/// What the checks of a section need of it.
pub(super) struct Sums<C: FileCurve> {
    /// P₀.
    pub first: Affine<C>,
    /// P₁, or P₀ where there is none.
    pub second: Affine<C>,
    last: Affine<C>,
    n: u64,
    /// S = Σ ρ^i P_i.
    total: Projective<C>,
}

impl<C: FileCurve> Sums<C> {
    pub(super) fn starts_with_the_generator(&self, section: u32) -> Result<(), PtauError> {
        if self.first == Affine::generator() { Ok(()) } else { Err(PtauError::Generator(section)) }
    }

    /// S − P₀ and ρ·(S − ρ^{n−1} P_{n−1}): τ times the second is the first if the powers are successive.
    pub(super) fn shifted(&self, rho: Fr) -> (Affine<C>, Affine<C>) {
        let head = self.total - self.first;
        let tail = (self.total - self.last * rho.pow([self.n.saturating_sub(1)])) * rho;
        (head.into_affine(), tail.into_affine())
    }
}

/// The second reading.
pub(super) struct Walk<'a, R> {
    source: &'a mut R,
    seen: Framed,
    rho: Fr,
    r_inverse: Fq,
    progress: &'a mut dyn FnMut(u64, u64),
    done: u64,
    all: u64,
}

impl<'a, R: Read + Seek> Walk<'a, R> {
    pub(super) fn new(
        source: &'a mut R,
        layout: &Layout,
        rho: Fr,
        progress: &'a mut dyn FnMut(u64, u64),
    ) -> Walk<'a, R> {
        let all = layout.spans().iter().fold(0u64, |all, (span, _)| all.saturating_add(span.points));
        Walk { source, seen: hasher(layout), rho, r_inverse: form::r_inverse(), progress, done: 0, all }
    }

    /// Hash of all points that were read, if it was all of them in order.
    pub(super) fn digest(&self) -> Digest {
        self.seen.digest()
    }

    /// Reads a section; `keep` is given each point with its place.
    pub(super) fn section<C: FileCurve>(
        &mut self,
        span: Span,
        keep: &mut dyn FnMut(u64, Affine<C>),
    ) -> Result<Sums<C>, PtauError> {
        let zero = Affine::zero();
        let mut sums = Sums { first: zero, second: zero, last: zero, n: span.points, total: Projective::default() };
        let mut weight = Fr::ONE;
        let Walk { source, seen, rho, r_inverse, progress, done, all } = self;
        blocks(*source, span, C::SIZE, |first, bytes| {
            seen.framed(bytes);
            let mut points = Vec::new();
            let mut weights = Vec::new();
            for (index, point) in (first..).zip(decode::<C>(bytes, *r_inverse)) {
                let point = point.map_err(|error| PtauError::Point { section: span.section, index, error })?;
                if point.is_zero() {
                    return Err(PtauError::Identity { section: span.section, index });
                }
                match index {
                    0 => (sums.first, sums.second) = (point, point),
                    1 => sums.second = point,
                    _ => {}
                }
                sums.last = point;
                keep(index, point);
                points.push(point);
                weights.push(weight.into_bigint());
                weight *= *rho;
            }
            sums.total += Projective::msm_bigint(&points, &weights);
            *done = done.saturating_add(u64::try_from(points.len()).unwrap_or(0));
            progress(*done, *all);
            Ok(())
        })?;
        Ok(sums)
    }
}

fn decode<C: FileCurve>(bytes: &[u8], r_inverse: Fq) -> Vec<Result<Affine<C>, PointError>> {
    let size = usize::try_from(C::SIZE).unwrap_or(1);
    #[cfg(feature = "parallel")]
    let chunks = bytes.par_chunks_exact(size);
    #[cfg(not(feature = "parallel"))]
    let chunks = bytes.chunks_exact(size);
    chunks.map(|bytes| C::decode(bytes, r_inverse)).collect()
}
