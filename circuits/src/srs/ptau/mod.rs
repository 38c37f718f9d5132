//! Powers of tau from a ceremony's file, in the `.ptau` format that snarkjs writes.
//!
//! A file of power k holds P_i = \[τ^i\]₁ for i < 2^(k+1) − 1 (tauG1) and Q_i = \[τ^i\]₂ for i < 2^k (tauG2). [`read`] keeps
//! the powers that the caller names and checks all of them:
//!
//! 1. every coordinate is canonical, every point on its curve, in G2 in the group of order r, and none is the identity;
//! 2. P₀ = G, Q₀ = H, and τ ≠ 1;
//! 3. the powers are successive. With ρ drawn from a hash of all points and S = Σ_i ρ^i P_i over n points,
//!    ρ·Σ_{i<n−1} ρ^i (P_{i+1} − τ·P_i) = S − P₀ − τ·ρ·(S − ρ^{n−1} P_{n−1}), hence e(S − P₀, H) = e(ρ·(S − ρ^{n−1} P_{n−1}), Q₁).
//!    If some P_{i+1} ≠ τ·P_i, at most n − 1 of the r values of ρ pass: below 2^−224 for every file that is read. For tauG2
//!    the same with the sides exchanged;
//! 4. alphaTauG1 and betaTauG1 likewise, from any first point, and betaG2 is of the same beta. Nothing here uses them.
//!
//! **Not checked**: the list of contributions and sections 12 to 15 (only that they lie within the file; nothing reads
//! them). So a file that passes holds powers of *one* τ; that nobody knows it is what the ceremony's own records are for,
//! and what a client trusts when it pins [`super::known::id`].
//!
//! The file is read twice, in blocks: once for the hash, once for the points, which must give the same hash.

mod check;
mod error;
mod form;
mod layout;
#[cfg(any(test, feature = "testing"))]
pub mod write;

pub use error::PtauError;
pub use layout::MAX_POWER;

use super::draw;
use ark_bn254::{Bn254, G1Affine, G2Affine, g1, g2};
use ark_ec::AffineRepr;
use ark_ec::pairing::Pairing;
use check::{Sums, Walk};
use layout::{Layout, TAU_G1, TAU_G2};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

/// What to keep of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Number of powers in G1, from \[1\]₁ on.
    pub g1: u64,
    /// Exponents of the powers in G2.
    pub g2: BTreeSet<u64>,
}

/// What was kept of a file whose points have all been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Powers {
    /// k of the file.
    pub power: u32,
    /// k of the ceremony that the file was cut from, as the header says.
    pub ceremony: u32,
    /// \[1\]₁, \[τ\]₁, …
    pub g1: Vec<G1Affine>,
    /// \[τ\]₂.
    pub tau2: G2Affine,
    /// \[τ^e\]₂ by exponent e.
    pub g2: BTreeMap<u64, G2Affine>,
}

/// Reads and checks a file. `progress` is told how many points are done, and of how many.
///
/// # Errors
/// [`PtauError`] with the section, and for a single bad point its place.
pub fn read(
    source: &mut (impl Read + Seek),
    keep: &Keep,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Powers, PtauError> {
    let layout = Layout::read(source)?;
    require(TAU_G1, keep.g1.checked_sub(1), layout.tau_g1.points)?;
    require(TAU_G2, keep.g2.last().copied(), layout.tau_g2.points)?;
    let seen = check::hash(source, &layout)?;

    let rho = draw::scalar(&mut seen.xof());
    let mut walk = Walk::new(source, &layout, rho, progress);
    let mut kept1 = Vec::new();
    let tau_g1: Sums<g1::Config> = walk.section(layout.tau_g1, &mut |i, point| {
        if i < keep.g1 {
            kept1.push(point);
        }
    })?;
    let mut kept2 = BTreeMap::new();
    let tau_g2: Sums<g2::Config> = walk.section(layout.tau_g2, &mut |i, point| {
        if keep.g2.contains(&i) {
            kept2.insert(i, point);
        }
    })?;
    let alpha_tau_g1: Sums<g1::Config> = walk.section(layout.alpha_tau_g1, &mut |_, _| {})?;
    let beta_tau_g1: Sums<g1::Config> = walk.section(layout.beta_tau_g1, &mut |_, _| {})?;
    let beta_g2: Sums<g2::Config> = walk.section(layout.beta_g2, &mut |_, _| {})?;
    if walk.digest() != seen.digest() {
        return Err(PtauError::Changed);
    }

    let (tau1, tau2) = (tau_g1.second, tau_g2.second);
    tau_g1.starts_with_the_generator(TAU_G1)?;
    tau_g2.starts_with_the_generator(TAU_G2)?;
    if tau1 == G1Affine::generator() {
        return Err(PtauError::NoContribution);
    }
    for (span, sums) in
        [(layout.tau_g1, &tau_g1), (layout.alpha_tau_g1, &alpha_tau_g1), (layout.beta_tau_g1, &beta_tau_g1)]
    {
        let (head, tail) = sums.shifted(rho);
        paired([(head, G2Affine::generator()), (-tail, tau2)], PtauError::Powers(span.section))?;
    }
    let (head, tail) = tau_g2.shifted(rho);
    paired([(G1Affine::generator(), head), (-tau1, tail)], PtauError::Powers(TAU_G2))?;
    paired([(beta_tau_g1.first, G2Affine::generator()), (-G1Affine::generator(), beta_g2.first)], PtauError::Beta)?;
    Ok(Powers { power: layout.power, ceremony: layout.ceremony, g1: kept1, tau2, g2: kept2 })
}

/// Checks that the product of the pairings is 1.
fn paired<const N: usize>(pairs: [(G1Affine, G2Affine); N], otherwise: PtauError) -> Result<(), PtauError> {
    let product = Bn254::multi_pairing(pairs.iter().map(|(a, _)| a), pairs.iter().map(|(_, b)| b));
    if ark_ff::Zero::is_zero(&product) { Ok(()) } else { Err(otherwise) }
}

fn require(section: u32, asked: Option<u64>, has: u64) -> Result<(), PtauError> {
    match asked {
        Some(asked) if asked >= has => Err(PtauError::TooSmall { section, asked, has }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
