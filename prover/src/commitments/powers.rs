//! The powers of tau that a rig works with: from a ceremony's file, or the development ones; and the few that one model
//! needs, kept in a file of their own beside the manifest, so that a ceremony's gigabytes are read once.
//!
//! ```text
//! magic "assay-powers\x01" ‖ [τ]_2 ‖ count u32 ‖ x and y of each power, 64 bytes, little-endian ‖ BLAKE3 of all that
//! ```

use anyhow::{Context, Result, bail, ensure};
use ark_bn254::{Fq, G1Affine, G2Affine};
use ark_ff::{BigInt, PrimeField};
use assay_circuits::srs::points::{decode_g2, encode_g2};
use assay_circuits::srs::successive::are_successive;
use assay_circuits::srs::widths::{Widths, exponents};
use assay_circuits::srs::{development, ptau};
use assay_verifier::cli::files;
use assay_verifier::cli::progress::Progress;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Extension of the file of a model's powers.
pub const EXTENSION: &str = "powers";

const MAGIC: &[u8; 13] = b"assay-powers\x01";

/// Where powers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The insecure development powers.
    Development,
    /// A ceremony's file in the `.ptau` format.
    File(PathBuf),
}

impl std::str::FromStr for Source {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == development::NAME { Source::Development } else { Source::File(text.into()) })
    }
}

/// Powers in G1 and the chain to a model's widths.
pub struct Powers {
    /// \[τ\]₂.
    pub tau2: G2Affine,
    /// Powers in G1, from τ^0.
    pub g1: Vec<G1Affine>,
    /// For the manifest.
    pub widths: Widths,
}

impl Source {
    /// Reads `count` powers in G1 and the chain to `widths`; a file is checked as a whole.
    ///
    /// # Errors
    /// Names the file and says what is wrong with it.
    pub fn read(&self, count: usize, widths: &[u32]) -> Result<Powers> {
        let chain = exponents(widths).context("the model's widths have no chain of powers")?;
        let largest = chain.last().copied().unwrap_or(1);
        let count = count.max(largest as usize + 1);
        let (g1, g2, tau2) = match self {
            Source::Development => {
                let g2: std::collections::BTreeMap<u64, G2Affine> =
                    chain.iter().map(|&e| (u64::from(e), development::power2(u64::from(e)))).collect();
                (development::powers(count), g2, development::tau2())
            }
            Source::File(path) => {
                let shown = path.display();
                let file = std::fs::File::open(path).with_context(|| format!("cannot read {shown}"))?;
                let keep = ptau::Keep { g1: count as u64, g2: chain.iter().map(|&e| u64::from(e)).collect() };
                let mut progress: Option<Progress> = None;
                let powers = ptau::read(&mut BufReader::new(file), &keep, &mut |done, total| {
                    progress.get_or_insert_with(|| Progress::new("checking powers of tau", total)).at(done);
                })
                .with_context(|| format!("{shown} cannot be used"))?;
                (powers.g1, powers.g2, powers.tau2)
            }
        };
        let widths = Widths::prove(widths, &|e| g1.get(e as usize).copied(), &|e| g2.get(&u64::from(e)).copied())?;
        Ok(Powers { tau2, g1, widths })
    }
}

/// Bytes of a model's powers.
pub fn encode(tau2: &G2Affine, g1: &[G1Affine]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend(encode_g2(tau2));
    out.extend((g1.len() as u32).to_le_bytes());
    for point in g1 {
        for coordinate in [point.x, point.y] {
            out.extend(coordinate.into_bigint().0.iter().flat_map(|w| w.to_le_bytes()));
        }
    }
    let digest = blake3::hash(&out);
    out.extend(digest.as_bytes());
    out
}

/// Powers from bytes: points of the curve under the digest that was written with them.
fn decode(bytes: &[u8]) -> Option<(G2Affine, Vec<G1Affine>)> {
    let (body, digest) = bytes.split_last_chunk::<32>()?;
    if blake3::hash(body).as_bytes() != digest {
        return None;
    }
    let rest = body.strip_prefix(MAGIC)?;
    let (tau2, rest) = rest.split_first_chunk::<64>()?;
    let (count, points) = rest.split_first_chunk::<4>()?;
    if points.len() != (u32::from_le_bytes(*count) as usize).checked_mul(64)? {
        return None;
    }
    let coordinate = |bytes: &[u8; 32]| {
        let words = bytes.as_chunks::<8>().0;
        Fq::from_bigint(BigInt(std::array::from_fn(|i| u64::from_le_bytes(words[i]))))
    };
    let point = |bytes: &[u8; 64]| {
        let [x, y] = bytes.as_chunks::<32>().0 else { return None };
        let point = G1Affine::new_unchecked(coordinate(x)?, coordinate(y)?);
        point.is_on_curve().then_some(point)
    };
    let g1 = points.as_chunks::<64>().0.iter().map(point).collect::<Option<_>>()?;
    Some((decode_g2(tau2).ok()?, g1))
}

