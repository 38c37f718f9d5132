//! Files of this crate's writer and of snarkjs, whole and altered.

use super::layout::{ALPHA_TAU_G1, BETA_G2, BETA_TAU_G1, CONTRIBUTIONS, HEADER};
use super::write::{Recipe, Sections, points_g1, points_g2};
use super::*;
use crate::srs::points::PointError;
use crate::srs::points::tests::stray_g2;
use crate::srs::{development, known};
use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use std::io::Cursor;

const POWER: u32 = 4;
/// Points of tauG1.
const N1: usize = 31;
/// Points of tauG2.
const N2: usize = 16;

fn recipe() -> Recipe {
    Recipe { power: POWER, tau: development::tau(), alpha: Fr::from(5u8), beta: Fr::from(6u8) }
}

fn check(bytes: &[u8]) -> Result<Powers, PtauError> {
    read(&mut Cursor::new(bytes), &Keep::default(), &mut |_, _| {})
}

/// Code and message with which the file is refused.
fn refused(bytes: &[u8]) -> (&'static str, String) {
    let err = check(bytes).expect_err("the file must be refused");
    (err.code(), err.to_string())
}

fn code(bytes: &[u8]) -> &'static str {
    refused(bytes).0
}

/// The file with one section altered.
fn altered(section: u32, alter: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut sections = recipe().sections();
    alter(section_of(&mut sections, section));
    sections.bytes()
}

fn section_of(sections: &mut Sections, section: u32) -> &mut Vec<u8> {
    &mut sections.0.iter_mut().find(|(n, _)| *n == section).unwrap().1
}

fn put(bytes: &mut [u8], index: usize, point: &[u8]) {
    bytes[index * point.len()..(index + 1) * point.len()].copy_from_slice(point);
}

fn other_g1() -> Vec<u8> {
    points_g1(&[(G1Projective::generator() * Fr::from(77u8)).into_affine()])
}

fn other_g2() -> Vec<u8> {
    points_g2(&[(G2Projective::generator() * Fr::from(77u8)).into_affine()])
}

#[test]
fn an_honest_file_gives_the_powers_that_were_asked_for() {
    let file = recipe().sections().bytes();
    let keep = Keep { g1: N1 as u64, g2: [0, 1, 5, 15].into() };
    let mut calls = Vec::new();
    let powers = read(&mut Cursor::new(&file), &keep, &mut |done, all| calls.push((done, all))).unwrap();
    assert_eq!((powers.power, powers.ceremony), (POWER, POWER));
    assert_eq!(powers.g1, development::powers(N1));
    assert_eq!(powers.tau2, development::tau2());
    assert_eq!(powers.g2, [0, 1, 5, 15].map(|e| (e, development::power2(e))).into());
    assert_eq!(calls.last(), Some(&(80, 80)));
    assert!(check(&file).unwrap().g1.is_empty());
}

#[test]
fn sections_span_several_blocks() {
    // 2^17 − 1 points in G1 are two blocks, the second one short of full.
    if cfg!(feature = "parallel") {
        let file = Recipe { power: 16, ..recipe() }.sections().bytes();
        assert_eq!(check(&file).unwrap().power, 16);
    } else {
        eprintln!("SKIPPED: a file of several blocks (without the feature `parallel` it takes too long)");
    }
}

#[test]
fn files_of_snarkjs_are_read() {
    for (file, power) in [
        (&include_bytes!("../../../../tests/vectors/ptau/contributed-5.ptau")[..], 5),
        (&include_bytes!("../../../../tests/vectors/ptau/prepared-3.ptau")[..], 3),
    ] {
        assert_is_of_power(file, power);
    }
    assert_eq!(code(include_bytes!("../../../../tests/vectors/ptau/new-1.ptau")), "ptau-no-contribution");
}

