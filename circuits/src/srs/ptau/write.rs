//! A writer of small powers-of-tau files with a known τ, for tests.

use super::layout;
use crate::srs::development::{batch, geometric};
use crate::srs::points::bytes_of;
use ark_bn254::{Fq, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{Field, PrimeField};

/// What a file is made of.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// k.
    pub power: u32,
    /// τ.
    pub tau: Fr,
    /// alpha.
    pub alpha: Fr,
    /// beta.
    pub beta: Fr,
}

/// The sections of a file, in order, for a test to alter.
#[derive(Clone, Debug)]
pub struct Sections(pub Vec<(u32, Vec<u8>)>);

impl Recipe {
    /// The sections 1 to 7, without contributions.
    pub fn sections(&self) -> Sections {
        let n = 1usize << self.power.min(layout::MAX_POWER);
        let g1 = |first, n| points_g1(&batch(G1Projective::generator(), &geometric(first, self.tau, n)));
        let g2 = points_g2(&batch(G2Projective::generator(), &geometric(Fr::ONE, self.tau, n)));
        let mut header = 32u32.to_le_bytes().to_vec();
        header.extend(bytes_of(Fq::MODULUS));
        header.extend(self.power.to_le_bytes());
        header.extend(self.power.to_le_bytes());
        Sections(vec![
            (layout::HEADER, header),
            (layout::TAU_G1, g1(Fr::ONE, n.saturating_mul(2).saturating_sub(1))),
            (layout::TAU_G2, g2),
            (layout::ALPHA_TAU_G1, g1(self.alpha, n)),
            (layout::BETA_TAU_G1, g1(self.beta, n)),
            (layout::BETA_G2, points_g2(&[(G2Projective::generator() * self.beta).into_affine()])),
            (layout::CONTRIBUTIONS, vec![0; 4]),
        ])
    }
}

impl Sections {
    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = b"ptau".to_vec();
        file.extend(1u32.to_le_bytes());
        file.extend(u32::try_from(self.0.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (number, bytes) in &self.0 {
            file.extend(number.to_le_bytes());
            file.extend(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
            file.extend(bytes);
        }
        file
    }
}

/// Points as they stand in a file.
pub fn points_g1(points: &[G1Affine]) -> Vec<u8> {
    let r = Fq::from(2u8).pow([256]);
    points.iter().flat_map(|p| [p.x, p.y]).flat_map(|v| bytes_of((v * r).into_bigint())).collect()
}

/// Points as they stand in a file.
pub fn points_g2(points: &[G2Affine]) -> Vec<u8> {
    let r = Fq::from(2u8).pow([256]);
    let coordinates = points.iter().flat_map(|p| [p.x.c0, p.x.c1, p.y.c0, p.y.c1]);
    coordinates.flat_map(|v| bytes_of((v * r).into_bigint())).collect()
}