/// The `count` powers in G1 over `tau2`, for a model whose manifest is at `manifest`: from `named`, from the file beside
/// the manifest, or the development ones.
///
/// # Errors
/// If there are none, or those that are there are of another tau.
pub fn find(
    tau2: &G2Affine,
    count: usize,
    widths: &[u32],
    named: Option<&Source>,
    manifest: Option<&Path>,
) -> Result<Vec<G1Affine>> {
    if let Some(source) = named {
        let powers = source.read(count, widths)?;
        ensure!(powers.tau2 == *tau2, "the manifest was made with other powers of tau than these");
        return Ok(powers.g1);
    }
    if *tau2 == development::tau2() {
        return Ok(development::powers(count));
    }
    let Some(path) = manifest.map(|m| m.with_extension(EXTENSION)) else {
        bail!("the powers of tau are needed: name the file of the ceremony with --srs");
    };
    let shown = path.display();
    let bytes = files::read(&path).context("the powers of tau are needed: name the file of the ceremony with --srs")?;
    let (found, g1) = decode(&bytes).with_context(|| {
        format!("{shown} is damaged: name the file of the ceremony with --srs, or make the manifest again")
    })?;
    ensure!(found == *tau2 && g1.len() >= count, "{shown} holds other powers of tau than the manifest was made with");
    // Whoever publishes a manifest also publishes this file: points of another kind would make every proof fail.
    ensure!(
        are_successive(&g1, tau2),
        "{shown} does not hold powers of tau: name the file of the ceremony with --srs, and do not trust whom this is from"
    );
    Ok(g1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fr;
    use ark_ec::{AffineRepr, CurveGroup};

    #[test]
    fn kept_powers_come_back_and_damage_is_noticed() {
        let (tau2, g1) = (development::tau2(), development::powers(5));
        let bytes = encode(&tau2, &g1);
        assert_eq!(decode(&bytes), Some((tau2, g1)));
        for at in [0, 13, 80, 200, bytes.len() - 1] {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_eq!(decode(&other), None, "byte {at}");
        }
        assert_eq!(decode(&bytes[..40]), None);
    }

    #[test]
    fn a_digest_makes_no_powers_of_what_is_none() {
        let bytes = encode(&development::tau2(), &development::powers(5));
        let refused = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
            let mut body = bytes[..bytes.len() - 32].to_vec();
            change(&mut body);
            let digest = *blake3::hash(&body).as_bytes();
            body.extend(digest);
            assert_eq!(decode(&body), None, "{name}");
        };
        let (count, points) = (13 + 64, 13 + 64 + 4);
        refused("another magic", &|b| b[12] = 2);
        refused("no point of the second group", &|b| b[13..count].fill(0xff));
        refused("a power less than is said", &|b| b[count] += 1);
        refused("a power more than is said", &|b| b[count] -= 1);
        refused("part of a power", &|b| b.truncate(b.len() - 1));
        refused("a point that is not on the curve", &|b| b[points] ^= 1);
        refused("a coordinate above the modulus", &|b| b[points..points + 32].fill(0xff));
    }

    /// Powers of `tau`, not the development one.
    fn of(tau: u64, count: u64) -> (G2Affine, Vec<G1Affine>) {
        let power = |e| (G1Affine::generator() * Fr::from(tau.pow(e as u32))).into_affine();
        ((G2Affine::generator() * Fr::from(tau)).into_affine(), (0..count).map(power).collect())
    }

    #[test]
    fn kept_powers_are_used_if_they_are_enough_and_those_of_the_manifest() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = dir.path().join("x.manifest");
        let ((tau2, g1), (other2, other)) = (of(3, 5), of(4, 5));
        let with = |bytes: &[u8], count: usize| {
            std::fs::write(manifest.with_extension(EXTENSION), bytes).unwrap();
            find(&tau2, count, &[2], None, Some(&manifest)).map_err(|e| format!("{e:#}"))
        };
        let refused = |bytes: &[u8], count, why: &str| {
            let message = with(bytes, count).expect_err(why);
            assert!(message.contains(why), "{message}");
        };
        let kept = encode(&tau2, &g1);
        assert_eq!(with(&kept, 5).as_ref(), Ok(&g1));
        refused(&kept, 6, "other powers of tau");
        refused(&encode(&other2, &other), 5, "other powers of tau");
        refused(&encode(&tau2, &other), 5, "does not hold powers of tau");
        refused(&kept[..kept.len() - 1], 5, "is damaged");
        std::fs::remove_file(manifest.with_extension(EXTENSION)).unwrap();
        for place in [None, Some(manifest.as_path())] {
            let message = format!("{:#}", find(&tau2, 5, &[2], None, place).unwrap_err());
            assert!(message.contains("name the file of the ceremony with --srs"), "{message}");
        }
    }

    #[test]
    fn powers_that_are_named_are_those_of_the_manifest() {
        let named = Some(&Source::Development);
        assert_eq!(find(&development::tau2(), 5, &[2], named, None).unwrap(), development::powers(5));
        let message = format!("{:#}", find(&of(3, 1).0, 5, &[2], named, None).unwrap_err());
        assert!(message.contains("other powers of tau"), "{message}");
    }

    #[test]
    fn the_development_powers_have_their_own_name_only() {
        assert_eq!("insecure-development".parse(), Ok(Source::Development));
        assert_eq!("x.ptau".parse(), Ok(Source::File("x.ptau".into())));
    }
}