#[test]
fn a_fresh_file_of_snarkjs_is_read_and_its_alterations_refused() {
    let Some(file) = std::env::var_os("ASSAY_PTAU").and_then(|path| std::fs::read(path).ok()) else {
        eprintln!("SKIPPED: a fresh file of snarkjs (ASSAY_PTAU names none; scripts/ptau-fixture.sh makes one)");
        return;
    };
    assert_is_of_power(&file, 8);
    let (tau_g1, tau_g2) = (12 + 12 + 44 + 12, 12 + 12 + 44 + 12 + 511 * 64 + 12);
    for (at, size, other, name) in [(tau_g1, 64, other_g1(), "tauG1"), (tau_g2, 128, other_g2(), "tauG2")] {
        let replaced = edit(&file, |f| f[at + 9 * size..][..size].copy_from_slice(&other));
        assert_eq!(code(&replaced), "ptau-powers", "a point of {name} replaced");
        let swapped = edit(&file, |f| f[at + 9 * size..][..2 * size].rotate_left(size));
        assert_eq!(code(&swapped), "ptau-powers", "two points of {name} exchanged");
        let damaged = edit(&file, |f| f[at + 9 * size] ^= 1);
        assert_eq!(code(&damaged), "point-curve", "a bit of {name} altered");
    }
}

fn edit(file: &[u8], alter: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = file.to_vec();
    alter(&mut file);
    file
}

fn assert_is_of_power(file: &[u8], power: u32) {
    let n = 1u64 << power;
    let keep = Keep { g1: 2 * n - 1, g2: (0..n).collect() };
    let powers = read(&mut Cursor::new(file), &keep, &mut |_, _| {}).unwrap();
    assert_eq!((powers.power, powers.g1.len() as u64, powers.g2.len() as u64), (power, 2 * n - 1, n));
    let pair = |a, b| Bn254::pairing(a, b);
    // The last exponent of tauG1 is twice tauG2's.
    let last = powers.g1.last().unwrap();
    assert_eq!(pair(*last, powers.g2[&0]), pair(powers.g1[n as usize - 1], powers.g2[&(n - 1)]));
    assert_eq!(known::name(&known::id(&powers.tau2)), None);
}

#[test]
fn a_replaced_point_is_refused_wherever_it_stands() {
    for section in [TAU_G1, ALPHA_TAU_G1, BETA_TAU_G1] {
        let n = if section == TAU_G1 { N1 } else { N2 };
        for index in 1..n {
            let err = refused(&altered(section, |bytes| put(bytes, index, &other_g1())));
            assert_eq!(err.0, "ptau-powers", "point {index} of section {section}");
            assert!(err.1.contains(&format!("section {section} ")), "{}", err.1);
        }
    }
    for index in 1..N2 {
        let err = refused(&altered(TAU_G2, |bytes| put(bytes, index, &other_g2())));
        assert_eq!(err.0, "ptau-powers", "point {index} of tauG2");
        // [τ]₂ is what tauG1 is held against.
        assert!(err.1.contains(if index == 1 { "tauG1" } else { "section 3" }), "{}", err.1);
    }
}

#[test]
fn exchanged_points_are_refused() {
    for section in [TAU_G1, ALPHA_TAU_G1, BETA_TAU_G1] {
        assert_eq!(code(&altered(section, |bytes| bytes[128..256].rotate_left(64))), "ptau-powers");
    }
    assert_eq!(code(&altered(TAU_G2, |bytes| bytes[256..512].rotate_left(128))), "ptau-powers");
}

#[test]
fn tau_g1_of_another_tau_than_tau_g2_is_refused() {
    let mut sections = recipe().sections();
    let mut other = Recipe { tau: Fr::from(9u8), ..recipe() }.sections();
    *section_of(&mut sections, TAU_G2) = section_of(&mut other, TAU_G2).clone();
    assert_eq!(code(&sections.bytes()), "ptau-powers");
}

#[test]
fn powers_that_do_not_start_at_the_generator_are_refused() {
    let shifted = |section, size: usize, last: Vec<u8>| {
        altered(section, |bytes| {
            bytes.drain(..size);
            bytes.extend(last);
        })
    };
    let next1 = points_g1(&development::powers(N1 + 1)[N1..]);
    let next2 = points_g2(&[development::power2(N2 as u64)]);
    assert_eq!(refused(&shifted(TAU_G1, 64, next1)), ("ptau-generator", PtauError::Generator(TAU_G1).to_string()));
    assert_eq!(refused(&shifted(TAU_G2, 128, next2)), ("ptau-generator", PtauError::Generator(TAU_G2).to_string()));
}

#[test]
fn another_beta_in_g2_is_refused() {
    assert_eq!(code(&altered(BETA_G2, |bytes| put(bytes, 0, &other_g2()))), "ptau-beta");
}

#[test]
fn a_tau_of_one_is_refused() {
    assert_eq!(code(&Recipe { tau: Fr::from(1u8), ..recipe() }.sections().bytes()), "ptau-no-contribution");
}

#[test]
fn a_point_that_is_none_is_named_with_its_place() {
    let place = |section, index, alter: &dyn Fn(&mut Vec<u8>)| match check(&altered(section, alter)).unwrap_err() {
        PtauError::Point { section: s, index: i, error } => {
            assert_eq!((s, i), (section, index));
            error
        }
        other => panic!("{other}"),
    };
    for section in [TAU_G1, ALPHA_TAU_G1, BETA_TAU_G1] {
        assert_eq!(place(section, 7, &|b| b[7 * 64] ^= 1), PointError::Curve);
        assert_eq!(place(section, 7, &|b| b[7 * 64..][..32].fill(0xff)), PointError::Coordinate);
        // v + p names the same coordinate as v.
        assert_eq!(place(section, 7, &|b| add_p(&mut b[7 * 64..][..32])), PointError::Coordinate);
    }
    for (section, index) in [(TAU_G2, 3), (BETA_G2, 0)] {
        let at = index as usize;
        assert_eq!(place(section, index, &|b| b[at * 128 + 70] ^= 1), PointError::Curve);
        for coordinate in 0..4 {
            let add = |b: &mut Vec<u8>| add_p(&mut b[at * 128 + coordinate * 32..][..32]);
            assert_eq!(place(section, index, &add), PointError::Coordinate);
        }
        assert_eq!(place(section, index, &|b| put(b, at, &points_g2(&[stray_g2()]))), PointError::Subgroup);
    }
}

fn add_p(bytes: &mut [u8]) {
    use ark_ff::{BigInteger, PrimeField};
    let mut v = crate::srs::points::integer(bytes[..].try_into().unwrap());
    assert!(!v.add_with_carry(&ark_bn254::Fq::MODULUS));
    bytes.copy_from_slice(&crate::srs::points::bytes_of(v));
}

#[test]
fn the_identity_is_refused_in_every_section() {
    for (section, size) in [(TAU_G1, 64), (TAU_G2, 128), (ALPHA_TAU_G1, 64), (BETA_TAU_G1, 64), (BETA_G2, 128)] {
        let err = check(&altered(section, |bytes| bytes[..size].fill(0))).unwrap_err();
        assert!(matches!(err, PtauError::Identity { section: s, index: 0 } if s == section), "{err}");
    }
}

#[test]
fn a_file_that_ends_early_is_refused_at_every_byte() {
    let file = Recipe { power: 1, ..recipe() }.sections().bytes();
    assert!(check(&file).is_ok());
    for len in 0..file.len() {
        let expected = match len {
            0..4 => "ptau-magic",
            _ => "ptau-truncated",
        };
        assert_eq!(code(&file[..len]), expected, "the first {len} bytes");
    }
    assert_eq!(code(&[&file[..], &[0]].concat()), "ptau-trailing");
}

#[test]
fn sections_out_of_order_repeated_or_missing_are_refused() {
    type Section = (u32, Vec<u8>);
    let file = |change: &dyn Fn(&mut Vec<Section>)| {
        let mut sections = recipe().sections();
        change(&mut sections.0);
        code(&sections.bytes())
    };
    assert_eq!(file(&|s| s.swap(2, 3)), "ptau-section-order");
    assert_eq!(file(&|s| s.insert(2, s[1].clone())), "ptau-section-order");
    for at in 0..7 {
        assert_eq!(file(&|s| drop(s.remove(at))), "ptau-section-missing");
    }
    for unknown in [0, 8, 11, 16, u32::MAX] {
        assert_eq!(file(&|s| s.push((unknown, vec![]))), "ptau-section-order");
    }
    let mut prepared = recipe().sections();
    prepared.0.extend([(12, vec![1, 2, 3]), (15, vec![])]);
    assert!(check(&prepared.bytes()).is_ok());
}

#[test]
fn a_section_of_another_size_than_the_power_asks_for_is_refused() {
    for (section, size) in [(TAU_G1, 64), (TAU_G2, 128), (ALPHA_TAU_G1, 64), (BETA_TAU_G1, 64), (BETA_G2, 128)] {
        for by in [1, size] {
            assert_eq!(code(&altered(section, |b| b.truncate(b.len() - by))), "ptau-section-size");
            assert_eq!(code(&altered(section, |b| b.resize(b.len() + by, 0))), "ptau-section-size");
        }
    }
    assert_eq!(code(&altered(HEADER, |b| b.push(0))), "ptau-section-size");
    assert!(check(&altered(CONTRIBUTIONS, |b| b.resize(3027, 0))).is_ok());
}

#[test]
fn a_size_beyond_the_file_is_refused_before_anything_is_read() {
    let mut file = recipe().sections().bytes();
    // The size of tauG1: the header's section has 12 + 44 bytes.
    file[12 + 56 + 4..][..8].fill(0xff);
    assert_eq!(code(&file), "ptau-truncated");
}

#[test]
fn another_header_is_refused() {
    let header = |at: usize, value: u32| altered(HEADER, |b| b[at..at + 4].copy_from_slice(&value.to_le_bytes()));
    assert_eq!(code(&header(0, 31)), "ptau-curve");
    assert_eq!(code(&header(4, 7)), "ptau-curve");
    for (power, ceremony) in [(0, 4), (29, 29), (4, 3), (u32::MAX, u32::MAX)] {
        let file = altered(HEADER, |b| {
            b[36..40].copy_from_slice(&u32::to_le_bytes(power));
            b[40..44].copy_from_slice(&u32::to_le_bytes(ceremony));
        });
        assert_eq!(code(&file), "ptau-power");
    }
    // A power within bounds that is not the sections'.
    assert_eq!(code(&header(36, 3)), "ptau-section-size");
    assert_eq!(check(&header(40, 28)).unwrap().ceremony, 28);
    let file = recipe().sections().bytes();
    assert_eq!(code(&edit(&file, |f| f[0] = b'q')), "ptau-magic");
    assert_eq!(code(&edit(&file, |f| f[4] = 2)), "ptau-version");
    assert_eq!(code(&edit(&file, |f| f[8..12].fill(0xff))), "ptau-truncated");
    assert_eq!(code(&edit(&file, |f| f[8] = 6)), "ptau-trailing");
}

#[test]
fn powers_beyond_the_file_are_not_promised() {
    let file = recipe().sections().bytes();
    for keep in [Keep { g1: N1 as u64 + 1, g2: [].into() }, Keep { g1: 0, g2: [N2 as u64].into() }] {
        let err = read(&mut Cursor::new(&file), &keep, &mut |_, _| {}).unwrap_err();
        assert_eq!(err.code(), "ptau-too-small");
    }
}

/// A file whose alphaTauG1 is another one when it is read again.
struct Changing(Cursor<Vec<u8>>, u64, u32);

impl Read for Changing {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.0.position() == self.1 && buf.len() > 12 {
            self.2 += 1;
            if self.2 == 2 {
                // alphaTauG1 times two: the powers of another alpha, as good as the first.
                let other = Recipe { alpha: Fr::from(10u8), ..recipe() }.sections();
                let at = usize::try_from(self.1).unwrap();
                self.0.get_mut()[at..at + other.0[3].1.len()].copy_from_slice(&other.0[3].1);
            }
        }
        self.0.read(buf)
    }
}

impl Seek for Changing {
    fn seek(&mut self, pos: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(pos)
    }
}

#[test]
fn a_file_that_changes_between_the_readings_is_refused() {
    let file = recipe().sections().bytes();
    let alpha = 12 + (12 + 44) + (12 + N1 * 64) + (12 + N2 * 128) + 12;
    let mut source = Changing(Cursor::new(file), alpha as u64, 0);
    assert_eq!(read(&mut source, &Keep::default(), &mut |_, _| {}).unwrap_err().code(), "ptau-changed");
}
